"""The table of sweeps: `python -m lab sweep NAME` fills `records/NAME.jsonl`."""

from __future__ import annotations

from functools import partial

from lab.experiments import (
    atlas,
    attention_residuals,
    collapse,
    curriculum,
    error_book,
    fine_tuning,
    flash,
    forged,
    frontier,
    holdout,
    kv_cache,
    latent_experts,
    lengths,
    long_sums,
    low_rank,
    mistakes,
    pulled_out,
    rope,
    self_evolution,
    shut_experts,
    stage_heads,
    threads,
    token_loss,
)
from lab.experiments.controls import CONTROLS
from lab.experiments.sweep import Sweep

SWEEPS: dict[str, Sweep] = {
    "prices": Sweep(token_loss.price_cells, token_loss.measure_prices),
    "holdout": Sweep(holdout.holdout_cells, holdout.measure_holdout),
    "tamper": Sweep(forged.tamper_cells, forged.measure_tamper),
    "handed": Sweep(forged.handed_cells, forged.measure_handed),
    "atlas": Sweep(atlas.atlas_cells, atlas.measure_atlas),
    "opening": Sweep(atlas.opening_cells, atlas.measure_opening),
    "heads": Sweep(pulled_out.pulled_head_cells, pulled_out.measure_head),
    "sharpness": Sweep(pulled_out.head_cells, pulled_out.measure_sharpness),
    "parts": Sweep(pulled_out.part_cells, pulled_out.measure_part),
    **{name: Sweep(*parts) for name, parts in CONTROLS.items()},
    "rope": Sweep(rope.rope_cells, rope.measure_rope),
    "lengths": Sweep(lengths.length_cells, lengths.measure_lengths),
    "kv_cache": Sweep(kv_cache.kv_cache_cells, kv_cache.measure_kv_cache),
    "shut_experts": Sweep(shut_experts.shut_cells, shut_experts.measure_shut),
    "long_sums": Sweep(long_sums.long_sum_cells, long_sums.measure_long_sums),
    "limits": Sweep(lengths.limit_cells, lengths.measure_limit),
    "bases": Sweep(curriculum.base_cells, curriculum.measure_base),
    "course": Sweep(curriculum.control_cells, curriculum.measure_control),
    "fewest": Sweep(curriculum.fewest_cells, curriculum.measure_fewest),
    "fine_tuning": Sweep(fine_tuning.fine_tuning_cells, fine_tuning.measure_fine_tuning),
    "stage_heads": Sweep(stage_heads.stage_head_cells, stage_heads.measure_stage_head),
    "mistakes": Sweep(mistakes.mistake_cells, mistakes.measure_mistakes),
    "suites": Sweep(mistakes.suite_cells, mistakes.measure_suite),
    **{
        f"error_book_{task}": Sweep(partial(error_book.cells_of, task), error_book.measure_arm)
        for task in error_book.TASKS
    },
    "self_evolution": Sweep(self_evolution.evolution_cells, self_evolution.measure_evolution),
    "flash": Sweep(flash.flash_cells, flash.measure_flash),
    "residuals": Sweep(attention_residuals.residual_cells, attention_residuals.measure_residual),
    "residuals_live": Sweep(attention_residuals.live_cells, attention_residuals.measure_live),
    "residuals_cost": Sweep(attention_residuals.cost_cells, attention_residuals.measure_cost),
    "residuals_full": Sweep(attention_residuals.full_cells, attention_residuals.measure_full),
    "latent_experts": Sweep(latent_experts.race_cells, latent_experts.measure_race),
    "expert_changes": Sweep(latent_experts.change_cells, latent_experts.measure_change),
    "low_rank": Sweep(low_rank.low_rank_cells, low_rank.measure_low_rank),
    "threads": Sweep(threads.thread_cells, threads.measure_threads),
    "collapse": Sweep(collapse.collapse_cells, collapse.measure_collapse),
    "collapse_push": Sweep(collapse.push_cells, collapse.measure_push),
    "collapse_live": Sweep(collapse.live_cells, collapse.measure_live),
    "frontier": Sweep(frontier.frontier_cells, frontier.measure_frontier),
}
