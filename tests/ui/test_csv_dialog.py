"""The visitor's own table: what is shown of it, what is refused, what it becomes."""

import pytest
from streamlit.testing.v1 import AppTest

from playground.core.data.csv_reader import read_table
from playground.core.document import read_document, write_document
from playground.core.experiment import Experiment
from playground.core.link import encode
from tests.ui.visits import Visit, checked, experiment, press

PEOPLE = b"""age;income;city;likes
23;2100,5;Rome;yes
31;3000;Paris;no
44;;Rome;yes
52;4100;Berlin;no
29;2500,25;Paris;yes
35;3300;Berlin;no
48;3900;Rome;no
27;2300;Berlin;yes
"""


def bring(page: AppTest, content: bytes, name: str = "people.csv") -> AppTest:
    """Chooses a file in the dialog, which a run outside a browser would not keep open."""
    page.session_state["csv_open"] = True
    checked(page.run())
    page.file_uploader(key="csv_file").set_value((name, content, "text/csv"))
    page.session_state["csv_open"] = True
    return checked(page.run())


def use(page: AppTest) -> AppTest:
    page.button(key="csv_use").click()
    page.session_state["csv_open"] = True
    return checked(page.run())


def test_the_tile_opens_the_dialog(open_page: Visit) -> None:
    page = press(open_page(), "pick_csv")
    assert page.file_uploader(key="csv_file")
    assert experiment(page).data.name == "circle"


def test_a_table_is_looked_at_and_used(open_page: Visit) -> None:
    page = bring(open_page(), PEOPLE)
    said = [text.value for text in page.caption]
    assert "8 rows, 4 columns, 1 missing values" in said
    assert any("two classes · 5 inputs, 7 rows" in text for text in said)
    assert page.selectbox(key="csv_target").value == "likes"
    use(page)
    data = experiment(page).data
    assert (data.name, data.target) == ("csv", "likes")
    assert data.upload is not None
    assert data.upload.sha256 == read_table(PEOPLE, "people.csv").sha256
    assert experiment(page).loss == "bce"
    assert not page.error


def test_target_kind_and_missing_values_are_choices(open_page: Visit) -> None:
    page = bring(open_page(), PEOPLE)
    page.selectbox(key="csv_target").set_value("age")
    page.selectbox(key="csv_missing").set_value("impute")
    page.session_state["csv_open"] = True
    checked(page.run())
    use(page)
    assert experiment(page).data.target == "age"
    assert experiment(page).loss == "mse"
    assert "1 missing values are filled in." in [text.value for text in page.caption]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "The file is empty."),
        (b"a,b\n1,2\n3\n", "Line 3 has 1 values where the first line has 2."),
        (b"PK\x03\x04zip", "This is a spreadsheet, not a CSV file. Save it as CSV and try again."),
        (
            b"only\n1\n2\n",
            "Only one column was found. A table needs at least two: an input and a target.",
        ),
    ],
)
def test_a_bad_file_is_one_sentence(open_page: Visit, content: bytes, sentence: str) -> None:
    page = bring(open_page(), content, "bad.csv")
    assert [error.value for error in page.error] == [sentence]
    assert experiment(page) == Experiment()


def test_a_link_asks_for_its_file_again(open_page: Visit) -> None:
    table = read_table(PEOPLE, "people.csv")
    upload = {"filename": "people.csv", "sha256": table.sha256}
    wanted = Experiment().with_changes({"data": {"name": "csv", "upload": upload}})
    query = {key.replace(".", "__"): text for key, text in encode(wanted).items()}
    page = open_page(**query)
    assert "people.csv" in page.warning[0].value
    assert not page.get("bidi_component")
    use(bring(page, PEOPLE))
    assert not page.warning
    assert len(page.get("bidi_component")) == 5


def test_a_file_of_an_experiment_carries_its_table() -> None:
    table = read_table(PEOPLE, "people.csv")
    upload = {"filename": "people.csv", "sha256": table.sha256}
    wanted = Experiment().with_changes({"data": {"name": "csv", "upload": upload}})
    again, embedded = read_document(write_document(wanted, table))
    assert again == wanted
    assert embedded is not None
    assert embedded.sha256 == table.sha256
