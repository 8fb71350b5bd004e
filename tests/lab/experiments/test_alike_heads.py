"""lab.experiments.alike_heads: parts copied both ways, and a record that holds."""

from __future__ import annotations

import numpy as np

from lab.data.vocabulary import decode
from lab.experiments.alike_heads import (
    N,
    alike_cells,
    contrast_of,
    copied,
    measure_alike,
    parts_of,
    problems,
)
from lab.inference.forward import run_with_trace
from lab.interp.intervene import patch
from lab.records import RECORDS, read_lines
from lab.training.checkpoint import load_run

ROWS = read_lines(RECORDS / "alike_heads.jsonl")


def test_two_problems_differ_in_the_units_of_b_and_write_another_first_digit() -> None:
    a, b, other = problems(N)
    assert (b // 10 == other // 10).all() and (b != other).all()
    assert (a * b % 10 != a * other % 10).all()
    assert not ((a == 37) & (b == 48)).any(), "those with which the page found its heads"


def test_a_digit_is_lost_as_often_as_another_is_written_under_lab_s_edits() -> None:
    """Head 0 of the small network and its FFN, one problem at a time."""
    loaded = load_run("few_pairs")
    some = tuple(x[:12] for x in problems(N))
    pair = contrast_of(loaded.model, loaded.format, *some)
    for name, nodes in parts_of(loaded.model, pair.slots[0]).items():
        found = copied(pair, nodes)
        lost = 0
        sides = np.asarray(pair.clean.texts), np.asarray(pair.corrupted.texts)
        for clean, corrupted in zip(*sides, strict=True):
            other = run_with_trace(loaded.model, decode(corrupted), ["z", "ffn_out"])
            edits = [patch(node, other) for node in nodes]
            before, after = (
                run_with_trace(loaded.model, decode(clean), ["logits"], own)["logits"][0, -1]
                for own in ([], edits)
            )
            lost += int(before.argmax() != after.argmax())
        assert found["needed"] == lost, name
        assert found["spare"] <= min(found["enough"], len(pair.clean.texts) - lost), name


def test_the_record_has_every_cell_and_measures_again_what_it_says() -> None:
    assert [row["cell"] for row in ROWS] == alike_cells()
    again = measure_alike({"run": "few_pairs"})
    (row,) = [row for row in ROWS if row["cell"]["run"] == "few_pairs"]
    assert {key: row[key] for key in again} == again


def test_two_heads_do_together_what_neither_does_alone() -> None:
    """As the page says of the book's network, and not of its twin."""
    (row,) = [row for row in ROWS if row["cell"]["run"] == "chain_of_thought"]
    by_name = {tuple(one["parts"]): one for one in row["parts"]}
    both = by_name["head 0", "head 1"]
    assert both["needed"] == both["enough"] == row["n"]
    assert all(by_name[(name,)]["needed"] < 0.9 * row["n"] for name in ("head 0", "head 1"))
    assert np.isclose(by_name[("FFN",)]["needed"], row["n"])
