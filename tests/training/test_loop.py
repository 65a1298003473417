import numpy as np
import pytest
import torch

from training.loop import learning_rate, train


@pytest.fixture
def one_thread():
    """Many threads on little work wait for each other."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def test_a_short_training_run_learns_something(one_thread):
    """Six hundred steps: every part of the loss falls, naming far below what guessing would give."""
    losses = []
    train(seed=0, n_texts=4000, n_steps=600, size=32, watch=lambda step, parts: losses.append(parts), every=10)
    first, last = (
        {part: np.mean([loss[part] for loss in some]) for part in losses[0]} for some in (losses[:5], losses[-10:])
    )
    assert last["naming"] < 0.7 * first["naming"]  # measured .40 to .54, seeds 0 to 2
    assert last["naming"] < np.log(200) / 1.5  # a batch of 32 texts asks for more than 200 different words
    assert last["restoring"] < 0.9 * first["restoring"]  # measured .60 to .78
    assert last["classes"] < 0.8 * first["classes"]  # measured .39 to .61


def test_the_same_seed_trains_the_same_weights():
    first, second = (train(seed=1, n_texts=60, n_steps=2, size=16).state_dict() for _ in range(2))
    assert all(torch.equal(first[name], second[name]) for name in first)


def test_the_learning_rate_rises_and_falls():
    rates = [learning_rate(step, 1000) for step in (0, 199, 600, 999)]
    assert rates[0] < rates[1] > rates[2] > rates[3]
    assert np.isclose(rates[3], 0.02 * 3e-3, rtol=0.05)
