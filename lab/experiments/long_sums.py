"""Long problems: latents and experts, before they went on with longer ones and after, beside heads
that went on with the same.

Test problems of d x d digits, the texts read as in `lengths`, all tokens at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from lab.data.problems import Format
from lab.data.samples import Sample
from lab.experiments.frontier import evaluate_forced
from lab.experiments.lengths import clipped, problems_of_shape
from lab.experiments.sweep import Cell
from lab.model.gpt import GPT
from lab.recipes.latent_experts import FARTHEST, OWN_FARTHEST, far_longer
from lab.training.checkpoint import load, load_run
from lab.training.recipe import Recipe
from lab.training.run import run, state_path


@dataclass(frozen=True)
class Arm:
    """A run, and the limit on distances with which it is evaluated; none where its own position has
    one, or is left as it is. One that is not `committed` is trained when it is first evaluated."""

    run: str
    farthest: tuple[int, int] | None = None
    committed: bool = True

    def model(self) -> GPT:
        model = load_run(self.run).model if self.committed else trained(far_longer())
        return model if self.farthest is None else clipped(model, self.farthest)


def trained(plan: Recipe) -> GPT:
    """The rounded weights of a run that lies with the saved states, trained to its end."""
    out = state_path(plan).with_suffix("")
    for _ in run(plan, out, resume=True):
        pass
    return load(out).model


ARMS = {
    "after": Arm("mla_moe"),
    "before": Arm("mla_moe_before"),
    "before_limited": Arm("mla_moe_before", FARTHEST),
    "heads_limited": Arm("far_coupled", OWN_FARTHEST),
    "heads_after": Arm("far_longer", committed=False),
}
N_ASKED = {4: 2000, 5: 1000, 6: 1000, 8: 1000, 10: 1000, 12: 300, 16: 300}
"""Problems of so many digits by as many: the longest are 832 tokens each."""


def long_sum_cells() -> list[Cell]:
    return [{"arm": arm, "digits": digits} for arm in ARMS for digits in N_ASKED]


def measure_long_sums(cell: Cell) -> dict[str, Any]:
    arm, digits = ARMS[cell["arm"]], cell["digits"]
    form = Format("cot_reversed", digits, digits)
    a, b = problems_of_shape(digits, digits, N_ASKED[digits])
    errors, n = evaluate_forced(arm.model(), form, a, b)["wrong"], len(a)
    return {
        "errors": errors,
        "n": n,
        "tokens": form.length,
        "farthest": arm.farthest,
        **Sample("generator", f"test pairs of {digits}x{digits} digits", n, 0).document(),
        "seeds": [0],
    }
