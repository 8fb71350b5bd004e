"""lab.experiments.squeezed: a problem breaks where the network's own text first goes wrong."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from lab.data.vocabulary import encode
from lab.experiments import squeezed
from lab.experiments.squeezed import BEFORE, FORM, SEEDS, N, breaks, directions_of, squeezed_cells
from lab.inference.transcript import transcribe
from lab.interp.latents import squeeze
from lab.records import RECORDS, read_lines
from lab.training.checkpoint import load_run


def test_a_problem_breaks_where_free_writing_does(monkeypatch: pytest.MonkeyPatch) -> None:
    """Predicted from right tokens, against the text that the network writes by itself."""
    monkeypatch.setattr(squeezed, "RANKS", (64, 8, 4))
    model = load_run(BEFORE).model
    found = directions_of(model, 4)
    a, b = np.array([3748, 1001]), np.array([6152, 2222])
    broken_at, slot = breaks(model, found, a, b)
    for i, (x, y) in enumerate(zip(a.tolist(), b.tolist(), strict=True)):
        right = FORM.text(x, y)
        prompt = right[: FORM.prompt_length]
        for rank in (64, 8, 4):
            edits = [squeeze(layer, own, rank) for layer, own in enumerate(found)]
            text = transcribe(model, prompt, FORM.length, edits).text
            wrong = np.flatnonzero(encode(text) != encode(right))
            if len(wrong):
                break
        assert (broken_at[i], slot[i]) == (rank, wrong[0])


def test_the_record_holds_test_problems_and_what_broke_is_written_by_the_model() -> None:
    rows = read_lines(RECORDS / "squeezed.jsonl")
    assert [row["cell"] for row in rows] == squeezed_cells() and len(SEEDS) == 2
    drawn: dict[Any, Any] = {}
    for row in rows:
        assert len({*zip(row["a"], row["b"], strict=True)}) == row["n"] == N
        assert all(0 < at < 64 for at in row["broken_at"])
        assert all(FORM.prompt_length <= slot < FORM.length for slot in row["slot"])
        drawn.setdefault(row["cell"]["seed"], row["a"])
        assert drawn[row["cell"]["seed"]] == row["a"]
    assert drawn[0] != drawn[1]
