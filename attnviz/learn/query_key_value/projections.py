"""Queries, keys and values: three matrices that can be edited, and everything from embedding to output."""

import streamlit as st

from attnviz.analysis.example import COLUMNS, D_HEAD, VECTORS, WORDS, Matrix, Vector, projection
from attnviz.attention import Stages
from attnviz.figures.matrices import number
from attnviz.learn.frame import TEXT_WIDTH, heading, text
from attnviz.learn.parts import code, model, pictures, worked
from attnviz.learn.parts.matrix import as_code, edit_matrix

ROLES = {"query": "W_Q", "key": "W_K", "value": "W_V"}


def start(role: str) -> Matrix:
    """The matrix of this role at first."""
    return projection(list(ROLES).index(role))


def names_of(letter: str) -> tuple[str, ...]:
    """The names of the columns: q1, q2, q3."""
    return tuple(f"{letter}{index + 1}" for index in range(D_HEAD))


def source(vectors: Matrix, query: Matrix, key: Matrix, value: Matrix) -> str:
    """The lines that compute it all."""
    return (
        f"import torch\n\nx = {as_code(vectors)}\nW_Q = {as_code(query)}\nW_K = {as_code(key)}\n"
        f"W_V = {as_code(value)}\n\n"
        "q, k, v = x @ W_Q, x @ W_K, x @ W_V\n"
        "output = torch.nn.functional.scaled_dot_product_attention(q, k, v)\n\n"
        f"for word, row in zip({list(WORDS)}, output.tolist()):\n"
        '    print(word, *(f"{number:.3f}" for number in row))\n'
    )


def play() -> None:
    """The three matrices, all that follows from them, one number written out, and the code."""
    matrices = {}
    with st.container(horizontal=True, gap="medium"):
        for role, name in ROLES.items():
            with st.container(width=282):
                matrices[role] = edit_matrix(
                    role, f"${name}$: from *x* to the {role}", start(role), rows=COLUMNS, columns=names_of(role[0])
                )
    query, key, value = (VECTORS @ matrices[role] for role in ROLES)
    if not (query.any() and key.any()):
        st.info("All queries or all keys are zero: every score is 0, and every word attends to all words alike.")
    chosen = st.segmented_control("The word that attends", WORDS, default="ate", required=True, key="qkv_query")
    i = WORDS.index(chosen)
    of = Stages(query, key, value, scale=D_HEAD**-0.5)
    pictures.show(
        pictures.matrix_picture("x", VECTORS, rows=WORDS, columns=COLUMNS, row=i),
        pictures.matrix_picture("Q = x W_Q", query, rows=WORDS, columns=names_of("q"), row=i),
        pictures.matrix_picture("K = x W_K", key, rows=WORDS, columns=names_of("k")),
        pictures.matrix_picture("V = x W_V", value, rows=WORDS, columns=names_of("v")),
        pictures.matrix_picture("Scores Q Kᵀ / √3", of.scaled_scores, rows=WORDS, columns=WORDS, row=i),
        pictures.matrix_picture("Weights", of.weights, rows=WORDS, columns=WORDS, scale_end=1, row=i),
        pictures.matrix_picture("Output: weights · V", of.head_output, rows=WORDS, columns=names_of("o"), row=i),
        key="qkv",
    )
    _library(i, of)
    _written_out(i, of, matrices["query"])
    heading("The same in PyTorch")
    st.markdown("**PyTorch’s own attention, run with the numbers above.**")
    names = code.show(source(VECTORS, *matrices.values()))
    difference = float((names["output"] - of.head_output).abs().max())
    text(f"The largest difference from the pictures is **{difference:.1g}**.")


def _library(i: int, of: Stages) -> None:
    """The library picture, with the numbers of the word that attends."""
    st.markdown(f"**The library: what “{WORDS[i]}” looks for, and what it takes home**")
    word = worked.word(WORDS[i])
    st.latex(rf"q_{{{word}}} = {worked.row(of.query[i])}", width=TEXT_WIDTH)
    books = {
        "book": list(WORDS),
        "on the spine: key": [_plain_row(each) for each in of.key],
        "how it fits: score": [number(score) for score in of.scaled_scores[i].tolist()],
        "how much I take: weight": [number(weight) for weight in of.weights[i].tolist()],
        "inside: value": [_plain_row(each) for each in of.value],
    }
    pictures.table(books, alt=f"The books for “{WORDS[i]}”")
    output = worked.row(of.head_output[i])
    st.latex(rf"o_{{{word}}} = \sum_j w_{{{word},j}}\, v_j = {output}", width=TEXT_WIDTH)


def _plain_row(vector: Vector) -> str:
    return f"({', '.join(map(number, vector.tolist()))})"


def _written_out(i: int, of: Stages, matrix: Matrix) -> None:
    query, key, scores, weights = of.query, of.key, of.scaled_scores, of.weights
    row = [f"{weight:.3f}" for weight in weights[i].tolist()]
    j = int(weights[i].argmax())
    best = [word for word, weight in zip(WORDS, row, strict=True) if weight == row[j]]
    one, other = worked.word(WORDS[i]), worked.word(WORDS[j])
    most = f"the word that it attends to most, “{WORDS[j]}”"
    if len(best) > 1:
        most = f"“{WORDS[j]}”, one of those that it attends to most: {model.alike(best)}"
    st.markdown(f"**On paper: “{WORDS[i]}” and {most}**")
    st.latex(worked.dot_product(rf"q_{{{one},1}}", VECTORS[i], matrix[:, 0], float(query[i, 0])))
    product = float(query[i] @ key[j])
    st.latex(worked.dot_product(rf"q_{{{one}}} \cdot k_{{{other}}}", query[i], key[j], product))
    st.latex(rf"s_{{{one},{other}}} = {worked.value(product)} / \sqrt{{3}} = {worked.value(float(scores[i, j]))}")
    st.latex(worked.softmax(rf"w_{{{one},{other}}}", scores[i].tolist(), j, float(weights[i, j])))
