"""What one head or link is worth, against closed forms of the built-in model and the models' own weights."""

import math

import numpy as np
import pytest
import torch

import attnviz
from attnviz import cut, mute
from attnviz.analysis.effects import LinkEffects, knockout, link_effects, spearman
from attnviz.engine.builtin import default_view
from attnviz.errors import SelectionError
from tests.engine.tiny import save_tiny

TEXT = "The animal didn't cross the street because it was too tired"
IT, ANIMAL = 8, 2
LAST, NAMING = default_view()


@pytest.fixture(scope="module")
def engine():
    return attnviz.load("builtin")


def log_odds(scores, answer):
    others = np.delete(scores, answer)
    return scores[answer] - math.log(np.exp(others).sum())


def named(engine, step, head, query, *, weights=None):
    """The scores of all words that can be typed, in float64, from what a head of the last layer gathers."""
    weights = step.weights(head)[query].double().numpy() if weights is None else weights
    gathered = weights @ step.value[head].double().numpy() @ engine.model.readouts[head].detach().double().numpy()
    words = engine.transformer.embeddings.tokens.weight.detach().double().numpy()[: len(engine.vocabulary.typed)]
    return words @ gathered


def test_in_the_last_layer_of_the_built_in_model_only_the_head_that_names_matters(engine):
    effects = knockout(engine, TEXT, at=IT)
    assert effects.shape == (4, 6)
    assert effects[LAST, [1, 2, 3, 4, 5]].abs().max() < 1e-5
    scores = named(engine, engine.run(TEXT).encoder.step(LAST), NAMING, IT)
    # Muted, it scores all words alike, so that each has one in n.
    expected = -math.log(len(scores) - 1) - log_odds(scores, scores.argmax())
    assert effects[LAST, NAMING].item() == pytest.approx(expected, abs=1e-3)
    assert expected < -5


def test_in_the_layers_before_an_effect_is_that_of_a_slice_of_the_output_projection(engine):
    effects, plain = knockout(engine, TEXT, at=IT), engine.predict(TEXT, at=IT)
    for layer, head in ((0, 1), (1, 4), (2, 5)):
        linear = engine.transformer.blocks.layers[layer].attention.output
        kept = linear.weight.detach().clone()
        with torch.no_grad():
            linear.weight[:, 16 * head : 16 * (head + 1)] = 0
            zeroed = engine.predict(TEXT, at=IT)
            linear.weight.copy_(kept)
        assert effects[layer, head].item() == pytest.approx(plain.effect(zeroed), abs=1e-3)
    assert effects[:LAST].abs().max() > 0.5


def test_the_effects_of_a_row_are_those_of_its_weights_without_each_link(engine):
    found = link_effects(engine, TEXT, layer=LAST, head=NAMING, query=IT, at=IT)
    step = engine.run(TEXT).encoder.step(LAST)
    row, plain = step.weights(NAMING)[IT].double().numpy(), named(engine, step, NAMING, IT)
    assert found.keys == tuple(range(len(row)))
    np.testing.assert_allclose(found.weights.numpy(), row, atol=1e-7)
    for key, effect in zip(found.keys, found.effects.tolist(), strict=True):
        without = row.copy()
        without[key] = 0
        scores = named(engine, step, NAMING, IT, weights=without / without.sum())
        expected = log_odds(scores, plain.argmax()) - log_odds(plain, plain.argmax())
        assert effect == pytest.approx(expected, abs=1e-2 if key == ANIMAL else 1e-3)
    assert found.effects.argmin() == ANIMAL
    assert found.rho == pytest.approx(rho_by_hand(row, np.abs(found.effects.numpy())))


def test_a_trace_keeps_its_edits_and_an_answer_can_be_chosen(engine):
    trace = engine.run(TEXT, edits=[cut(layer=LAST, head=NAMING, query=IT, key=ANIMAL)])
    animal = engine.vocabulary.typed.index("animal")
    effects = knockout(engine, trace, at=IT, answer=animal)
    before = engine.predict(TEXT, at=IT, edits=trace.edits)
    after = engine.predict(TEXT, at=IT, edits=[*trace.edits, mute(layer=2, head=1)])
    assert before.top(1)[0][0] == "street", "cut, it names the other noun"
    assert effects[2, 1].item() == pytest.approx(after.log_odds(animal) - before.log_odds(animal), abs=1e-3)
    links = link_effects(engine, trace, layer=LAST, head=NAMING, query=IT, at=IT)
    assert ANIMAL not in links.keys
    assert len(links.keys) == len(trace.encoder.key_tokens) - 1


@pytest.mark.parametrize("family", ["bert", "llama", "t5"])
def test_a_model_of_any_family_is_asked_in_one_go(tmp_path, family):
    engine = attnviz.load(save_tiny(family, tmp_path))
    pair = "A soft mat" if family == "t5" else None
    kind = "cross" if family == "t5" else None
    effects = knockout(engine, "The cat sat", pair=pair, kind=kind, at=2)
    asked = {"pair": pair, "at": 2}
    for layer, head in ((0, 1), (1, 3)):
        muted = engine.predict("The cat sat", **asked, edits=[mute(layer=layer, head=head, kind=kind)])
        expected = engine.predict("The cat sat", **asked).effect(muted)
        assert effects[layer, head].item() == pytest.approx(expected, abs=1e-4)
    assert effects.abs().max() > 1e-3
    links = link_effects(engine, "The cat sat", pair=pair, kind=kind, at=2, layer=0, head=1, query=2)
    assert len(links.keys) == (3 if family == "llama" else len(links.weights))


def test_what_cannot_be_asked_is_one_sentence(tmp_path):
    engine = attnviz.load(save_tiny("llama", tmp_path))
    with pytest.raises(SelectionError, match="Query 0 looks at one key alone, which cannot be cut"):
        link_effects(engine, "The cat", layer=0, head=0, query=0)
    with pytest.raises(SelectionError, match="kind is one of decoder, which this model has, not 'cross'"):
        knockout(engine, "The cat", kind="cross")


def rho_by_hand(one, other):
    """Spearman's ρ where no two values are equal: 1 − 6 Σ d² / (n (n² − 1))."""
    n = len(one)
    differences = np.argsort(np.argsort(one)) - np.argsort(np.argsort(other))
    return 1 - 6 * (differences**2).sum() / (n * (n**2 - 1))


def test_spearmans_rho_by_its_other_formula():
    generator = np.random.default_rng(0)
    for n in (3, 4, 17, 300):
        one, other = generator.normal(size=(2, n))
        assert spearman(torch.tensor(one), torch.tensor(other)) == pytest.approx(rho_by_hand(one, other))
    rising = torch.arange(5.0)
    assert spearman(rising, rising.exp()) == pytest.approx(1)
    assert spearman(rising, -(rising**3)) == pytest.approx(-1)


def test_equal_values_share_the_mean_of_their_ranks():
    one, other = torch.tensor([1.0, 2, 2, 3]), torch.tensor([1.0, 2, 3, 4])
    # Ranks 1, 2.5, 2.5, 4 and 1, 2, 3, 4, less their mean 2.5: 4.5 / √(4.5 · 5)
    assert spearman(one, other) == pytest.approx(4.5 / math.sqrt(22.5))


def test_where_there_is_no_order_there_is_no_rho():
    assert spearman(torch.tensor([1.0, 2]), torch.tensor([1.0, 2])) is None
    assert spearman(torch.ones(5), torch.arange(5.0)) is None


@pytest.mark.parametrize(
    ("effects", "said"),
    [
        ([-4.0, 3, 2, 1], "In this head and text, the weight tells well what matters: ρ = 1, n = 4."),
        (
            [1.0, 2, 3, 4],
            "In this head and text, a larger weight rather means that the link matters less: ρ = −1, n = 4.",
        ),
        ([2.0, 4, 1, -3], "In this head and text, the weight hardly tells what matters: ρ = 0, n = 4."),
        ([4.0, 1, 3, -2], "In this head and text, the weight partly tells what matters: ρ = .40, n = 4."),
        ([1.0, 1, 1, 1], "4 links are too few, or too much alike, to tell whether the weight tells what matters."),
    ],
)
def test_what_rho_says_is_one_sentence(effects, said):
    assert LinkEffects((0, 1, 2, 3), torch.tensor([0.4, 0.3, 0.2, 0.1]), torch.tensor(effects)).said == said


def test_knockout_is_found_where_it_is_promised():
    assert attnviz.analysis.knockout is knockout
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        attnviz.analysis.nothing
