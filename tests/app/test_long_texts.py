"""A text longer than the window: tables and files hold what is drawn, and say what they leave out."""

import csv
import io

import pytest

from attnviz.app.components import maps, take_away
from attnviz.app.display import Display
from attnviz.app.selection import Selection
from attnviz.app.shared import tables
from attnviz.engine.untrained import load_untrained
from attnviz.tokens import Token
from tests.app.conftest import Start, checked

LONG = "word " * 700


@pytest.fixture(scope="module")
def stack():
    return load_untrained().run(LONG).encoder


def test_the_numbers_of_the_map_are_those_of_the_window(stack):
    columns = maps.columns(stack, layer=1, head=2, rows=range(100, 103), columns=range(690, 702))
    assert list(columns) == ["attends", *(f"word ({at})" for at in range(690, 701)), "[SEP] (701)"]
    assert columns["attends"] == ["word (100)", "word (101)", "word (102)"]
    assert columns["word (690)"] == pytest.approx(stack.weights(1, 2)[100:103, 690].tolist())


def test_the_csv_of_a_head_is_that_of_the_window(stack):
    chosen, shown = Selection(("encoder",), "encoder", stack, 1, 2), Display((stack,), (), (), (False, "keep"))
    lines = list(csv.DictReader(io.StringIO(take_away._csv(chosen, shown, range(5, 7), range(600, 603)))))
    places = [(int(line["query_index"]), int(line["key_index"])) for line in lines]
    assert places == [(query, key) for query in (5, 6) for key in (600, 601, 602)]
    for line, (query, key) in zip(lines, places, strict=True):
        assert float(line["weight"]) == stack.weights(1, 2)[query, key].item()


def test_the_page_says_what_its_files_leave_out(start: Start, monkeypatch):
    monkeypatch.setattr(take_away, "MAX_NPZ", 2**20)
    page = start(model="untrained", text=LONG.strip())
    page.session_state["take_away"] = True
    said = " ".join(caption.value for caption in checked(page.run()).caption)
    assert "CSV: the 512 of 702 rows and 512 of 702 columns that are shown." in said
    assert "NPZ of all heads would have 30 MiB; a page gives at most 1 MiB." in said
    assert not [button for button in page.get("download_button") if "NPZ" in button.proto.label]


def test_no_name_in_a_table_is_a_formula():
    assert tables.named(Token("=HYPERLINK(1)", 0, 13, 0), 3) == "“=HYPERLINK(1)” (3)"
    assert tables.named(Token("it's", 0, 4, 0), 3) == "it's (3)"
