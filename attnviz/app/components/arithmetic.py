"""How one weight came about: from a query and a key to the weight, and from the row's weights to the head's output."""

from collections.abc import Callable, Sequence

import streamlit as st

from attnviz.analysis.arithmetic import Arithmetic, arithmetic
from attnviz.analysis.scores import strongest_key, strongest_link, strongest_query
from attnviz.analysis.written import WrittenRow, WrittenScore, written_output, written_row, written_score
from attnviz.app import session
from attnviz.app.selection import Selection
from attnviz.app.shared.charts import chart
from attnviz.app.shared.scheme import theme
from attnviz.app.shared.tables import Columns, named, numbers_of
from attnviz.app.shared.words import plain
from attnviz.app.state import NOT_CHOSEN
from attnviz.figures.arithmetic import MAX_KEYS, Strip, row_of_keys, strips, strongest
from attnviz.tokens import visible

_CONFIG = {"displayModeBar": False}


def link(chosen: Selection, *, first: int | None = None, is_asked: bool = True) -> tuple[int, int]:
    """The query and the key of the view, or the strongest link where none is chosen or the text has no such token.

    The strongest link is that of the token `first`, where there is one to look at first, else of the whole map.

    That is said, and the view changed, but not where a model stands in for the one asked for (`is_asked` is False):
    the view's tokens are those of the other one.
    """
    stack, view, maps = chosen.stack, session.view(), (chosen.stack, chosen.layer, chosen.head)
    asked = {"query": view.query, "key": view.key}
    for name, tokens in (("query", stack.query_tokens), ("key", stack.key_tokens)):
        if asked[name] >= len(tokens):
            if is_asked:
                session.tell(
                    f"There is no {name} {asked[name]}: this text has tokens 0 to {len(tokens) - 1}. "
                    "The strongest link is shown.",
                    **{name: NOT_CHOSEN},
                )
            asked[name] = NOT_CHOSEN
    query, key = asked["query"], asked["key"]
    if query == NOT_CHOSEN and key == NOT_CHOSEN and first is not None:
        query = first
    if query == NOT_CHOSEN and key == NOT_CHOSEN:
        found = strongest_link(*maps)
        return found.query, found.key
    if query == NOT_CHOSEN:
        return strongest_query(*maps, key), key
    return query, strongest_key(*maps, query) if key == NOT_CHOSEN else key


def arithmetic_of(chosen: Selection, query: int, key: int) -> None:
    """Draw how the weight of one query on one key came about, every number the model's own."""
    numbers = arithmetic(chosen.stack.step(chosen.layer), chosen.head, query=query, key=key)
    row = written_row(numbers)
    score = written_score(numbers, row)
    with st.container(key="arithmetic", gap="small"):
        st.markdown(f"**How the weight {row.weights[key]} came about**")
        _choose(chosen, query, key)
        _vectors(numbers, score)
        st.table(
            _steps(numbers, score, row), border="horizontal", hide_index=True, hide_header=True,
            alt=f"The computation of the weight {row.weights[key]}, step by step",
        )  # fmt: skip
        numbers_of("vectors", lambda: _vector_columns(score))
        _row(chosen, numbers, row, query)
        _output(chosen, numbers, row)


def _choose(chosen: Selection, query: int, key: int) -> None:
    """The query and the key, from lists that the keyboard searches."""
    stack = chosen.stack
    sides = (("query", "Query (row)", stack.query_tokens, query), ("key", "Key (column)", stack.key_tokens, key))
    for (field, label, tokens, position), place in zip(sides, st.columns(2, gap="small"), strict=True):
        place.selectbox(
            label,
            range(len(tokens)),
            format_func=[named(token, at) for at, token in enumerate(tokens)].__getitem__,
            index=position,
            key=session.offer(field, position),
            on_change=_taker(field),
        )


def _taker(field: str) -> Callable[[], None]:
    """Take a choice; with another query, the key is again the one that it looks at most."""
    return lambda: session.take(field, key=NOT_CHOSEN)


def _vectors(numbers: Arithmetic, score: WrittenScore) -> None:
    """Query, key and their products as bars."""
    vectors = [
        Strip("q", numbers.query_vector.tolist(), score.query_vector),
        Strip("k", numbers.key_vector.tolist(), score.key_vector),
        Strip("q × k", numbers.products.tolist(), score.products),
    ]
    largest = max(range(len(numbers.products)), key=lambda at: abs(vectors[2].values[at]))
    _chart(
        strips(vectors, theme=theme()),
        "vectors",
        alt=f"Query, key and their {len(score.products)} products, which sum to {score.raw}; "
        f"the largest product is {score.products[largest]}, in dimension {largest}.",
    )


def _steps(numbers: Arithmetic, score: WrittenScore, row: WrittenRow) -> list[dict[str, str]]:
    """The computation, one line a step: what is done, with which numbers, and what comes out."""
    steps = [
        ("q · k", f"sum of {len(score.products)} products", score.raw),
        ("× scale", f"{score.raw} × {score.scale}", score.scaled),
    ]
    before = score.scaled
    if score.bias is not None and score.biased is not None:
        steps.append(("add bias", f"{before} + ({score.bias})", score.biased))
        before = score.biased
    if score.softcap is not None:
        capped = score.score if numbers.is_allowed else "masked next"
        steps.append(("soft cap", f"{score.softcap} · tanh({before} ÷ {score.softcap})", capped))
    if numbers.has_mask:
        steps.append(("mask", "may attend" if numbers.is_allowed else "may not attend", score.score))
    exponential = row.exponentials[numbers.key]
    steps.append(("exp", f"exp({score.score} − {_bracketed(row.largest)}), less the largest score", exponential))
    steps.append(("÷ row sum", f"{exponential} ÷ {row.total}, over {len(row.weights)} keys", row.weights[numbers.key]))
    return [{"step": name, "how": how, "result": f"**{result}**"} for name, how, result in steps]


def _row(chosen: Selection, numbers: Arithmetic, row: WrittenRow, query: int) -> None:
    """The row of scores, its exponentials and its weights."""
    tokens = chosen.stack.key_tokens
    weights = numbers.weights.tolist()
    panels = [
        Strip("score", numbers.scores.tolist(), row.scores),
        Strip("exp", numbers.exponentials.tolist(), row.exponentials),
        Strip("weight", weights, row.weights),
    ]
    shown = strongest(weights, numbers.key)
    of_query = plain(visible(chosen.stack.query_tokens[query].text))
    more = f", the {MAX_KEYS} strongest of {len(tokens)} keys" if len(shown) < len(tokens) else ""
    st.caption(f"The row of “{of_query}”{more}: exponentials sum to {row.total}, weights to 1")
    first = max(range(len(weights)), key=weights.__getitem__)
    _chart(
        row_of_keys(tokens, panels, key=numbers.key, shown=shown, theme=theme()),
        "row",
        alt=f"Scores, exponentials and weights of the row; the largest weight, {row.weights[first]}, "
        f"is on {visible(tokens[first].text)}.",
    )
    numbers_of(
        "row",
        lambda: {
            "key": [named(token, at) for at, token in enumerate(tokens)],
            "score": row.scores,
            "exp": row.exponentials,
            "weight": row.weights,
        },
    )


def _output(chosen: Selection, numbers: Arithmetic, row: WrittenRow) -> None:
    """Weights times values: what the key adds to the output of the head, and the whole output."""
    of_key = plain(visible(chosen.stack.key_tokens[numbers.key].text))
    weight = numbers.weights[numbers.key]
    value = numbers.values[numbers.key]
    st.caption(
        f"Weight × value of “{of_key}” is its part of the head's output; the parts of all "
        f"{len(row.weights)} keys add up to it"
    )
    part = (weight * value).tolist()
    vectors = [
        Strip("v", value.tolist(), _short(value.tolist())),
        Strip("w × v", part, _short(part)),
        Strip("output", numbers.output.tolist(), _short(numbers.output.tolist())),
    ]
    norm, whole = float((weight * value).norm()), float(numbers.output.norm())
    _chart(
        strips(vectors, theme=theme()),
        "output",
        alt=f"Value, weighted value and head output; the weighted value has length {norm:.3f}, the output {whole:.3f}.",
    )

    numbers_of("output", lambda: _output_columns(chosen, numbers))


def _vector_columns(score: WrittenScore) -> Columns:
    """A line for every dimension, and the sum."""
    return {
        "dimension": [*map(str, range(len(score.products))), "sum"],
        "q": [*score.query_vector, ""],
        "k": [*score.key_vector, ""],
        "q × k": [*score.products, score.raw],
    }


def _output_columns(chosen: Selection, numbers: Arithmetic) -> Columns:
    """A line for every key with its weight and its value, and the sum of their products."""
    output = written_output(numbers)
    names = [named(token, at) for at, token in enumerate(chosen.stack.key_tokens)]
    columns: dict[str, Sequence[str]] = {"key": [*names, "sum of weight × v"], "weight": [*output.weights, ""]}
    for at, total in enumerate(output.output):
        columns[f"v{at}"] = [*(vector[at] for vector in output.values), total]
    return columns


def _chart(figure: object, name: str, *, alt: str) -> None:
    chart(figure, key=f"arithmetic_{name}", config=_CONFIG, alt=alt, room=session.room("arithmetic"))


def _bracketed(number: str) -> str:
    return f"({number})" if number.startswith("−") else number


def _short(values: Sequence[float]) -> list[str]:
    return [f"{value:.4f}".replace("-", "−") for value in values]
