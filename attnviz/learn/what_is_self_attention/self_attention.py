"""Self-attention without parameters: a table of vectors, and everything that follows from it."""

from math import isclose

import streamlit as st

from attnviz.analysis.example import COLUMNS, VECTORS, WORDS, Matrix
from attnviz.attention import Stages
from attnviz.figures.matrices import number
from attnviz.learn.frame import heading, text
from attnviz.learn.parts import code, exercise, pictures, worked
from attnviz.learn.parts.matrix import as_code, edit_matrix


def source(vectors: Matrix, query: str) -> str:
    """The lines that compute it all, and print the weights of one word."""
    return (
        f"import torch\n\nx = {as_code(vectors)}\n"
        "scores = x @ x.T                          # every word with every word\n"
        "weights = torch.softmax(scores, dim=-1)   # every row sums to 1\n"
        "outputs = weights @ x                     # weighted averages of the rows of x\n\n"
        f"for word, weight in zip({list(WORDS)}, weights[{WORDS.index(query)}].tolist()):  # the row of “{query}”\n"
        '    print(word, f"{weight:.3f}")\n'
    )


def play() -> None:
    """The table, the pictures that follow from it, one number written out, and the code."""
    table, beside = st.columns([4, 5], gap="large")
    with table:
        vectors = edit_matrix("vectors", "The vectors x. Change any number.", VECTORS, rows=WORDS, columns=COLUMNS)
        if not vectors.any():
            st.info("All vectors are zero: every score is 0, and every word attends to all words alike.")
        query = st.segmented_control("The word that attends", WORDS, default="ate", required=True, key="query")
        key = st.segmented_control("The word attended to", WORDS, default="apple", required=True, key="key")
    i, j = WORDS.index(query), WORDS.index(key)
    of = Stages(vectors, vectors, vectors, scale=1.0)
    scores, weights, outputs = of.raw_scores, of.weights, of.head_output
    with beside:
        _written_out(of, i, j)
    pictures.show(
        pictures.matrix_picture("Scores x xᵀ", scores, rows=WORDS, columns=WORDS, row=i),
        pictures.matrix_picture("Weights: softmax of each row", weights, rows=WORDS, columns=WORDS, scale_end=1, row=i),
        pictures.matrix_picture("Outputs: weights · x", outputs, rows=WORDS, columns=COLUMNS, row=i),
        key="self_attention",
    )
    text(_symmetry(scores, weights, i, j))
    exercise.ask_for_a_weight("without_parameters", d=2, is_scaled=False)
    heading("The same in PyTorch")
    st.markdown("**These lines were run with the numbers of the table.**")
    names = code.show(source(vectors, query))
    difference = max(float((names["weights"] - weights).abs().max()), float((names["outputs"] - outputs).abs().max()))
    text(f"The largest difference between these lines and the pictures is **{difference:.1g}**.")


def _symmetry(scores: Matrix, weights: Matrix, i: int, j: int) -> str:
    """What becomes of the symmetry of the scores, for the two words that were chosen."""
    if i == j:
        return f"“{WORDS[i]}” gives itself the weight **{_weight(float(weights[i, i]))}**."
    there, back = float(weights[i, j]), float(weights[j, i])
    said = (
        f"“{WORDS[i]}” and “{WORDS[j]}” score each other {number(float(scores[i, j]))}, whichever of them "
        f"attends. “{WORDS[i]}” gives “{WORDS[j]}” the weight **{_weight(there)}**, “{WORDS[j]}” gives “{WORDS[i]}” "
        f"**{_weight(back)}**: "
    )
    sums = scores.logsumexp(dim=-1)
    if isclose(float(sums[i]), float(sums[j]), rel_tol=1e-6, abs_tol=1e-6):
        return said + "the powers of *e* in their two rows have the same sum."
    return said + "each power of *e* is divided by the sum of its own row."


def _weight(weight: float) -> str:
    """A weight with three decimals, or in a formula where they would all be 0."""
    return f"{weight:.3f}" if weight >= 0.0005 or weight == 0 else f"${worked.value(weight)}$"


def _written_out(of: Stages, i: int, j: int) -> None:
    query, key = worked.word(WORDS[i]), worked.word(WORDS[j])
    x, scores, weights = of.value, of.raw_scores, of.weights
    st.markdown(f"**On paper: how “{WORDS[i]}” attends to “{WORDS[j]}”**")
    st.latex(worked.dot_product(rf"s_{{{query},{key}}}", x[i], x[j], float(scores[i, j])))
    st.latex(worked.softmax(rf"w_{{{query},{key}}}", scores[i].tolist(), j, float(weights[i, j])))
    st.latex(worked.weighted_sum(rf"o_{{{query},1}}", weights[i], x[:, 0], float(of.head_output[i, 0])))
