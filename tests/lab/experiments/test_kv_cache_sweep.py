"""The record of chapter 4: what its cells measure, in miniature, and what it says of the committed
networks on a sample."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from tiny import BASE, tiny_model

from lab.data.vocabulary import Tokens
from lab.experiments import batching_and_drafting, decoding_speed, exact, grouped
from lab.experiments.kv_cache_sweep import MEASURES, kv_cache_cells
from lab.inference.scoring import go_on
from lab.measure.clocked import seconds_until
from lab.model.cache import KVCache
from lab.model.config import RotaryPositionsConfig
from lab.records import RECORDS, read_lines, select

SMALL = tiny_model(replace(BASE, position=RotaryPositionsConfig(100.0)), dtype=torch.float32)


def rows(**cell: Any) -> list[dict[str, Any]]:
    found = select(read_lines(RECORDS / "kv_cache.jsonl"), **cell)
    assert found, f"records/kv_cache.jsonl has no row of {cell}"
    return found


def test_every_cell_has_a_measure_and_no_two_are_the_same() -> None:
    cells = kv_cache_cells()
    assert {cell["part"] for cell in cells} == set(MEASURES)
    assert len({str(cell) for cell in cells}) == len(cells)


@pytest.mark.parametrize("how", [how for how in exact.WAYS if how not in exact.ROUNDED])
@pytest.mark.parametrize(("digits", "n"), [(2, 24), (4, 3)])
def test_no_way_to_decode_changes_a_token(digits: int, n: int, how: str) -> None:
    """All 10,000 and 1,000 of the record are asked again under `slow`."""
    found = exact.measure_exact({"digits": digits, "how": how}, n)
    assert (found["n"], found["differing"]) == (n, 0)
    if exact.WAYS[how] in (exact.ragged, exact.drafted):  # these hand back no logits
        assert found["largest_change"] is None
    else:
        assert found["largest_change"] < 1e-5


def test_where_nothing_was_compared_the_record_has_no_largest_change() -> None:
    named = {row["cell"]["how"] for row in rows(part="exact") if row["largest_change"] is None}
    assert named == {"ragged", "drafted"}


@pytest.mark.slow
@pytest.mark.parametrize("cell", exact.exact_cells(), ids=lambda c: f"{c['digits']}-{c['how']}")
def test_the_record_of_what_changes_is_measured_again(cell: dict[str, Any]) -> None:
    (row,) = rows(**cell)
    found = exact.measure_exact(cell)
    assert {name: found[name] for name in ("n", "differing", "errors_strict")} == {
        name: row[name] for name in ("n", "differing", "errors_strict")
    }


def test_a_cache_that_forgets_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """The count can come out otherwise: here every key but the newest is put out of place."""
    plain = KVCache.extend

    def shifted(self: KVCache, layer: int, **new: torch.Tensor) -> tuple[torch.Tensor, ...]:
        k, *others = plain(self, layer, **new)
        return (k.roll(1, dims=-2) if k.shape[-2] > 6 else k, *others)

    monkeypatch.setattr(KVCache, "extend", shifted)
    found = exact.measure_exact({"digits": 2, "how": "uncached"}, 10)
    assert found["differing"] > 5


def test_the_change_of_logits_counts_only_while_the_texts_agree() -> None:
    logits, others = torch.zeros(2, 3, 4), torch.zeros(2, 3, 4)
    logits[0, 0, 0] = 10.0
    others[:, :, 1] = torch.tensor([[0.1, 0.2, 7.0], [0.3, 0.0, 0.0]])
    others[0, 0, 0] = 10.0
    differs = np.zeros((2, 5), dtype=np.uint8)
    differs[0, 4] = 1  # the third token that was written
    assert exact.largest_change(logits, others, differs) == [pytest.approx(0.03)]
    assert exact.largest_change(logits, others, np.ones_like(differs)) == []


def test_a_drafted_and_a_ragged_text_are_compared_with_the_models_own() -> None:
    prompts: Tokens = np.array([[3, 10, 4, 12]], dtype=np.uint8)
    own = go_on(SMALL, prompts, 12)
    assert np.array_equal(exact.uncached(SMALL, prompts, 12, 1)[0], own)
    assert np.array_equal(exact.one_by_one(SMALL, prompts, 12, 1)[0], own)


def test_seconds_are_filled_in_between_the_lengths_that_were_timed() -> None:
    every = {"lengths": [4, 5, 6, 7], "every": 1, "seconds": [1.0, 2.0, 3.0, 4.0]}
    assert seconds_until(every, 8) == 10.0
    assert seconds_until(every, 6) == 3.0
    third = {"lengths": [4, 7], "every": 3, "seconds": [1.0, 4.0]}
    assert seconds_until(third, 8) == 10.0
    for length in (4, 9):
        with pytest.raises(ValueError, match=rf"length={length}; timed were 5 to 8"):
            seconds_until(every, length)


def test_steps_are_timed_at_every_length_with_a_cache_and_at_some_without(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(decoding_speed, "model_called", lambda name: SMALL)
    for batch, cached, lengths in ((1, True, [4, 5, 6]), (64, True, [4, 5, 6]), (64, False, [4])):
        cell = {"model": "rope", "batch": batch, "cached": cached}
        row = decoding_speed.measure_time(cell, longest=7, repeats=2)
        assert row["lengths"] == lengths and len(row["seconds"]) == len(lengths)
        assert min(row["seconds"]) > 0


def test_a_cache_takes_the_bytes_that_the_record_says() -> None:
    for row in rows(part="memory"):
        cell = row["cell"]
        numbers = 2 * 6 * cell["key_heads"] * 64 * row["length"] * cell["batch"]
        assert row["bytes"] == numbers * (4 if cell["dtype"] == "float32" else 2)
    few = {"key_heads": 2, "dtype": "float16", "batch": 2}
    assert (
        decoding_speed.measure_memory(few, length=5, turns=1)["bytes"] == 2 * 6 * 2 * 64 * 5 * 2 * 2
    )


def test_the_machine_is_asked_for_operations_and_bytes() -> None:
    found = decoding_speed.measure_machine({}, turns=1)
    assert found["flops_per_second"] > 0
    assert min(found["bytes_per_second"], found["bytes_per_second_near"]) > 0


def test_a_queue_of_the_record_is_served_without_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    for policy in ("static", "continuous"):
        found = batching_and_drafting.measure_queue({"rows": 4, "policy": policy}, n=8, repeats=1)
        assert (found["n"], found["errors_strict"]) == (8, 0)
        assert 0 <= found["wasted"] < found["computed"]
    for row in rows(part="queue"):
        assert row["errors_strict"] <= 1 and row["n"] == batching_and_drafting.N_QUEUE


def test_drafts_of_the_record_change_nothing() -> None:
    found = batching_and_drafting.measure_draft(
        {"digits": 4, "draft": "draft_small", "n_draft": 4}, n=2
    )
    assert found["differing"] == 0 and found["tokens"] == 2 * 54
    assert found["accepted"] + found["rounds"] >= found["tokens"]
    assert all(row["differing"] == 0 for row in rows(part="draft"))


def test_our_network_is_theirs_in_all_its_tokens() -> None:
    pytest.importorskip("transformers", reason="transformers is not installed")
    row = decoding_speed.measure_rival({"batch": 2}, length=26, repeats=1)
    assert row["differing"] == {"sdpa": 0, "eager": 0}


def test_grouped_twins_differ_in_their_key_heads_alone() -> None:
    recipes = {heads: grouped.grouped(heads, 0.1) for heads in grouped.KEY_HEADS}
    for heads, recipe in recipes.items():
        assert recipe.model.attention.n_kv_head == heads  # pyright: ignore
        assert replace(recipe, model=BASE) == replace(recipes[4], model=BASE)
        assert replace(recipe.model, attention=BASE.attention) == replace(
            recipes[4].model, attention=BASE.attention
        )
    kept = {row["cell"]["key_heads"]: row["cache_bytes_per_token"] for row in rows(part="grouped")}
    assert kept[4] == 2 * kept[2] == 4 * kept[1]
