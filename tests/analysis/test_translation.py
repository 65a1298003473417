import pytest
import torch
from torch import nn

from attnviz.analysis import translation as t
from attnviz.transformer import sinusoidal_positions


@pytest.fixture(scope="module")
def model():
    return t.train(t.split()[0], n_steps=80)


def test_adjectives_move_behind_the_noun_and_the_links_say_so():
    pair = t.pair_of("she", "sees", "red", "apple")
    assert pair == t.Pair(
        ("she", "sees", "the", "red", "apple"), ("elle", "voit", "la", "pomme", "rouge"), (0, 1, None, 4, 3)
    )
    assert t.pair_of("he", "draws", None, "cat").links == (0, 1, None, 3)


def test_no_sentence_that_is_kept_back_is_trained_on():
    learned, held_back = t.split()
    assert not set(learned) & set(held_back)
    assert len(held_back) == t.N_HELD_OUT
    assert {word for pair in held_back for word in pair.source} <= {word for pair in learned for word in pair.source}


def test_the_weights_equal_torchs_own_cross_attention(model):
    pair = t.pair_of("she", "sees", "red", "apple")
    ours = model.attention
    theirs = nn.MultiheadAttention(t.D_MODEL, 1, batch_first=True)
    projections = (ours.query, ours.key, ours.value)
    theirs.load_state_dict(
        {
            "in_proj_weight": torch.cat([each.weight for each in projections]),
            "in_proj_bias": torch.cat([each.bias for each in projections]),
            "out_proj.weight": ours.output.weight,
            "out_proj.bias": ours.output.bias,
        }
    )
    positions = sinusoidal_positions(torch.arange(5), d_model=t.D_MODEL)
    source = model.source.weight[[model.source_ids[word] for word in pair.source]] + positions
    before = model.target.weight[[model.target_ids[word] for word in (t.START, *pair.target[:-1])]] + positions
    _, weights = theirs(before[None], source[None], source[None])
    torch.testing.assert_close(t.alignment(model, pair), weights[0].detach(), atol=1e-6, rtol=0)


def test_quality_counts_what_is_written_and_aligned(model, monkeypatch):
    pairs = [t.pair_of("she", "sees", "red", "apple")]
    perfect = torch.zeros(5, 5)
    for row, link in enumerate(pairs[0].links):
        perfect[row, link or 0] = 1
    monkeypatch.setattr(t, "alignment", lambda *_: perfect)
    assert t.quality(model, pairs).aligned == 1
    monkeypatch.setattr(t, "alignment", lambda *_: torch.eye(5))
    assert t.quality(model, pairs).aligned == 0.5  # subject and verb; noun and adjective stand crosswise
    monkeypatch.setattr(t, "translate", lambda *_: ("elle", "voit", "la", "fleur", "rouge"))
    assert t.quality(model, pairs) == t.Quality(words=0.8, sentences=0.0, aligned=0.5)


def test_training_learns_to_translate_what_it_never_saw(model):
    found = t.quality(model, t.split()[1])
    assert found.words > 0.9
    assert found.sentences > 0.7


@pytest.mark.parametrize("n_steps", [5, 80])
def test_it_writes_word_by_word_what_the_formula_scores_highest(n_steps):
    model = t.train(t.split()[0], n_steps=n_steps)
    source = t.pair_of("he", "draws", "yellow", "car").source
    words = list(model.target_ids)
    positions = sinusoidal_positions(torch.arange(5), d_model=t.D_MODEL)
    context = model.source.weight[[model.source_ids[word] for word in source]] + positions
    written: list[str] = []
    for place in range(5):
        before = model.target.weight[[model.target_ids[word] for word in (t.START, *written)]] + positions[: place + 1]
        a = model.attention
        q, k, v = a.query(before[-1:]), a.key(context), a.value(context)
        fetched = a.output(torch.softmax(q @ k.mT / t.D_MODEL**0.5, dim=-1) @ v)
        scores = model.next_word(fetched)[0].tolist()
        written.append(max(words[1:], key=lambda word: scores[words.index(word)]))
    assert t.translate(model, source) == tuple(written)


def test_hardly_trained_it_writes_mistakes():
    pair = t.pair_of("she", "sees", "red", "apple")
    model = t.train(t.split()[0], n_steps=3)
    assert t.translate(model, pair.source) != pair.target
