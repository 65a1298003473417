"""The words for axes, and the shapes that the public functions carry.

Axes, always in this order and in these words:

    batch     texts computed at once; a trace has none
    layer     from 0
    head      from 0
    kv_head   heads of key and value; fewer than `head` where query heads share them
    query     the position that attends: a row
    key       the position that is attended to: a column
    d_model   size of a token's vector
    d_head    size of a head's query and key

A leading `*batch` stands for any number of axes, none included. Masks are boolean: `True` = may attend.
"""

from jaxtyping import Bool, Float, Int
from torch import Tensor

TokenIds = Int[Tensor, "batch position"]
Hidden = Float[Tensor, "batch position d_model"]

Query = Float[Tensor, "*batch query d_head"]
Key = Float[Tensor, "*batch key d_head"]
Value = Float[Tensor, "*batch key d_value"]
Scores = Float[Tensor, "*batch query key"]
Weights = Float[Tensor, "*batch query key"]
HeadOutputs = Float[Tensor, "*batch query d_value"]
Bias = Float[Tensor, "*#batch #query #key"]
Mask = Bool[Tensor, "*#batch #query #key"]
SetOutputs = Float[Tensor, "*#batch #query #d_value"]
