"""components.ui.drawings.growing: every line travels as signed bytes."""

from __future__ import annotations

import base64

import numpy as np
import pytest
from drawing_cases import Case, case

from components.ui.drawings import growing
from components.ui.drawings.growing import Head, growing_data

# ---------------------------------------------------------------- what the front end is tried on


def growing_cache() -> Case:
    q, k, v = np.random.default_rng(9).normal(size=(3, 7, 5))
    return case(
        growing,
        lambda: growing.show_growing(
            "k", "3*4=12$", q, k, v, n_prompt=4, head=Head(2, 1), alt="A cache"
        ),
        {
            "without": [sum(range(4, n + 1)) for n in range(4, 8)],
            "with": [4, 5, 6, 7],
        },
    )


CASES = {"growing": growing_cache}


# ---------------------------------------------------------------- what Python sends

TEXT = "37*48=692+0841=677"
T, D = len(TEXT), 64


def unpacked(text: str) -> np.ndarray:
    return np.frombuffer(base64.b64decode(text), np.int8).reshape(-1, D).astype(np.float64)


def test_every_query_key_and_value_travels_to_the_growing_cache() -> None:
    maps = dict(zip("qkv", np.random.default_rng(6).normal(size=(3, T, D)), strict=True))
    sent = growing_data(TEXT, **maps, n_prompt=6)
    assert sent["tokens"] == list(TEXT)
    for name, lines in maps.items():
        largest = abs(lines).max()
        assert np.allclose(unpacked(sent[name]) / 127 * largest, lines, atol=largest / 253)


def test_lines_of_another_text_are_refused() -> None:
    lines = np.ones((T, D))
    with pytest.raises(ValueError, match=rf"v has shape \(17, 64\); for '37.*' it is \({T}, 64\)"):
        growing_data(TEXT, lines, lines, lines[1:], 6)
    with pytest.raises(ValueError, match=rf"q has shape \({T}, 63\)"):
        growing_data(TEXT, lines[:, 1:], lines, lines, 6)
    for n in (0, T):
        with pytest.raises(ValueError, match=rf"n_prompt={n}; .* 1 to {T - 1}"):
            growing_data(TEXT, lines, lines, lines, n)
