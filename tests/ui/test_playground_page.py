"""The playground's page: what widgets do to the experiment, and what it says."""

import pytest

from playground.core.data import DATASETS
from playground.core.data.pictures.openml import SOURCES
from playground.core.experiment import Experiment
from playground.core.link import encode
from playground.core.tfplayground import read_link
from tests.ui.visits import GUIDE, Visit, checked, experiment, press


def test_it_opens_on_the_default_experiment(open_page: Visit) -> None:
    page = open_page()
    assert experiment(page) == Experiment()
    assert not page.error
    parts = [element.proto.component_name for element in page.get("bidi_component")]
    assert len(parts) == 5


def test_a_setting_goes_into_experiment_and_link(open_page: Visit) -> None:
    page = open_page()
    checked(page.select_slider(key="set_optimizer_learning_rate").set_value(0.1).run())
    assert experiment(page).optimizer.learning_rate == 0.1
    assert page.query_params["optimizer.learning_rate"] == "0.1"


def test_a_link_is_read_back(open_page: Visit) -> None:
    wanted = Experiment().with_changes(
        {
            "data": {"name": "xor", "noise": 15},
            "layers": [{"kind": "dense", "units": 7, "activation": "relu"}],
            "optimizer": {"name": "sgd", "learning_rate": 0.3, "momentum": 0.9},
            "training": {"seed": 7},
        }
    )
    page = open_page(**{key.replace(".", "__"): text for key, text in encode(wanted).items()})
    assert experiment(page) == wanted
    assert page.slider(key="set_data_noise").value == 15


def test_a_hostile_link_is_said_and_harmless(open_page: Visit) -> None:
    page = open_page(
        data="<script>", layers="dense:99999", nonsense="1", training__seed="7", lang="xx"
    )
    assert experiment(page) == Experiment().with_changes({"training": {"seed": 7}})
    assert len(page.info) == 3
    press(page, "dismiss")
    assert not page.info


@pytest.mark.parametrize("kind", sorted({entry.kind for entry in DATASETS.values()}))
def test_every_data_set_can_be_picked(open_page: Visit, kind: str) -> None:
    names = [
        name
        for name, entry in DATASETS.items()
        if entry.kind == kind and not entry.brings and name not in SOURCES
    ]
    page = open_page(data=names[-1])
    for name in names:
        press(page, f"pick_{name}")
        assert experiment(page).data.name == name
        assert not page.error


def test_losses_that_do_not_fit_are_disabled_with_the_reason(open_page: Visit) -> None:
    page = press(open_page(), "pick_iris")
    assert experiment(page).loss == "cross_entropy"
    assert page.button(key="loss_bce").disabled
    assert not page.button(key="loss_mse").disabled
    assert "Made for two classes; this task has more." in [text.value for text in page.caption]


def test_blocks_are_added_duplicated_moved_and_removed(open_page: Visit) -> None:
    page = open_page()

    def units() -> list[object]:
        return [getattr(layer, "units", "dropout") for layer in experiment(page).layers]

    checked(page.menu_button(key="add_layer").click("dropout").run())
    assert units() == [4, 2, "dropout"]
    press(page, "duplicate_0")
    assert units() == [4, 4, 2, "dropout"]
    press(page, "right_2")
    assert units() == [4, 4, "dropout", 2]
    press(page, "left_2")
    assert units() == [4, "dropout", 4, 2]
    press(page, "remove_0")
    assert units() == ["dropout", 4, 2]
    checked(page.select_slider(key="set_layers_1_units").set_value(32).run())
    assert units() == ["dropout", 32, 2]


def test_a_change_that_resets_says_so_and_a_live_one_does_not(open_page: Visit) -> None:
    page = open_page()
    checked(page.select_slider(key="set_optimizer_learning_rate").set_value(0.1).run())
    assert not page.toast
    checked(page.slider(key="set_data_noise").set_value(20).run())
    assert not page.toast
    checked(page.number_input(key="set_training_seed").set_value(7).run())
    assert not page.toast, "a new seed is asked for to start again"
    checked(page.radio(key="set_initialization").set_value("he").run())
    assert [toast.value for toast in page.toast] == [
        "The weights start again: First weights changed."
    ]


def test_no_input_feature_is_refused(open_page: Visit) -> None:
    page = open_page()
    checked(page.pills(key="set_features").set_value([]).run())
    assert experiment(page).features == ("x", "y")
    assert "Choose at least one" in page.info[0].value


def test_tensorflow_playground_mode(open_page: Visit) -> None:
    page = press(open_page(), "tfplayground")
    assert experiment(page).loss == "half_squared"
    assert experiment(page).output_activation == "tanh"
    press(page, "propose")
    assert experiment(page).loss == "bce"


REPLAYED = (
    "http://playground.tensorflow.org/#activation=relu&batchSize=12&dataset=spiral&noise=5"
    "&networkShape=6,3&seed=mine&percTrainData=40&sinX=true&problem=classification"
    "&showTestData=true&cosX=true"
)


def test_a_link_of_tensorflow_playground_is_pasted(open_page: Visit) -> None:
    page = open_page()
    checked(page.text_input(key="tfplayground_link").set_value("no link").run())
    assert experiment(page) == Experiment()
    assert len(page.error) == 1
    checked(page.text_input(key="tfplayground_link").set_value(REPLAYED).run())
    assert experiment(page) == read_link(REPLAYED).experiment
    assert not page.error
    assert ["cosX" in info.value for info in page.info] == [True]
    assert page.text_input(key="tfplayground_link").value == ""
    assert page.session_state["switches"]["show_test"]
    # and it goes on from there
    assert page.text_input(key="set_training_seed_text").value == "mine"
    checked(page.number_input(key="set_training_seed").set_value(7).run())
    assert (experiment(page).training.seed, experiment(page).training.seed_text) == (7, "")


def test_a_link_of_tensorflow_playground_in_the_address(open_page: Visit) -> None:
    page = open_page(tfplayground=REPLAYED.partition("#")[2])
    assert experiment(page) == read_link(REPLAYED).experiment
    assert "tfplayground" not in page.query_params
    page = open_page(tfplayground="<script>")
    assert experiment(page) == Experiment()
    assert len(page.error) == 1


def test_an_experiment_file_is_opened(open_page: Visit) -> None:
    page = open_page()
    wanted = Experiment().with_changes({"data": {"name": "gauss"}, "training": {"seed": 9}})
    content = wanted.to_json().encode()
    uploader = page.file_uploader(key="experiment_file")
    checked(uploader.set_value(("gauss.json", content, "application/json")).run())
    assert experiment(page) == wanted


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[1]", b"\xff\xfe", b'{"version": 99}', b'{"data": {"samples": -1}}', b"null"],
)
def test_a_broken_experiment_file_loses_nothing(open_page: Visit, content: bytes) -> None:
    page = press(open_page(), "pick_xor")
    before = experiment(page)
    uploader = page.file_uploader(key="experiment_file")
    checked(uploader.set_value(("broken.json", content, "application/json")).run())
    assert experiment(page) == before
    assert len(page.error) == 1


def test_the_language_of_the_link_speaks(open_page: Visit) -> None:
    page = open_page(lang="zh", data="xor")
    assert page.button(key="pick_circle").label == "圆环"
    press(page, "pick_gauss")
    assert page.query_params["lang"] == "zh"


def test_without_a_choice_the_link_names_no_language(open_page: Visit) -> None:
    page = press(open_page(), "pick_xor")
    assert page.button(key="pick_circle").label == "Circle"
    assert "lang" not in page.query_params


def test_the_experiment_survives_the_guide(open_page: Visit) -> None:
    page = press(open_page(), "pick_xor")
    checked(page.switch_page(str(GUIDE)).run())
    assert any("PyTorch" in text.value for text in page.markdown)
    assert experiment(page).data.name == "xor"


def test_the_back_button_goes_back(open_page: Visit) -> None:
    page = open_page()
    checked(page.slider(key="set_data_noise").set_value(20).run())
    press(page, "pick_xor")
    page.query_params.clear()
    page.query_params["data.noise"] = "20"
    checked(page.run())
    assert experiment(page) == Experiment().with_changes({"data": {"noise": 20}})
    page.query_params["data.noise"] = "35"
    checked(page.run())
    assert experiment(page).data.noise == 20, "an address that was no link of this session"
    assert page.query_params["data.noise"] == "20"


def test_the_plane_of_a_table_is_a_choice(open_page: Visit) -> None:
    page = press(open_page(), "pick_iris")
    checked(page.selectbox(key="set_view_plane").set_value("columns").run())
    checked(page.selectbox(key="set_view_x_column").set_value(2).run())
    assert experiment(page).view.x_column == 2
    assert not page.toast


def test_columns_of_a_table_are_a_choice(open_page: Visit) -> None:
    page = press(open_page(), "pick_iris")
    columns = page.pills(key="set_data_columns")
    checked(columns.set_value(["petal length (cm)", "petal width (cm)"]).run())
    assert experiment(page).data.columns == ("petal length (cm)", "petal width (cm)")
    checked(page.pills(key="set_data_columns").set_value([]).run())
    assert experiment(page).data.columns == ("petal length (cm)", "petal width (cm)")
    assert page.info


def test_a_loss_on_scores_keeps_the_output_linear(open_page: Visit) -> None:
    page = open_page()
    assert page.selectbox(key="set_output_activation").disabled
    press(page, "loss_mse")
    checked(page.selectbox(key="set_output_activation").set_value("tanh").run())
    assert experiment(page).output_activation == "tanh"
    assert page.button(key="loss_bce").disabled
