"""components.ui.drawings.strip: every number travels; what is no strip is refused."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, replace
from typing import Any

import numpy as np
import pytest
from drawing_cases import Case, case
from refused import not_refused

from components.ui.drawings import strip
from components.ui.drawings.strip import MOST_NUMBERS, MOST_STRIPS, Strip, strip_data

# ---------------------------------------------------------------- what the front end is tried on


def thrown_strips() -> list[strip.Strip]:
    """Three ways of attention, thrown by dice with a seed; of the last a part is dropped."""
    dice = np.random.default_rng(15)

    def heads(n: int) -> list[tuple[str, int]]:
        return [(f"{what}, head {h}", 20) for what in ("key", "value") for h in range(n)]

    return [
        strip.Strip("heads", dice.normal(size=160), heads(4)),
        strip.Strip("shared heads", dice.normal(size=80), heads(2), 2, "two queries to a head"),
        strip.Strip("latent", dice.normal(size=88), [("latent", 56), ("turned key", 32)], kept=10),
    ]


def strips_of_numbers() -> Case:
    strips = thrown_strips()

    def expected(one: strip.Strip) -> dict[str, Any]:
        numbers = np.arange(one.numbers.size)
        begins = np.cumsum([0, *(size for _, size in one.parts)])
        gone = (numbers < begins[1]) & (numbers >= (begins[1] if one.kept is None else one.kept))

        def placed(columns: int) -> list[list[int]]:
            """By counting the parts that begin before a number, in its row and at a row's head."""
            rows, at = np.divmod(numbers, columns)
            later = begins[1:-1]
            heads = later[later % columns == 0]
            inside = later[later % columns > 0]
            down = [int((heads <= row * columns).sum()) for row in rows]
            across = [
                int(((inside // columns == row) & (inside <= i)).sum())
                for i, row in zip(numbers, rows, strict=True)
            ]
            return np.stack([at, rows, across, down], axis=1).tolist()

        def named(i: int) -> str:
            part = int(np.searchsorted(begins, i, side="right")) - 1
            value = f"{one.numbers[i]:.2f}".replace("-", "−")
            lost = ", dropped" if gone[i] else ""
            return f"{one.parts[part][0]}, number {i - begins[part]}: {value}{lost}"

        return {
            "bytes": one.bytes_per_number * int((~gone).sum()),
            "dropped": np.flatnonzero(gone).tolist(),
            "named": [(i, named(i)) for i in (0, 9, 10, 19, 20, 55, 56, len(numbers) - 1)],
            "places": {str(columns): placed(columns) for columns in (64, 32)},
        }

    return case(
        strip,
        lambda: strip.show_strip("k", strips, alt="Three strips", seconds=4),
        {
            "strips": [expected(one) for one in strips],
            "told": [
                (0, "Nothing is kept yet."),
                (1, "heads: 1 of 160 numbers"),
                (160, "heads: 160 of 160 numbers"),
                (161, "shared heads: 1 of 80 numbers"),
                (327, "latent: 87 of 88 numbers"),
                (328, "latent: 168 bytes, 3.8 times as small as heads."),
            ],
        },
    )


CASES = {"strip": strips_of_numbers}


# ---------------------------------------------------------------- what Python sends


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
