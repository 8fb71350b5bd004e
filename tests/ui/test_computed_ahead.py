"""What a first view shows is computed ahead, is of the weights of today, and can be had anew."""

from __future__ import annotations

import lzma
import pickle
from ast import literal_eval
from collections.abc import Generator
from inspect import unwrap
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from components.ui import computed_ahead
from components.ui.chapters.ch01 import probes as table_to_text
from components.ui.chapters.ch02 import probes as by_hand
from components.ui.chapters.ch20 import worked as rope
from components.ui.computed_ahead import ahead
from components.ui.lazily import constant
from components.ui.loaded_models import write_sum
from lab.training.checkpoint import CHECKPOINTS
from lab.weights import fingerprint

TEXT = "37*48=692+0841=6771$"


@ahead
def doubled(n: int) -> int:
    return 2 * n


@pytest.fixture
def file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Generator[Path]:
    monkeypatch.setattr(computed_ahead, "FILE", tmp_path / "kept")
    computed_ahead.kept_ahead.cache_clear()
    yield computed_ahead.FILE
    computed_ahead.kept_ahead.cache_clear()


def test_what_is_kept_is_not_computed_and_the_rest_is(file: Path) -> None:
    found = {f"{__name__}.doubled(2,)": pickle.dumps("kept")}
    file.write_bytes(lzma.compress(pickle.dumps({"found": found})))
    assert (doubled(2), doubled(3)) == ("kept", 6)


@pytest.mark.parametrize("content", [None, b"", b"no archive", lzma.compress(b"no pickle")])
def test_a_file_that_is_missing_or_damaged_leaves_all_to_be_computed(file: Path, content) -> None:
    if content is not None:
        file.write_bytes(content)
    assert doubled(2) == 4


def test_a_recording_computes_anew_and_keeps_what_a_page_asked_but_not_what_that_asked(
    file: Path,
) -> None:
    @ahead
    def quadrupled(n: int) -> int:
        return 2 * doubled(n)

    with computed_ahead.record() as recording:
        assert quadrupled(2) == 8
    assert [*map(pickle.loads, recording.found.values())] == [8]


def test_it_is_of_the_weights_of_today() -> None:
    kept = pickle.loads(lzma.decompress(computed_ahead.FILE.read_bytes()))
    assert kept["weights"] == {run: fingerprint(CHECKPOINTS / run) for run in kept["weights"]}


def test_constants_that_a_page_knows_ahead_are_those_of_their_modules() -> None:
    name = f"{constant.__module__}.{constant.__qualname__}"
    keys = [key for key in computed_ahead.kept_ahead() if key.startswith(f"{name}(")]
    asked = [literal_eval(key.removeprefix(name)) for key in keys]
    assert len(asked) > 10
    assert [one for one in asked if constant(*one) != unwrap(constant)(*one)] == []


def test_what_is_kept_of_records_is_what_they_say_today() -> None:
    asked: list[tuple[Any, str]] = [
        *((rope.edge, arm) for arm in ("far_coupled", "coupled_slow")),
        *((rope.turned_at_the_edge, arm) for arm in ("far_coupled", "coupled_slow")),
        *((rope.best_rate, encoding) for encoding in ("rotary", "learned")),
    ]
    kept = computed_ahead.kept_ahead()
    assert [one for of, one in asked if computed_ahead.key_of(of, (one,), {}) not in kept] == []
    assert [(of, one) for of, one in asked if of(one) != of.__wrapped__(one)] == []


@pytest.mark.parametrize(
    ("function", "asked"),
    [
        (write_sum, ("chain_of_thought", 37, 48)),
        (table_to_text.prices, ("few_pairs", 37, 48)),
        (by_hand.attention_of, (TEXT,)),
    ],
)
def test_what_is_kept_is_what_lab_computes(function, asked) -> None:
    assert computed_ahead.key_of(function, asked, {}) in computed_ahead.kept_ahead()
    kept, anew = function(*asked), function.__wrapped__(*asked)
    if hasattr(kept, "text"):
        assert kept.text == anew.text
        kept, anew = kept.beliefs, anew.beliefs
    assert np.array(kept) == pytest.approx(np.array(anew), abs=1e-4)
