"""Does it matter where a word looks? Cut a link and ask again, then mute every head once.

python examples/05_cut_a_link.py
"""

import attnviz
from attnviz.analysis import knockout

SENTENCE = "The animal didn't cross the street because it was too tired"
IT, ANIMAL = 8, 2  # tokens

engine = attnviz.load()
links = [attnviz.cut(layer=3, head=0, query=IT, key=ANIMAL)]
before, after = engine.predictions(SENTENCE, variants=[[], links], at=IT)
for name, answer in (("as it was", before), ("it → animal cut", after)):
    print(f"{name}: {answer.about}:", ", ".join(f"{word} {chance:.3f}" for word, chance in answer.top(2)))

effects = knockout(engine, SENTENCE, at=IT)  # (layer, head), change in the log-odds of the answer
layer, head = divmod(int(effects.argmin()), engine.n_heads)
print(f"Of all heads, muted one at a time, {layer}.{head} matters most: {effects[layer, head]:.1f}")
