"""lab.measure.spoiled_cache: a sound cache changes nothing, each fault what it should and where."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from tiny import BASE, tiny_model, variants

from lab.data.problems import Format
from lab.data.samples import hashed_pairs
from lab.data.vocabulary import encode
from lab.inference.scoring import go_on
from lab.measure.spoiled_cache import (
    holds_right_working,
    misplaced,
    prefilled,
    shared,
    stale,
    without_the_front,
    write_on,
)
from lab.model.config import NoPositionsConfig, RotaryPositionsConfig
from lab.model.gpt import GPT

FORM = Format("cot_reversed")
TEXTS, _ = FORM.render(*hashed_pairs(12))
GIVEN = TEXTS[:, : FORM.prompt_length]
OTHER = np.roll(GIVEN, 6, axis=0)
LENGTH = FORM.length
ROTARY = replace(BASE, position=RotaryPositionsConfig(base=100.0))


def sound(model: GPT, given: np.ndarray = GIVEN) -> np.ndarray:
    return go_on(model, given, LENGTH)


@pytest.mark.parametrize("config", variants())
def test_a_sound_cache_writes_what_the_generator_writes(config: Any) -> None:
    model = tiny_model(config)
    written = write_on(model, GIVEN, LENGTH, prefilled(model, GIVEN, LENGTH))
    assert (written == sound(model)).all()


@pytest.mark.parametrize("config", variants())
def test_a_stale_cache_answers_the_prompt_that_it_holds(config: Any) -> None:
    model = tiny_model(config)
    written = stale(model, GIVEN, OTHER, LENGTH, range(GIVEN.shape[1] - 1))
    assert (written[:, : GIVEN.shape[1]] == GIVEN).all()
    others = sound(model, OTHER)
    assert (written[:, GIVEN.shape[1] :] == others[:, GIVEN.shape[1] :]).all()


def test_a_cache_is_stale_in_the_named_slots_alone() -> None:
    model = tiny_model()
    assert (stale(model, GIVEN, GIVEN, LENGTH, range(5)) == sound(model)).all()
    assert (stale(model, GIVEN, OTHER, LENGTH, ()) == sound(model)).all()
    assert (stale(model, GIVEN, OTHER, LENGTH, (0, 1)) != sound(model)).any()
    for slot in (5, -1):
        with pytest.raises(ValueError, match=rf"slots=\[{slot}\]; the cache holds 0 to 4"):
            stale(model, GIVEN, OTHER, LENGTH, [slot])
    with pytest.raises(ValueError, match="must be of one shape"):
        stale(model, GIVEN, OTHER[:, :4], LENGTH, (0,))


def test_an_offset_does_nothing_where_only_distances_count_and_all_move() -> None:
    rotary, table = tiny_model(ROTARY), tiny_model(BASE)
    nowhere = tiny_model(replace(BASE, position=NoPositionsConfig()))
    assert (misplaced(rotary, GIVEN, LENGTH, 1, from_the_start=True) == sound(rotary)).all()
    assert (misplaced(table, GIVEN, LENGTH, 1, from_the_start=True) != sound(table)).any()
    assert (misplaced(nowhere, GIVEN, LENGTH, 1) == sound(nowhere)).all()
    assert (misplaced(rotary, GIVEN, LENGTH, 1) != sound(rotary)).any()
    assert (misplaced(rotary, GIVEN, LENGTH, 0) == sound(rotary)).all()


def test_an_offset_is_that_of_a_text_with_a_gap() -> None:
    """Against one forward without a cache, its positions written down by hand."""
    model = tiny_model(ROTARY)
    written = misplaced(model, GIVEN, LENGTH, 2)
    ruler = torch.arange(LENGTH) + 2 * (torch.arange(LENGTH) >= GIVEN.shape[1] - 1)
    logits = model(torch.from_numpy(written).long(), positions=ruler)
    guessed = logits[:, GIVEN.shape[1] - 1 : -1].argmax(-1).numpy()
    assert (guessed == written[:, GIVEN.shape[1] :]).all()


def test_readers_who_share_a_cache_disturb_each_other() -> None:
    model = tiny_model()
    written = shared(model, GIVEN, OTHER, LENGTH)
    assert written.shape == (len(GIVEN), LENGTH)
    assert (written[:, : GIVEN.shape[1]] == GIVEN).all()
    assert (written != sound(model)).any(axis=1).mean() > 0.5


@pytest.mark.parametrize("apart", [0, 7])
def test_a_shared_cache_holds_both_texts_in_the_order_they_were_read(apart: int) -> None:
    """Against one forward over both texts laid end to end and token by token, without a cache."""
    model = tiny_model(ROTARY)
    P = GIVEN.shape[1]
    mine = shared(model, GIVEN, OTHER, LENGTH, apart)
    theirs = shared_by_hand(model, apart)
    rest = [slot for i in range(P - 1, LENGTH) for slot in ((0, i), (1, i))]
    order = [(0, i) for i in range(P - 1)] + [(1, i) for i in range(P - 1)] + rest
    texts = np.stack([mine, theirs])
    together = np.stack([texts[who, :, i] for who, i in order], axis=1)
    places = torch.tensor([i + who * apart for who, i in order])
    logits = model(torch.from_numpy(together).long(), positions=places)
    for i in range(P - 1, LENGTH - 1):
        guessed = logits[:, order.index((0, i))].argmax(-1).numpy()
        assert (guessed == mine[:, i + 1]).all(), i


def shared_by_hand(model: GPT, apart: int) -> np.ndarray:
    """What the other reader writes, all that was read before read again at each step."""
    P = GIVEN.shape[1]
    texts = [GIVEN, OTHER]
    order = [(who, i) for who in (0, 1) for i in range(P - 1)]
    while texts[1].shape[1] < LENGTH:
        for who in (0, 1):
            order.append((who, texts[who].shape[1] - 1))
            together = np.stack([texts[w][:, i] for w, i in order], axis=1)
            places = torch.tensor([i + w * apart for w, i in order])
            logits = model(torch.from_numpy(together).long(), positions=places)
            new = logits[:, -1].argmax(-1, keepdim=True).numpy().astype(np.uint8)
            texts[who] = np.concatenate([texts[who], new], axis=1)
    return texts[1]


def test_working_is_right_for_some_sum_or_for_none() -> None:
    """`12*34=` with its own working, with that of 21 x 34, with a wrong digit, and a wrong end."""
    texts = ["12*34=840+0630=8040$", "12*34=480+0360=0840$"]
    texts += ["12*34=840+0630=9040$", "12*34=840+0630=80400"]
    right_for_21 = "12*34=" + FORM.text(21, 34)[6:]
    written = np.stack([encode(text) for text in (*texts, right_for_21)])
    assert holds_right_working(FORM, written).tolist() == [True, False, False, False, True]


# ---------------------------------------------------------------- keys that are turned already


def test_what_stands_behind_a_forgotten_front_goes_on_once_its_keys_are_turned_back() -> None:
    """One layer, so that nothing of the front was blended into what is kept."""
    model = tiny_model(replace(ROTARY, n_layer=1))
    alone = write_on(model, TEXTS[:, 3:], LENGTH + 4, prefilled(model, TEXTS[:, 3:], LENGTH + 4))
    behind = [without_the_front(model, TEXTS, 3, LENGTH + 4, by) for by in (-3, 0)]
    assert (behind[0] == alone).all() and (behind[1] != alone).any()
