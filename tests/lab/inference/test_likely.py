"""steps_of_likely: whatever was held for likely, what is written is what greedy decoding writes."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny import tiny_model, variants

from lab.data.vocabulary import VOCABULARY, encode
from lab.inference.generate import TokenStep, greedy_steps
from lab.inference.likely import steps_of_likely
from lab.inference.transcript import transcribe
from lab.interp.intervene import Node, ablate
from lab.model.config import GPTConfig
from lab.model.trace import Edit

PROMPT, LENGTH = "17*82=", 18
GIVEN = encode(PROMPT)[None]
EDITS = [ablate(Node("z", 0, 1)), ablate(Node("resid_mid", 1, slots=(9,)))]


def written(steps: list[TokenStep]) -> list[int]:
    return [int(step.ids[0]) for step in steps]


@pytest.mark.parametrize("config", variants())
def test_every_kind_of_model_writes_its_own_text(config: GPTConfig) -> None:
    model = tiny_model(config)
    alone = greedy_steps(model, GIVEN, LENGTH)
    own = np.concatenate([GIVEN[0], written(alone)]).astype(np.uint8)
    for wrong_from in (LENGTH, len(PROMPT), len(PROMPT) + 3):
        likely = own.copy()
        likely[wrong_from:] = (likely[wrong_from:] + 1) % len(VOCABULARY)
        steps = steps_of_likely(model, GIVEN, likely[None], LENGTH)
        assert written(steps) == written(alone), wrong_from
        assert [step.slot for step in steps] == [step.slot for step in alone]
        for one, other in zip(steps, alone, strict=True):
            assert one.logits == pytest.approx(other.logits, abs=1e-5), wrong_from


@given(st.text(VOCABULARY, min_size=LENGTH, max_size=LENGTH), st.booleans())
@settings(deadline=None, max_examples=20)
def test_no_likely_text_changes_what_is_written(likely: str, edited: bool) -> None:
    model, edits = tiny_model(dtype=torch.float32), EDITS if edited else []
    soon = transcribe(model, PROMPT, LENGTH, edits, likely=likely)
    usual = transcribe(model, PROMPT, LENGTH, edits)
    assert (soon.text, soon.given) == (usual.text, usual.given)
    assert np.array(soon.beliefs) == pytest.approx(np.array(usual.beliefs), abs=1e-5)


def test_a_text_that_is_right_takes_one_forward() -> None:
    model = tiny_model()
    own = transcribe(model, PROMPT, LENGTH).text
    calls: list[tuple[int, ...]] = []
    model.register_forward_pre_hook(lambda _, given: calls.append(tuple(given[0].shape)))
    assert transcribe(model, PROMPT, LENGTH, likely=own).text == own
    assert calls == [(1, LENGTH - 1)]


def test_nothing_is_written_behind_the_stop_and_a_short_text_is_gone_on_with() -> None:
    model = tiny_model()
    own = transcribe(model, PROMPT, LENGTH).text
    stop = own[len(PROMPT) + 4]
    until_stop = own[: own.index(stop, len(PROMPT)) + 1]
    for likely in (own, own[:-3], own[: len(PROMPT) + 1], PROMPT, "9" * LENGTH, ""):
        stopped = transcribe(model, PROMPT, LENGTH, likely=likely, stop=VOCABULARY.index(stop))
        assert stopped.text == until_stop, likely
        assert transcribe(model, PROMPT, LENGTH, likely=likely).text == own, likely


def test_an_edit_that_never_meets_anything_is_an_error() -> None:
    nowhere = Edit("z", torch.zeros_like, layer=0, index={"position": 99})
    with pytest.raises(ValueError, match="never met anything"):
        steps_of_likely(tiny_model(), GIVEN, encode("17*82=" + 12 * "0")[None], LENGTH, [nowhere])


def test_several_texts_are_refused() -> None:
    with pytest.raises(ValueError, match="2 texts, 1 likely ones"):
        steps_of_likely(tiny_model(), np.repeat(GIVEN, 2, axis=0), GIVEN, LENGTH)
