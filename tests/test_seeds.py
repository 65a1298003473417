import ast
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import torch
from torch import nn

import attnviz
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
    rnn = influence.random_rnn(radius=1.0)
    right = influence.train_to_recall(rnn, n_positions=4, n_steps=2)
    return [
        order.attended(("the", "dog", "bit"), with_positions=True)[0],
        translation.alignment(translator, learned[0]),
        torch.tensor(right),
        torch.tensor(influence.mean_influence(rnn, n_positions=4, n_texts=2)),
        torch.tensor(influence.mean_influence(influence.random_attention(), n_positions=4, n_texts=2)),
    ]


def test_what_is_computed_from_a_seed_is_the_same_in_many_threads_at_once():
    expected = experiments()
    with ThreadPoolExecutor(8) as pool:
        for found in pool.map(lambda _: experiments(), range(40)):
            for one, other in zip(found, expected, strict=True):
                assert torch.equal(one, other)


# Functions that seed what the whole process draws from, and those that draw from it unless they are given a generator.
SEEDING = {"seed", "manual_seed", "fork_rng", "set_rng_state", "initial_seed"}
DRAWING = {
    *("rand", "randn", "randint", "randperm", "normal", "multinomial", "bernoulli", "rand_like", "randn_like"),
    *("uniform_", "normal_", "random_", "bernoulli_", "exponential_", "trunc_normal_", "orthogonal_", "sparse_"),
    *("xavier_uniform_", "xavier_normal_", "kaiming_uniform_", "kaiming_normal_"),
    *("random", "choice", "choices", "shuffle", "sample", "uniform", "gauss", "permutation", "standard_normal"),
}
OF_THE_PROCESS = {"torch", "random", "np.random", "numpy.random", "torch.random", "torch.nn.init", "nn.init"}


def program(node: ast.AST) -> str | None:
    """The code that a lesson shows and runs, with 0 for what it puts in; None where a node is no such text."""
    if isinstance(node, ast.JoinedStr):
        text = "".join(str(part.value) if isinstance(part, ast.Constant) else "0" for part in node.values)
        return text if "import torch" in text else None
    return None


def shared_draws(source: str) -> list[str]:
    """Every call of a source that seeds, or draws from, a generator that other threads draw from."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if (shown := program(node)) is not None:
            found += shared_draws(shown)
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
            continue
        owner, name = ast.unparse(node.func.value), node.func.attr
        has_own = any(keyword.arg == "generator" for keyword in node.keywords)
        in_place = name.endswith("_") and not has_own
        if (owner in OF_THE_PROCESS and name in SEEDING | DRAWING and not has_own) or (in_place and name in DRAWING):
            found.append(ast.unparse(node))
    return found


def test_no_module_seeds_or_draws_from_what_all_threads_share():
    for path in Path(attnviz.__file__).parent.rglob("*.py"):
        assert shared_draws(path.read_text(encoding="utf-8")) == [], path


@pytest.mark.parametrize(
    "source",
    [
        "torch.manual_seed(0)",
        "torch.random.fork_rng(devices=[])",
        "torch.randn(3)",
        "weight.uniform_(-1, 1)",
        "random.shuffle(pairs)",
        "np.random.seed(1)",
        "nn.init.normal_(weight)",
        "show(f'import torch\\ntorch.manual_seed({seed})')",
    ],
)
def test_a_shared_draw_is_seen(source):
    assert shared_draws(source)


@pytest.mark.parametrize("name", ["builtin", "untrained", "minilm"])
def test_loading_a_model_draws_nothing_from_what_all_threads_share(name, minilm):
    before = torch.random.get_rng_state()
    attnviz.load(minilm if name == "minilm" else name, from_scratch=name == "minilm")
    assert torch.equal(torch.random.get_rng_state(), before)
