"""lab.experiments.expert_stand_ins: two parts that add up to an FFN, each replaced alone."""

from __future__ import annotations

import torch

from lab.experiments.expert_stand_ins import (
    EVALUATED,
    OTHERS,
    PARTS,
    RUN,
    drawn,
    parts_of,
    replaced,
    stand_in_cells,
)
from lab.inference.forward import run_with_trace
from lab.model.trace import Edit
from lab.records import RECORDS, read_lines
from lab.training.checkpoint import load_run


def test_a_part_that_is_replaced_by_itself_changes_nothing_and_by_zero_leaves_the_other() -> None:
    model, (texts, _) = load_run(RUN).model, drawn(EVALUATED, 3)
    read = texts[:, :-1]
    parts = parts_of(model, read)
    before = run_with_trace(model, read, ["logits", "ffn_out"])
    for part, other in zip(PARTS, reversed(PARTS), strict=True):
        for layer in (0, 5):
            edits = replaced(part, layer, parts[part][layer])
            again = run_with_trace(model, read, ["logits"], edits)["logits"]
            assert torch.allclose(again, before["logits"], rtol=1e-4, atol=1e-3)
            nothing = torch.zeros_like(parts[part][layer][:1])
            left = run_with_trace(model, read, ["ffn_out"], replaced(part, layer, nothing))
            out = left[f"blocks.{layer}.ffn_out"]
            assert torch.allclose(out, parts[other][layer], rtol=1e-4, atol=1e-3)


def test_both_parts_together_are_the_ffn() -> None:
    model, (texts, _) = load_run(RUN).model, drawn(OTHERS, 2)
    parts = parts_of(model, texts[:, :-1])
    silent = [Edit("shared_post", torch.zeros_like, 2)]
    trace = run_with_trace(model, texts[:, :-1], ["ffn_out"], silent)
    assert torch.allclose(
        trace["blocks.2.ffn_out"], parts["chosen"][2], rtol=1e-4, atol=1e-3
    )  # of a layer whose input is untouched


def test_others_are_none_of_those_that_are_evaluated() -> None:
    """As many as the record has, in whole texts."""
    (texts, _), (others, _) = drawn(EVALUATED, 500), drawn(OTHERS, 500)
    assert len({tuple(text) for text in [*texts.tolist(), *others.tolist()]}) == 1000


def test_the_record_has_every_cell_in_order() -> None:
    found = read_lines(RECORDS / "expert_stand_ins.jsonl")
    assert [row["cell"] for row in found] == stand_in_cells()
    assert {(row["n"], row["others"]) for row in found} == {(500, OTHERS)}
