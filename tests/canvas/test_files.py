"""Parts of the picture as files, drawn by the browser of this machine."""

import sys
import xml.etree.ElementTree as ET

import pytest

from attnviz import cli
from attnviz.canvas import files
from attnviz.canvas.files import check_target, image, save_picture
from attnviz.errors import FileFormatError
from tests.canvas.fixtures import built_in

pytestmark = pytest.mark.browser
TEXT = "She ate <script>alert(1)</script> the apple"


@pytest.fixture(scope="module")
def scene():
    return built_in()


def words_of(svg):
    return ["".join(each.itertext()) for each in ET.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")]


@pytest.mark.parametrize("part", ["map", "sentence"])
def test_an_svg_has_every_word_and_its_caption_within_its_edges(scene, part):
    svg = image(scene, "svg", part=part)
    said = words_of(svg)
    for word in ("The", "animal", "didn't", "cross", "street", "because", "it", "was", "too", "tired"):
        assert word in said
    assert ".91" in said
    assert "layer 3, head 0" in " ".join(said).lower()


@pytest.mark.parametrize(("kind", "start"), [("png", b"\x89PNG"), ("pdf", b"%PDF")])
def test_images_are_drawn_by_a_browser_here(scene, kind, start):
    assert image(scene, kind, part="heads", theme="dark").startswith(start)


def test_a_missing_browser_is_one_sentence(scene, monkeypatch, tmp_path):
    monkeypatch.setattr(files, "can_draw_images", lambda: False)
    with pytest.raises(FileFormatError, match=r"Drawing PDF needs Chrome or Chromium, and none is here\."):
        image(scene, "pdf")
    with pytest.raises(FileFormatError, match="Drawing SVG needs Chrome"):
        check_target(tmp_path / "a.svg")
    save_picture(scene, tmp_path / "a.html", title="a")
    assert (tmp_path / "a.html").read_text(encoding="utf-8").startswith("<!doctype html>")


def test_the_command_line_asks_for_the_browser_before_it_runs_the_model(tmp_path, monkeypatch, capsys):
    def never(*_, **__):
        raise AssertionError("the model was loaded")

    monkeypatch.setattr(files, "can_draw_images", lambda: False)
    monkeypatch.setattr("attnviz.engine.load", never)
    assert cli.main(["figure", TEXT, "--out", str(tmp_path / "a.png")]) == 2
    assert "Drawing PNG needs Chrome or Chromium" in capsys.readouterr().err


@pytest.mark.skipif(sys.platform == "win32", reason="the browsers that fail are shell scripts")
@pytest.mark.parametrize("script", ["echo 'libnss3.so is missing' >&2; exit 127", "exec sleep 20"])
def test_a_browser_that_fails_is_one_sentence(scene, tmp_path, monkeypatch, script):
    browser = tmp_path / "chromium"
    browser.write_text(f"#!/bin/sh\n{script}\n")
    browser.chmod(0o755)
    monkeypatch.setenv("BROWSER_PATH", str(browser))
    monkeypatch.setattr(files, "SECONDS", 1)
    with pytest.raises(FileFormatError, match=r"PNG was not drawn: the browser (failed|gave no picture)") as caught:
        image(scene, "png")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("name", "sentence"), [("a.jpg", "names no kind of picture"), ("no/such/a.svg", "no folder")])
def test_a_place_that_cannot_be_written_is_one_sentence(tmp_path, name, sentence):
    with pytest.raises(FileFormatError, match=sentence):
        check_target(tmp_path / name)


def test_the_command_line_draws_a_head(tmp_path, capsys):
    out = tmp_path / "a.svg"
    options = ["--layer", "1", "--head", "2", "--words", "--scale", "log", "--dark"]
    assert cli.main(["figure", TEXT, *options, "--out", str(out)]) == 0
    assert "layer 1, head 2" in capsys.readouterr().out
    assert "ate" in words_of(out.read_bytes())
