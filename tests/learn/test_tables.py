"""The lessons with tables: their numbers, their code, and what becomes of everything one can type."""

import os
import subprocess
import sys

import numpy as np
import pytest
import torch

from attnviz.learn.parts.matrix import as_code, read_number, read_pasted
from attnviz.learn.query_key_value.projections import ROLES, start
from tests.app.conftest import ROOT
from tests.learn.conftest import Open, matrix, tables, written

FIRST, SECOND = "what_is_self_attention", "query_key_value"
X = np.array([[1, 0, 1, 0], [0, 1, 0, 1], [1, 1, 0, 0], [0, 1, 1, 1]], float)


def softmax(scores):
    powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def shown_code(page) -> dict:
    """What the code on the page computes when somebody copies it."""
    names: dict = {}
    exec(page.code[0].value, names)
    return names


@pytest.mark.parametrize(
    "edits",
    [{}, {0: {"x1": "2.5"}, 3: {"x4": "-1"}}, {i: dict.fromkeys(("x1", "x2", "x3", "x4"), "0") for i in range(4)}],
)
def test_scores_weights_and_outputs_of_lesson_1_equal_numpy(lesson: Open, edits):
    page = lesson(FIRST, vectors=edits)
    x = X.copy()
    for row, cells in edits.items():
        for column, typed in cells.items():
            x[row, int(column[1]) - 1] = float(typed)
    np.testing.assert_allclose(matrix(page, "self_attention_0"), x @ x.T, atol=1e-5)
    np.testing.assert_allclose(matrix(page, "self_attention_1"), softmax(x @ x.T), atol=1e-6)
    np.testing.assert_allclose(matrix(page, "self_attention_2"), softmax(x @ x.T) @ x, atol=1e-6)
    names = shown_code(page)
    for index, name in enumerate(("scores", "weights", "outputs")):
        np.testing.assert_array_equal(matrix(page, f"self_attention_{index}"), names[name].numpy())
    assert ("All vectors are zero" in written(page)) == (not x.any())


def test_lesson_1_writes_out_the_chosen_weight(lesson: Open):
    page = lesson(FIRST)
    page.button_group(key="query").set_value("ate")
    page.button_group(key="key").set_value("the").run()
    formulas = "".join(each.value for each in page.latex)
    score, weights = X[1] @ X[2], softmax(X @ X.T)[1]
    assert r"s_{\text{ate},\text{the}} &= 0 \cdot 1 + 1 \cdot 1" in formulas
    assert rf"&= {score:.0f} \end" in formulas
    assert rf"&= {weights[2]:.3f} \end" in formulas
    assert rf"&= {weights @ X[:, 0]:.3f} \end" in formulas
    assert page.code[1].value.splitlines() == [
        f"{word} {weight:.3f}" for word, weight in zip(("She", "ate", "the", "apple"), weights, strict=True)
    ]


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("a", "Row ate, column x2: “a” is not a number. Type one such as 0.5. 1 is used instead."),
        ("", "Row ate, column x2: the cell is empty. Type a number such as 0.5. 1 is used instead."),
        (None, "Row ate, column x2: the cell is empty."),
        ("1e308", "Row ate, column x2: 1e308 is out of range. Type a number from −1000 to 1000."),
        ("nan", "nan is out of range"),
        ("1,5,2", "“1,5,2” is not a number"),
        ("1/0", "“1/0” is not a number"),
        ("%", "“%” is not a number"),
        ("<b>x</b>", "“<b>x</b>” is not a number"),
    ],
)
def test_a_cell_without_a_number_is_named_and_the_page_goes_on(lesson: Open, typed, sentence):
    page = lesson(FIRST, vectors={1: {"x2": typed}})
    assert sentence in written(page)
    np.testing.assert_allclose(matrix(page, "self_attention_0"), X @ X.T)
    assert shown_code(page)["x"].tolist() == X.tolist()
    (reset,) = [button for button in page.button if button.label == "Back to the first numbers"]
    reset.click().run()
    assert not page.warning


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        *[("0.5", 0.5), (" −2 ", -2.0), ("1e2", 100.0), ("-1000", -1000.0), ("1_0", 10.0), ("-,5", -0.5)],
        *[(".09", 0.09), ("0,09", 0.09), ("9 %", 0.09), ("9%", 0.09), ("1/4", 0.25), ("−1 / 4", -0.25)],
    ],
)
def test_numbers_are_read_as_people_write_them(typed, number):
    assert read_number(typed) == pytest.approx(number, rel=1e-15)


@pytest.mark.parametrize("edits", [{}, {"query": {0: {"q1": "0.5"}}, "value": {3: {"v2": "-7"}}}])
def test_every_matrix_of_lesson_2_equals_numpy(lesson: Open, edits):
    page = lesson(SECOND, **edits)
    w = {role: start(role).double().numpy() for role in ROLES}
    for role, rows in edits.items():
        for row, cells in rows.items():
            for column, typed in cells.items():
                w[role][row, int(column[1]) - 1] = float(typed)
    q, k, v = (X @ w[role] for role in ROLES)
    weights = softmax(q @ k.T / np.sqrt(3))
    expected = (X, q, k, v, q @ k.T / np.sqrt(3), weights, weights @ v)
    for index, values in enumerate(expected):
        np.testing.assert_allclose(matrix(page, f"qkv_{index}"), values, atol=1e-5)
    np.testing.assert_allclose(shown_code(page)["output"].numpy(), expected[-1], atol=1e-6)


def test_lesson_2_goes_on_with_a_zero_matrix_and_with_letters(lesson: Open):
    zeros = {row: dict.fromkeys(("q1", "q2", "q3"), "0") for row in range(4)}
    page = lesson(SECOND, query=zeros, key={0: {"k1": "x"}})
    assert "every word attends to all words alike" in written(page)
    assert "Row x1, column k1: “x” is not a number" in written(page)
    np.testing.assert_allclose(matrix(page, "qkv_5"), 0.25)


def test_lesson_2_takes_home_from_the_library_what_numpy_does(lesson: Open):
    page = lesson(SECOND, value={0: {"v1": "0.5"}})
    page.button_group(key="qkv_query").set_value("the").run()
    q, k, v = (X @ start(role).double().numpy() for role in ROLES)
    v[:, 0] += (0.5 - start("value")[0, 0].item()) * X[:, 0]
    weights = softmax(q @ k.T / np.sqrt(3))[2]
    (books,) = (each for each in tables(page) if "book" in each)
    assert list(books["book"]) == ["She", "ate", "the", "apple"]
    assert [float(weight) for weight in books["how much I take: weight"]] == pytest.approx(weights, abs=5e-4)
    home = ", ".join(f"{number:.3f}" for number in weights @ v)
    assert rf"o_{{\text{{the}}}} = \sum_j w_{{\text{{the}},j}}\, v_j = ({home})" in "".join(f.value for f in page.latex)


def test_lesson_2_writes_out_a_query_a_score_and_a_weight(lesson: Open):
    page = lesson(SECOND)
    formulas = "".join(each.value for each in page.latex)
    q, k = (torch.tensor(X, dtype=torch.float32) @ start(role) for role in ("query", "key"))
    row = softmax((q @ k.T).numpy() / np.sqrt(3))[1]
    best = int(row.argmax())
    assert rf"/ \sqrt{{3}} = {float(q[1] @ k[best]) / np.sqrt(3):.3f}" in formulas
    assert rf"&= {row[best]:.3f} \end" in formulas


def test_an_emptied_table_is_said_once(lesson: Open):
    page = lesson(FIRST, vectors={i: dict.fromkeys(("x1", "x2", "x3", "x4"), "") for i in range(4)})
    (warning,) = page.warning
    assert warning.value.replace("\\", "") == "The table is empty. Its first numbers are used instead."
    np.testing.assert_allclose(matrix(page, "self_attention_0"), X @ X.T)


def test_several_cells_without_a_number_share_one_warning(lesson: Open):
    page = lesson(FIRST, vectors={0: dict.fromkeys(("x1", "x2", "x3", "x4"), "a"), 1: {"x1": "b", "x2": "c"}})
    (warning,) = page.warning
    assert warning.value.count("is not a number") == 4
    assert "2 more cells without a number" in warning.value


@pytest.mark.parametrize(
    "typed",
    [
        "1 2 3\n4 5 -6.5",
        "1\t2\t3\n4\t5\t−6,5\n",
        "1, 2, 3\n4, 5, -6.5",
        "1;2;3\n\n4;5;-6,5",
        "1,2,3\n4,5,-6.5",
        "[[1, 2, 3], [4, 5, -6.5]]",
        "tensor([[ 1.0000,  2.0000,  3.0000],\n        [ 4.0000,  5.0000, -6.5000]])",
        "array([[ 1. ,  2. ,  3. ],\n       [ 4. ,  5. , -6.5]])",
        "[[ 1.   2.   3. ]\n [ 4.   5.  -6.5]]",
    ],
)
def test_a_matrix_is_read_as_it_comes_from_elsewhere(typed):
    assert read_pasted(typed, (2, 3)) == [[1, 2, 3], [4, 5, -6.5]]


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("1 2 3", "The text has 1 row of numbers; this table has 2."),
        ("1 2 3\n4 5", "Row 2 has 2 numbers; this table has 3 columns."),
        ("1 2 3\n4 5 x", "Row 2: “x” is not a number."),
        ("1 2 3\n4 5 1e9", "Row 2: 1e9 is out of range."),
    ],
)
def test_a_matrix_that_cannot_be_taken_is_refused_in_a_sentence(typed, sentence):
    assert str(read_pasted(typed, (2, 3))).startswith(sentence)


def test_a_pasted_matrix_becomes_the_table_and_can_be_taken_back(lesson: Open):
    page = lesson(FIRST)
    page.text_area(key="vectors_paste").set_value("1 0 0 0\n0 1 0 0\n0 0 1 0\n0 0 0 0.5").run()
    x = np.diag([1, 1, 1, 0.5])
    np.testing.assert_allclose(matrix(page, "self_attention_0"), x @ x.T)
    assert shown_code(page)["x"].tolist() == x.tolist()
    page.text_area(key="vectors_paste").set_value("1 2").run()
    assert "this table has 4" in written(page)
    np.testing.assert_allclose(matrix(page, "self_attention_0"), x @ x.T)
    (reset,) = [button for button in page.button if button.label == "Back to the first numbers"]
    reset.click().run()
    np.testing.assert_allclose(matrix(page, "self_attention_0"), X @ X.T)


@pytest.mark.parametrize("number", [1e-7, 0.12345678, 0.1, -1000.0, 1 / 3])
def test_the_code_has_every_digit_that_counts(number):
    names: dict = {"torch": torch}
    values = torch.tensor([[number, 1.0]])
    exec(f"x = {as_code(values)}", names)
    assert torch.equal(names["x"], values)


@pytest.mark.parametrize(
    ("x", "says_the_same"),
    [
        ("5 0 0 0\n0 4 0 0\n0 0 0 0\n0 0 0 0", False),  # e²⁵ + 3 and e¹⁶ + 3
        ("5 0 0 0\n0 5 0 0\n0 0 0 0\n0 0 0 0", True),
        ("0.01 0 0 0\n0 0.02 0 0\n0 0 0 0\n0 0 0 0", False),
        ("0 0 0 0\n0 0 0 0\n0 0 0 0\n1 0 0 0", True),
    ],
)
def test_lesson_1_says_that_two_rows_have_one_sum_only_where_they_have(lesson: Open, x, says_the_same):
    page = lesson(FIRST)
    page.text_area(key="vectors_paste").set_value(x).run()
    page.button_group(key="query").set_value("She")
    page.button_group(key="key").set_value("ate").run()
    numbers = np.array([line.split() for line in x.splitlines()], float)
    sums = np.exp(numbers @ numbers.T).sum(axis=1)
    assert (sums[0] == sums[1]) == says_the_same
    assert ("have the same sum" in written(page)) == says_the_same


@pytest.mark.parametrize("file", [FIRST, SECOND, "many_heads"])
def test_code_that_is_shown_prints_what_the_page_shows(lesson: Open, file):
    page = lesson(file, **({"vectors": {0: {"x1": "0.12345678"}}} if file == FIRST else {}))
    shown, printed = (block.value for block in page.code)
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", shown], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == printed
    assert len(printed.splitlines()) >= 3
