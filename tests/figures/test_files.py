"""Figures as files."""

import re
import sys

import pytest

from attnviz.engine.untrained import load_untrained
from attnviz.errors import FileFormatError, SelectionError
from attnviz.figures import files
from attnviz.figures.files import (
    caption,
    check_figure_target,
    image,
    one_head,
    page,
    save_figure,
    with_caption,
    wrapped,
)
from attnviz.figures.heatmap import heat_map
from attnviz.figures.labels import width
from attnviz.figures.papers import paper_figure
from attnviz.tokens import word_spans
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


def test_a_missing_browser_is_one_sentence(trace, monkeypatch, tmp_path):
    monkeypatch.setattr(files, "can_draw_images", lambda: False)
    with pytest.raises(FileFormatError, match=r"Drawing PDF needs Chrome or Chromium, and none is here\."):
        image(heat_map(trace.encoder, 0, 0), "pdf")
    with pytest.raises(FileFormatError, match="Drawing SVG needs Chrome"):
        check_figure_target(tmp_path / "a.svg")
    check_figure_target(tmp_path / "a.html")


@pytest.mark.skipif(sys.platform == "win32", reason="the browsers that fail are shell scripts")
@pytest.mark.parametrize(
    "script",
    [
        "echo 'error while loading shared libraries: libnss3.so' >&2; exit 127",
        "exit 1",
        "/bin/sh -c 'sleep 1; kill -9 '$$ & exec {browser} \"$@\"",
        "exec sleep 20",
    ],
)
def test_a_browser_that_fails_is_one_sentence(trace, tmp_path, monkeypatch, script):
    from choreographer.browsers.chromium import Chromium

    real = Chromium.find_browser(skip_local=False)
    browser = tmp_path / "chromium"
    browser.write_text(f"#!/bin/sh\n{script.format(browser=real)}\n")
    browser.chmod(0o755)
    monkeypatch.setenv("BROWSER_PATH", str(browser))
    monkeypatch.setattr(files, "SECONDS", 5)
    figure = heat_map(trace.encoder, 0, 0)
    if "kill" in script:  # slow enough that the browser ends first
        figure.layout.width = figure.layout.height = 6_000
    with pytest.raises(FileFormatError, match=r"PNG was not drawn: the browser (failed|gave no picture)") as caught:
        image(figure, "png")
    assert "\n" not in str(caught.value)
    assert "or write .html" in str(caught.value)


def test_a_picture_is_written_beside_its_place_and_moved(trace, tmp_path, monkeypatch):
    path = tmp_path / "a.html"
    path.write_text("before")

    def full(*_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(files.Path, "write_bytes", full)
        with pytest.raises(FileFormatError, match="cannot be written: No space left"):
            save_figure(heat_map(trace.encoder, 0, 0), path)
    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]
    save_figure(heat_map(trace.encoder, 0, 0), path)
    assert path.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("text", ["word " * 600, "动物没有过马路因为它太累了。" * 60, "x" * 3000, "🇦" * 900])
def test_a_caption_quotes_the_beginning_of_a_long_text_in_lines_that_fit(trace, text):
    words = caption(text, pair=None, model="m", kind="encoder", heads=one_head(0, 0))
    assert f" …” ({len(word_spans(text))} words)." in words
    assert width(words) < 400
    layout = spec(with_caption(heat_map(trace.encoder, 0, 0), words))["layout"]
    lines = layout["annotations"][0]["text"].split("<br>")
    assert all(width(line) * 6.2 <= layout["width"] for line in lines)
    assert len(lines) <= 12
    assert "".join("".join(lines).split()) == "".join(words.split()), "nothing is lost"


def test_lines_break_at_blanks_and_within_writing_that_has_none():
    assert wrapped("one two three", 8.0) == ["one two", "three"]
    assert wrapped("abcdefghij kl", 4.0) == ["abcd", "efgh", "ij", "kl"]
    assert wrapped("动物没有过马路", 6.0) == ["动物没", "有过马", "路"]


@pytest.mark.parametrize(("name", "sentence"), [("a.jpg", "names no kind of figure"), ("no/such/a.svg", "no folder")])
def test_a_place_that_cannot_be_written_is_one_sentence(trace, tmp_path, name, sentence):
    with pytest.raises(FileFormatError, match=sentence):
        save_figure(heat_map(trace.encoder, 0, 0), tmp_path / name)


def test_attention_that_the_model_lacks_is_one_sentence(trace):
    with pytest.raises(SelectionError, match="has no attention 'cross', only encoder"):
        paper_figure(trace, "cross", layer=0, head=0)


def test_whether_images_can_be_drawn_is_known_without_drawing():
    assert files.can_draw_images()
