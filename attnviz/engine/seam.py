"""The seam to transformers: an attention function of ours that records what every call was given.

transformers lets anyone register an attention implementation by name; every model that goes through that interface
then calls ours. It hands query, key, value, scale, bias, mask and soft cap to the recorder, and answers with
scaled-dot-product attention, so the model computes what it always did, unless the recorder answers in its place.
Registering the matching mask function matters as much: without it, a causal model would be handed no mask and silently
become bidirectional.
"""

from collections.abc import Mapping
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from transformers import AttentionInterface
from transformers.masking_utils import AttentionMaskInterface, eager_mask

from attnviz.attention import Step, attend, share_heads
from attnviz.errors import NotTraceableError
from attnviz.recorder import record

IMPLEMENTATION = "attnviz"

# What models pass along that does not change the weights of a single unpadded text: dropout is off, positions and
# windows are already in the queries, keys and mask, lengths serve packed batches.
HARMLESS = frozenset(
    {
        "cache_position",
        "cu_seq_lens_k",
        "cu_seq_lens_q",
        "deterministic",
        "dropout",
        "is_causal",
        "max_length_k",
        "max_length_q",
        "output_attentions",
        "output_hidden_states",
        "position_ids",
        "return_dict",
        "sliding_window",
        "training",
        "use_cache",
    }
)


def attention_forward(
    module: nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    *,
    scaling: float | None = None,
    softcap: float | None = None,
    position_bias: Tensor | None = None,
    s_aux: Tensor | None = None,
    **others: Any,
) -> tuple[Tensor, None]:
    """Attention as transformers' interface asks for it, recorded; `s_aux` are the scores of attention sinks, (head,).

    query (batch, head, query, d_head), key and value (batch, kv_head, key, d_head), attention_mask additive;
    the answer is (batch, query, head, d_head), without weights: those are derived from the record.
    """
    refuse_unknown(others)
    mask, bias = split_mask(attention_mask, n_key=key.shape[-2])
    if position_bias is not None:
        bias = position_bias if bias is None else bias + position_bias
        bias = bias if bias.any() else None  # T5 adds zeros between two texts
    scale = query.shape[-1] ** -0.5 if scaling is None else float(scaling)
    step = Step(query, key, value, scale=scale, bias=bias, mask=mask, softcap=softcap)
    if s_aux is not None:
        step = step.with_sink(s_aux)
    output = record(step, _output(step), caller=module)
    return output.transpose(1, 2).contiguous(), None


def split_mask(additive: Tensor | None, *, n_key: int) -> tuple[Tensor | None, Tensor | None]:
    """Boolean mask and bias behind an additive mask; None where they would change nothing.

    A model may be handed a mask of 0 and the lowest number of its type, or scores to add, or both in one.
    """
    if additive is None:
        return None, None
    additive = additive[..., :n_key]
    if additive.dtype == torch.bool:
        return (None if additive.all() else additive), None
    mask = additive > torch.finfo(additive.dtype).min / 2
    bias = torch.where(mask, additive, 0)
    return (None if mask.all() else mask), (bias if bias.any() else None)


def refuse_unknown(others: Mapping[str, Any]) -> None:
    """Raise NotTraceableError, what is wrong with the model, for an argument that we do not know and that may matter.

    DeepSeek-V3.2, for one, passes the keys that it picked (`indices`): weights that ignored them would be wrong.
    """
    for name, value in others.items():
        if name not in HARMLESS and value is not None and value is not False:
            raise NotTraceableError(
                f"passes '{name}' to its attention, which attnviz does not know and which may change the weights"
            )


def _output(step: Step) -> Tensor:
    """Head outputs (batch, head, query, d_value)."""
    if step.softcap is not None:
        key, value = (share_heads(tensor, n_heads=step.n_heads) for tensor in (step.key, step.value))
        return attend(step.query, key, value, scale=step.scale, bias=step.bias, mask=step.mask, softcap=step.softcap)[0]
    additive = step.bias
    if step.mask is not None:
        hidden = torch.finfo(step.query.dtype).min
        additive = torch.where(step.mask, 0 if step.bias is None else step.bias, hidden)
    if additive is not None:
        additive = additive.to(step.query.dtype)
    return F.scaled_dot_product_attention(
        step.query,
        step.key,
        step.value,
        attn_mask=additive,
        scale=step.scale,
        enable_gqa=step.key.shape[1] != step.n_heads,
    )


def register() -> None:
    """Make the implementation known to transformers; doing it again changes nothing."""
    AttentionInterface.register(IMPLEMENTATION, attention_forward)
    AttentionMaskInterface.register(IMPLEMENTATION, eager_mask)
