"""The page of results: every script writes the section under its own heading and leaves the others as they are."""

from collections.abc import Sequence
from pathlib import Path

REPORT = Path(__file__).with_name("README.md")
TITLE = "# Benchmarks\n"


def write_section(heading: str, text: str, *, report: Path = REPORT) -> None:
    """Put a text under its heading, in place of the one of before, or at the end of the page."""
    before = report.read_text(encoding="utf-8") if report.exists() else TITLE
    opening, *sections = before.split("\n## ")
    texts = {section.partition("\n")[0]: section for section in sections}
    texts[heading] = f"{heading}\n\n{text.strip()}\n"
    report.write_text("\n## ".join([opening, *texts.values()]), encoding="utf-8")


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Lines of Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def milliseconds(value: float) -> str:
    """As a table shows it."""
    return f"{value:.1f} ms" if value < 10 else f"{value:.0f} ms" if value < 1000 else f"{value / 1000:.1f} s"


def megabytes(n_bytes: int) -> str:
    """As a table shows it."""
    return f"{n_bytes / 1e6:.2f} MB"
