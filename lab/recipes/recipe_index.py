"""One function per run; the run, its recipe and its checkpoint share one name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from lab.recipes.attention_residuals import attention_residuals, attention_residuals_small
from lab.recipes.chain_of_thought import chain_of_thought, few_pairs, plain
from lab.recipes.curriculum import (
    course_2x2_small,
    course_2x3_small,
    course_3x3_small,
    curriculum_4x4,
    curriculum_before,
    curriculum_before_small,
    one_digit_small,
    two_digits_coupled,
    two_digits_learned,
)
from lab.recipes.drafts import draft_small, draft_tiny
from lab.recipes.feature_collapse import knows_two_digits
from lab.recipes.latent_experts import mla_moe, mla_moe_before
from lab.recipes.reach import (
    far_coupled,
    far_rotary,
    reach_coupled,
    reach_coupled_gaps,
    reach_coupled_slow,
    reach_gaps,
    reach_learned,
    reach_none,
    reach_rotary,
)
from lab.recipes.rope import learned_small, rope, rope_small, unordered_small
from lab.recipes.times_table import times_table, times_table_small
from lab.recipes.variants import (
    cross_layer_attention,
    first_layer_dense,
    local_and_global_attention,
    parallel_block,
)
from lab.training.recipe import Recipe

RECIPES: dict[str, Callable[[], Recipe]] = {
    "chain_of_thought": chain_of_thought,
    "plain": plain,
    "few_pairs": few_pairs,
    "rope": rope,
    "rope_small": rope_small,
    "learned_small": learned_small,
    "unordered_small": unordered_small,
    "far_coupled": far_coupled,
    "far_rotary": far_rotary,
    "reach_learned": reach_learned,
    "reach_none": reach_none,
    "reach_rotary": reach_rotary,
    "reach_gaps": reach_gaps,
    "reach_coupled": reach_coupled,
    "reach_coupled_gaps": reach_coupled_gaps,
    "reach_coupled_slow": reach_coupled_slow,
    "draft_tiny": draft_tiny,
    "draft_small": draft_small,
    "curriculum_before": curriculum_before,
    "curriculum_4x4": curriculum_4x4,
    "course_2x2_small": course_2x2_small,
    "course_2x3_small": course_2x3_small,
    "course_3x3_small": course_3x3_small,
    "curriculum_before_small": curriculum_before_small,
    "two_digits_learned": two_digits_learned,
    "two_digits_coupled": two_digits_coupled,
    "one_digit_small": one_digit_small,
    "times_table": times_table,
    "times_table_small": times_table_small,
    "attention_residuals": attention_residuals,
    "attention_residuals_small": attention_residuals_small,
    "knows_two_digits": knows_two_digits,
    "mla_moe_before": mla_moe_before,
    "mla_moe": mla_moe,
    "parallel_block": parallel_block,
    "cross_layer_attention": cross_layer_attention,
    "first_layer_dense": first_layer_dense,
    "local_and_global_attention": local_and_global_attention,
}


def recipe(name: str, **changes: object) -> Recipe:
    """The recipe of a run, with fields replaced; `ValueError` lists the names there are."""
    if name not in RECIPES:
        raise ValueError(f"no run is called {name!r}; there are: {', '.join(RECIPES)}")
    return replace(RECIPES[name](), **changes)  # pyright: ignore[reportArgumentType]


def rows_read(name: str) -> int:
    """By the end of a run, those of the run that it began with included."""
    plan = recipe(name)
    earlier = rows_read(plan.start_from) if plan.start_from else 0
    return earlier + plan.steps * plan.batch_size
