import numpy as np
import torch

from attnviz.engine.naming import HEADS
from training.draft import Link
from training.loop import new_model
from training.objective import IGNORE, ask, ask_all, loss, make_batch
from training.stream import Text, training_texts
from training.vocabulary import token_ids, vocabulary

ATE = Text(
    ("she", "ate", "the", "apple", "."),
    (Link(1, 0, "subject"), Link(2, 3, "determiner"), Link(1, 3, "object")),
    frozenset(),
    frozenset({0}),
)


def batch_of(*texts):
    questions = ask(texts)
    questions.guarded[:] = True
    return make_batch(questions, np.arange(len(texts)), np.random.default_rng(0))


def named(batch, row, place, head):
    number = int(batch.targets[row, place, HEADS.index(head)])
    return None if number == IGNORE else vocabulary()[number]


def test_each_head_is_asked_for_the_word_at_the_other_end_of_its_link():
    batch = batch_of(ATE)
    assert named(batch, 0, 2, "subject") == "she"
    assert named(batch, 0, 2, "object") == "apple"
    assert named(batch, 0, 3, "modifier") == "apple"


def test_a_head_without_a_link_rests_on_cls():
    batch = batch_of(ATE)
    assert named(batch, 0, 2, "reference") == "[CLS]"
    assert named(batch, 0, 4, "any") == "[CLS]"


def test_at_a_verb_the_general_head_is_asked_for_the_object_and_then_the_subject():
    batch = batch_of(ATE)
    assert named(batch, 0, 2, "any") == "apple"
    assert vocabulary()[int(batch.second[0, 2])] == "she"


def test_a_free_word_and_the_padding_are_asked_nothing():
    longer = Text(("the", "old", "apple", "was", "very", "good", "."), (), frozenset())
    batch = batch_of(ATE, longer)
    assert (batch.targets[0, 1] == IGNORE).all()
    assert (batch.targets[0, 7:] == IGNORE).all()
    assert not batch.padding[0, 7:].any()


def test_nobody_is_asked_to_name_a_covered_word():
    questions = ask_all(training_texts(0), 300)
    batch = make_batch(questions, np.arange(300), np.random.default_rng(0))
    assert (batch.ids == token_ids()["[MASK]"]).any()
    assert not (batch.targets == token_ids()["[MASK]"]).any()


def test_questions_in_parts_are_the_questions_at_once():
    whole, parts = (ask_all(training_texts(0), 50, at_once=size) for size in (50, 20))
    assert all(np.array_equal(getattr(whole, name), getattr(parts, name)) for name in vars(whole))


def test_the_loss_is_untouched_by_attention_that_changes_no_output():
    """Attention is not supervised: with values and readouts that say nothing, any weights give the same naming loss."""
    questions = ask_all(training_texts(0), 20)
    model = new_model(0)
    last = model.transformer.blocks.layers[-1].attention
    with torch.no_grad():
        last.value.weight.zero_()
        last.value.bias.zero_()
    found = []
    for _ in range(2):
        torch.manual_seed(0)
        batch = make_batch(questions, np.arange(20), np.random.default_rng(0))
        found.append(float(loss(model, batch, position_offset=0)["naming"].detach()))
        with torch.no_grad():
            last.query.weight.mul_(7)
    assert found[0] == found[1]
