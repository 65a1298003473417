"""Where does a word attend? One sentence through a model, and the strongest weights of one head.

python examples/01_where_a_word_attends.py [MODEL]

MODEL is anything that `attnviz.load` takes, for instance google-bert/bert-base-uncased; without it, the default model.
"""

import sys

import attnviz

SENTENCE = "The animal didn't cross the street because it was too tired"

engine = attnviz.load(*sys.argv[1:])
trace = engine.run(SENTENCE)
(stack,) = trace.stacks.values()

layer, head = stack.n_layers - 1, 0
query = next(index for index, token in enumerate(stack.query_tokens) if token.text == "it")
weights = stack.weights(layer, head)[query]  # (key)

print(f"{trace.model}, layer {layer}, head {head}: 'it' attends to")
for key in weights.argsort(descending=True)[:5].tolist():
    print(f"  {weights[key]:.3f}  {stack.key_tokens[key].text}")
