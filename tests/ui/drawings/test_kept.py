"""components.ui.drawings.kept: lines travel as signed bytes, rounding moves none."""

from __future__ import annotations

import base64
import dataclasses
import json
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from drawing_cases import Case, case
from refused import not_refused

from components.ui.drawings import kept
from components.ui.drawings.kept import kept_data
from lab.measure.cache_growth import Growth, Kept

# ---------------------------------------------------------------- what the front end is tried on


def share_changed(after: Sequence[np.ndarray], t: int) -> np.ndarray:
    """By layer, over all heads, in parts of the largest number of the whole text."""
    change = abs(after[t][:, :, :t] - after[t - 1]).max(axis=(1, 2, 3))
    return change / abs(after[-1]).max(axis=(1, 2, 3))


def kept_lines() -> Case:
    text, n_layer, n_head, width = "3*4=12$", 3, 2, 5
    dice = np.random.default_rng(10)
    lines = dice.normal(size=(4, n_layer, n_head, len(text), width))

    def growth(full: np.ndarray, moved: float) -> Growth:
        """Every layer but the first moves when a token comes, by up to so much."""
        after = []
        for t in range(1, len(text) + 1):
            by = moved * dice.uniform(-1, 1, size=(n_layer, n_head, t, width))
            by[0] = 0
            after.append(full[:, :, :t] + by)
        return Growth(after)

    masked = Kept(growth(lines[0], 1e-8), growth(lines[1], 1e-8))
    unmasked = Kept(growth(lines[2], 1.0), growth(lines[3], 1.0))

    def seen(what: str, t: int) -> dict[str, Any]:
        """Of head 1, in shares of the layer's largest number in any reading of it."""
        both = [getattr(one, what).after for one in (masked, unmasked)]
        every = np.concatenate([x[:, 1].reshape(n_layer, -1) for one in both for x in one], axis=1)
        largest = abs(every).max(axis=1)[:, None, None]
        return {
            "what": what,
            "t": t,
            **{
                mask: {
                    "before": (after[t - 1][:, 1] / largest).tolist(),
                    "after": (after[t][:, 1] / largest).tolist(),
                    "change": share_changed(after, t).tolist(),
                }
                for mask, after in zip(("on", "off"), both, strict=True)
            },
        }

    return case(
        kept,
        lambda: kept.show_kept("k", kept_data(text, masked, unmasked, head=1, start=3), alt="Maps"),
        [seen(what, t) for what in ("keys", "values") for t in range(1, len(text))],
    )


CASES = {"kept": kept_lines}


# ---------------------------------------------------------------- what Python sends

TEXT = "37*48=692+0841=677"
T, L, H, D = len(TEXT), 6, 4, 64


def growth(seed: int, moves: float, n_token: int = T) -> Growth:
    """Lines thrown by dice; those that are there move by up to so much at every token."""
    dice = np.random.default_rng(seed)
    full = dice.normal(size=(L, H, n_token, D))

    def moved(t: int) -> np.ndarray:
        return full[:, :, :t] + moves * dice.uniform(-1, 1, size=(L, H, t, D))

    return Growth([moved(t) for t in range(1, n_token + 1)])


MASKED = Kept(growth(1, 1e-7), growth(2, 1e-7))
UNMASKED = Kept(growth(3, 0.5), growth(4, 0.5))
SENT = kept_data(TEXT, MASKED, UNMASKED, head=2, start=7)


def unpacked(text: str, width: int = D) -> np.ndarray:
    return np.frombuffer(base64.b64decode(text), np.int8).reshape(-1, width).astype(int)


def lines_after(t: int, text: str) -> np.ndarray:
    before = t * (t - 1) // 2
    return unpacked(text)[before : before + t]


@pytest.mark.parametrize("what", ["keys", "values"])
def test_every_line_after_every_token_travels_on_one_scale_a_layer(what: str) -> None:
    readings = {"on": getattr(MASKED, what).after, "off": getattr(UNMASKED, what).after}
    for layer in range(L):
        largest = max(abs(x[layer, 2]).max() for after in readings.values() for x in after)
        found = 0
        for mask, after in readings.items():
            for t in range(1, T + 1):
                lines = lines_after(t, SENT[what][mask]["lines"][layer])
                expected = 127 * after[t - 1][layer, 2] / largest
                assert abs(lines - expected).max() < 0.51
                found = max(found, abs(lines).max())
        assert found == 127


def test_rounding_tips_no_byte_over() -> None:
    lines = np.full((1, 1, 3, 2), 0.5 / 127)  # between two bytes
    lines[..., -1] = 1
    moved = [lines[:, :, :1] - 1e-9, lines[:, :, :2] + 1e-9, lines - 1e-9]
    both = Kept(Growth(moved), Growth(moved))
    sent = kept_data("3*4", both, both, head=0, start=1)["keys"]["on"]
    assert np.rint(127 * moved[0][0, 0, 0, 0]) != np.rint(127 * moved[1][0, 0, 0, 0])
    first_line = unpacked(sent["lines"][0], 2)[[0, 1, 3]]  # after 1, 2 and 3 tokens
    assert (first_line == first_line[0]).all()


def test_changes_are_of_all_heads_and_only_small_ones_are_rounding() -> None:
    for mask, read in (("on", MASKED), ("off", UNMASKED)):
        sent = SENT["keys"][mask]
        for t in range(1, T):
            change = share_changed(read.keys.after, t)
            assert np.allclose(sent["change"][t - 1], change, rtol=1e-12)
            assert sent["rounding"][t - 1] == [mask == "on"] * L


def test_eighteen_tokens_of_six_layers_take_less_than_900_kb() -> None:
    assert len(json.dumps(SENT)) < 900_000


Send = Callable[[], object]


def test_readings_of_another_text_and_what_is_not_there_are_refused() -> None:
    cases: list[tuple[Any, ...]] = [
        (lambda: kept_data(TEXT, MASKED, UNMASKED, 4, 7), "head=4; the readings have heads 0 to 3"),
        (lambda: kept_data(TEXT, MASKED, UNMASKED, 0, 0), "start=0 tokens of '37"),
        (lambda: kept_data(TEXT, MASKED, UNMASKED, 0, T), f"start={T} tokens of '37"),
        (lambda: kept_data("3*4", MASKED, UNMASKED, 0, 1), "'3\\*4' grows from 1 to 3"),
        (
            lambda: kept_data(
                TEXT, MASKED, dataclasses.replace(UNMASKED, values=growth(5, 0.5, 7)), 0, 7
            ),
            r"readings of \[1, 2, 3, 4, 5, 6, 7\] tokens",
        ),
    ]
    assert not_refused(lambda send: send(), cases) == []
