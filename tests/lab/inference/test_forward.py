"""run_with_trace and logits_of: a forward as a reader of a model would write it, however asked."""

import numpy as np
import pytest
import torch
from tiny import some_tokens, tiny_model

from lab.data.vocabulary import encode
from lab.inference.forward import logits_of, run_with_trace
from lab.interp.intervene import Node, ablate
from lab.model.trace import Edit

TEXT = "37*48=1776$"


def test_a_text_its_ids_and_a_batch_of_them_are_read_as_the_model_reads_ids() -> None:
    model, ids = tiny_model(), encode(TEXT)
    expected = model(torch.tensor(ids.tolist())[None])
    for same in (TEXT, ids, ids.tolist(), ids[None], torch.from_numpy(ids)):
        logits = logits_of(model, same)
        assert torch.equal(logits, expected) and not logits.requires_grad
        assert torch.equal(run_with_trace(model, same, ["logits"])["logits"], expected)
    several = some_tokens(3, 7)
    assert torch.equal(logits_of(model, several.numpy().astype(np.uint8)), model(several))


def test_only_what_was_named_is_recorded_and_edits_hold() -> None:
    model, edit = tiny_model(), ablate(Node("z", 0, 1))
    trace = run_with_trace(model, TEXT, ["z", "logits"], [edit])
    assert set(trace.calls) == {"blocks.0.z", "blocks.1.z", "logits"}
    assert (trace["blocks.0.z"][:, 1] == 0).all() and (trace["blocks.0.z"][:, 0] != 0).any()
    assert not torch.equal(trace["logits"], logits_of(model, TEXT))


def test_positions_are_those_that_were_passed() -> None:
    model, ruler = tiny_model(), torch.arange(len(TEXT)) + 5
    expected = model(torch.from_numpy(encode(TEXT)).long()[None], positions=ruler)
    assert torch.equal(logits_of(model, TEXT, positions=ruler), expected)
    assert torch.equal(run_with_trace(model, TEXT, ["logits"], positions=ruler)["logits"], expected)
    assert not torch.equal(logits_of(model, TEXT), expected)


def test_a_name_that_is_never_formed_and_an_edit_that_met_nothing_are_refused() -> None:
    with pytest.raises(ValueError, match="never forms 'rot_q'"):
        run_with_trace(tiny_model(), TEXT, ["rot_q"])
    late = Edit("z", torch.zeros_like, layer=0, index={"position": 20})
    with pytest.raises(ValueError, match="never met anything"):
        run_with_trace(tiny_model(), TEXT, [], [late])
