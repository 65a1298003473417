"""How do I test code that reads attention? With heads whose every weight is known beforehand.

python examples/04_heads_set_by_hand.py

weight = e^strength / (e^strength + n − 1)        on the one token of n that a head looks for
"""

import math

from attnviz.testing import PlantedEngine

engine = PlantedEngine([["previous", "first", {"it": "animal"}]], strength=5.0)
trace = engine.run("The animal slept because it was tired")
assert trace.encoder is not None
names = [token.text for token in trace.encoder.key_tokens]
it, animal = names.index("it"), names.index("animal")

by_hand = math.exp(5) / (math.exp(5) + len(names) - 1)
print(f"'it' looks at 'animal' with the weight {trace.encoder.weights(0, 2)[it, animal]:.4f}")
print(f"by hand, e⁵ / (e⁵ + {len(names) - 1}):            {by_hand:.4f}")
