"""Lesson 8: what "it" attends to, whether the link flips, and what happens when it is cut."""

from attnviz.learn.frame import does_not_show, heading, lesson_page, part, sources, text
from attnviz.learn.parts import citations
from attnviz.learn.questions import ask


def show() -> None:
    """Draw the page."""
    with lesson_page(__file__):
        text(
            "“The animal didn’t cross the street because it was too **tired**.” What was too tired? And what if it "
            "was too **wide**? One word changes, and “it” stands for another noun. No rule of grammar tells; you have "
            "to know what can be tired and what can be wide. Such pairs are called **Winograd schemas** (Levesque et "
            "al. 2012).\n\n"
            "A model that reads such a pair has to bring the noun to “it”. If it does so by attention, you should "
            "see the link from “it” change its target from one sentence to the other. A model that always took the "
            "first noun would be right half the time, and its link would not flip.\n\n"
            "The model on this page was trained to **name** words: asked at “it”, a head of its last layer names the "
            "noun that “it” stands for. So you can see the link, cut it, and hear what becomes of the answer. Where "
            "the head should look was never part of the training."
        )
        heading("Try it: does the link flip?")
        text("Choose a pair, then a layer and a head. Beside the model stands one with random weights.")
        from attnviz.learn.what_does_it_mean import pairs, reference

        reference.play()
        with part():
            pairs.table()
        heading("What to notice")
        text(
            "- Cutting a link is an **intervention**: the key is masked for “it” alone, and the rest of the row "
            "grows until it sums to 1 again.\n"
            "- Compare two cuts: that of the link in question, and that of the link to the other noun. Only the "
            "difference between them tells that this link mattered.\n"
            "- A model that does well on its own kind of sentences may be at a loss with others, and shows no doubt: "
            "the weights can be as large where the noun is wrong."
        )
        ask(reference.QUESTIONS)
        does_not_show(
            "A link that flips shows what this head of this model does with this pair of sentences. It is no "
            "evidence about English, and none about other models. Many models answer such questions without any head "
            "whose weights show it, and weights can often be changed without changing the answer (Jain and Wallace "
            "2019); whether that makes them useless as explanations depends on what you want explained (Wiegreffe "
            "and Pinter 2019). The cut here is made in one layer and read in the same layer; what later layers would "
            "make of it is not followed. And this head names a noun because training asked it to; in a model trained "
            "on plain text no head is made for that."
        )
        sources(
            citations.LEVESQUE,
            f"{citations.ALAMMAR}: the sentence about the animal and the street.",
            citations.JAIN_WALLACE,
            citations.WIEGREFFE_PINTER,
        )


show()
