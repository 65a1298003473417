"""Numbers for another program: trace to NPZ, read it with NumPy alone, and as a trace again.

python examples/03_numbers_in_a_file.py [FILE.npz]
"""

import sys
import tempfile
from pathlib import Path

import numpy as np

import attnviz
from attnviz.export import load_trace, save

path = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(tempfile.mkdtemp(), "trace.npz")
save(attnviz.load("untrained").run("The cat sat on the mat because it was soft."), path)

with np.load(path) as arrays:
    weights = arrays["weights"]  # (layer, head, query, key)
    tokens = arrays["key_tokens"]
entropy = -(weights * np.log2(weights)).sum(axis=-1).mean(axis=-1)  # (layer, head)
print(f"{path.name}: {weights.shape} {weights.dtype}, tokens {' '.join(tokens)}")
print("Mean entropy of each head, in bits; a row for each layer:")
print(np.array2string(entropy, precision=2))

again = load_trace(path)
assert again.encoder is not None
assert np.array_equal(again.encoder.weights(0).numpy(), weights[0])
