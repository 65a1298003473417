"""Links cut out of one attention call: a query may no longer attend to a key, everything else stays.

The other weights of the row grow by the same factor, because softmax shares out what has become free.
"""

from collections.abc import Callable
from dataclasses import replace

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from attnviz.attention import Step


def cut(step: Step, *, query: int, key: int) -> Step:
    """The same attention call without the link from `query` to `key`, in all heads."""
    allowed = torch.ones(1, step.query.shape[-2], step.key.shape[-2], dtype=torch.bool)
    allowed[:, query, key] = False
    return cut_links(step, allowed)


def cut_links(step: Step, allowed: Bool[Tensor, "*#batch #head query key"]) -> Step:
    """The same attention call without the links where `allowed` is `False`."""
    return replace(step, mask=allowed if step.mask is None else step.mask & allowed)


def nearest_value(step: Step, head: int, *, query: int) -> int:
    """The position whose value points most nearly the way of what a head fetched for a query."""
    fetched = step.head_output(head)[query]
    group = step.n_heads // step.value.shape[-3]
    values = step.value[head // group].float()
    return int(torch.nn.functional.cosine_similarity(values, fetched[None], dim=-1).argmax())


def named_word(
    names: Callable[[Step], Float[Tensor, "batch head query word"]],
    step: Step,
    head: int,
    *,
    query: int,
    n_words: int | None = None,
) -> int:
    """Index of the word that a head of the last layer names at a query, among the first `n_words` of the vocabulary.

    names: the scores that a model gives all words, from the inputs of the last layer's attention.
    """
    with torch.inference_mode():
        return int(names(step.with_batch())[0, head, query, :n_words].argmax())
