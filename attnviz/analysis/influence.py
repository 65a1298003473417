"""How much a word changes what comes later, by distance: in a recurrent network, and with attention.

The influence of position t on the last position is the size of the Jacobian `∂ output_last / ∂ x_t`, as a Frobenius
norm. In a recurrent network it is a product of as many matrices as there are steps between them, so that it tends to
vanish or to explode with distance (Pascanu et al. 2013, arXiv:1211.5063). Attention reaches every position in one step.

How often a trained network names the first word hangs on its random start: so there are runs from many starts, made by
`tools/recall.py`, which takes minutes, and kept in `recall.json`.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from attnviz.seeds import seeded
from attnviz.transformer import MultiHeadAttention, sinusoidal_positions

D_MODEL, SEED = 16, 0
N_TEXTS = 128
N_TESTED = 512  # texts on which a trained network is judged
N_WORDS = 8  # of the task that the networks are trained on
N_STEPS, BATCH, LEARNING_RATE = 150, 64, 0.01


class LastOfRnn(nn.Module):
    """The last state of a small recurrent network: `h_t = tanh(W x_t + U h_{t−1} + b)` (Elman 1990)."""

    def __init__(self) -> None:
        super().__init__()
        self.rnn = nn.RNN(D_MODEL, D_MODEL, batch_first=True)

    def forward(self, x: Float[Tensor, "batch position d_model"]) -> Float[Tensor, "batch d_model"]:
        """What the network knows after the last word."""
        return self.rnn(x)[0][:, -1]


class LastOfAttention(nn.Module):
    """What one self-attention gives the last position, with positions added to the words."""

    def __init__(self) -> None:
        super().__init__()
        self.attention = MultiHeadAttention(D_MODEL, 1)

    def forward(self, x: Float[Tensor, "batch position d_model"]) -> Float[Tensor, "batch d_model"]:
        """The new vector of the last word."""
        positions = sinusoidal_positions(torch.arange(x.shape[1]), d_model=D_MODEL)
        return self.attention(x + positions)[:, -1]


def random_rnn(*, radius: float, seed: int = SEED) -> LastOfRnn:
    """A recurrent network with random weights; the largest eigenvalue of its recurrent matrix has this size."""
    last = seeded(LastOfRnn, seed=seed)
    with torch.no_grad():
        recurrent = last.rnn.weight_hh_l0
        recurrent *= radius / torch.linalg.eigvals(recurrent).abs().max()
    return last


def random_attention(*, seed: int = SEED) -> LastOfAttention:
    """A self-attention with random weights."""
    return seeded(LastOfAttention, seed=seed)


def influence(
    last: Callable[[Float[Tensor, "text position d_model"]], Float[Tensor, "text d_model"]],
    texts: Float[Tensor, "text position d_model"],
) -> Float[Tensor, "text position"]:
    """Frobenius norm of the derivative of each text's last output by the vector at each of its positions."""
    jacobian: Tensor = torch.autograd.functional.jacobian(  # type: ignore[no-untyped-call]
        lambda words: last(words).sum(dim=0),
        texts,  # no text depends on another: the sum keeps their derivatives apart
    )  # (d_model, text, position, d_model)
    norm: Tensor = jacobian.norm(dim=(0, 3))
    return norm


def mean_influence(last: nn.Module, *, n_positions: int, n_texts: int = N_TEXTS) -> list[float]:
    """Influence by distance from the last position, 0 first, averaged over random texts."""
    return influence(last, random_texts(n_positions, n_texts)).mean(dim=0).flip(0).tolist()


def mean_slope(last: LastOfRnn, *, n_positions: int) -> float:
    """The factor `1 − h²` by which tanh multiplies what passes through it, averaged over the same texts."""
    with torch.inference_mode():
        states, _ = last.rnn(random_texts(n_positions, N_TEXTS))
        return float((1 - states.square()).mean())


def random_texts(n_positions: int, n_texts: int) -> Float[Tensor, "text position d_model"]:
    """Texts of random vectors, the same each time."""
    return torch.randn(n_texts, n_positions, D_MODEL, generator=torch.Generator().manual_seed(SEED))


def train_to_recall(last: nn.Module, *, n_positions: int, n_steps: int = N_STEPS, seed: int = SEED) -> float:
    """How often a network names the first word of a new text at its end after it was trained to; 1/N_WORDS by chance.

    It is trained in place, on random texts of this length.
    """
    generator = torch.Generator().manual_seed(seed)
    words = torch.randn(N_WORDS, D_MODEL, generator=generator)
    answer = seeded(lambda: nn.Linear(D_MODEL, N_WORDS), seed=seed)
    optimizer = torch.optim.Adam([*last.parameters(), *answer.parameters()], lr=LEARNING_RATE)
    for _ in range(n_steps):
        ids = torch.randint(0, N_WORDS, (BATCH, n_positions), generator=generator)
        loss = F.cross_entropy(answer(last(words[ids])), ids[:, 0])
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(last.parameters(), 1.0)
        optimizer.step()
    ids = torch.randint(0, N_WORDS, (N_TESTED, n_positions), generator=generator)
    with torch.inference_mode():
        return float((answer(last(words[ids])).argmax(dim=-1) == ids[:, 0]).float().mean())


@dataclass(frozen=True)
class Recall:
    """How often both networks name the first word of a text: for every length the accuracies, a run for each start.

    made: with which script, versions and settings.
    """

    made: Mapping[str, str | int | float]
    seeds: tuple[int, ...]
    recurrent: Mapping[int, tuple[float, ...]]
    attention: Mapping[int, tuple[float, ...]]


@cache
def recall() -> Recall:
    """The runs of `tools/recall.py`."""
    stored = json.loads((files("attnviz.analysis") / "recall.json").read_text(encoding="utf-8"))
    runs = {
        name: {int(length): tuple(accuracies) for length, accuracies in stored[name].items()}
        for name in ("recurrent", "attention")
    }
    return Recall(stored["made"], tuple(stored["seeds"]), runs["recurrent"], runs["attention"])
