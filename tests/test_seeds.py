from concurrent.futures import ThreadPoolExecutor

import pytest
import torch
from torch import nn

from attnviz.analysis import influence, order, translation
from attnviz.seeds import seeded
from attnviz.transformer import Transformer, TransformerConfig


def everything() -> nn.Module:
    config = TransformerConfig(20, 8, 2, 2, d_feed_forward=12, n_segments=2, positions="learned", max_positions=6)
    return nn.ModuleList([Transformer(config), nn.RNN(5, 7, batch_first=True), nn.Linear(3, 4)])


def test_the_weights_are_those_of_torchs_own_seed():
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(5)
        expected = everything().state_dict()
    found = seeded(everything, seed=5).state_dict()
    assert found.keys() == expected.keys()
    for name, values in expected.items():
        torch.testing.assert_close(found[name], values, atol=1e-7, rtol=0)  # 1/√n, computed in another order


def test_the_random_numbers_of_the_process_are_left_alone():
    before = torch.random.get_rng_state()
    seeded(everything, seed=5)
    assert torch.equal(torch.random.get_rng_state(), before)


def test_a_part_that_no_rule_knows_is_refused():
    with pytest.raises(TypeError, match="Conv1d has weights of its own"):
        seeded(lambda: nn.Conv1d(2, 2, 1), seed=0)


def experiments() -> list[torch.Tensor]:
    """What the lessons compute from seeds."""
    learned, _ = translation.split()
    translator = translation.train(learned[:8], n_steps=2, seed=1)
    rnn = influence.train_to_recall(influence.random_rnn(radius=1.0), n_positions=4, n_steps=2)
    return [
        order.attended(("the", "dog", "bit"), with_positions=True)[0],
        translation.alignment(translator, learned[0]),
        torch.tensor(influence.mean_influence(rnn.last, n_positions=4, n_texts=2)),
        torch.tensor(influence.mean_influence(influence.random_attention(), n_positions=4, n_texts=2)),
    ]


def test_what_is_computed_from_a_seed_is_the_same_in_many_threads_at_once():
    expected = experiments()
    with ThreadPoolExecutor(8) as pool:
        for found in pool.map(lambda _: experiments(), range(40)):
            for one, other in zip(found, expected, strict=True):
                assert torch.equal(one, other)
