"""How does a weight come about? From query and key to the weight, one formula at a time.

python examples/02_a_weight_by_hand.py

weights = softmax(Q Kᵀ · scale)        Vaswani et al. 2017, eq. 1
"""

import math

import attnviz

trace = attnviz.load("untrained").run("She ate the apple.")
assert trace.encoder is not None
step = trace.encoder.step(0)

head, row, column = 1, 2, 4
names = [token.text for token in trace.encoder.key_tokens]
query, key = step.query[head, row], step.key[head, column]  # (d_head), (d_head)

raw = sum(a * b for a, b in zip(query.tolist(), key.tolist(), strict=True))
scaled = raw * step.scale
row_of_scores = step.masked_scores(head)[row].tolist()
weight = math.exp(scaled) / sum(math.exp(score) for score in row_of_scores)

print(f"'{names[row]}' looks at '{names[column]}' in layer 0, head {head}")
print(f"  raw score     q · k       = {raw:+.4f}")
print(f"  scaled score  · {step.scale:.4f}    = {scaled:+.4f}")
print(f"  weight        e^s / Σ e^s = {weight:.4f}")
print(f"  the trace says              {step.weights(head)[row, column]:.4f}")
