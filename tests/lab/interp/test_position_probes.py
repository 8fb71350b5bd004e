"""lab.interp.position_probes: scores by distance and the turn of slow clocks, by hand."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from tiny import BASE, SAMPLES, failures, tiny_model

from lab.data.problems import Format
from lab.data.vocabulary import encode
from lab.inference.forward import run_with_trace
from lab.interp.intervene import hide
from lab.interp.position_probes import (
    agreement,
    anywhere,
    begins_with,
    digits_that_meet,
    first_digits_missed,
    once_round,
    shifted_lesson,
    slow_turn,
)
from lab.model.config import (
    CoupledRotaryPositionsConfig,
    LearnedPositionsConfig,
    RotaryPositionsConfig,
)


def test_a_score_by_distance_is_the_mean_of_the_cosines_by_hand() -> None:
    """Two pairs at base 100: speeds of 1 and of a tenth."""
    expected = [(math.cos(i) + math.cos(i / 10)) / 2 for i in (0, 1, 7)]
    assert np.allclose(agreement(4, 100.0, np.array([0, 1, 7])), expected, atol=1e-6)


def test_the_slow_half_of_a_head_turns_as_far_as_its_fastest_clock() -> None:
    """Four pairs at base 10,000 have speeds 1, 1/10, 1/100, 1/1000: the slow half begins there."""
    assert slow_turn(8, 10_000.0, 100) == pytest.approx(1 / (2 * math.pi))
    assert slow_turn(8, 10_000.0, 0) == 0


def test_a_score_anywhere_is_the_one_a_text_of_two_tokens_forms_there() -> None:
    def holds(attention: str, position: str) -> None:
        config = replace(
            BASE, position=SAMPLES["position"][position], attention=SAMPLES["attention"][attention]
        )
        model, tokens = tiny_model(config), torch.from_numpy(encode("7=")).long()[None]
        for head in (0, 2):
            found = anywhere(model, "=", "7", head, 12)
            for i, j in ((0, 0), (5, 1), (11, 3), (2, 9)):
                at = torch.tensor([[j, i]])
                formed = run_with_trace(model, tokens, ["scores"], positions=at)["blocks.0.scores"]
                assert found[i, j] == pytest.approx(float(formed[0, head, 1, 0]), rel=1e-9)

    cases = [
        (x, y)
        for x in ["multi_head", "grouped"]
        for y in [n for n, p in SAMPLES["position"].items() if p.n_axis == 1]
    ]
    assert failures(holds, cases) == []


def test_a_hidden_token_changes_the_first_digit_as_a_key_of_no_weight_does() -> None:
    """Against the model's own pattern: the `=` of the first layer gives the hidden slot nothing."""
    model, form = tiny_model(BASE), Format("cot_reversed", 2, 1, padded=False)
    a, b = np.arange(10, 60), np.full(50, 7)
    text = torch.from_numpy(form.render(a, b)[0]).long()[:, : form.prompt_length]
    for slot in range(form.prompt_length - 1):
        edits = [hide(layer, form.prompt_length - 1, slot) for layer in range(BASE.n_layer)]
        seen = run_with_trace(model, text, ["pattern", "logits"], edits)
        assert float(seen["blocks.0.pattern"][:, :, -1, slot].abs().max()) == 0
        right = form.render(a, b)[0][:, form.prompt_length]
        missed = int((seen["logits"][:, -1].argmax(-1).numpy() != right).sum())
        assert first_digits_missed(model, form, a, b, slot) == missed


def test_a_slowest_clock_comes_round_once_in_two_pi_over_its_speed() -> None:
    """Four pairs at base 10,000: the last one turns by a thousandth of a radian a place."""
    assert once_round(8, 10_000.0) == pytest.approx(2000 * math.pi)


def test_told_its_own_place_and_line_a_sum_begins_as_it_does_untold() -> None:
    coupled = CoupledRotaryPositionsConfig(100.0)
    model, form = tiny_model(replace(BASE, position=coupled)), Format("cot_reversed", 2, 2)
    a, b = np.arange(10, 60), np.arange(60, 10, -1)
    prompt = torch.from_numpy(form.render(a, b)[0]).long()[:, : form.prompt_length]
    untold = run_with_trace(model, prompt, ["logits"])["logits"][:, -1].argmax(-1).numpy()
    assert (begins_with(model, form, a, b, (0, 0)) == untold).all()
    assert any((begins_with(model, form, a, b, at) != untold).any() for at in ((1, 0), (5, 3)))


def test_the_digits_that_meet_are_those_of_the_place_and_the_line() -> None:
    assert digits_that_meet(np.array([374]), np.array([586]), (2, 1)).tolist() == [3 * 8 % 10]
    assert digits_that_meet(np.array([374]), np.array([586]), (0, 0)).tolist() == [4 * 6 % 10]


def test_a_shift_changes_what_a_table_learns_and_not_what_a_rotation_does() -> None:
    form, a, b = Format("cot_reversed", 2, 2), np.array([37, 12]), np.array([48, 90])
    turns = tiny_model(replace(BASE, position=RotaryPositionsConfig(100.0)))
    here, there, change = shifted_lesson(turns, form, a, b, 7)
    assert abs(here - there) < 1e-12 and change < 1e-10
    looks_up = tiny_model(replace(BASE, position=LearnedPositionsConfig(64)))
    here, there, change = shifted_lesson(looks_up, form, a, b, 7)
    assert abs(here - there) > 1e-6 and change > 1e-3
    assert not any(p.grad is not None for p in looks_up.parameters())
