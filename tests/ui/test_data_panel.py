"""The data panel: typed targets and features, samples, and an empty plane."""

from playground.core.experiment import Experiment
from playground.core.link import decode
from tests.ui.visits import Visit, checked, experiment, press


def said(page) -> str:
    return " ".join(element.proto.body for element in page.get("html"))


def test_a_target_is_typed_and_a_wrong_one_is_kept_with_its_sentence(open_page: Visit) -> None:
    page = press(open_page(), "pick_formula")
    before = experiment(page)
    assert before.loss == "bce"
    checked(page.text_input(key="set_data_formula").set_value("sin(3*x)*y").run())
    assert experiment(page).data.formula == "sin(3*x)*y"
    assert experiment(page).loss == "mse"
    assert any("sin" in formula.value for formula in page.latex)
    checked(page.text_input(key="set_data_formula").set_value("sin(3*x").run())
    assert experiment(page).data.formula == "sin(3*x)*y"
    assert page.text_input(key="set_data_formula").value == "sin(3*x"
    assert "This is no formula yet" in said(page)
    checked(page.text_input(key="set_data_formula").set_value("x > y").run())
    assert experiment(page).data.formula == "x > y"
    assert "This is no formula yet" not in said(page)
    assert experiment(page).loss == "bce"


def test_a_feature_is_typed_taken_away_and_refused(open_page: Visit) -> None:
    page = open_page()
    checked(page.text_input(key="set_typed_feature").set_value("sin(3*x)*y").run())
    assert experiment(page).typed_features == ("sin(3*x)*y",)
    assert page.text_input(key="set_typed_feature").value == ""
    checked(page.text_input(key="set_typed_feature").set_value("q + 1").run())
    assert experiment(page).typed_features == ("sin(3*x)*y",)
    assert "knows no “q”" in said(page)
    checked(page.text_input(key="set_typed_feature").set_value("log(x)").run())
    assert experiment(page).typed_features == ("sin(3*x)*y",)
    assert "no usable value" in said(page)
    link = {key: str(page.query_params[key]) for key in page.query_params}
    assert decode(link)[0] == experiment(page)


def test_samples_small_fresh_and_spoiled(open_page: Visit) -> None:
    page = press(open_page(), "few")
    assert experiment(page).data.samples == 30
    press(page, "few")
    assert experiment(page).data.samples == 500
    press(page, "fresh")
    assert experiment(page).data.draw == 1
    checked(page.slider(key="set_data_label_noise").set_value(20).run())
    checked(page.toggle(key="set_data_fixed_test").set_value(True).run())
    assert experiment(page).data.label_noise == 20
    assert experiment(page).data.fixed_test
    press(page, "pick_xor")
    assert experiment(page).data == Experiment().with_changes({"data": {"name": "xor"}}).data


def test_the_caption_counts_what_is_trained_on(open_page: Visit) -> None:
    page = open_page(data__points="1_1_1~2_2_0", data__first_class="30")
    caption = next(node.proto.body for node in page.get("html") if "np-chosen" in node.proto.body)
    assert "250 to train on, 250 to test · 30 % of the first class kept · + 2 painted" in caption


def test_an_empty_plane_has_classes_or_values(open_page: Visit) -> None:
    page = press(open_page(), "pick_own")
    assert experiment(page).loss == "bce"
    checked(page.slider(key="set_data_classes").set_value(4).run())
    assert experiment(page).loss == "cross_entropy"
    checked(page.toggle(key="set_data_own_values").set_value(True).run())
    assert experiment(page).loss == "mse"
    assert not page.error
