"""Many heads: our module beside torch's, and what the heads of the model attend to."""

import streamlit as st

from attnviz import Stack
from attnviz.analysis.multihead import stages
from attnviz.analysis.shares import PLACES, head_shares
from attnviz.app.shared.words import plain
from attnviz.learn.frame import heading, text, to_explore
from attnviz.learn.parts import code, model, pictures, trained

D_MODEL, N_POSITIONS = 512, 10
COUNTS = (1, 2, 4, 8, 16, 32)
SENTENCE = "The animal didn't cross the street because it was too tired"


def source(n_heads: int) -> str:
    """The lines that compare torch's module with ours, with the same weights and the same input."""
    return f"""import torch
from attnviz.transformer import MultiHeadAttention

numbers = torch.Generator().manual_seed(0)  # random numbers of our own
theirs = torch.nn.MultiheadAttention({D_MODEL}, {n_heads})
for parameter in theirs.parameters():
    torch.nn.init.normal_(parameter, std={D_MODEL}**-0.5, generator=numbers)
ours = MultiHeadAttention({D_MODEL}, {n_heads})
with torch.no_grad():
    weights, biases = theirs.in_proj_weight.chunk(3), theirs.in_proj_bias.chunk(3)
    for linear, weight, bias in zip((ours.query, ours.key, ours.value), weights, biases):
        linear.weight.copy_(weight)
        linear.bias.copy_(bias)
    ours.output.load_state_dict(theirs.out_proj.state_dict())

x = torch.randn({N_POSITIONS}, 1, {D_MODEL}, generator=numbers)  # (position, batch, d_model)
expected, expected_weights = theirs(x, x, x, average_attn_weights=False)
output = ours(x.transpose(0, 1)).transpose(0, 1)  # ours has the batch first

print("largest difference:", f"{{(output - expected).abs().max().item():.1g}}")
for name, module in ("ours", ours), ("theirs", theirs):
    print(name, sum(parameter.numel() for parameter in module.parameters()), "parameters")
"""


def side_by_side() -> None:
    """The code, the shapes on the way, and the difference."""
    n_heads = st.select_slider("Number of heads", COUNTS, value=8, key="n_heads", width=480)
    names = code.show(source(n_heads))
    inside = stages(names["ours"], names["x"].transpose(0, 1))
    shapes = {"stage": list(inside), "shape, batch first": [str(tuple(each.shape)) for each in inside.values()]}
    left, right = st.columns([4, 5], gap="large")
    with left:
        pictures.table(shapes, alt="Shapes of the stages")
    with right:
        output = float((names["output"] - names["expected"]).abs().max().detach())
        weights = float((inside["weights"] - names["expected_weights"]).abs().max().detach())
        ours, theirs = (sum(p.numel() for p in names[name].parameters()) for name in ("ours", "theirs"))
        text(
            f"Largest difference of the outputs: **{output:.1g}**. Of the weights: **{weights:.1g}**. "
            "0 means equal in every bit; anything near 1e-7 is rounding: two programs may add the same numbers in "
            "another order.\n\n"
            f"Parameters: {ours:,} in our module, {theirs:,} in torch’s, for any number of heads. "
            f"With {n_heads} heads each has {D_MODEL // n_heads} dimensions."
        )


def heads_of_the_model() -> None:
    """What the heads of one layer attend to, measured on a sentence; and one of them, word by word."""
    model.say_which()
    _guide()
    typed = st.text_input("A sentence", SENTENCE, key="heads_sentence", width=640)
    layer, head = model.choose_head("heads")
    stack = model.stack(typed)
    trained.say_what_is_new(typed)
    _word_by_word(stack, layer, head, typed)
    heading("The heads of the layer beside one another")
    text(
        "For every word: how much weight goes to the word before, to the word itself, to the next, and to the "
        "special tokens? The rest goes to other words. Beside it stands to how many tokens a word attends: the "
        "exponential of the entropy of its weights, which is *n* if *n* tokens get equal weights. All are means "
        "over the words."
    )
    measured = head_shares(stack, layer)
    rows = [f"head {each}" for each in range(stack.n_heads)]
    title = f"Layer {layer}: share of the weight"
    pictures.show(
        pictures.matrix_picture(title, measured.shares, rows=rows, columns=PLACES, are_weights=True, row=head),
        pictures.matrix_picture(
            "Attended to: exp(entropy)", measured.n_effective[:, None], rows=rows, columns=("tokens",), row=head
        ),
        key="heads_patterns",
    )


def _word_by_word(stack: Stack, layer: int, head: int, typed: str) -> None:
    """For every word the other word that a head attends to most, and what goes to itself and to special tokens."""
    entry = trained.entry_of(layer, head)
    said = "nothing that has a name was measured" if entry is None else f"“{plain(entry.title)}”: {plain(entry.does)}"
    text(f"**Layer {layer}, head {head}**, {said}.")
    weights = stack.weights(layer, head)
    names = model.names(stack.query_tokens)
    places = [place for place, token in enumerate(stack.query_tokens) if not token.is_special]
    table = {"word": [names[place] for place in places]}
    table |= model.attended(weights[places].tolist(), stack.key_tokens, places=places)
    text(
        "Of every word, the other word that it attends to most. The word itself and the special tokens [CLS] and [SEP] "
        "often get more; they are left out there and have columns of their own."
    )
    pictures.table(table, alt=f"Layer {layer}, head {head}, word by word")
    to_explore(typed, layer=layer, head=head)


def _guide() -> None:
    """What was measured of each head on sentences kept from training."""
    text(
        "What its heads were measured to do, on sentences kept from training. **Right** is how often, of all other "
        "words of the text, the head attends most to the one that it should; **fixed distance** is how often you would "
        "hit it by always taking the word at the same distance, the best one. Where links of “it” flip between two "
        "sentences, as in lesson 8, right means that both sentences are right; no fixed distance can do that."
    )
    pictures.table(trained.guide(), alt="Guide to the heads")
