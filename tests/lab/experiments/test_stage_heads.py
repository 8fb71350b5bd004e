"""stage_heads: a digit is counted once, by its kind, and a head that is ablated is missed."""

import numpy as np

from lab.data.problems import BOUNDS, Format, sample_exact
from lab.experiments.stage_heads import (
    STAGES,
    counted,
    kinds_in,
    measure_stage_head,
    stage_head_cells,
)
from lab.inference.scoring import teacher_forced_all
from lab.training.checkpoint import load_run

LAST = "curriculum_before_small"


def test_every_digit_that_is_written_is_counted_once() -> None:
    for p, q in STAGES.values():
        form = Format("cot_reversed", p, q)
        everything = np.ones((5, form.length), dtype=bool)
        found = [counted(everything, form, kind) for kind in kinds_in(form)]
        digits = sum(field.width for field in form.written)
        assert sum(n for n, _ in found) == 5 * digits and all(n == wrong for n, wrong in found)
    assert kinds_in(Format("cot_reversed", 2, 2)) == ["partial product", "answer"]


def test_a_twin_without_a_head_writes_more_digits_wrong() -> None:
    whole, without = (
        measure_stage_head(cell) for cell in ({"run": LAST}, {"run": LAST, "layer": 0, "head": 0})
    )
    assert all(wrong <= 0.02 * n for n, wrong in whole["wrong"].values())
    assert sum(wrong for _, wrong in without["wrong"].values()) > 500
    assert len(stage_head_cells()) == len(STAGES) * 9


def test_the_whole_twin_is_asked_as_everywhere() -> None:
    """As many texts have a wrong digit as teacher forcing finds, signs aside."""
    row = measure_stage_head({"run": "course_2x2_small"})
    form, model = Format("cot_reversed", 2, 2), load_run("course_2x2_small").model
    a, b = sample_exact(np.random.default_rng(0), 200, 2, 2, *BOUNDS["validation"])
    ((_, texts),) = teacher_forced_all(model, form, a, b)
    right, _ = form.render(a, b)
    wrong = sum(n for _, n in row["wrong"].values())
    digits = [i for field in form.written for i in field.positions]
    assert wrong == (texts != right)[:, digits].sum()
