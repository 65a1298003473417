"""The number of a layer is the model's own, whether all layers attend, one module is all of them or some do not."""

import pytest
import torch
import transformers

import attnviz
from attnviz.engine import seam
from attnviz.engine.forward import Passes, layer_numbers
from attnviz.errors import SelectionError
from attnviz.recorder import recording
from tests.engine.tiny import HYBRIDS, SEQUENCE_TO_SEQUENCE, TRACEABLE, save_tiny, tiny_model

TEXT = "The animal didn't cross the street because it was too tired"


@pytest.fixture(scope="module", autouse=True)
def _seam():
    seam.register()


@pytest.mark.parametrize("family", HYBRIDS)
def test_layers_of_a_hybrid_are_those_that_its_configuration_names(tmp_path, family):
    expected = HYBRIDS[family][2]
    folder = str(save_tiny(family, tmp_path / family))
    stack = attnviz.load(folder).run(TEXT).decoder
    assert stack.layers == expected
    assert stack.n_layers == len(expected)
    model = transformers.AutoModel.from_pretrained(folder, attn_implementation="eager").eval()
    ids = torch.tensor([transformers.AutoTokenizer.from_pretrained(folder)(TEXT)["input_ids"]])
    with torch.inference_mode():
        weights = [each for each in model(ids, output_attentions=True).attentions if each is not None]
    for layer, own in zip(expected, weights, strict=True):
        torch.testing.assert_close(stack.weights(layer), own[0], atol=1e-4, rtol=0)
    silent = next(layer for layer in range(max(expected)) if layer not in expected)
    with pytest.raises(SelectionError, match=f"Layer {silent} does not attend"):
        stack.weights(silent)


@pytest.mark.parametrize("family", TRACEABLE)
def test_layers_of_a_model_that_attends_in_all_are_counted_from_0(family):
    model = tiny_model(family)
    model.set_attn_implementation(seam.IMPLEMENTATION)
    ids = torch.arange(5, 17)[None]
    inputs = {"decoder_input_ids": ids} if family in SEQUENCE_TO_SEQUENCE else {}
    with recording() as recorder, torch.inference_mode():
        model(ids, **inputs)
    callers = recorder.callers
    n_layers = model.config.num_hidden_layers
    kinds = [callers]
    if inputs:
        kinds = [callers[:n_layers], callers[n_layers::2], callers[n_layers + 1 :: 2]]
    for calls in kinds:
        assert layer_numbers(Passes(model).paths, calls) == tuple(range(n_layers))


@pytest.mark.parametrize(
    ("kinds", "told"), [(("full_attention", "conv"), "layer 0 attends"), (("full_attention",), None)]
)
def test_a_run_tells_of_layers_that_do_not_attend_wherever_they_are(tmp_path, kinds, told):
    folder = save_tiny("lfm2", tmp_path, num_hidden_layers=len(kinds), layer_types=list(kinds))
    trace = attnviz.load(folder).run(TEXT)
    assert trace.decoder.layers == (0,)
    assert trace.note is None if told is None else f"Of this model's 2 layers {told}; the others" in trace.note


def test_albert_of_several_groups_is_counted_by_its_calls():
    model = tiny_model("albert", num_hidden_layers=4, num_hidden_groups=2)
    model.set_attn_implementation(seam.IMPLEMENTATION)
    with recording() as recorder, torch.inference_mode():
        model(torch.arange(5, 17)[None])
    assert layer_numbers(Passes(model).paths, recorder.callers) == (0, 1, 2, 3)


def test_a_hybrid_that_reports_other_layers_than_it_attends_in_is_refused(tmp_path):
    with pytest.raises(attnviz.AttnVizError, match=r"minimax.*2 attention calls.*4 layers"):
        attnviz.load(str(save_tiny("minimax", tmp_path)))
