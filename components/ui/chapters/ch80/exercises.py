"""The exercise of chapter 8, first page: a network of a tenth of the size, judged by a reader's
runs from two seeds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from components.ui.chapters.ch80 import probes
from components.ui.lazily import lazily
from components.ui.solved import Exercises
from lab.readings import part_of

if TYPE_CHECKING:
    from components.ui.live.service import LiveRun
    from lab.training.recipe import Recipe

bench = lazily("lab.recipes.bench")
cost = lazily("lab.model.cost")

MOST_WRONG = 0.01
"""Of the held-out pairs."""

LESS = 10
"""So many times as large as wanted is the usual network."""

SEEDS = 2

NOTHING = "No run of yours is done yet: train one above."

TENTH = "tenth"


def a_tenth_of_the_size(exercises: Exercises) -> None:
    """The best of a reader's runs that are small enough, or what the first of them lacks."""
    runs = [run for run in probes.runs_named().values() if run.phase == "done" and run.checks]
    exercises.judge(TENTH, *verdict(runs))


def verdict(runs: Iterable[LiveRun]) -> tuple[bool, str, str]:
    """Whether one network solves it from enough seeds, what it came to, and what is wanted yet."""
    found = [(run.spec.build(), judged(run)) for run in runs]
    if not found:
        return False, "", NOTHING
    passed = [(recipe, said) for recipe, (solved, said, _) in found if solved]
    if not passed:
        return found[0][1]
    for recipe, said in passed:
        alike = replace(recipe, seed=0)
        if len({other.seed for other, _ in passed if replace(other, seed=0) == alike}) >= SEEDS:
            return True, said, ""
    return False, passed[0][1], "One seed is luck or not: train the same network from another."


def judged(run: LiveRun) -> tuple[bool, str, str]:
    """Whether a run passes, what it came to, and a hint that names the first check it fails."""
    recipe, seen = run.spec.build(), run.checks[-1].check
    assert seen is not None
    size, whole = cost.parameters_of(recipe.model), cost.parameters_of(bench.usual().model)
    wrong, n = seen.errors_heldout, seen.n_heldout
    came_to = f"{part_of(wrong, n)} held-out pairs wrong"
    said = f"{size:,} parameters, a tenth of the usual {whole:,} or fewer; {came_to}."
    form = recipe.format
    if (form.p, form.q) != (2, 2):
        return False, said, f"It writes {form.p} × {form.q} digits; 2 × 2 are wanted."
    if LESS * size > whole:
        more = f"more than a tenth of the usual {whole:,}"
        said = f"{size:,} parameters, {more}; {came_to}."
        return False, said, "Make smaller what grows with its own square."
    if wrong > MOST_WRONG * n:
        return False, said, f"Small enough. {what_decides(recipe)}"
    return True, said, ""


def what_decides(recipe: Recipe) -> str:
    """Of a network that is small enough and too often wrong."""
    if recipe.steps < (usual := bench.usual().steps):
        return f"It trained for {recipe.steps} steps, the usual one for {usual}: train it longer."
    return "What it writes, or how much it reads, decides the rest."
