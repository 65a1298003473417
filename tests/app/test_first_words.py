"""What is on screen before torch is imported, which takes a second: asked of a Python that refuses to import it."""

import json
import subprocess
import sys

import pytest

from attnviz.learn.syllabus import LESSONS
from tests.app.conftest import ROOT
from tests.learn.conftest import PAGE

PROGRAM = """
import json, sys
from streamlit.delta_generator import DeltaGenerator
from streamlit.testing.v1 import AppTest

class Refusal:
    def find_spec(self, name, path=None, target=None):
        if name == "torch":
            raise ImportError(name)

def told(self, kind, *rest, **options):
    sent.append(kind)
    return enqueue(self, kind, *rest, **options)

enqueue, DeltaGenerator._enqueue = DeltaGenerator._enqueue, told
sys.meta_path.insert(0, Refusal())
for page in sys.argv[1:]:
    sent = []
    opened = AppTest.from_file if page.endswith(".py") else AppTest.from_string
    opened(page, default_timeout=60).run()
    print("sent", json.dumps(sent))
"""
PAGES = ["app.py", "attnviz/app/pages/compare.py"]
LEARN = {each.file: PAGE.format(each.file) for each in LESSONS}


@pytest.fixture(scope="module")
def sent() -> dict[str, list[str]]:
    """The elements that each page sends when there is no torch."""
    command = [sys.executable, "-c", PROGRAM, *PAGES, *LEARN.values()]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=True)
    lines = [line.removeprefix("sent ") for line in done.stdout.splitlines() if line.startswith("sent ")]
    return dict(zip([*PAGES, *LEARN], map(json.loads, lines), strict=True))


@pytest.mark.parametrize("file", PAGES)
def test_the_sentence_is_on_screen_before_torch_is_imported(sent, file):
    assert "text_input" in sent[file]
    assert sent[file][-1] == "exception", "a page that draws its pictures without torch"


@pytest.mark.parametrize("file", LEARN)
def test_a_lesson_has_its_title_and_first_words_on_screen_before_torch_is_imported(sent, file):
    assert next(kind for kind in sent[file] if kind != "html") == "heading"  # a style is not on screen
    assert sent[file].count("markdown") >= 2
    assert "plotly_chart" not in sent[file]
