"""components.ui.drawings.generators: one text on both sides, and every number fits it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from drawing_cases import Case, case
from refused import not_refused

from components.ui.drawings import generators
from components.ui.drawings.generators import generators_data
from lab.measure.clocked import Clocked

# ---------------------------------------------------------------- what the front end is tried on


def two_writings(text: str = "12*34=840+0630=8040$", n_given: int = 6) -> list[Clocked]:
    """As long as no run of this machine takes: the left 7 ms and more a token, the right 3 ms."""
    dice = np.random.default_rng(9)
    there = np.arange(n_given, len(text))
    sides: list[Clocked] = []
    for read, least in ((there, 0.007), (np.where(there > n_given, 1, n_given), 0.003)):
        seconds = least + dice.random(len(there)).round(4) / 100
        sides.append(Clocked(text, n_given, read, read * (1_000_000 + 500 * there), seconds))
    return sides


def two_generators() -> Case:
    sides = two_writings()
    n_given, n = sides[0].n_given, len(sides[0].text)

    def seen(side: Clocked, written: int) -> dict[str, Any]:
        pushes = np.zeros((written, n), dtype=int)
        for step in range(written):
            there = n_given + step
            pushes[step, there - side.read[step] : there] = 1
        return {
            "pushed": int(pushes.sum()),
            "flops": int(side.flops[:written].sum()),
            "seconds": float(side.seconds[:written].sum()),
            "computed": pushes[-1].tolist() if written else [0] * n,
            "times": pushes.sum(axis=0).tolist(),
        }

    return case(
        generators,
        lambda: generators.show_generators("k", *sides, n_layer=3, alt="Two generators"),
        [[seen(side, written) for written in range(n - n_given + 1)] for side in sides],
    )


CASES = {"generators": two_generators}


# ---------------------------------------------------------------- what Python sends

WITHOUT, CACHED = two_writings()


def sent(without: Clocked = WITHOUT, cached: Clocked = CACHED, n_layer: int = 6) -> dict[str, Any]:
    return generators_data(without, cached, n_layer)


def test_the_browser_gets_of_every_written_token_what_it_took() -> None:
    data = sent()
    assert "".join(data["tokens"]) == "12*34=840+0630=8040$" and data["n_given"] == 6
    for side, clocked in zip(data["sides"], (WITHOUT, CACHED), strict=True):
        assert side["read"] == clocked.read.tolist()
        assert side["flops"] == clocked.flops.tolist()
        assert np.allclose(side["seconds"], clocked.seconds, atol=5e-7)


def test_the_first_side_is_the_one_without_a_cache() -> None:
    assert [side["title"] for side in sent()["sides"]] == ["Without a cache", "With a cache"]


def test_two_texts_are_not_compared() -> None:
    other = replace(CACHED, text=CACHED.text.replace("8040", "8041"))
    with pytest.raises(ValueError, match=r"write '12.*8040\$' from 6 .* and '12.*8041\$' from 6"):
        sent(cached=other)
    with pytest.raises(ValueError, match=r"from 6 tokens and .* from 5; one text is compared"):
        sent(cached=replace(CACHED, n_given=5))


def test_numbers_that_no_writing_of_the_text_has_are_refused() -> None:
    cases: list[tuple[Any, ...]] = [
        ({"read": CACHED.read[1:]}, r"read of 'With a cache' has shape \(13,\), not \(14,\)"),
        ({"flops": CACHED.flops[:, None]}, r"flops of .* has shape \(14, 1\), not \(14,\)"),
        ({"seconds": CACHED.seconds * 0}, "seconds of 'With a cache' holds 0.0; all are above 0"),
        ({"seconds": CACHED.seconds * np.nan}, "seconds of 'With a cache' holds nan"),
        ({"read": CACHED.read + 6}, "is 12 at step 0, where 6 tokens stand"),
    ]
    assert not_refused(lambda changed: sent(cached=replace(CACHED, **changed)), cases) == []


def test_what_is_too_small_to_be_seen_or_not_there_is_refused() -> None:
    with pytest.raises(ValueError, match="n_layer=13; 1 to 12 layers"):
        sent(n_layer=13)
    with pytest.raises(ValueError, match="n_layer=0; 1 to 12 layers"):
        sent(n_layer=0)
    longer, longer_cached = two_writings("1*" + "2" * 63)
    with pytest.raises(ValueError, match="65 tokens; at most 64 can be seen"):
        sent(longer, longer_cached)
    nothing = replace(WITHOUT, n_given=20)
    with pytest.raises(ValueError, match="n_given=20 leaves nothing"):
        sent(nothing, nothing)
