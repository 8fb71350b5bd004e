"""The exercise of chapter 8, first page: a network of half the size, judged by a reader's runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from components.ui.chapters.ch80 import probes
from components.ui.lazily import lazily
from components.ui.solved import Exercises
from lab.readings import errors_in

if TYPE_CHECKING:
    from components.ui.live.service import LiveRun
    from lab.training.recipe import Recipe

bench = lazily("lab.recipes.bench")
cost = lazily("lab.model.cost")

MOST_WRONG = 0.01
"""Of the held-out pairs."""

NOTHING = "No run of yours is done yet: train one above."


HALF = "half"


def half_the_size(exercises: Exercises) -> None:
    """The best of a reader's runs that are small enough, or what the first of them lacks."""
    runs = [run for run in probes.runs_named().values() if run.phase == "done" and run.checks]
    if not runs:
        exercises.judge(HALF, False, "", NOTHING)
        return
    solved, said, hint = max((judged(run) for run in runs), key=lambda found: found[0])
    exercises.judge(HALF, solved, said, hint)


def judged(run: LiveRun) -> tuple[bool, str, str]:
    """Whether a run solves it, what it came to, and a hint that names the first check it fails."""
    recipe, seen = run.spec.build(), run.checks[-1].check
    assert seen is not None
    size, whole = cost.parameters_of(recipe.model), cost.parameters_of(bench.usual().model)
    wrong, n = seen.errors_heldout, seen.n_heldout
    said = f"{size:,} parameters, half of the usual {whole:,} or fewer; {errors_in(wrong, n)}."
    form = recipe.format
    if (form.p, form.q) != (2, 2):
        return False, said, f"It writes {form.p} × {form.q} digits; 2 × 2 are wanted."
    if 2 * size > whole:
        said = f"{size:,} parameters, more than half of the usual {whole:,}; {errors_in(wrong, n)}."
        return False, said, "Halve what grows with its own square."
    if wrong > MOST_WRONG * n:
        return False, said, f"Small enough. {what_decides(recipe)}"
    return True, said, ""


def what_decides(recipe: Recipe) -> str:
    """Of a network that is small enough and too often wrong."""
    if recipe.steps < (usual := bench.usual().steps):
        return f"It trained for {recipe.steps} steps, the usual one for {usual}: train it longer."
    return "What it writes, or how much it reads, decides the rest."
