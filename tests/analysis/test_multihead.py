import torch
from torch import nn

from attnviz.analysis.example import COLUMNS, D_HEAD, VECTORS, projection
from attnviz.analysis.multihead import stages
from attnviz.transformer import MultiHeadAttention


def test_the_stages_lead_to_the_output_of_the_module():
    module = MultiHeadAttention(12, 3)
    x = torch.randn(2, 5, 12)
    found = stages(module, x)
    weights = torch.softmax(found["scores"], dim=-1)
    torch.testing.assert_close(found["weights"], weights, atol=1e-6, rtol=0)
    heads = weights @ found["split into heads: value"]
    torch.testing.assert_close(found["head outputs"], heads, atol=1e-6, rtol=0)
    joined = torch.cat([heads[:, head] for head in range(3)], dim=-1)
    torch.testing.assert_close(found["concatenated"], joined, atol=1e-6, rtol=0)
    with torch.no_grad():
        torch.testing.assert_close(found["output"], nn.functional.linear(joined, *module.output.parameters()))
        torch.testing.assert_close(found["output"], module(x), atol=0, rtol=0)


def test_projections_are_small_whole_numbers_and_stay_the_same():
    matrices = [projection(index) for index in range(3)]
    assert all(matrix.shape == (len(COLUMNS), D_HEAD) for matrix in matrices)
    assert all(set(matrix.flatten().tolist()) <= {-1, 0, 1} for matrix in matrices)
    assert not torch.equal(matrices[0], matrices[1])
    assert torch.equal(matrices[2], projection(2))
    assert VECTORS.shape == (4, 4)
