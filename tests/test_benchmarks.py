"""The page of results is written section by section."""

from benchmarks.report import REPORT, table, write_section


def test_a_section_takes_the_place_of_the_one_of_before_and_leaves_the_others(tmp_path):
    report = tmp_path / "README.md"
    for heading, text in (("One", "first\n\n| a |\n"), ("Two", "second"), ("One", "third")):
        write_section(heading, text, report=report)
    assert report.read_text() == "# Benchmarks\n\n## One\n\nthird\n\n## Two\n\nsecond\n"


def test_the_page_keeps_its_opening(tmp_path):
    report = tmp_path / "README.md"
    report.write_text(REPORT.read_text(encoding="utf-8"), encoding="utf-8")
    opening = report.read_text(encoding="utf-8").partition("\n## ")[0]
    write_section("Cost of a trace", "new", report=report)
    assert report.read_text(encoding="utf-8").startswith(opening)
    assert report.read_text(encoding="utf-8").count("## Cost of a trace") == 1


def test_a_table_is_lines_of_markdown():
    assert table(["a", "b"], [["1", "2"]]) == "| a | b |\n| --- | --- |\n| 1 | 2 |"
