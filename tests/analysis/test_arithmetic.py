"""How a weight came about: against the step's own stages, and recomputed from what is written."""

from decimal import Decimal
from math import exp, tanh

import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as some

import attnviz
from attnviz.analysis.arithmetic import arithmetic
from attnviz.analysis.written import written_parts, written_weight
from attnviz.attention import Step
from attnviz.errors import SelectionError
from attnviz.masks import causal_mask
from tests.analysis.conftest import seeds
from tests.engine.tiny import save_tiny

TEXT = "The animal didn't cross the street because it was too tired"


def step(seed: int = 0, *, n: int = 9, spread: float = 1.0, **extra) -> Step:
    """Four query heads over two key/value heads of eight dimensions, as in grouped-query attention."""
    generator = torch.Generator().manual_seed(seed)
    query, key, value = (spread * torch.randn(heads, n, 8, generator=generator) for heads in (4, 2, 2))
    return Step(query, key, value, **{"scale": 8**-0.5, **extra})


def number(text: str) -> float:
    return float(text.replace("−", "-").replace("∞", "inf"))


def reads(text: str, computed: float) -> bool:
    """Whether a computed number, rounded to the digits shown, is what is shown."""
    digits = len(text.partition(".")[2])
    return Decimal(text.replace("−", "-")) == Decimal(repr(round(computed + 0.0, digits)))


def check_by_hand(of: Step, head: int, query: int, key: int) -> None:
    """Compute every number again from the numbers written before it."""
    numbers = arithmetic(of, head, query=query, key=key)
    row, score = written_weight(numbers)
    assert reads(score.raw, numbers.raw)
    assert reads(score.scaled, number(score.raw) * number(score.scale))
    shown = score.scaled
    if score.bias is not None:
        assert reads(score.biased, number(score.scaled) + number(score.bias))
        shown = score.biased
    if score.score != "−∞":
        cap = number(score.softcap) if score.softcap else None
        assert reads(score.score, cap * tanh(number(shown) / cap) if cap else number(shown))
    scores = [number(text) for text in row.scores]
    assert number(row.largest) == max(scores)
    for text, of_key in zip(row.exponentials, scores, strict=True):
        assert reads(text, exp(of_key - max(scores)))
    assert reads(row.total, sum(map(number, row.exponentials)))
    for text, exponential in zip(row.weights, row.exponentials, strict=True):
        assert reads(text, number(exponential) / number(row.total))
    mixed = written_parts(numbers)
    for weight, length, part in zip(mixed.weights, mixed.lengths, mixed.parts, strict=True):
        assert reads(part, number(weight) * number(length))
    assert number(row.weights[key]) == pytest.approx(of.weights(head)[query, key].item(), abs=6e-5)


@pytest.mark.parametrize(
    "extra",
    [
        {},
        {"mask": causal_mask(9, 9)[None]},
        {"bias": torch.linspace(-3, 3, 4 * 81).view(4, 9, 9)},
        {
            "bias": torch.linspace(-3, 3, 81).view(1, 9, 9),
            "softcap": 5.0,
            "mask": causal_mask(9, 9)[None],
            "scale": 1.0,
        },
        {"mask": torch.tensor([True] * 8 + [False]).view(1, 1, 9)},
    ],
    ids=["plain", "causal", "bias", "everything", "padding"],
)
def test_every_number_is_the_one_that_the_step_computes(extra):
    of = step(**extra)
    for head in range(4):
        numbers = arithmetic(of, head, query=5, key=2)
        exact = {"atol": 1e-5, "rtol": 1e-5}  # float32 against float64
        torch.testing.assert_close(torch.tensor(numbers.raw), of.raw_scores(head)[5, 2], **exact)
        torch.testing.assert_close(torch.tensor(numbers.scaled), of.scaled_scores(head)[5, 2], **exact)
        torch.testing.assert_close(numbers.scores.float(), of.masked_scores(head)[5], **exact)
        torch.testing.assert_close(numbers.weights.float(), of.weights(head)[5], **exact)
        torch.testing.assert_close(numbers.output.float(), of.head_output(head)[5], **exact)
        torch.testing.assert_close(numbers.exponentials / numbers.total, numbers.weights)
        check_by_hand(of, head, 5, 2)


@given(seeds, some.floats(0.05, 6.0), some.integers(0, 8), some.integers(0, 8))
@example(898, 4.414417485222633, 4, 0)  # weights of 1e-8 to 1e-10: a double has too few digits for all that leads there
@example(341, 2.5, 0, 4)
@settings(max_examples=40, deadline=None)
def test_what_is_written_recomputes_to_the_digits_written(seed, spread, query, key):
    bias = torch.randn(1, 9, 9, generator=torch.Generator().manual_seed(seed))
    check_by_hand(step(seed, spread=spread), 3, query, key)
    check_by_hand(step(seed, spread=spread, bias=bias, softcap=4.0, mask=causal_mask(9, 9)[None]), 1, query, key)


def test_a_masked_key_has_no_score_and_no_weight():
    numbers = arithmetic(step(mask=causal_mask(9, 9)[None]), 0, query=2, key=7)
    row, score = written_weight(numbers)
    assert not numbers.is_allowed
    assert (row.scores[7], float(row.exponentials[7]), float(row.weights[7])) == ("−∞", 0.0, 0.0)
    assert score.score == "−∞"
    check_by_hand(step(mask=causal_mask(9, 9)[None]), 0, 2, 7)


def test_a_weight_has_four_decimals_and_a_smaller_one_its_first_digit():
    of = step(spread=1.7)
    exact = of.weights(0)[0].double()
    for key in range(9):
        weight, text = exact[key].item(), written_weight(arithmetic(of, 0, query=0, key=key))[0].weights[key]
        decimals = max(4, len(f"{weight:.12f}"[2:]) - len(f"{weight:.12f}"[2:].lstrip("0")) + 1)
        assert text == f"{weight:.{decimals}f}"
    assert exact.min() < 5e-5, "one that four decimals would write as 0"


def test_what_stands_for_one_dimension_has_four_decimals():
    of = step()
    numbers = arithmetic(of, 3, query=5, key=2)
    _, score = written_weight(numbers)
    q, k, v = of.query[3, 5].double(), of.key[1, 2].double(), of.value[1, 2].double()
    weight = of.weights(3)[5].double()
    mixed = written_parts(numbers)
    for texts, values in (
        (score.query_vector, q),
        (score.key_vector, k),
        (score.products, q * k),
        (mixed.value, v),
        (mixed.part, weight[2] * v),
        (mixed.output, weight @ of.value[1].double()),
    ):
        assert [number(text) for text in texts] == pytest.approx(values.tolist(), abs=0.51e-4)
        assert {len(text.partition(".")[2]) for text in texts} == {4}


@pytest.mark.parametrize(("query", "key", "name"), [(9, 0, "query 9"), (0, 9, "key 9"), (-1, 0, "query -1")])
def test_a_position_that_does_not_exist_is_one_sentence(query, key, name):
    with pytest.raises(SelectionError, match=f"There is no {name}: this text has tokens 0 to 8"):
        arithmetic(step(), 0, query=query, key=key)


@pytest.mark.parametrize("family", ["bert", "gpt2", "qwen3", "gemma2", "t5", "opt"])
def test_the_numbers_of_pretrained_models_recompute(family, tmp_path):
    trace = attnviz.load(str(save_tiny(family, tmp_path))).run(TEXT)
    for stack in trace.stacks.values():
        query = len(stack.query_tokens) - 1
        check_by_hand(stack.step(1), 1, query, 0)
        check_by_hand(stack.step(0), 3, query // 2, len(stack.key_tokens) - 1)


def test_the_seam_hands_over_what_each_family_does(tmp_path):
    gemma = attnviz.load(str(save_tiny("gemma2", tmp_path / "gemma2"))).run(TEXT).decoder
    assert arithmetic(gemma.step(0), 0, query=5, key=4).softcap is not None
    t5 = attnviz.load(str(save_tiny("t5", tmp_path / "t5"))).run(TEXT).encoder
    assert arithmetic(t5.step(0), 0, query=5, key=4).bias is not None
