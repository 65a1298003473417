"""Masks, positions, and attention from one text to another."""

from dataclasses import replace

import streamlit as st

from attnviz.analysis import translation
from attnviz.analysis.order import MASKS, N_PADDING, attended, change_by_order, mask_of
from attnviz.errors import TextTooLongError
from attnviz.learn.frame import text
from attnviz.learn.parts import pictures, worked
from attnviz.tokens import check_text, labels, word_tokens

SENTENCE = "the dog bit the man"
MAX_WORDS = 10
MAX_LETTERS = 12  # of a word
PAD = "[PAD]"
ORDERS = ("reversed", "sorted by letter", "as typed")


def words_typed() -> tuple[str, ...]:
    """The words of the sentence that can be changed; raises TextError where they cannot be drawn."""
    typed = st.text_input("A sentence of your own", SENTENCE, key="order_sentence", width=480)
    words = labels(word_tokens(check_text(typed)))
    if len(words) > MAX_WORDS:
        raise TextTooLongError(
            f"This sentence has {len(words)} words; the pictures show at most {MAX_WORDS}. Shorten it."
        )
    longest = max(words, key=len)
    if len(longest) > MAX_LETTERS:
        raise TextTooLongError(
            f"“{longest[:MAX_LETTERS]}…” has {len(longest)} letters; at most {MAX_LETTERS} can be drawn."
        )
    return words


def masks_and_order() -> None:
    """One sentence under every mask, and in another order."""
    words = words_typed()
    _masked(words)
    _reordered(words)


def _masked(words: tuple[str, ...]) -> None:
    kind = st.segmented_control("Mask", MASKS, default="causal", required=True, key="mask")
    shown = (*words, *[PAD] * N_PADDING) if kind == "padding" else words
    mask = mask_of(kind, len(shown))
    _, step = attended(shown, with_positions=True, mask=mask)
    scores, weights = step.masked_scores(0), step.weights(0)
    if mask is not None:
        scores, weights = (each.masked_fill(~mask[0, 0], float("nan")) for each in (scores, weights))
    pictures.show(
        pictures.matrix_picture("Scores; masked ones are −∞", scores, rows=shown, columns=shown),
        pictures.matrix_picture("Weights", weights, rows=shown, columns=shown, are_weights=True),
        key="masks",
    )


def order_of(kind: str, words: tuple[str, ...]) -> list[int]:
    """The places in which the words come to stand."""
    places = list(range(len(words)))
    if kind == "sorted by letter":
        return sorted(places, key=lambda place: words[place].casefold())
    return places[::-1] if kind == "reversed" else places


def _reordered(words: tuple[str, ...]) -> None:
    st.markdown("**The same words in another order**")
    kind = st.segmented_control("Order", ORDERS, default="reversed", required=True, key="order")
    order = order_of(kind, words)
    without, with_positions = (change_by_order(words, order, with_positions=on) for on in (False, True))
    names = [f"{word} ({place})" for place, word in enumerate(words)]
    changes = {"without positions": without, "with positions": with_positions}
    title = "How much each word’s new vector changes"
    picture = pictures.bars_picture(title, changes, groups=names, y_title="change of the new vector")
    pictures.show(picture, key="order_change")
    text(
        f"The largest change without positions is ${worked.value(max(without))}$, nothing but rounding, so no bar can "
        f"be seen. With positions it is **{max(with_positions):.2f}**, where 1 means that the change is as long as "
        "the vector."
    )


@st.cache_resource(max_entries=4, show_spinner="Training a small translator")
def translator(seed: int) -> tuple[translation.Translator, translation.Quality]:
    """A translator from this random start, and how good it is on sentences that were kept back."""
    learned, held_back = translation.split()
    model = translation.train(learned, seed=seed)
    return model, translation.quality(model, held_back)


def cross_attention() -> None:
    """A sentence in two languages, and which word looks at which."""
    with st.container(horizontal=True):
        subject = st.selectbox("Subject", tuple(translation.SUBJECTS), key="subject", width=110)
        verb = st.selectbox("Verb", tuple(translation.VERBS), key="verb", width=110)
        adjective = st.selectbox("Adjective", ("none", *translation.ADJECTIVES), index=1, key="adjective", width=130)
        noun = st.selectbox("Noun", tuple(translation.NOUNS), key="noun", width=130)
        seed = st.selectbox("Random start", range(3), key="translator_seed", width=130)
    model, quality = translator(seed)
    pair = translation.pair_of(subject, verb, None if adjective == "none" else adjective, noun)
    written = translation.translate(model, pair.source)
    weights = translation.alignment(model, replace(pair, target=written))
    title = "The French that it wrote looks at the English"
    picture = pictures.matrix_picture(title, weights, rows=written, columns=pair.source, are_weights=True)
    pictures.show(picture, key="cross")
    wrong = [f"“{found}” for “{right}”" for found, right in zip(written, pair.target, strict=True) if found != right]
    verdict = f"Wrong: {', '.join(wrong)}." if wrong else "Every word is right."
    seen = "was kept back from training" if pair in translation.split()[1] else "is one that it was trained on"
    text(
        f"It wrote: **{' '.join(written)}**. Right: **{' '.join(pair.target)}**. {verdict} This sentence {seen}.\n\n"
        f"On the {translation.N_HELD_OUT} sentences that were kept back, this translator writes "
        f"**{quality.words:.0%}** of the words right, and **{quality.sentences:.0%}** of the sentences without a "
        f"mistake. For **{quality.aligned:.0%}** of the words that have one counterpart, the largest weight is on it. "
        "Articles are not counted: to choose between “le” and “la” it has to look at the noun."
    )
