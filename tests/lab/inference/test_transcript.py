"""A transcript is what greedy decoding writes, with the probabilities of a full forward."""

from __future__ import annotations

import pytest
import torch
from tiny import tiny_model

from lab.data.vocabulary import encode
from lab.inference.transcript import transcribe
from lab.interp.intervene import Node, ablate
from lab.model.gpt import GPT
from lab.model.trace import Edit


@pytest.fixture
def model() -> GPT:
    return tiny_model(dtype=torch.float32)


def test_each_token_is_the_largest_of_a_full_forward_over_the_text(model: GPT) -> None:
    transcript = transcribe(model, "12*34=", 20)
    assert transcript.text.startswith("12*34=") and len(transcript.text) == 20
    with torch.inference_mode():
        logits = model(torch.from_numpy(encode(transcript.text)).long()[None])[0]
    probabilities = logits.softmax(-1)[5:-1]
    assert torch.equal(
        probabilities.argmax(-1), torch.from_numpy(encode(transcript.text[6:])).long()
    )
    assert torch.allclose(torch.tensor(transcript.beliefs), probabilities, atol=1e-5)
    assert transcript.probabilities == [max(belief) for belief in transcript.beliefs]
    assert transcript.tokens_per_second > 0


def test_an_edit_changes_the_text_and_leaves_the_model_alone(model: GPT) -> None:
    before = transcribe(model, "12*34=", 20)
    edited = transcribe(model, "12*34=", 20, [ablate(Node("z", 0, 0)), ablate(Node("z", 1, 1))])
    assert edited.beliefs != before.beliefs
    assert transcribe(model, "12*34=", 20).beliefs == before.beliefs


def test_a_character_that_is_no_token_is_named(model: GPT) -> None:
    with pytest.raises(ValueError, match="'x', which is not a token"):
        transcribe(model, "12x34=", 20)


def test_an_edit_that_never_meets_anything_is_an_error(model: GPT) -> None:
    nowhere = Edit("z", torch.zeros_like, layer=0, index={"position": 99})
    with pytest.raises(ValueError, match="never met anything"):
        transcribe(model, "12*34=", 20, [nowhere])
