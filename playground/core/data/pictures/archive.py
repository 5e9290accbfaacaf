"""A visitor's zip of pictures, one folder for each class.

A zip comes from the open network and says of itself what it likes: names, sizes, kinds. Nothing is
written to a disk; every size is checked twice, as it is declared and as it comes out; what tries to
climb out of its folder, hides behind a link or a password, or brings a zip within the zip refuses
the whole file. A picture that cannot be read is left out, with its name and the reason.
"""

from __future__ import annotations

import io
import stat
import zipfile
import zlib
from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath

import numpy as np

from playground.core.data.pictures.album import ALBUM_LIMITS, Album, AlbumLimits, album_of
from playground.core.errors import Notice, PlaygroundError
from playground.core.photos import MAX_BYTES, decode_photo

ENDINGS = frozenset({".png", ".jpg", ".jpeg", ".gif", ".bmp", ".webp"})
_CHUNK = 2**16
_NOISE = ("__MACOSX", "Thumbs.db", "desktop.ini")  # what systems leave in folders
_NAMED = 20  # files left out that are told one by one


@dataclass
class LeftOut:
    """Files that are not in the album.

    Attributes:
        others: how many are no pictures by their names.
        broken: how many could not be read.
        reasons: the first of them: name and reason.
    """

    others: int = 0
    broken: int = 0
    reasons: list[tuple[str, Notice]] = field(default_factory=list)

    def add(self, name: str, error: PlaygroundError) -> None:
        self.broken += 1
        if len(self.reasons) < _NAMED:
            self.reasons.append((name, error.notice()))


def packed(files: Sequence[tuple[str, bytes]]) -> bytes:
    """Files of a folder as one zip, so that there is one way for both.

    Args:
        files: path, with / between folders, and content.
    """
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_STORED) as archive:
        for path, content in files:
            archive.writestr(path, content)
    return written.getvalue()


def read_archive(
    content: bytes, filename: str, limits: AlbumLimits = ALBUM_LIMITS
) -> Generator[tuple[int, int], None, tuple[Album, LeftOut]]:
    """Reads a zip, picture by picture.

    Args:
        content: the zip.
        filename: what the visitor called it.

    Yields:
        (files done, files in all).

    Returns:
        The pictures, and what is not among them.

    Raises:
        PlaygroundError: it is no zip, or one that asks for too much; the code says why.
    """
    if len(content) > limits.file_bytes:
        size = f"{len(content) / 2**20:.0f}"
        raise PlaygroundError("album_bytes", size=size, limit=limits.file_bytes // 2**20)
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
        members = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
        raise PlaygroundError("album_no_zip") from error
    with archive:
        return (yield from _read(archive, _checked(members, limits), filename, limits))


def _checked(members: list[zipfile.ZipInfo], limits: AlbumLimits) -> list[zipfile.ZipInfo]:
    """The files of a zip, once nothing in its list of contents is amiss.

    Raises:
        PlaygroundError: something is; names the file.
    """
    if len(members) > limits.members:
        raise PlaygroundError("album_members", count=len(members), limit=limits.members)
    declared = sum(member.file_size for member in members)
    if declared > limits.unpacked_bytes:
        raise _too_large(declared, limits)
    files = []
    for member in members:
        name = _name(member)
        short = name[-80:]
        parts = name.replace("\\", "/").split("/")
        if ".." in parts or name.startswith(("/", "\\")) or ":" in parts[0] or "\0" in name:
            raise PlaygroundError("album_path", name=short)
        if stat.S_ISLNK(member.external_attr >> 16):
            raise PlaygroundError("album_link", name=short)
        if member.flag_bits & 1:
            raise PlaygroundError("album_password", name=short)
        if name.lower().endswith((".zip", ".tar", ".gz", ".7z", ".rar")):
            raise PlaygroundError("album_nested", name=short)
        if not member.is_dir():
            files.append(member)
    return files


def _too_large(size: int, limits: AlbumLimits) -> PlaygroundError:
    limit = limits.unpacked_bytes // 2**20
    return PlaygroundError("album_unpacked", size=f"{size / 2**20:,.0f}", limit=limit)


def _name(member: zipfile.ZipInfo) -> str:
    """A file's path. Old zips do not say in which code it is: UTF-8 and GBK are tried."""
    if member.flag_bits & 0x800:
        return member.filename
    try:
        written = member.filename.encode("cp437")
    except UnicodeEncodeError:
        return member.filename
    for code in ("utf-8", "gbk"):
        try:
            return written.decode(code)
        except UnicodeDecodeError:
            continue
    return member.filename


def _read(
    archive: zipfile.ZipFile,
    files: list[zipfile.ZipInfo],
    filename: str,
    limits: AlbumLimits,
) -> Generator[tuple[int, int], None, tuple[Album, LeftOut]]:
    left_out, found, unpacked, homeless = LeftOut(), [], 0, 0
    for done, member in enumerate(files):
        yield done, len(files)
        path = PurePosixPath(_name(member).replace("\\", "/"))
        if any(part.startswith(".") or part in _NOISE for part in path.parts):
            continue
        if path.suffix.lower() not in ENDINGS:
            left_out.others += 1
            continue
        if len(path.parts) < 2:
            homeless += 1
            continue
        if len(found) >= limits.pictures:
            raise PlaygroundError("album_pictures", limit=f"{limits.pictures:,}")
        try:
            content = _unpacked(archive, member, MAX_BYTES)
            unpacked += len(content)
            if unpacked > limits.unpacked_bytes:
                raise _too_large(unpacked, limits)
            found.append((_class_of(path, limits), square(content, limits.side)))
        except PlaygroundError as error:
            if error.code == "album_unpacked":
                raise
            left_out.add(str(path)[-80:], error)
    if not found and homeless:
        raise PlaygroundError("album_no_folder", count=homeless)
    if not found and left_out.reasons:
        name, reason = left_out.reasons[0]
        raise PlaygroundError("album_none_readable", name=name, reason=reason.code)
    left_out.others += homeless
    return album_of(filename, found, limits), left_out


def _class_of(path: PurePosixPath, limits: AlbumLimits) -> str:
    return path.parts[-2].encode("utf-8", "ignore").decode()[: limits.name_characters]


def _unpacked(archive: zipfile.ZipFile, member: zipfile.ZipInfo, most: int) -> bytes:
    """The content of one file, as far as it may go.

    Raises:
        PlaygroundError: it is larger, whatever the list of contents says, or damaged.
    """
    if member.file_size > most:
        size = f"{member.file_size / 2**20:.1f}"
        raise PlaygroundError("photo_bytes", size=size, limit=most // 2**20)
    parts, size = [], 0
    try:
        with archive.open(member) as opened:
            while part := opened.read(_CHUNK):
                size += len(part)
                if size > most:
                    raise PlaygroundError(
                        "photo_bytes", size=f"{size / 2**20:.1f}", limit=most // 2**20
                    )
                parts.append(part)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError) as error:
        raise PlaygroundError("album_damaged") from error
    except (NotImplementedError, RuntimeError) as error:  # a packing of which Python knows nothing
        raise PlaygroundError("album_packing") from error
    return b"".join(parts)


def square(content: bytes, most: int) -> np.ndarray:
    """The middle square of a picture file: uint8 (side, side, 3), side at most `most`.

    Raises:
        PlaygroundError: too large, too small, damaged, or no picture at all.
    """
    # Four times as large first: the shorter side of a wide picture is to have enough pixels.
    picture = decode_photo(content, 4 * most)
    height, width = picture.shape[:2]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    cut = picture[top : top + side, left : left + side]
    if side <= most:
        return cut
    from playground.core.data.pictures.steps import resized

    return np.moveaxis(resized(np.moveaxis(cut, 2, 0)[None], most)[0], 0, 2)
