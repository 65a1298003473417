"""The training loop."""

import numpy as np
import torch

from attnviz.engine.naming import HEADS, NamingTransformer
from attnviz.transformer import TransformerConfig
from training.objective import Questions, ask_all, loss, make_batch
from training.stream import training_texts
from training.vocabulary import vocabulary

N_TEXTS, N_STEPS, BATCH = 200_000, 12_000, 64


def config() -> TransformerConfig:
    """The built-in model: attention only, but for a feed-forward layer in the first block."""
    return TransformerConfig(
        vocab_size=len(vocabulary()),
        d_model=96,
        n_layers=4,
        n_heads=len(HEADS),
        d_feed_forward=192,
        feed_forward_layers=(0,),
        max_positions=512,
    )


def new_model(seed: int) -> NamingTransformer:
    """A model with random weights."""
    torch.manual_seed(seed)
    model = NamingTransformer(config())
    torch.nn.init.normal_(model.transformer.embeddings.tokens.weight, std=0.5)
    return model


def batches(questions: Questions, rng: np.random.Generator, *, size: int):
    """Groups of texts of like length, without end."""
    lengths = np.diff(questions.starts)
    while True:
        chunk = rng.permutation(len(lengths))[: size * 32]
        ordered = chunk[np.argsort(lengths[chunk], kind="stable")]
        groups = [ordered[first : first + size] for first in range(0, len(ordered), size)]
        for group in rng.permutation(len(groups)):
            yield groups[group]


def learning_rate(step: int, n_steps: int, *, peak: float = 3e-3, warm_up: int = 200) -> float:
    """Linear warm-up, then a cosine down to a fiftieth."""
    if step < warm_up:
        return peak * (step + 1) / warm_up
    return peak * (0.02 + 0.98 * 0.5 * (1 + np.cos(np.pi * (step - warm_up) / max(1, n_steps - warm_up))))


def train(
    *, seed: int, n_texts: int, n_steps: int, size: int = BATCH, watch=None, every: int = 50
) -> NamingTransformer:
    """A trained model. `watch(step, losses)` is called every so often."""
    questions = ask_all(training_texts(seed), n_texts)
    model = new_model(seed)
    decayed = [p for n, p in model.named_parameters() if p.dim() > 1 and "tokens" not in n]
    others = [p for n, p in model.named_parameters() if not (p.dim() > 1 and "tokens" not in n)]
    groups = [{"params": decayed, "weight_decay": 0.01}, {"params": others, "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, lr=1e-3, betas=(0.9, 0.98))
    rng = np.random.default_rng(seed)
    stream = batches(questions, rng, size=size)
    for step in range(n_steps):
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(step, n_steps)
        parts = loss(model, make_batch(questions, next(stream), rng), position_offset=int(rng.integers(0, 64)))
        total = parts["naming"] + 0.6 * parts["restoring"] + 0.3 * parts["classes"]
        optimizer.zero_grad(set_to_none=True)
        total.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        if watch is not None and (step + 1) % every == 0:
            watch(step + 1, {name: float(part.detach()) for name, part in parts.items()})
    return model
