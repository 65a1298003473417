import numpy as np
import pytest
import torch

from attnviz.analysis.influence import (
    D_MODEL,
    influence,
    mean_influence,
    mean_slope,
    random_attention,
    random_rnn,
    recall,
    train_to_recall,
)
from tools import recall as script


@pytest.fixture
def text():
    return torch.randn(5, D_MODEL, generator=torch.Generator().manual_seed(1))


def test_the_influence_in_a_recurrent_network_is_the_product_of_the_chain_rule(text):
    last = random_rnn(radius=1.3)
    parameters = {name: value.detach().double().numpy() for name, value in last.rnn.named_parameters()}
    w, u = parameters["weight_ih_l0"], parameters["weight_hh_l0"]
    bias = parameters["bias_ih_l0"] + parameters["bias_hh_l0"]
    states, h = [], np.zeros(D_MODEL)
    for x in text.double().numpy():
        h = np.tanh(w @ x + u @ h + bias)
        states.append(h)
    expected = []
    for t in range(len(states)):
        jacobian = np.diag(1 - states[t] ** 2) @ w
        for later in states[t + 1 :]:
            jacobian = np.diag(1 - later**2) @ u @ jacobian
        expected.append(np.linalg.norm(jacobian))
    np.testing.assert_allclose(influence(last, text[None])[0].numpy(), expected, rtol=1e-4)


def test_the_influence_with_attention_equals_finite_differences(text):
    last = random_attention().double()
    text, step = text.double(), 1e-6
    expected = []
    for t in range(len(text)):
        moved = text.repeat(D_MODEL, 1, 1)
        moved[:, t] += step * torch.eye(D_MODEL, dtype=torch.double)
        with torch.no_grad():
            expected.append(float(((last(moved) - last(text[None])) / step).norm()))
    np.testing.assert_allclose(influence(last, text[None])[0].numpy(), expected, rtol=1e-4)


def test_the_recurrent_matrix_has_the_spectral_radius_that_was_asked_for():
    matrix = random_rnn(radius=0.7).rnn.weight_hh_l0.detach().numpy()
    assert np.abs(np.linalg.eigvals(matrix)).max() == pytest.approx(0.7, rel=1e-5)


def test_influence_vanishes_in_a_small_recurrent_network_and_not_with_attention():
    recurrent = mean_influence(random_rnn(radius=0.5), n_positions=12, n_texts=2)
    attention = mean_influence(random_attention(), n_positions=12, n_texts=2)
    assert recurrent[-1] < recurrent[0] * 1e-3
    assert attention[-1] > attention[0] * 0.05


def test_training_recalls_the_first_word_of_a_short_text_with_both():
    for last in (random_rnn(radius=1.0), random_attention()):
        assert train_to_recall(last, n_positions=4, n_steps=60) > 0.9


def test_a_seed_gives_the_same_weights():
    one, other = random_attention(), random_attention()
    assert all(torch.equal(a, b) for a, b in zip(one.parameters(), other.parameters(), strict=True))


def test_the_influence_shrinks_at_a_radius_above_one_because_of_tanh():
    """The factors over 23 steps that lesson 6 shows: the spectral radius alone does not decide."""
    factors, slopes = [], []
    for radius in (1.0, 1.2, 1.5, 2.0):
        last = random_rnn(radius=radius)
        curve = mean_influence(last, n_positions=24)
        factors.append(curve[-1] / curve[0])
        slopes.append(mean_slope(last, n_positions=24))
    assert factors == pytest.approx([0.00035, 0.006, 0.13, 4.7], rel=0.1)
    assert slopes == sorted(slopes, reverse=True)
    assert all(slope < 1 for slope in slopes)


def test_the_kept_runs_are_those_that_the_script_makes():
    runs = recall()
    assert runs.made["by"] == "python -m tools.recall"
    assert runs.seeds == script.SEEDS
    assert tuple(runs.recurrent) == tuple(runs.attention) == script.LENGTHS
    assert all(len(each) == len(runs.seeds) for each in (*runs.recurrent.values(), *runs.attention.values()))
    for network, kept in (("recurrent", runs.recurrent), ("attention", runs.attention)):
        for place, seed in enumerate(runs.seeds[:2]):
            # Another processor may add in another order; a run that learned one length then differs in a few texts.
            assert script.accuracy(network, n_positions=6, seed=seed) == pytest.approx(kept[6][place], abs=0.05)
