"""Figures as files."""

import re

import pytest

from attnviz import cli
from attnviz.engine.untrained import load_untrained
from attnviz.errors import FileFormatError, SelectionError
from attnviz.figures import files
from attnviz.figures.files import caption, image, one_head, page, save_figure, with_caption
from attnviz.figures.heatmap import heat_map
from attnviz.figures.papers import paper_figure
from tests.figures.drawn import spec

TEXT = "She ate <script>alert(1)</script> $x$ the apple"


@pytest.fixture(scope="module")
def trace():
    return load_untrained().run(TEXT)


def test_the_caption_names_text_model_layer_and_head(trace):
    words = caption("a b", pair="c", model="bert@main", kind="encoder", heads=one_head(3, 1), notes=("Words.",))
    assert words == (
        "Attention of bert@main, encoder, layer 3, head 1 (both from 0), for “a b” with “c”. Words. Drawn with attnviz."
    )


def test_the_caption_stands_below_the_map_and_moves_nothing(trace):
    bare = heat_map(trace.encoder, 0, 0)
    captioned = with_caption(bare, "word " * 60)
    before, after = spec(bare)["layout"], spec(captioned)["layout"]
    room = after["height"] - before["height"]
    assert room >= 3 * 17
    assert after["margin"]["b"] == before["margin"]["b"] + room
    (note,) = after["annotations"]
    assert note["text"].count("<br>") >= 2
    assert "annotations" not in before


def test_the_page_holds_all_it_needs_and_no_markup_of_the_text(trace):
    written = page(paper_figure(trace, "encoder", layer=0, head=0), title=TEXT)
    assert not re.findall(r"<(?:script|link|img)[^>]+(?:src|href)\s*=", written)
    assert "<script>alert" not in written
    assert len(written) > 3_000_000, "Plotly is inside"


@pytest.mark.parametrize(("kind", "start"), [("svg", b"<svg"), ("png", b"\x89PNG"), ("pdf", b"%PDF")])
def test_images_are_drawn_by_a_browser_here(trace, kind, start):
    assert image(paper_figure(trace, "encoder", layer=1, head=2), kind).startswith(start)


def test_a_missing_browser_is_one_sentence(trace, monkeypatch):
    from kaleido.errors import ChromeNotFoundError

    def missing(*_, **__):
        raise ChromeNotFoundError

    monkeypatch.setattr("kaleido.calc_fig_sync", missing)
    with pytest.raises(FileFormatError, match=r"Drawing PDF needs Chrome or Chromium, and none is here\."):
        image(heat_map(trace.encoder, 0, 0), "pdf")


@pytest.mark.parametrize(("name", "sentence"), [("a.jpg", "names no kind of figure"), ("no/such/a.svg", "no folder")])
def test_a_place_that_cannot_be_written_is_one_sentence(trace, tmp_path, name, sentence):
    with pytest.raises(FileFormatError, match=sentence):
        save_figure(heat_map(trace.encoder, 0, 0), tmp_path / name)


def test_attention_that_the_model_lacks_is_one_sentence(trace):
    with pytest.raises(SelectionError, match="has no attention 'cross', only encoder"):
        paper_figure(trace, "cross", layer=0, head=0)


def test_the_command_line_draws_a_head(tmp_path, capsys):
    out = tmp_path / "a.html"
    command = ["figure", TEXT, "--layer", "1", "--head", "2", "--words", "--scale", "log", "--dark", "--out", str(out)]
    assert cli.main(command) == 0
    assert "layer 1, head 2" in capsys.readouterr().out
    assert "layer 1, head 2 (both from 0)" in out.read_text(encoding="utf-8")
    for wrong, sentence in ((["--layer", "9"], "Layer 9 does not exist"), (["--out", "a.gif"], "names no kind of")):
        assert cli.main([*command, *wrong]) == 2
        assert sentence in capsys.readouterr().err


def test_whether_images_can_be_drawn_is_known_without_drawing():
    assert files.can_draw_images()
