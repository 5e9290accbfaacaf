import io
import stat
import struct
import zipfile

import numpy as np
import pytest
from PIL import Image

from playground.core.data.pictures.album import Album, AlbumLimits
from playground.core.data.pictures.archive import packed, read_archive, square
from playground.core.errors import PlaygroundError


def png(color=(200, 30, 40), size=(20, 20), mode="RGB", form="PNG", **options):
    written = io.BytesIO()
    Image.new(mode, size, color).save(written, form, **options)
    return written.getvalue()


RED, BLUE = png(), png((10, 20, 250))
GOOD = [("red/1.png", RED), ("red/2.png", RED), ("blue/1.png", BLUE)]


def zipped(members, compression=zipfile.ZIP_STORED):
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", compression) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return written.getvalue()


def read(content, limits=None):
    steps = read_archive(content, "mine.zip", limits or AlbumLimits())
    try:
        while True:
            next(steps)
    except StopIteration as ended:
        return ended.value


def refused(content, limits=None):
    with pytest.raises(PlaygroundError) as caught:
        read(content, limits)
    error = caught.value
    for language in ("en", "zh"):
        assert "{" not in error.sentence(language) and error.code not in error.sentence(language)
    return error


def test_a_folder_is_a_class_wherever_it_lies():
    album, left_out = read(
        zipped(
            [("set/train/" + name, content) for name, content in GOOD] + [("set/notes.txt", "x")]
        )
    )
    assert album.class_names == ("blue", "red") and album.counts == (1, 2)
    assert album.pictures.shape == (3, 3, 20, 20)
    np.testing.assert_array_equal(album.pictures[0, :, 5, 5], [200, 30, 40])
    np.testing.assert_array_equal(album.labels, [1, 1, 0])
    assert (left_out.others, left_out.broken) == (1, 0)


def test_it_travels_and_keeps_its_hash():
    album, _ = read(zipped(GOOD))
    back = Album.from_bytes(album.to_bytes())
    np.testing.assert_array_equal(back.pictures, album.pictures)
    np.testing.assert_array_equal(back.labels, album.labels)
    assert back.class_names == album.class_names and back.filename == "mine.zip"
    assert back.sha256 == album.sha256
    other, _ = read(zipped([*GOOD[:2], ("blue/1.png", png((10, 20, 251)))]))
    assert other.sha256 != album.sha256
    for broken in (b"", b"{}\n", b"[]\nxx", album.to_bytes()[:-5], album.to_bytes() + b"x"):
        with pytest.raises(PlaygroundError) as caught:
            Album.from_bytes(broken)
        assert caught.value.code == "album_broken"


def test_a_folder_and_a_zip_are_read_alike():
    folder, _ = read(packed(GOOD))
    assert folder.sha256 == read(zipped(GOOD, zipfile.ZIP_DEFLATED))[0].sha256


def test_pictures_of_all_kinds_and_sizes():
    grey = np.arange(400, dtype=np.uint16).reshape(20, 20) * 160
    deep = io.BytesIO()
    Image.fromarray(grey).save(deep, "PNG")
    frames = [Image.new("P", (20, 20), k) for k in (1, 2, 3)]
    moving = io.BytesIO()
    frames[0].save(moving, "GIF", save_all=True, append_images=frames[1:])
    members = [
        ("a/1.jpg", png((0, 0, 0, 0), mode="CMYK", form="JPEG")),
        ("a/2.png", deep.getvalue()),
        ("a/3.gif", moving.getvalue()),
        ("a/4.bmp", png((9, 9, 9), form="BMP")),
        ("b/5.webp", png((9, 9, 9), (300, 200), form="WEBP")),
        ("b/6.PNG", png((0, 0, 0, 0), mode="RGBA")),
        ("b/7.png", png(1, mode="1")),
    ]
    album, left_out = read(zipped(members))
    assert left_out.reasons == [] and len(album) == 7
    assert album.pictures.shape[2:] == (64, 64)
    first = album.pictures[:, 0]
    assert (first[0] > 250).all()  # no ink in four colours is white
    assert abs(first[1].astype(int)[-1, -1] - (grey.max() >> 8)) <= 1
    assert first[1].mean() == pytest.approx((grey / 257).mean(), abs=2)
    assert (first[5] == 255).all()  # what is transparent lies upon white
    only_grey, _ = read(zipped([("a/4.bmp", members[3][1]), ("b/7.png", members[6][1])]))
    assert only_grey.pictures.shape == (2, 1, 20, 20)


def test_upright_as_the_camera_meant_it():
    drawn = np.zeros((20, 20, 3), np.uint8)
    drawn[:10] = 255  # bright above
    turned, exif = io.BytesIO(), Image.Exif()
    exif[0x0112] = 6  # to be turned by a quarter, clockwise
    Image.fromarray(drawn).save(turned, "JPEG", exif=exif, quality=95)
    made = square(turned.getvalue(), 64)
    assert made[:, 15:].mean() > 240 and made[:, :5].mean() < 15


def test_the_middle_square_of_a_wide_picture():
    drawn = np.zeros((100, 300, 3), np.uint8)
    drawn[:, 100:200] = 255
    written = io.BytesIO()
    Image.fromarray(drawn).save(written, "PNG")
    made = square(written.getvalue(), 64)
    assert made.shape == (64, 64, 3) and made[:, 3:-3].min() > 250


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("red/text.png", b"This is a text, whatever it is called.", "photo_unreadable"),
        ("red/half.jpg", png(form="JPEG", size=(200, 200))[:900], "photo_unreadable"),
        ("red/huge.png", png(0, (20_000, 20_000), "1"), "photo_bomb"),
        ("red/wide.png", png(0, (20_000, 2_000), "1"), "photo_pixels"),
        ("red/dot.png", png(size=(1, 1)), "photo_small"),
        ("red/empty.png", b"", "photo_unreadable"),
        ("red/heavy.bmp", b"BM" + bytes(9 * 2**20), "photo_bytes"),
    ],
)
def test_a_picture_that_cannot_be_read_is_left_out_and_named(name, content, code):
    album, left_out = read(zipped([*GOOD, (name, content)], zipfile.ZIP_DEFLATED))
    assert len(album) == 3 and left_out.broken == 1
    assert left_out.reasons[0][0] == name
    assert left_out.reasons[0][1].code == code
    assert refused(zipped([(name, content)], zipfile.ZIP_DEFLATED)).code == "album_none_readable"


def linked():
    info = zipfile.ZipInfo("red/link.png")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return [*GOOD, (info, "/etc/passwd")]


def encrypted():
    """A zip whose list of contents says that a file has a password."""
    content = bytearray(zipped(GOOD))
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = content.index(signature) + offset
        content[at : at + 2] = struct.pack("<H", 1)
    return bytes(content)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"no zip at all", "album_no_zip"),
        (b"", "album_no_zip"),
        (zipped([]), "album_empty"),
        (zipped([("notes.txt", "x")]), "album_empty"),
        (zipped([("1.png", RED), ("2.png", BLUE)]), "album_no_folder"),
        (zipped(GOOD[:2]), "album_one_class"),
        (zipped([*GOOD, ("../climbs.png", RED)]), "album_path"),
        (zipped([*GOOD, ("red/../../climbs.png", RED)]), "album_path"),
        (zipped([*GOOD, ("/etc/red/1.png", RED)]), "album_path"),
        (zipped([*GOOD, ("C:/red/1.png", RED)]), "album_path"),
        (zipped([*GOOD, ("..\\red\\1.png", RED)]), "album_path"),
        (zipped(linked()), "album_link"),
        (zipped([*GOOD, ("red/more.zip", zipped(GOOD))]), "album_nested"),
        (encrypted(), "album_password"),
        (zipped([(f"class {k}/1.png", RED) for k in range(21)]), "album_classes"),
        (zipped(GOOD)[:-30], "album_no_zip"),
    ],
)
def test_a_zip_that_is_refused_as_a_whole(content, code):
    assert refused(content).code == code


def test_a_zip_that_unpacks_to_gigabytes_is_not_unpacked():
    """Declared honestly: refused by its list of contents."""
    zeros = bytes(2**20)
    written = io.BytesIO()
    with (
        zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("red/bomb.png", "w", force_zip64=True) as member,
    ):
        for _ in range(300):
            member.write(zeros)
    content = written.getvalue()
    assert len(content) < 2**20
    error = refused(content)
    assert error.code == "album_unpacked" and error.params["size"] == "300"


def test_a_zip_that_lies_about_its_sizes():
    """Declared as a few bytes: what comes out is counted, and stops at the limit."""
    content = bytearray(zipped([*GOOD, ("red/bomb.png", bytes(20 * 2**20))], zipfile.ZIP_DEFLATED))
    for signature, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        at = content.rindex(signature) + offset
        content[at : at + 4] = struct.pack("<I", 2**20)
    album, left_out = read(bytes(content))
    assert len(album) == 3
    assert left_out.reasons[0][1].code in ("photo_bytes", "photo_unreadable", "album_damaged")


@pytest.mark.parametrize(
    ("limits", "code"),
    [
        (AlbumLimits(file_bytes=100), "album_bytes"),
        (AlbumLimits(members=2), "album_members"),
        (AlbumLimits(pictures=2), "album_pictures"),
        (AlbumLimits(unpacked_bytes=100), "album_unpacked"),
    ],
)
def test_limits(limits, code):
    assert refused(zipped(GOOD), limits).code == code


def test_what_systems_leave_in_folders_counts_for_nothing():
    album, left_out = read(
        zipped(
            [
                *GOOD,
                ("__MACOSX/red/._1.png", b"x"),
                ("red/.DS_Store", b"x"),
                ("red/Thumbs.db", b"x"),
            ]
        )
    )
    assert len(album) == 3 and left_out.others == left_out.broken == 0


def test_chinese_folders_of_old_zips():
    content = zipped([("AAAA/1.png", RED), ("dog/1.png", BLUE)])
    content = content.replace(b"AAAA", "猫狗".encode("gbk"))
    album, _ = read(content)
    assert album.class_names == ("dog", "猫狗")
