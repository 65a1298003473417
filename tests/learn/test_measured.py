"""The lessons that measure: what is drawn and said equals what the analyses and torch give."""

import dataclasses
import json
from functools import cache
from pathlib import Path
from urllib.parse import unquote_plus

import numpy as np
import pytest
import torch
from streamlit.testing.v1 import AppTest
from torch.nn import functional as F

import attnviz
from attnviz.analysis import order, translation
from attnviz.analysis.influence import LastOfRnn, random_attention, random_rnn, random_texts, train_to_recall
from attnviz.analysis.saturation import random_vectors
from attnviz.engine import builtin, minilm
from attnviz.figures.theme import LIGHT
from attnviz.learn import syllabus
from attnviz.learn.masks_and_positions import hiding
from attnviz.learn.meaning_from_context import context
from attnviz.learn.parts import model
from attnviz.learn.scale_and_softmax import sizes
from attnviz.learn.what_does_it_mean import reference
from attnviz.learn.why_not_a_recurrent_network import recurrent
from attnviz.masks import causal_mask
from attnviz.transformer import MultiHeadAttention, sinusoidal_positions
from tests.app.conftest import ROOT
from tests.learn.conftest import Open, figure, matrix, series, tables, written


@pytest.fixture(scope="module")
def engine() -> attnviz.Engine:
    return attnviz.load(attnviz.DEFAULT_MODEL)


@pytest.mark.parametrize("file", ["query_key_value", "why_not_a_recurrent_network"])
def test_how_data_flows_is_drawn_in_the_colours_of_the_page(lesson: Open, file: str):
    (flow,) = lesson(file).get("graphviz_chart")
    assert "=tint" not in flow.proto.spec
    assert flow.proto.spec.count(f'fillcolor="{LIGHT.scale[1]}"') >= 1
    assert f'fontcolor="{LIGHT.text}"' in flow.proto.spec.splitlines()[0]


def stack(engine, text: str) -> attnviz.Stack:
    (only,) = engine.run(text).stacks.values()
    return only


EVERY_LINK = (3, 0)  # layer and head that were trained on all kinds of links: lessons open with it
WEIGHTS = Path(builtin.__file__).parent / "weights"


@cache
def measured(size: int, *, is_scaled: bool) -> dict[str, float]:
    """What lesson 3 measures of random queries of one length, once more in NumPy."""
    query, key = (each[..., :size].double().numpy() for each in random_vectors())
    scale = size**-0.5 if is_scaled else 1.0
    scores = np.einsum("sqd,skd->sk", query, key) * scale
    weights = np.exp(scores - scores.max(axis=1, keepdims=True))
    weights /= weights.sum(axis=1, keepdims=True)
    mean = np.einsum("sk,skd->sd", weights, key)
    by_query = weights[..., None] * (key - mean[:, None]) * scale  # ∂w_k/∂q = w_k (key_k − Σ w_j key_j) · scale
    norms = np.linalg.norm(by_query, axis=(1, 2))

    def middle(values: np.ndarray) -> float:
        return float(np.sort(values)[(len(values) - 1) // 2])  # as torch: of an even number the smaller one

    return {
        "score_spread": float(scores.std(ddof=1)),
        "largest_weight": middle(weights.max(axis=1)),
        "gradient": middle(norms),
        "share_without": float((norms < 0.01).mean()),
    }


def influence_in_rnn(last: LastOfRnn, n_positions: int) -> np.ndarray:
    """Influence by distance of lesson 6: the norm of diag(1 − h²) U … diag(1 − h²) W, multiplied out in NumPy."""
    w, u, *biases = (each.detach().double().numpy() for each in last.rnn.parameters())
    texts = random_texts(n_positions, 128).double().numpy()
    states, h = [], np.zeros((128, len(u)))
    for place in range(n_positions):
        h = np.tanh(texts[:, place] @ w.T + h @ u.T + sum(biases))
        states.append(h)
    norms, factor = [], np.eye(len(u))
    for h in reversed(states):
        factor = factor * (1 - h[:, None, :] ** 2)
        norms.append(np.linalg.norm(factor @ w, axis=(1, 2)).mean())
        factor = factor @ u
    return np.array(norms)


def influence_with_attention(last: torch.nn.Module, n_positions: int) -> np.ndarray:
    """The same with attention, a text at a time, by torch's own derivatives."""
    jacobians = [torch.func.jacrev(lambda x: last(x[None])[0])(text) for text in random_texts(n_positions, 128)]
    norms = torch.stack([jacobian.pow(2).sum(dim=(0, 2)).sqrt() for jacobian in jacobians])
    return norms.mean(dim=0).flip(0).detach().numpy()


def read_in_order(words: list[str]) -> tuple[MultiHeadAttention, torch.Tensor]:
    """The attention of lesson 5, and what it reads of words: their vectors with positions."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(order.SEED)
        ours = MultiHeadAttention(order.D_MODEL, 1)
    return ours, order.word_vectors(words) + sinusoidal_positions(torch.arange(len(words)), d_model=order.D_MODEL)


def attended_by_torch(words: list[str]) -> np.ndarray:
    """What lesson 5's attention makes of words with positions, by torch's own attention."""
    ours, x = read_in_order(words)
    fetched = F.scaled_dot_product_attention(ours.query(x)[None], ours.key(x)[None], ours.value(x)[None])
    return ours.output(fetched[0]).detach().numpy()


def alignment_by_hand(model: translation.Translator, source: tuple[str, ...], target: tuple[str, ...]) -> np.ndarray:
    """The weights of lesson 5's translator, from its parameters."""
    positions = sinusoidal_positions(torch.arange(5), d_model=translation.D_MODEL)
    x = model.source.weight[[model.source_ids[word] for word in source]] + positions
    y = model.target.weight[[model.target_ids[word] for word in (translation.START, *target[:-1])]] + positions
    scores = model.attention.query(y) @ model.attention.key(x).mT / translation.D_MODEL**0.5
    return scores.softmax(dim=-1).detach().numpy()


def residuals(engine: attnviz.Engine, text: str) -> np.ndarray:
    """The vectors (layer, position, d_model) that go into each block, and what comes out of the last one."""
    hidden: list[torch.Tensor] = []
    model = attnviz.load(attnviz.DEFAULT_MODEL).model
    for block in next(part for part in model.modules() if type(part).__name__ == "Blocks").layers:
        block.register_forward_hook(lambda _, inputs, output: hidden.extend([inputs[0], output]))
    dataclasses.replace(engine, model=model).run(text)
    return torch.stack([hidden[0], *hidden[1::2]])[:, 0].double().numpy()


def test_lesson_3_draws_the_softmax_of_the_chosen_size(lesson: Open):
    page = lesson("scale_and_softmax")
    page.select_slider(key="d_head").set_value(256).run()
    query, key = (each[..., :256].double() for each in random_vectors(1))
    scores = (query @ key.mT)[0, 0]
    drawn = series(page, "scale_row_0")
    np.testing.assert_allclose(drawn["not divided"], F.softmax(scores, dim=-1), atol=1e-5)
    np.testing.assert_allclose(drawn["divided by √dₖ"], F.softmax(scores / 16, dim=-1), atol=1e-6)
    for quantity, chart in (("largest_weight", "scale_largest_0"), ("gradient", "scale_gradient_0")):
        values = [measured(size, is_scaled=False)[quantity] for size in sizes.SIZES]
        np.testing.assert_allclose(series(page, chart)["not divided"], values, rtol=1e-4, atol=1e-6)
    divided, not_divided = (measured(256, is_scaled=on) for on in (True, False))
    for found in (divided, not_divided):
        assert f"deviation of **{found['score_spread']:.3g}**" in written(page)
        assert f"**{two_decimals(found['largest_weight'])}**" in written(page)
        assert f"norm of **{found['gradient']:.2f}**" in written(page)
    assert f"in {not_divided['share_without']:.0%} of the rows".replace("%", "\u202f%") in written(page)


def test_lesson_3_keeps_the_query_and_the_axes_when_the_length_changes(lesson: Open):
    page = lesson("scale_and_softmax")
    query, key = random_vectors(1)
    ranges = []
    for size in (1, 64, 1024):
        page.select_slider(key="d_head").set_value(size).run()
        expected = (query[..., :size] @ key[..., :size].mT)[0, 0]
        drawn = series(page, "scale_scores_0")["not divided"]
        np.testing.assert_allclose(drawn, expected, rtol=1e-4, atol=1e-4)
        ranges.append([figure(page, name)["layout"]["yaxis"]["range"] for name in ("scale_scores_0", "scale_row_0")])
        low, high = ranges[-1][0]
        assert low <= min(drawn)
        assert max(drawn) <= high
    assert ranges[0] == ranges[1] == ranges[2]


def test_lesson_3_says_that_the_derivative_vanishes_at_great_lengths_only(lesson: Open):
    said = written(lesson("scale_and_softmax"))
    (divided, not_divided), (divided_long, not_divided_long) = (
        [measured(size, is_scaled=on) for on in (True, False)] for size in (64, 1024)
    )
    assert f"{divided['gradient']:.2f} at 64, {divided_long['gradient']:.2f} at 1,024" in said
    assert f"it is {not_divided['gradient']:.2f}, no smaller than with the division" in said
    assert not_divided["gradient"] > divided["gradient"]
    mantissa, exponent = f"{not_divided_long['gradient']:.1e}".split("e-0")
    assert rf"at 1,024 it is ${mantissa} cdot 10^{{-{exponent}}}$" in said
    assert not_divided_long["gradient"] < 1e-3
    share = f"{not_divided['share_without']:.0%}".replace("%", "\u202f%")
    assert f"at 64, {share} of those that were not divided" in said
    assert divided["share_without"] == divided_long["share_without"] == 0


def test_lesson_4_runs_the_code_that_it_shows(lesson: Open, engine):
    page = lesson("many_heads")
    page.select_slider(key="n_heads").set_value(16).run()
    names: dict = {}
    with torch.random.fork_rng(devices=[]):
        exec(page.code[0].value, names)
    assert names["ours"].n_heads == names["theirs"].num_heads == 16
    assert tuple(names["x"].shape) == (10, 1, 512)
    torch.testing.assert_close(names["output"], names["expected"], atol=1e-6, rtol=0)
    table = tables(page)[0]
    assert dict(zip(table["stage"], table["shape, batch first"], strict=True)) == {
        "x": "(1, 10, 512)",
        "split into heads: query": "(1, 16, 10, 32)",
        "split into heads: key": "(1, 16, 10, 32)",
        "split into heads: value": "(1, 16, 10, 32)",
        "scores": "(1, 16, 10, 10)",
        "weights": "(1, 16, 10, 10)",
        "head outputs": "(1, 16, 10, 32)",
        "concatenated": "(1, 10, 512)",
        "output": "(1, 10, 512)",
    }
    assert f"{4 * 512 * 513:,} in our module" in written(page)
    checked_weights = (
        stack(engine, "The animal didn't cross the street because it was too tired")
        .weights(engine.n_layers - 1)
        .numpy()
    )
    itself = np.mean([checked_weights[:, i, i] for i in range(1, checked_weights.shape[1] - 1)], axis=0)
    np.testing.assert_allclose(matrix(page, "heads_patterns_0")[:, 1], itself, rtol=1e-5)
    numbers = figure(page, "heads_patterns_0")["data"][0]["text"]
    assert [line[1] for line in numbers] == [*map(two_decimals, itself.tolist())]


def two_decimals(weight: float) -> str:
    """A weight as the pages write it, by Python's own rounding."""
    return "<.01" if weight < 0.005 else ">.99" if weight >= 0.995 else f"{weight:.2f}".removeprefix("0")


def test_lesson_4_tells_word_by_word_where_a_head_looks(lesson: Open, engine):
    page = lesson("many_heads")
    page.button_group(key="heads_head").set_value(4).run()
    text = "The animal didn't cross the street because it was too tired"
    weights = stack(engine, text).weights(engine.n_layers - 1, 4).numpy()
    (table,) = (each for each in tables(page) if "of the other words, most to" in each)
    others = weights[1:-1, 1:-1] * (1 - np.eye(len(weights) - 2))
    words = text.split()
    for place, found in enumerate(table["of the other words, most to"]):
        row = [two_decimals(weight) for weight in others[place]]
        best = [words[i] for i, weight in enumerate(row) if weight == two_decimals(others[place].max()) and i != place]
        assert found == best[0] if len(best) == 1 else found.endswith(" alike")
    assert table["weight"] == [two_decimals(weight) for weight in others.max(axis=1)]
    assert table["to itself"] == [two_decimals(weight) for weight in weights.diagonal()[1:-1]]
    assert table["to special tokens"] == [two_decimals(weight) for weight in weights[1:-1, [0, -1]].sum(axis=1)]
    assert "left out there and have columns of their own" in written(page)
    assert "Layer 3, head 4**, “Modifiers”" in written(page)
    page.button_group(key="heads_layer").set_value(0).run()
    assert "nothing that has a name was measured" in written(page)
    page.text_input(key="heads_sentence").set_value(" ").run()
    assert "is empty" in page.error[0].value


def test_lesson_5_masks_the_weights_as_torch_does(lesson: Open):
    page = lesson("masks_and_positions")
    ours, x = read_in_order(hiding.SENTENCE.split())
    scores = ((ours.query(x) @ ours.key(x).T) / 4).detach()  # d_head is 16
    hidden = ~causal_mask(5, 5)
    expected = F.softmax(scores.masked_fill(hidden, -torch.inf), dim=-1)
    drawn = matrix(page, "masks_1")
    np.testing.assert_allclose(drawn[~hidden.numpy()], expected[~hidden], atol=1e-6)
    assert np.isnan(drawn[hidden.numpy()]).all()
    assert figure(page, "masks_1")["data"][0]["text"][1] == [*map(two_decimals, expected[1, :2].tolist()), "", "", ""]
    page.button_group(key="mask").set_value("padding").run()
    drawn = matrix(page, "masks_1")
    assert np.isnan(drawn[:, 5:]).all()
    np.testing.assert_allclose(np.nansum(drawn, axis=1), 1, atol=1e-6)


def test_lesson_5_permutes_and_aligns(lesson: Open):
    page = lesson("masks_and_positions")
    words = hiding.SENTENCE.split()
    drawn = series(page, "order_change_0")
    before, turned = attended_by_torch(words), attended_by_torch(words[::-1])[::-1]
    change = np.linalg.norm(turned - before, axis=1) / np.linalg.norm(before, axis=1)
    np.testing.assert_allclose(drawn["with positions"], change, rtol=1e-4)
    assert max(drawn["without positions"]) < 1e-6
    page.selectbox(key="noun").set_value("book").run()
    model, quality = hiding.translator(0)
    pair = translation.pair_of("she", "sees", "red", "book")
    assert translation.translate(model, pair.source) == pair.target
    expected = alignment_by_hand(model, pair.source, pair.target)
    np.testing.assert_allclose(matrix(page, "cross_0"), expected, atol=1e-6)
    assert figure(page, "cross_0")["data"][0]["text"][0] == [*map(two_decimals, expected[0].tolist())]
    pairs = translation.split()[1]
    wrote = [translation.translate(model, each.source) for each in pairs]
    right = [
        word == meant
        for each, words in zip(pairs, wrote, strict=True)
        for word, meant in zip(words, each.target, strict=True)
    ]
    assert quality.words == pytest.approx(np.mean(right))
    assert quality.sentences == pytest.approx(
        np.mean([each.target == words for each, words in zip(pairs, wrote, strict=True)])
    )
    assert f"**{quality.words:.0%}** of the words right, and **{quality.sentences:.0%}** of the" in written(page)
    assert "It wrote: **elle voit le livre rouge**. Right: **elle voit le livre rouge**." in written(page)


def test_lesson_5_draws_and_judges_what_the_translator_wrote(lesson: Open, monkeypatch):
    model = translation.train(translation.split()[0], n_steps=3)
    quality = translation.quality(model, translation.split()[1])
    monkeypatch.setattr(hiding, "translator", lambda seed: (model, quality))
    page = lesson("masks_and_positions")
    pair = translation.pair_of("she", "sees", "red", "apple")
    wrote = translation.translate(model, pair.source)
    assert wrote != pair.target
    np.testing.assert_allclose(matrix(page, "cross_0"), alignment_by_hand(model, pair.source, wrote), atol=1e-6)
    assert figure(page, "cross_0")["layout"]["yaxis"]["ticktext"] == list(wrote)
    assert f"It wrote: **{' '.join(wrote)}**. Right: **elle voit la pomme rouge**. Wrong: " in written(page)


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [("  ", "is empty"), ("a " * 30, "30 words"), ("x" * 40, "has 40 letters"), ("a\0", "NUL character")],
)
def test_lesson_5_goes_on_after_a_sentence_that_cannot_be_drawn(lesson: Open, typed, sentence):
    page = lesson("masks_and_positions")
    page.text_input(key="order_sentence").set_value(typed).run()
    assert sentence in page.error[0].value
    assert matrix(page, "cross_0").shape == (5, 5)
    page.text_input(key="order_sentence").set_value("<b>a</b>").run()
    assert not page.error
    assert not page.exception


def test_lesson_6_draws_the_measured_influence(lesson: Open):
    page = lesson("why_not_a_recurrent_network")
    drawn = series(page, "untrained_0")
    np.testing.assert_allclose(drawn["recurrent network"], influence_in_rnn(random_rnn(radius=0.9), 24), rtol=1e-3)
    np.testing.assert_allclose(drawn["self-attention"], influence_with_attention(random_attention(), 24), rtol=1e-3)
    rnn = random_rnn(radius=1.0)
    accuracy = train_to_recall(rnn, n_positions=10)
    drawn = series(page, "trained_0")["recurrent network"]
    np.testing.assert_allclose(drawn, influence_in_rnn(rnn, 10), rtol=1e-3)
    assert f"names the first word in **{accuracy:.0%}** of them" in " ".join(written(page).split())
    page.select_slider(key="radius").set_value(0.5).run()
    half = influence_in_rnn(random_rnn(radius=0.5), 24)
    np.testing.assert_allclose(series(page, "untrained_0")["recurrent network"], half, rtol=1e-3)


@pytest.mark.parametrize(("radius", "fate"), [(1.2, "shrinks"), (2.0, "grows")])
def test_lesson_6_says_what_tanh_does_to_the_influence(lesson: Open, radius, fate):
    page = lesson("why_not_a_recurrent_network")
    page.select_slider(key="radius").set_value(radius).run()
    last = random_rnn(radius=radius)
    states = last.rnn(random_texts(24, 128))[0].detach().double().numpy()
    curve = series(page, "untrained_0")["recurrent network"]
    factor = curve[-1] / curve[0]
    assert f"{fate} by a factor of ${factor:.3f}$" in written(page)
    assert f"that is {factor ** (1 / 23):.2f} for each step" in written(page)
    assert f"here **{(1 - states**2).mean():.2f}** on average" in written(page)
    assert (factor > 1) == (fate == "grows")


def test_lesson_6_draws_the_accuracy_of_many_starts_by_length(lesson: Open):
    page = lesson("why_not_a_recurrent_network")
    page.select_slider(key="length").set_value(12).run()
    runs = json.loads((ROOT / "attnviz" / "analysis" / "recall.json").read_text())
    assert len(runs["seeds"]) >= 10
    drawn = series(page, "recall_0")
    lengths = [str(length) for length in recurrent.LENGTHS]
    assert drawn["recurrent network, median"] == [float(np.median(runs["recurrent"][n])) for n in lengths]
    assert drawn["self-attention, median"] == [float(np.median(runs["attention"][n])) for n in lengths]
    assert drawn["recurrent network, best"] == [max(runs["recurrent"][n]) for n in lengths]
    few = runs["recurrent"]["12"]
    assert f"the recurrent network names the first word in {min(few):.0%} to {max(few):.0%}" in written(page)
    assert f"after {sum(each > 0.9 for each in few)} of {len(runs['seeds'])} starts" in written(page)


def test_lesson_7_draws_the_cosine_of_the_vectors_after_each_layer(lesson: Open, engine):
    page = lesson("meaning_from_context")
    one, other = (residuals(engine, text)[:, 2] for text in context.SENTENCES)
    expected = (one * other).sum(axis=1) / np.linalg.norm(one, axis=1) / np.linalg.norm(other, axis=1)
    np.testing.assert_allclose(series(page, "context_cosine_0")["bank"], expected, atol=1e-5)
    strips = matrix(page, "context_vectors_0")
    np.testing.assert_allclose(strips[0::2], one, atol=1e-5)
    np.testing.assert_allclose(strips[1::2], other, atol=1e-5)
    assert f"to **{expected[-1]:.3f}** after the last layer" in written(page)


def test_lesson_7_says_beside_most_what_the_word_itself_and_special_tokens_get(lesson: Open, engine):
    page = lesson("meaning_from_context")
    first, second = (each for each in tables(page) if "to special tokens" in each)
    for table, text in ((first, context.SENTENCES[0]), (second, context.SENTENCES[1])):
        for layer in range(engine.n_layers):
            row = stack(engine, text).weights(layer).numpy().mean(axis=0)[2]
            assert table["to itself"][layer] == two_decimals(row[2])
            assert table["to special tokens"][layer] == two_decimals(row[0] + row[-1])
            assert table["weight"][layer] == two_decimals(max(row[1], row[3:-1].max()))


@pytest.mark.parametrize(
    ("word", "sentence"), [("money", "“money” is not in this text"), ("", "“” is not in this text")]
)
def test_lesson_7_goes_on_after_a_word_that_is_not_there(lesson: Open, word, sentence):
    page = lesson("meaning_from_context")
    page.text_input(key="context_word").set_value(word).run()
    assert sentence in written(page)
    page.text_input(key="context_word").set_value("The").run()
    assert not page.error
    assert list(series(page, "context_cosine_0")) == ["The", "bank, to compare"]


def test_lesson_8_draws_the_links_of_the_model_and_of_the_untrained_one(lesson: Open, engine):
    page = lesson("what_does_it_mean")
    schema, (layer, head) = reference.SCHEMAS[0], EVERY_LINK
    drawn = series(page, "it_links_0")
    for name in {attnviz.DEFAULT_MODEL, "untrained"}:
        expected = []
        for index in range(2):
            weights = stack(attnviz.load(name), schema.sentence(index))
            words = [token.text for token in weights.query_tokens]
            row = weights.weights(layer, head)[words.index("it")]
            expected += [float(row[words.index(noun)]) for noun in schema.nouns]
        assert drawn["built-in" if name == "builtin" else name] == pytest.approx(expected, abs=1e-7)
    assert "the link " in written(page)


def test_lesson_8_cuts_the_link_and_shares_out_the_rest(lesson: Open, engine):
    page = lesson("what_does_it_mean")
    page.button_group(key="it_cut").set_value("street").run()
    predict(page, "animal")
    drawn = series(page, "it_row_0")
    names = figure(page, "it_row_0")["layout"]["xaxis"]["ticktext"]
    (layer, head), text = EVERY_LINK, reference.SCHEMAS[0].sentence(0)
    of_text = stack(engine, text)
    whole = of_text.weights(layer, head)[[token.text for token in of_text.query_tokens].index("it")].numpy()
    place = names.index("street")
    np.testing.assert_allclose(drawn["whole"], whole, atol=1e-6)
    expected = np.where(np.arange(len(whole)) == place, 0, whole) / (1 - whole[place])
    np.testing.assert_allclose(drawn["without street"], expected, atol=1e-6)


@pytest.mark.parametrize("weights", [[0.6, 0.1, 0.2, 0.5], [0.1, 0.6, 0.5, 0.2], [0.6, 0.1, 0.5, 0.2]])
def test_lesson_8_says_flip_only_where_the_numbers_flip(weights):
    said = reference._verdict(reference.SCHEMAS[0], weights)
    first, second = weights[0] >= weights[1], weights[2] >= weights[3]
    assert ("does not flip" in said) == (first == second)
    assert ("as a reader would have it" in said) == (first and not second)
    assert ("the wrong way" in said) == (second and not first)


def test_lesson_9_draws_what_each_part_has_of_a_vector(lesson: Open, engine):
    page = lesson("from_attention_to_a_transformer")
    hidden = residuals(engine, "She ate the apple.")[:, 2]
    before, after = hidden[:-1], hidden[1:]
    drawn = series(page, "block_shares_0")
    kept, added = ((part * after).sum(axis=1) / (after * after).sum(axis=1) for part in (before, after - before))
    np.testing.assert_allclose(drawn["what was there"], kept, atol=1e-5)
    np.testing.assert_allclose(np.add(drawn["attention"], drawn["feed-forward"]), added, atol=1e-5)
    assert drawn["feed-forward"][0] != 0
    assert drawn["feed-forward"][1:] == [0, 0, 0], "layer 0 alone has a feed-forward layer"
    stacked = series(page, "block_stack_0")["share of the last vector"]
    feed_forward_layers = engine.model.transformer.config.feed_forward_layers
    assert len(stacked) == 1 + engine.n_layers + len(feed_forward_layers)
    assert stacked[0] == pytest.approx(hidden[0] @ hidden[-1] / (hidden[-1] @ hidden[-1]), abs=1e-5)
    of_later = [(hidden[i + 1] - hidden[i]) @ hidden[-1] / (hidden[-1] @ hidden[-1]) for i in (1, 2, 3)]
    np.testing.assert_allclose(stacked[3:], of_later, atol=1e-5)
    assert sum(stacked) == pytest.approx(1, abs=1e-5)
    vector = hidden[1]
    (table,) = (each for each in tables(page) if "what" in each)
    found = dict(zip(table["what"], map(float, table["layer 1"]), strict=True))
    assert found["mean"] == pytest.approx(vector.mean(), abs=0.006)
    assert found["standard deviation"] == pytest.approx(vector.std(), abs=0.006)
    assert found["length"] == pytest.approx(np.linalg.norm(vector), abs=0.006)
    assert "of the 4 layers of this model only layer 0 has" in written(page).lower()
    page.text_input(key="block_sentence").set_value("").run()
    assert "is empty" in written(page)
    page.text_input(key="block_sentence").set_value("the <i>the</i>").run()
    assert not page.error
    assert not page.exception


@pytest.mark.parametrize("each", syllabus.LESSONS, ids=lambda each: each.file)
def test_every_lesson_has_questions_limits_sources_and_a_way_on(lesson: Open, each):
    page = lesson(each.file)
    assert page.title[0].value == each.title
    headings = [heading.value for heading in page.subheader]
    assert {"Questions", "What this does not show", "Sources"} <= set(headings)
    assert f"Lesson {each.number} of 9 · in this session: 1 lesson opened" in page.caption[0].value
    assert 2 <= len(page.radio) <= 3
    links = [link.proto.label for link in page.get("page_link")]
    assert sum(label.startswith(("Previous", "Next")) for label in links) == (1 if each.number in {1, 9} else 2)
    for radio in page.radio:
        radio.set_value(radio.options[0])
    page.run()
    assert not page.exception
    assert len(page.success) + len([w for w in page.warning if "Not quite" in w.value]) == len(page.radio)
    assert f"{len(page.radio)} questions answered" in page.caption[0].value


def named_at_it(engine, text, head):
    """The word with the highest score of the model's readout at "it", among those that can be typed."""
    encoded, words = engine.read(text), engine.vocabulary.typed
    at = [token.text for token in encoded.tokens].index("it")
    with torch.inference_mode():
        _, step = engine.model(torch.tensor([encoded.ids]))
        return words[int(engine.model.names(step)[0, head, at, : len(words)].argmax())]


def predict(page: AppTest, word: str) -> None:
    """Say what the model will name without the link."""
    (asked,) = (each for each in page.button_group if each.label == "It will name")
    asked.set_value(word).run()


def test_lesson_8_asks_first_and_then_says_what_the_head_names_and_whether_it_is_right(lesson: Open, engine):
    page = lesson("what_does_it_mean")
    schema, (_, head) = reference.SCHEMAS[0], EVERY_LINK
    whole = named_at_it(engine, schema.sentence(0), head)
    assert whole == schema.nouns[0], "the lesson needs a pair that the model knows"
    assert f"names “{whole}”, the right noun" in written(page)
    assert "Without the link" not in written(page), "nothing is cut before the reader says what will happen"
    assert not any(chart.proto.id.endswith("it_row_0") for chart in page.get("plotly_chart"))
    told = f"Without the link it names “{schema.nouns[1]}”, the wrong noun. With the link it named “{whole}”."
    for word, verdict in ((whole, "Not quite"), ("another word", "Not quite"), (schema.nouns[1], "Right")):
        predict(page, word)
        assert f"**{verdict}.** {told}" in written(page)
    page.button_group(key="it_layer").set_value(0).run()
    assert "Without the link" not in written(page), "another cut is another question"


@pytest.mark.parametrize(("layer", "named"), [(0, "animal"), (3, "street")])
def test_lesson_8_says_what_the_last_layer_names_without_a_link_of_any_layer(lesson: Open, engine, layer, named):
    page = lesson("what_does_it_mean")
    page.button_group(key="it_layer").set_value(layer)
    page.button_group(key="it_head").set_value(1).run()
    head = 1 if layer == EVERY_LINK[0] else EVERY_LINK[1]
    text = reference.SCHEMAS[0].sentence(0)
    texts = [token.text for token in engine.read(text).tokens]
    mask = torch.ones(1, 1, len(texts), len(texts), dtype=torch.bool)
    mask[..., texts.index("it"), texts.index("animal")] = False
    block = engine.model.transformer.blocks.layers[layer]
    with block.register_forward_pre_hook(lambda _, args, __: (args, {"mask": mask}), with_kwargs=True):
        assert named_at_it(engine, text, EVERY_LINK[1]) == named
        now = named_at_it(engine, text, head)
    assert f"head {head} of layer 3 names “{named_at_it(engine, text, head)}”" in written(page)
    predict(page, now if now in reference.SCHEMAS[0].nouns else "another word")
    assert f"**Right.** Without the link it names “{now}”" in written(page)


def test_lesson_8_names_both_nouns_of_every_pair_as_the_engine_does(lesson: Open, engine):
    page = lesson("what_does_it_mean")
    (table,) = (each for each in tables(page) if "it names" in each)
    _, head = EVERY_LINK
    n_right = 0
    for row, schema in enumerate(reference.SCHEMAS):
        named = []
        for text in map(schema.sentence, range(2)):
            named.append(named_at_it(engine, text, head))
        assert table["it names"][row] == ", ".join(named)
        n_right += tuple(named) == schema.nouns
    assert "Right: animal, street." in table["sentences"][0]
    assert table["with the link cut"][0] == ", ".join(reversed(reference.SCHEMAS[0].nouns))
    assert 0 < n_right < len(reference.SCHEMAS), "the lesson shows what it can and what it cannot do"
    assert f"**{n_right} of {len(reference.SCHEMAS)}** pairs" in written(page)
    report = json.loads((WEIGHTS / "report.json").read_text(encoding="utf-8"))
    free = report["shipped"]["free_pairs"]
    assert f"Of {free['n']} other pairs" in written(page)
    assert f"both sentences of **{free['default_view']}**" in written(page)
    assert 0 < free["default_view"] < free["n"]
    for row, unknown in enumerate([None, None, "thin", "cup", None]):  # what vocabulary.json does not have
        assert table["sentences"][row].endswith(f"(unknown to it: {unknown})" if unknown else ".")


@pytest.mark.parametrize(
    ("named", "said"),
    [("animal", "the right noun"), ("street", "the wrong noun"), ("peel", "neither of the two nouns")],
)
def test_a_named_word_is_judged_by_the_noun_that_is_right(named, said):
    assert reference.judged(named, reference.SCHEMAS[0], "animal") == f"“{named}”, {said}"


def test_lesson_4_says_of_every_head_in_the_guide_what_it_was_measured_on(lesson: Open):
    page = lesson("many_heads")
    (table,) = (each for each in tables(page) if "right (fixed distance)" in each)
    entries = json.loads((WEIGHTS / "head_guide.json").read_text(encoding="utf-8"))["heads"]
    assert len(entries) == 6
    assert table["what it does, measured on"] == [f"{entry['does']}; {entry['measured_on']}" for entry in entries]
    said = [f"{100 * entry['accuracy']:.1f}% ({100 * entry['baseline']:.1f}%)" for entry in entries]
    assert table["right (fixed distance)"] == said
    assert table["head"][0] == "All links (layer 3, head 0)"


@pytest.mark.parametrize(
    ("file", "box", "sentence"),
    [
        ("many_heads", "heads_sentence", "The zorp ate the apple."),
        ("meaning_from_context", "context_1", "The zorp of the river was muddy."),
        ("from_attention_to_a_transformer", "block_sentence", "The zorp ate the apple."),
    ],
)
def test_a_word_that_the_model_does_not_know_is_marked_in_every_lesson(lesson: Open, file, box, sentence):
    page = lesson(file)
    assert "does not know" not in written(page)
    page.text_input(key=box).set_value(sentence)
    if file == "meaning_from_context":
        page.text_input(key="context_2").set_value("The zorp kept the money.")
        page.text_input(key="context_word").set_value("zorp")
    page.run()
    assert "The model does not know zorp." in written(page)
    if file == "meaning_from_context":
        assert next(iter(series(page, "context_cosine_0"))) == "zorp (unknown)"
        assert "never told of senses of “zorp”" in written(page)
    elif file == "many_heads":
        (table,) = (each for each in tables(page) if "of the other words, most to" in each)
        assert table["word"][1] == "zorp (unknown)"
    else:
        assert "zorp (unknown)" in page.select_slider(key="block_token").options


def test_lesson_8_marks_the_unknown_words_of_its_own_sentences(lesson: Open):
    page = lesson("what_does_it_mean")
    page.selectbox(key="schema").set_value(reference.SCHEMAS[3]).run()
    assert "The model does not know cup." in written(page)
    predict(page, "another word")
    assert page.success, "[UNK] is none of the two nouns"
    names = figure(page, "it_row_0")["layout"]["xaxis"]["ticktext"]
    assert [name for name in names if "unknown" in name] == ["cup (unknown)"]


def test_a_sentence_of_another_shape_is_called_no_evidence(lesson: Open):
    page = lesson("from_attention_to_a_transformer")
    assert "not trained on sentences of this shape" not in written(page)
    page.text_input(key="block_sentence").set_value("apple the ate She").run()
    assert "not trained on sentences of this shape" in written(page)


def tokens_of(text: str) -> tuple[attnviz.Token, ...]:
    return attnviz.load("builtin").run(text).encoder.query_tokens


@pytest.mark.parametrize(
    ("weights", "said", "largest"),
    [
        ([0.9, 0.3, 0.2, 0.1, 0.05, 0.0], "ate", ".20"),
        ([0.9, 0.3, 0.2, 0.204, 0.05, 0.0], "ate and the alike", ".20"),
        ([0.2, 0.2, 0.2, 0.2, 0.2, 0.0], "ate, the and apple alike", ".20"),
    ],
)
def test_a_tie_is_a_tie(weights, said, largest):
    """A tie is one where the numbers on the page read the same; the word itself and special tokens are left out."""
    assert model.strongest(weights, tokens_of("She ate the apple"), but=1) == (said, largest)


def test_where_there_is_no_other_word_that_is_said(lesson: Open):
    page = lesson("many_heads")
    page.text_input(key="heads_sentence").set_value("apple").run()
    (table,) = (each for each in tables(page) if "of the other words, most to" in each)
    assert table["of the other words, most to"] == ["no other word"]
    assert table["weight"] == [""]


def test_two_nouns_with_equal_weights_are_a_tie():
    schema = reference.SCHEMAS[0]
    assert reference.stronger([0.25, 0.2503], schema.nouns) is None
    assert reference.stronger([0.25, 0.2], schema.nouns) == "animal"
    assert "With “tired”, “it” attends to both nouns alike" in reference._verdict(schema, [0.1, 0.1, 0.2, 0.1])
    assert "With “tired” and with “wide”" in reference._verdict(schema, [0.1, 0.1, 0.2, 0.2])


def test_lesson_2_says_so_where_a_word_attends_to_several_alike(lesson: Open):
    zeros = {row: dict.fromkeys(("q1", "q2", "q3"), "0") for row in range(4)}
    assert "She, ate, the and apple alike" in written(lesson("query_key_value", query=zeros))


def links_to_bert(page: AppTest) -> list[str]:
    """The addresses of the links that show a sentence in MiniLM."""
    links = [link.proto for link in page.get("page_link")]
    return [unquote_plus(link.query_string) for link in links if link.label.endswith("in a real BERT")]


def test_a_sentence_off_the_patterns_is_one_click_from_a_real_bert(lesson: Open, monkeypatch):
    page = lesson("many_heads")
    assert links_to_bert(page) == []
    page.text_input(key="heads_sentence").set_value("The zorp ate the apple.").run()
    assert links_to_bert(page) == ["text=The zorp ate the apple.&model=minilm"]
    monkeypatch.setattr(minilm, "PACKAGE", "no-such-package")
    assert links_to_bert(page.run()) == []
