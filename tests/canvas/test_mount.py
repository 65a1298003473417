"""The picture in a bare page."""

import pytest

from tests.canvas.by_hand import messages

pytestmark = pytest.mark.browser
TEXT = "The animal didn't cross the street because it was too tired"


def test_a_picture_draws_its_words_and_takes_itself_away(bare):
    opened = bare(messages(TEXT))
    assert opened.root().get_attribute("data-shows") == "3.0"
    assert opened.root().get_attribute("data-exact") == "true"
    assert opened.part("sentence").locator(".letters").all_text_contents()[1:4] == ["The", "animal", "didn't"]
    opened.page.evaluate("hosts[0].handle.remove()")
    assert opened.page.inner_html("#picture-0") == ""
