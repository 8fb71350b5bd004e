"""Which committed runs a cell of a sweep measures or starts from: the `reads` of `Sweep`."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from lab.experiments import (
    attention_residuals_race,
    curriculum_ablations,
    error_book,
    exact,
    expert_ablations,
    lengths,
    long_sums,
    pockets,
    self_evolution,
)
from lab.experiments.served_models import run_called
from lab.experiments.sweep import Cell, nothing
from lab.recipes.latent_experts import far_longer
from lab.recipes.live import fine_tune, go_on
from lab.training.recipe import Recipe

# ---------------------------------------------------------------- named by the cell


def run_named(cell: Cell) -> Sequence[str]:
    return [cell["run"]]


def model_named(cell: Cell) -> Sequence[str]:
    return [run_called(cell["model"])]


# ---------------------------------------------------------------- begun with


def started(recipe: Recipe) -> Sequence[str]:
    return [recipe.start_from] if recipe.start_from else []


def base(cell: Cell) -> Sequence[str]:
    return started(curriculum_ablations.BEGINNINGS[cell["base"]](cell["rate"], cell["seed"]))


def control(cell: Cell) -> Sequence[str]:
    return started(curriculum_ablations.control(**cell))


def fine_tuning(cell: Cell) -> Sequence[str]:
    return started(fine_tune(**cell))


def going_on(_: Cell) -> Sequence[str]:
    return started(go_on())


def error_book_task(cell: Cell) -> Sequence[str]:
    return [error_book.TASKS[cell["task"]].run]


def evolution(_: Cell) -> Sequence[str]:
    """Every round: one goes on from the one before it, and the first from this run."""
    return [self_evolution.TAUGHT]


def evolution_seed(cell: Cell) -> Sequence[str]:
    """The other networks are taught anew; only where all are compared is the committed one read."""
    return [self_evolution.TAUGHT] if cell["part"] == "voters" else []


# ---------------------------------------------------------------- evaluated


def length_arm(cell: Cell) -> Sequence[str]:
    return [lengths.ARMS[cell["arm"]].run]


def long_sum_arm(cell: Cell) -> Sequence[str]:
    arm = long_sums.ARMS[cell["arm"]]
    return [arm.run] if arm.committed else started(far_longer())


def last_stage(_: Cell) -> Sequence[str]:
    return [pockets.RUN]


def expert_run(_: Cell) -> Sequence[str]:
    return [expert_ablations.RUN]


def full_residual(cell: Cell) -> Sequence[str]:
    """Of two arms the one whose weights are kept."""
    kept = cell["arm"] == attention_residuals_race.COMMITTED
    return [attention_residuals_race.full_run(cell["arm"]).name] if kept else []


# ---------------------------------------------------------------- the parts of chapter 4


def served(*models: str) -> Sequence[str]:
    return [run_called(model) for model in models]


KV_CACHE: dict[str, Callable[[Cell], Sequence[str]]] = {
    "grouped": nothing,
    "exact": lambda cell: served(
        exact.RUN[cell["digits"]],
        *([exact.DRAFT[cell["digits"]]] if cell["how"] == "drafted" else []),
    ),
    "machine": nothing,
    "time": model_named,
    "rival": nothing,
    "queue": lambda _: served("far_clipped"),
    "draft": lambda cell: served("far_clipped", cell["draft"]),
    "memory": nothing,
}


def kv_cache(cell: Cell) -> Sequence[str]:
    return KV_CACHE[cell["part"]](cell)
