"""Which lessons there are, in order, each with its address."""

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

FOLDER = Path(__file__).parent
SOURCES = FOLDER / "sources.md"  # each written once; a text names them as [@vaswani]


@dataclass(frozen=True)
class Lesson:
    """One page of Learn, by the name of its folder."""

    file: str

    @cached_property
    def title(self) -> str:
        """What the menu calls it: the title of its text."""
        return self._read("lesson.md").partition("\n")[0].removeprefix("# ")

    @property
    def text(self) -> str:
        """What stands on its page below the title, with its sources in full."""
        entries = dict(re.findall(r"^\[@(\w+)\]: (.+)$", SOURCES.read_text(encoding="utf-8"), re.MULTILINE))
        below = self._read("lesson.md").partition("\n")[2]
        return re.sub(r"\[@(\w+)\]", lambda found: entries[found[1]], below)

    @property
    def questions(self) -> str:
        """Its questions with their answers, as `questions.read_questions` takes them."""
        return self._read("questions.md")

    @property
    def number(self) -> int:
        """Its place, from 1."""
        return LESSONS.index(self) + 1

    @property
    def address(self) -> str:
        """The last part of its address."""
        return f"learn-{self.file.replace('_', '-')}"

    def _read(self, name: str) -> str:
        return (FOLDER / self.file / name).read_text(encoding="utf-8")


LESSONS = tuple(
    Lesson(file)
    for file in (
        "what_is_self_attention",
        "query_key_value",
        "scale_and_softmax",
        "many_heads",
        "masks_and_positions",
        "why_not_a_recurrent_network",
        "meaning_from_context",
        "what_does_it_mean",
        "from_attention_to_a_transformer",
    )
)
