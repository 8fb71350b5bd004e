"""components.ui.drawings.strip: every number travels; what is no strip is refused."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, replace
from typing import Any

import numpy as np
import pytest
from drawing_cases import thrown_strips
from refused import not_refused

from components.ui.drawings import strip
from components.ui.drawings.strip import MOST_NUMBERS, MOST_STRIPS, Strip, strip_data


def one(n: int = 6, **changed: Any) -> Strip:
    numbers = np.linspace(-1, 1, n)
    return replace(Strip("latent", numbers, [("latent", n - 2), ("turned key", 2)]), **changed)


def test_numbers_travel_in_two_places_with_their_parts_and_their_note() -> None:
    strips = thrown_strips()
    sent = strip_data(strips)
    assert sent["digits"] == 2
    for drawn, given in zip(sent["strips"], strips, strict=True):
        assert abs(np.array(drawn["numbers"]) - given.numbers).max() <= 0.005
        assert drawn["parts"] == [[*part] for part in given.parts]
        assert (drawn["name"], drawn["note"]) == (given.name, given.note)


def test_bytes_are_those_of_the_numbers_that_are_kept() -> None:
    assert [drawn["bytes"] for drawn in strip_data(thrown_strips())["strips"]] == [640, 160, 168]
    for kept, n in ((0, 2), (3, 5), (4, 6), (None, 6)):
        for each in (1, 2, 4):
            (drawn,) = strip_data([one(kept=kept, bytes_per_number=each)])["strips"]
            assert drawn["bytes"] == each * n
            assert drawn["kept"] == (4 if kept is None else kept)


def test_one_scale_is_for_all_strips_and_a_few_large_numbers_do_not_stretch_it() -> None:
    numbers = np.full(100, 0.5)
    numbers[:4] = [-80, 90, 100, 7]
    parts = [("latent", 100)]
    both = strip_data([Strip("a", numbers, parts), Strip("b", -numbers / 5, parts)])
    assert both["full"] == pytest.approx(0.5)
    assert both["strips"][0]["numbers"][:3] == [-80, 90, 100]


def test_small_numbers_have_more_places_and_zeros_a_scale_as_well() -> None:
    for size, digits in ((300, 2), (0.3, 2), (0.03, 3), (0.0004, 5)):
        sent = strip_data([Strip("latent", np.array([size, -size]), [("latent", 2)])])
        assert sent["digits"] == digits
        assert sent["strips"][0]["numbers"] == [size, -size]
    zeros = strip_data([Strip("latent", np.zeros(3, np.float32), [("latent", 3)])])
    assert (zeros["full"], zeros["strips"][0]["numbers"]) == (1.0, [0, 0, 0])
    mostly = np.zeros(100)
    mostly[7] = -3
    assert strip_data([Strip("latent", mostly, [("latent", 100)])])["full"] == 3.0


def test_as_much_as_can_be_shown_is_not_too_much() -> None:
    sent = strip_data([one(MOST_NUMBERS)] * MOST_STRIPS)
    assert [len(drawn["numbers"]) for drawn in sent["strips"]] == [MOST_NUMBERS] * MOST_STRIPS


def test_a_strip_is_frozen() -> None:
    with pytest.raises(FrozenInstanceError):
        one().name = "another"  # pyright: ignore[reportAttributeAccessIssue]


def test_what_is_no_strip_is_refused() -> None:
    cases: list[tuple[Any, ...]] = [
        ({"numbers": np.zeros((2, 3))}, r"'latent': numbers of shape \(2, 3\); \(n,\) is wanted"),
        ({"numbers": np.zeros(0)}, "'latent': 0 numbers; 1 to 1,024 can be shown"),
        ({"numbers": np.zeros(1025)}, "'latent': 1,025 numbers; 1 to 1,024"),
        ({"numbers": np.array([1, np.nan, 0, np.inf, 0, 0])}, "2 numbers are not finite"),
        ({"parts": [("latent", 4)]}, "'latent': parts of 4 numbers together; there are 6"),
        ({"parts": []}, "parts of 0 numbers together; there are 6"),
        ({"parts": [("latent", 6), ("none", 0)]}, "the size of 'none'=0 must be a whole number"),
        ({"parts": [("latent", 7), ("less", -1)]}, "the size of 'less'=-1 must be a whole number"),
        ({"bytes_per_number": 0}, "'latent': bytes_per_number=0 must be a whole number from 1"),
        ({"kept": 5}, "'latent': kept=5 must be a whole number from 0 to 4"),
        ({"kept": -1}, "kept=-1 must be a whole number from 0 to 4"),
        ({"parts": [("latent", 6)], "kept": 0}, "kept=0 of its only part; one number must be kept"),
    ]
    assert not_refused(lambda changed: strip_data([one(), one(**changed)]), cases) == []


def test_no_strip_and_too_many_are_refused() -> None:
    cases: list[tuple[Any, ...]] = [(n, f"{n} strips; 1 to 5 can be shown") for n in [0, 6]]
    assert not_refused(lambda n: strip_data([one()] * n), cases) == []


def test_what_is_drawn_is_sent_with_its_words_and_a_digest(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[dict[str, Any]] = []
    monkeypatch.setattr(strip, "component", lambda data, **_: sent.append(data))
    for note in ("", "", "another"):
        strip.show_strip("k", [one(note=note)], alt="A strip", seconds=2)
    same, again, other = (data["digest"] for data in sent)
    assert (sent[0]["alt"], sent[0]["seconds"]) == ("A strip", 2)
    assert same == again != other
