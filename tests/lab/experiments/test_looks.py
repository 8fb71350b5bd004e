"""looks: the trainings are those of the race, and a text comes back as it was written."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from lab.data.problems import Format, split_value
from lab.data.vocabulary import decode, encode
from lab.experiments.controls import equal_tokens, usual_groups
from lab.experiments.looks import (
    EVERY,
    GROUPS,
    LOOKED_AT,
    changed_cells,
    counted,
    looks_of,
    without_positions,
)
from lab.experiments.looks_texts import (
    N_LOOK,
    load_texts,
    right_tokens,
    save_texts,
    texts_path,
    wrong_as_text,
    wrong_from,
    wrong_of_text,
)
from lab.recipes.live import multiply
from lab.records import RECORDS, read_lines, select
from lab.weights import digest

ROWS = read_lines(RECORDS / "looks.jsonl")


def test_both_went_the_way_of_the_race_and_ended_where_it_did() -> None:
    """Bit for bit in the loss of every step that both record; and what a look says of the test part
    chose nothing."""
    race = read_lines(RECORDS / "race.jsonl")
    assert [row["cell"]["style"] for row in ROWS] == [*LOOKED_AT]
    for row in ROWS:
        (raced,) = select(race, **row["cell"])
        losses = [[(check["step"], check["loss"]) for check in it["curve"]] for it in (row, raced)]
        assert losses[0] == losses[1] and len(losses[0]) > 15
        end = row["looks"][-1]
        for name in ("trained", "heldout", "test"):
            assert end[f"errors_{name}"] == raced[f"errors_{name}"]
            assert row[f"n_{name}"] == raced[f"n_{name}"]
        assert row["test_readings"] == {"times": len(row["looks"]), "decided": "nothing"}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["cell"]["style"])
def test_the_texts_are_those_of_the_row_and_count_what_it_counts(row) -> None:
    style = row["cell"]["style"]
    form, path = Format(style), texts_path(style)
    assert row["texts"] == {"file": path.name, "digest": digest(path.read_bytes())}
    texts = load_texts(path, form)
    recipe = equal_tokens(multiply(style=style))
    assert [0, *sorted(looks_of(recipe))] == [look["step"] for look in row["looks"]]
    assert len(texts) == N_LOOK + 1
    wrong_at = wrong_from(form, texts)
    a, b = np.divmod(np.arange(10_000), 100)
    held = np.array([split_value(x, y) >= 0.3 for x, y in zip(a.tolist(), b.tolist(), strict=True)])
    for look, wrong in zip(row["looks"], wrong_at >= 0, strict=True):
        counts = int((wrong & ~held).sum()), int((wrong & held).sum())
        assert counts == (look["errors_trained"], look["errors_heldout"])


def test_a_text_comes_back_as_it_was_written(tmp_path: Path) -> None:
    form = Format("plain")
    texts = np.stack([right_tokens(form)] * 2)
    texts[0, 3748] = encode("1$___")
    texts[1, 9999, 1] = encode("7")[0]
    save_texts(tmp_path / "some.npz", form, texts)
    found = load_texts(tmp_path / "some.npz", form)
    assert (found == texts).all() and decode(found[1, 3748]) == f"{37 * 48}$"
    wrong_at = wrong_from(form, found)
    assert (wrong_at[0, 3748], wrong_at[1, 9999], (wrong_at >= 0).sum()) == (1, 1, 2)
    groups = {name: np.arange(10_000) == 3748 for name in ("trained", "heldout", "test")}
    counts = counted(found[0] != right_tokens(form), groups)
    assert counts == {"errors_trained": 1, "errors_heldout": 1, "errors_test": 1}


def test_the_network_without_positions_differs_in_them_alone_and_its_map_is_its_counts() -> None:
    (cell,), (row,) = changed_cells(), read_lines(RECORDS / "looks_changed.jsonl")
    changed, usual = without_positions(cell), equal_tokens(multiply("cot_reversed", seed=0))
    same_model = replace(changed.model, position=usual.model.position)
    assert replace(changed, model=same_model) == usual != changed
    wrong = wrong_of_text(row["wrong"], len(row["looks"]))
    groups = usual_groups(changed)
    for look, found in zip(row["looks"], wrong, strict=True):
        for name in GROUPS:
            assert look[f"errors_{name}"] == int((found & groups[name]).sum())
    steps = [look["step"] for look in ROWS[1]["looks"]]
    assert [look["step"] for look in row["looks"]] == steps[::EVERY]


def test_which_pairs_are_wrong_comes_back_as_it_was_packed() -> None:
    wrong = np.random.default_rng(0).random((3, 50)) < 0.4
    assert (wrong_of_text(wrong_as_text(wrong), 3) == wrong).all()
