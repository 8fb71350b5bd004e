"""The table of sweeps: `python -m lab sweep NAME` fills `records/NAME.jsonl`."""

from __future__ import annotations

from functools import partial

from lab.experiments import (
    ablations,
    alike_heads,
    atlas,
    attention_kernel_costs,
    attention_residuals_race,
    better_mix,
    carried,
    carry_line,
    carry_map,
    carry_models,
    carry_needed,
    carry_probes,
    carry_sets,
    carry_swaps,
    collapse,
    course_looks,
    curriculum_ablations,
    error_book,
    expert_ablations,
    expert_loads,
    expert_stand_ins,
    fetched,
    fewest_by_length,
    fine_tuning,
    forged,
    frontier,
    holdout,
    kv_cache_sweep,
    ladder,
    latent_experts_race,
    learned_head,
    left_out,
    lengths,
    long_sums,
    looks,
    low_rank,
    mirrored,
    mistakes,
    neuron_controls,
    pacing,
    parity,
    pockets,
    position_encoding_race,
    product_neurons,
    prompted,
    reads,
    residual_ablations,
    self_evolution,
    smallest_cut,
    squeezed,
    stage_heads,
    stand_ins,
    time_scaling,
    token_loss_sweep,
)
from lab.experiments.controls import CONTROLS
from lab.experiments.sweep import Sweep

SWEEPS: dict[str, Sweep] = {
    "prices": Sweep(token_loss_sweep.price_cells, token_loss_sweep.measure_prices, reads.run_named),
    "holdout": Sweep(holdout.holdout_cells, holdout.measure_holdout),
    "tamper": Sweep(
        forged.tamper_cells, forged.measure_tamper, reads.run_named, forged.tamper_small
    ),
    "handed": Sweep(
        forged.handed_cells, forged.measure_handed, reads.run_named, forged.handed_small
    ),
    "atlas": Sweep(atlas.atlas_cells, atlas.measure_atlas, reads.run_named),
    "learned_head": Sweep(learned_head.learned_head_cells, learned_head.measure_learned_head),
    "opening": Sweep(atlas.opening_cells, atlas.measure_opening, reads.run_named),
    "taken_out": Sweep(atlas.taken_out_cells, atlas.measure_taken_out, reads.run_named),
    "lanes": Sweep(atlas.lane_cells, atlas.measure_lane, reads.run_named),
    "heads": Sweep(
        ablations.ablated_head_cells,
        ablations.measure_head,
        reads.run_named,
        ablations.heads_small,
    ),
    "sharpness": Sweep(ablations.head_cells, ablations.measure_sharpness, reads.run_named),
    "silenced": Sweep(ablations.silenced_cells, ablations.measure_silenced, reads.run_named),
    "fetched": Sweep(
        fetched.fetched_cells, fetched.measure_fetched, reads.run_named, fetched.fetched_small
    ),
    "stand_ins": Sweep(
        stand_ins.stand_in_cells,
        stand_ins.measure_stand_in,
        reads.run_named,
        stand_ins.stand_ins_small,
    ),
    "carried": Sweep(
        carried.carried_cells, carried.measure_carried, reads.run_named, carried.carried_small
    ),
    "mirrored": Sweep(mirrored.mirrored_cells, mirrored.measure_mirrored),
    "prompted": Sweep(prompted.prompted_cells, prompted.measure_prompted),
    "prompted_texts": Sweep(prompted.text_cells, prompted.measure_texts),
    "parts": Sweep(ablations.part_cells, ablations.measure_part, reads.run_named),
    **{name: Sweep(*parts) for name, parts in CONTROLS.items()},
    "looks": Sweep(looks.look_cells, looks.measure_looks),
    "looks_changed": Sweep(looks.changed_cells, looks.measure_changed),
    "left_out": Sweep(left_out.left_out_cells, left_out.measure_left_out),
    "one_step": Sweep(left_out.one_step_cells, left_out.measure_one_step),
    "rope": Sweep(
        position_encoding_race.rope_cells,
        position_encoding_race.measure_rope,
        small=position_encoding_race.rope_small,
    ),
    "lengths": Sweep(lengths.length_cells, lengths.measure_lengths, reads.length_arm),
    "grown": Sweep(lengths.grown_cells, lengths.measure_grown, reads.length_arm),
    "pairs": Sweep(atlas.pair_cells, atlas.measure_pairs, reads.run_named),
    "kv_cache": Sweep(
        kv_cache_sweep.kv_cache_cells,
        kv_cache_sweep.measure_kv_cache,
        reads.kv_cache,
        kv_cache_sweep.kv_cache_small,
    ),
    "shut_experts": Sweep(
        expert_ablations.expert_cells, expert_ablations.measure_ablated, reads.expert_run
    ),
    "expert_loads": Sweep(expert_loads.load_cells, expert_loads.measure_cell, reads.run_named),
    "expert_stand_ins": Sweep(
        expert_stand_ins.stand_in_cells,
        expert_stand_ins.measure_stand_in,
        reads.run_named,
        expert_stand_ins.stand_ins_small,
    ),
    "long_sums": Sweep(long_sums.long_sum_cells, long_sums.measure_long_sums, reads.long_sum_arm),
    "limits": Sweep(lengths.limit_cells, lengths.measure_limit, reads.run_named),
    "bases": Sweep(curriculum_ablations.base_cells, curriculum_ablations.measure_base, reads.base),
    "other_bases": Sweep(
        curriculum_ablations.other_base_cells, curriculum_ablations.measure_other_base
    ),
    "course": Sweep(
        curriculum_ablations.control_cells, curriculum_ablations.measure_control, reads.control
    ),
    "course_looks": Sweep(course_looks.look_cells, course_looks.measure_looks, reads.control),
    "five_digits": Sweep(course_looks.further_cells, course_looks.measure_further),
    "first_wrong": Sweep(course_looks.first_wrong_cells, course_looks.measure_first_wrong),
    "pacing": Sweep(pacing.pace_cells, pacing.measure_pace),
    "far_products": Sweep(better_mix.mix_cells, better_mix.measure_mix),
    "fewest": Sweep(curriculum_ablations.fewest_cells, curriculum_ablations.measure_fewest),
    "fewest_by_length": Sweep(fewest_by_length.length_cells, fewest_by_length.measure_length),
    "fine_tuning": Sweep(
        fine_tuning.fine_tuning_cells, fine_tuning.measure_fine_tuning, reads.fine_tuning
    ),
    "stage_heads": Sweep(
        stage_heads.stage_head_cells, stage_heads.measure_stage_head, reads.run_named
    ),
    "mistakes": Sweep(mistakes.mistake_cells, mistakes.measure_mistakes, reads.model_named),
    "suites": Sweep(mistakes.suite_cells, mistakes.measure_suite, reads.model_named),
    "error_book_2x2": Sweep(
        partial(error_book.cells_of, "2x2"), error_book.measure_arm, reads.error_book_task
    ),
    "error_book_4x4": Sweep(
        partial(error_book.cells_of, "4x4"), error_book.measure_arm, reads.error_book_task
    ),
    "error_book_full": Sweep(
        partial(error_book.cells_of, "full"), error_book.measure_arm, reads.error_book_task
    ),
    "self_evolution": Sweep(
        self_evolution.evolution_cells, self_evolution.measure_evolution, reads.evolution
    ),
    "self_evolution_seeds": Sweep(
        self_evolution.seed_cells, self_evolution.measure_seed, reads.evolution_seed
    ),
    "flash": Sweep(
        attention_kernel_costs.flash_cells,
        attention_kernel_costs.measure_flash,
        small=attention_kernel_costs.flash_small,
    ),
    "residuals": Sweep(
        attention_residuals_race.residual_cells,
        attention_residuals_race.measure_residual,
        small=attention_residuals_race.residuals_small,
    ),
    "residuals_race": Sweep(
        attention_residuals_race.race_cells, attention_residuals_race.measure_race
    ),
    "residuals_live": Sweep(
        attention_residuals_race.live_cells, attention_residuals_race.measure_live
    ),
    "residuals_cost": Sweep(
        attention_residuals_race.cost_cells,
        attention_residuals_race.measure_cost,
        small=attention_residuals_race.cost_small,
    ),
    "residuals_full": Sweep(
        attention_residuals_race.full_cells,
        attention_residuals_race.measure_full,
        reads.full_residual,
    ),
    "latent_experts": Sweep(latent_experts_race.race_cells, latent_experts_race.measure_race),
    "equal_latents": Sweep(latent_experts_race.equal_cells, latent_experts_race.measure_equal),
    "expert_changes": Sweep(latent_experts_race.change_cells, latent_experts_race.measure_change),
    "parity": Sweep(parity.parity_cells, parity.measure_parity),
    "alike_heads": Sweep(alike_heads.alike_cells, alike_heads.measure_alike, reads.run_named),
    "smallest_cut": Sweep(
        smallest_cut.smallest_cut_cells, smallest_cut.measure_smallest_cut, reads.run_named
    ),
    "speedrun": Sweep(ladder.ladder_cells, ladder.measure_rung),
    "speedrun_attempts": Sweep(ladder.attempt_cells, ladder.measure_attempt),
    "what_it_costs": Sweep(
        time_scaling.scaling_cells, time_scaling.measure_scaling, small=time_scaling.scaling_small
    ),
    "squeezed": Sweep(squeezed.squeezed_cells, squeezed.measure_squeezed, reads.run_named),
    "low_rank": Sweep(low_rank.low_rank_cells, low_rank.measure_low_rank),
    "threads": Sweep(
        residual_ablations.connection_cells, residual_ablations.measure_connections, reads.run_named
    ),
    "collapse": Sweep(collapse.collapse_cells, collapse.measure_collapse),
    "collapse_push": Sweep(collapse.push_cells, collapse.measure_push, reads.going_on),
    "collapse_live": Sweep(collapse.live_cells, collapse.measure_live, reads.going_on),
    "pockets": Sweep(pockets.pocket_cells, pockets.measure_pocket, reads.last_stage),
    "carry_models": Sweep(
        carry_models.model_cells, carry_models.measure_model, carry_models.committed
    ),
    "carry_probes": Sweep(
        carry_swaps.swap_cells,
        carry_probes.measure_probes,
        carry_models.committed,
        carry_probes.probes_small,
    ),
    "carry_swaps": Sweep(
        carry_swaps.swap_cells,
        carry_swaps.measure_swaps,
        carry_models.committed,
        carry_swaps.swaps_small,
    ),
    "carry_shown": Sweep(carry_swaps.swap_cells, carry_swaps.measure_shown, carry_models.committed),
    "carry_sets": Sweep(
        carry_swaps.swap_cells,
        carry_sets.measure_sets,
        carry_models.committed,
        carry_sets.sets_small,
    ),
    "carry_needed": Sweep(
        carry_needed.needed_cells, carry_needed.measure_needed, carry_models.committed
    ),
    "carry_map": Sweep(carry_map.map_cells, carry_map.measure_map, carry_models.committed),
    "carry_line": Sweep(carry_line.line_cells, carry_line.measure_line, carry_models.committed),
    "product_neurons": Sweep(
        product_neurons.neuron_cells,
        product_neurons.measure_neurons,
        carry_models.committed,
    ),
    "neuron_controls": Sweep(
        neuron_controls.control_cells,
        neuron_controls.measure_controls,
        carry_models.committed,
    ),
    "frontier": Sweep(frontier.frontier_cells, frontier.measure_frontier, reads.model_named),
}
