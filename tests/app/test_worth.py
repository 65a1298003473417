"""What links and heads are worth, on Explore: computed when it is opened, and the numbers of the model itself."""

import json

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

import attnviz
from attnviz import cut, mute
from attnviz.address import DEFAULT_TEXT
from attnviz.engine.asking import Answering
from tests.app.conftest import Start, checked, choose, load_from_link, said
from tests.engine.tiny import save_tiny
from tests.figures.drawn import cells

LINKS, HEADS = "worth_links", "worth_muted"
IT, ANIMAL = 8, 2


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many variants the model was asked for, in each call."""
    counts: list[int] = []
    predictions = Answering.predictions

    def counted(self, text, *, variants, **others):
        counts.append(len(variants))
        return predictions(self, text, variants=variants, **others)

    monkeypatch.setattr(Answering, "predictions", counted)
    return counts


def opened(page: AppTest, *boxes: str) -> AppTest:
    page.session_state["_visit"].room = 1290  # as a browser tells it
    for key in boxes:
        page.session_state[key] = True
    return checked(page.run())


def drawn(page: AppTest, key: str) -> list[dict]:
    charts = {chart.proto.id.rpartition("-")[2]: chart.proto.spec for chart in page.get("plotly_chart")}
    return json.loads(charts[key])["data"]


def texts(page: AppTest) -> str:
    found = [*page.markdown, *page.caption, *page.info]
    return " ".join(each.value for each in found).replace("\\", "").replace("\u2060", "")


def log_odds(prediction, answer: int) -> float:
    scores = prediction.values.double().numpy()
    others = np.delete(scores, answer)
    return scores[answer] - others.max() - np.log(np.exp(others - others.max()).sum())


def effects(edits, before=()):
    """The change that each edit makes alone, each in a run of its own."""
    engine = attnviz.load(attnviz.DEFAULT_MODEL)
    plain = engine.predict(DEFAULT_TEXT, at=IT, head=0, edits=before)
    answer = int(plain.values.argmax())
    runs = (engine.predict(DEFAULT_TEXT, at=IT, head=0, edits=[*before, edit]) for edit in edits)
    return np.array([log_odds(run, answer) - log_odds(plain, answer) for run in runs])


def test_nothing_is_computed_before_somebody_opens_it_and_then_once(start: Start, asked):
    page = start()
    assert asked == []
    page = opened(page, LINKS)
    assert asked == [14, 1]
    opened(opened(page, HEADS), LINKS)
    assert asked == [14, 1, 25, 1]


def test_what_is_chosen_asks_the_model_again_only_where_it_is_another_question(start: Start, asked):
    page = start(edits=f"cut 3.0 {IT} {ANIMAL}", layer="3", head="0")
    assert asked == [1, 1], "as it was and as it is changed"
    for event in ({"type": "direction", "direction": "from"}, {"type": "scale", "scale": "log"}):
        choose(page, **event)
    choose(page, type="edited", edited="before")
    assert asked == [1, 1]
    choose(page, type="word", side="query", token=ANIMAL, text="animal")
    assert asked == [1] * 4


def test_every_link_of_the_chosen_row_stands_at_its_weight_and_effect(start: Start):
    page = opened(start(), LINKS)
    (points,) = drawn(page, "links_chart")
    trace = attnviz.load(attnviz.DEFAULT_MODEL).run(DEFAULT_TEXT)
    weights = trace.encoder.weights(3, 0)[IT].numpy()
    np.testing.assert_array_equal(np.float32(points["x"]), weights)
    expected = effects([cut(layer=3, head=0, query=IT, key=key) for key in range(len(weights))])
    np.testing.assert_allclose(points["y"], expected, atol=1e-3)
    ranks = [np.argsort(np.argsort(values)) for values in (weights, np.abs(expected))]
    rho = np.corrcoef(ranks)[0, 1]
    assert f"the weight tells well what matters: ρ = {rho:.2f}, n = 13.".replace("0.", ".", 1) in texts(page)
    assert "the log-odds of “animal”, the word that head 0 of the last layer names at “it”." in texts(page)


def test_another_row_and_the_edits_in_force_are_taken_along(start: Start):
    page = opened(start(edits=f"cut 3.0 {IT} {ANIMAL}"), HEADS)
    heads = [mute(layer=layer, head=head) for layer in range(4) for head in range(6)]
    expected = effects(heads, before=[cut(layer=3, head=0, query=IT, key=ANIMAL)])
    np.testing.assert_allclose(cells(drawn(page, "muted_map")[0]).ravel(), expected, atol=1e-3)
    assert "Your edits stay in force." in texts(page)
    choose(page, type="word", side="query", token=ANIMAL, text="animal")
    assert "at “animal”." in texts(page)


def test_every_head_is_muted_and_those_that_matter_most_have_a_button(start: Start):
    page = opened(start(), HEADS)
    grid = cells(drawn(page, "muted_map")[0])
    expected = effects([mute(layer=layer, head=head) for layer in range(4) for head in range(6)])
    np.testing.assert_allclose(grid.ravel(), expected, atol=1e-3)
    assert "Layer 3, head 0 matters most" in texts(page)
    most = [divmod(int(place), 6) for place in np.argsort(-np.abs(expected))[:4]]
    assert [each.key for each in page.button if "· head" in each.label] == [f"muted_{one}_{two}" for one, two in most]


def test_of_a_model_without_answers_an_effect_is_said_to_be_1_minus_cosine(start: Start, tmp_path):
    page = opened(
        load_from_link(start, model=str(save_tiny("bert", tmp_path)), text="the cat sat", query="2"), LINKS, HEADS
    )
    assert "This model names no answers." in texts(page)
    assert "1 − cosine" in texts(page)
    assert "log-odds" not in texts(page)
    assert cells(drawn(page, "muted_map")[0]).min() >= 0


def test_a_row_with_a_single_link_and_a_mean_of_heads_are_told_in_a_sentence(start: Start, tmp_path):
    page = load_from_link(start, model=str(save_tiny("gpt2", tmp_path)), text="the cat sat", query="0")
    assert "Query 0 looks at one key alone" in texts(opened(page, LINKS))
    choose(page, type="average", average="layer")
    assert "This is the mean of several heads. Choose one head to cut its links." in texts(page)
    assert not said(page)
