"""Twice the text is twice the work, whatever it is made of.

Measured in processor time of this process, which other processes do not add to: sixteen times the text may take 64
times as long, where one that grows with the square takes 256 times as long.
"""

import time

import pytest

from attnviz.engine.alignment import align
from attnviz.engine.builtin import read
from attnviz.engine.patterns import shape
from attnviz.figures.labels import axis_label, hover_label, width
from attnviz.tokens import MAX_CHARACTERS, Token, word_spans
from tests.naughty import NAUGHTY

SHORT, TIMES, MOST = 250, 16, 64
OTHERS = {
    "marks": "\u0301",
    "joiners": "👩\u200d",
    "flags": "🇩🇪",
    "half flags": "🇦",
    "flags and marks": "🇦\u0301🇩\u200d",
    "apostrophes": "n't",
    "numbers": "1.000,",
    "katakana": "カ",
    "hangul": "한",
    "lines": "a\n",
    "words": "a b ",
    "sentences": "She ate the red apple. ",
    "blanks": " ",
}
KINDS = {name: tuple(text[:50] for text in texts) for name, texts in NAUGHTY.items()} | {
    name: (text,) for name, text in OTHERS.items()
}
SCANS = {
    "pieces of a character": lambda text: align(list(text), text),
    "pieces that are not there": lambda text: align(["<unk>", *"q" * len(text)], text),
    "every second piece unknown": lambda text: align(
        ["<unk>" if at % 2 else text[at] for at in range(len(text))], text
    ),
    "labels": lambda text: (axis_label(Token(text, 0, 1, 0)), hover_label(Token(text, 0, 1, 0), 0), width(text)),
    "shape of a sentence": lambda text: shape("RA,N" * (len(text) // 16) + "R" * len(text)),
}


def seconds(scan, text):
    def once():
        start = time.process_time()
        scan(text)
        return time.process_time() - start

    return min(once(), once())


def check(scan, unit):
    short, long = ((unit * (length // len(unit) + 1))[:length] for length in (SHORT, TIMES * SHORT))
    assert seconds(scan, long) <= MOST * seconds(scan, short) + 0.002, f"{unit!r}"


@pytest.mark.parametrize("kind", KINDS)
def test_words_are_cut_in_time_that_grows_as_the_text_does(kind):
    for unit in KINDS[kind]:
        check(word_spans, unit)


@pytest.mark.parametrize("unit", OTHERS.values(), ids=OTHERS)
@pytest.mark.parametrize("scan", SCANS)
def test_the_work_grows_as_the_text_does(scan, unit):
    check(SCANS[scan], unit)


@pytest.mark.parametrize("unit", ["🇦", "n't", "She ate the red apple. ", "a b "])
def test_every_word_of_the_longest_text_is_looked_up(unit):
    text = (unit * MAX_CHARACTERS)[: MAX_CHARACTERS - 1] + "x"
    assert len(read(text).known) == len(word_spans(text))
