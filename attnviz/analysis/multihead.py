"""What happens inside a multi-head attention, stage by stage."""

import torch
from torch import Tensor

from attnviz.recorder import recording
from attnviz.shapes import Hidden
from attnviz.transformer import MultiHeadAttention


def stages(module: MultiHeadAttention, x: Hidden) -> dict[str, Tensor]:
    """Every tensor between the input and the output of a self-attention, by what it is, in order."""
    with torch.inference_mode(), recording() as recorder:
        output = module(x)
    step = recorder.steps[0]
    outputs = step.head_output()  # (batch, head, query, d_head)
    return {
        "x": x,
        "split into heads: query": step.query,
        "split into heads: key": step.key,
        "split into heads: value": step.value,
        "scores": step.scaled_scores(),
        "weights": step.weights(),
        "head outputs": outputs,
        "concatenated": outputs.transpose(1, 2).flatten(-2),
        "output": output,
    }
