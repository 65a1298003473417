"""Every pair of sentences at once: which noun the model names, whole and with the link cut, and where it fails."""

import streamlit as st

from attnviz import cut
from attnviz.engine import builtin
from attnviz.learn.frame import heading, text
from attnviz.learn.parts import model, pictures, trained
from attnviz.learn.what_does_it_mean.reference import SCHEMAS, Schema


def table() -> None:
    """What became of every pair."""
    heading("All pairs at once: what it can and cannot do")
    layer, head = builtin.default_view()
    text(
        f"Layer {layer}, head {head}, asked what “it” stands for in the first and in the second sentence of each pair. "
        "Then the link to the right noun is cut."
    )
    named = {schema: _named(schema, layer, head) for schema in SCHEMAS}
    n_right = sum(whole == schema.nouns for schema, (whole, _) in named.items())
    columns = {
        "sentences": [_sentences(schema) for schema in SCHEMAS],
        "it names": [_both(whole) for whole, _ in named.values()],
        "with the link cut": [_both(without) for _, without in named.values()],
    }
    pictures.table(columns, alt="What the model names in every pair")
    text(f"Right in both sentences: **{n_right} of {len(SCHEMAS)}** pairs.")
    free = builtin.free_pairs()
    text(
        f"Of {free.n} other pairs, written by hand outside the grammar that it was trained on, its link is right in "
        f"both sentences of **{free.n_right}**. A coin would be right in a quarter of them, {free.n / 4:g}."
    )
    text(
        "It was told in training what can be tired and what can be wide. It was not told who eats whom, that a thin "
        "branch breaks, or what happens to water that is poured. All words that it does not know are one and the "
        "same to it."
    )


@st.cache_data(max_entries=64, show_spinner=False)
def _named(schema: Schema, layer: int, head: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The words named in both sentences, whole and without the link to the right noun."""
    whole, without = [], []
    for index, noun in enumerate(schema.nouns):
        sentence = schema.sentence(index)
        it, key = (model.position_of(word, model.stack(sentence).query_tokens) for word in ("it", noun))
        whole.append(model.named(sentence, head, at=it))
        without.append(model.named(sentence, head, at=it, edits=[cut(layer=layer, query=it, key=key)]))
    return tuple(whole), tuple(without)


def _sentences(schema: Schema) -> str:
    """Both sentences in one, the right nouns, and the words in them that the model does not know."""
    unknown = trained.unknown_words(*map(schema.sentence, range(2)))
    both = f"{schema.text.format(' / '.join(schema.cues))} Right: {_both(schema.nouns)}."
    return f"{both} (unknown to it: {', '.join(unknown)})" if unknown else both


def _both(words: tuple[str, ...]) -> str:
    return ", ".join(words)
