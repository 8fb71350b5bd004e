"""The committed weights: whole, of the size they claim, and as good as their record says.

Decodes about a ninth of the pairs, drawn by a seeded hash.
"""

import json
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
import pytest
import torch

from lab.data.problems import HELDOUT_FROM, Format, Integers, all_pairs, pairs_of, split_values
from lab.data.samples import hashed_pairs
from lab.data.sources import ListedPairs, PackedStream, Pairs, Shapes, WholeTable
from lab.evaluation import Reading, read_model
from lab.experiments.lengths import ARMS, first_wrong_tokens, problems_of_shape
from lab.inference.scoring import Score
from lab.model.cost import parameters
from lab.recipes.recipe_index import RECIPES
from lab.records import RECORDS, REQUIRED, read_lines
from lab.statistics import lower_bound_95
from lab.training.checkpoint import CHECKPOINTS, Checkpoint, committed_runs, load_run
from lab.training.recipe import Recipe
from lab.training.run import ALL

BOOK_RUN = "chain_of_thought"
TIMES_TABLES = ("times_table", "times_table_small")
"""They have seen all there is, so they have no score of held-out pairs."""

N_PAIRS = 1112

MANY_SHAPES = [run for run in committed_runs() if isinstance(RECIPES[run]().data, Shapes)]
"""They are validated on as many problems of each."""

ONE_LENGTH = [run for run in committed_runs() if RECIPES[run]().format.padded]
"""Their record is a census; that of the others are the lengths, heads, mistakes and suites."""


@lru_cache
def loaded(run: str) -> Checkpoint:
    return load_run(run)


def result(run: str) -> dict[str, Any]:
    return json.loads((CHECKPOINTS / run / "result.json").read_text())


def every_pair(run: str) -> tuple[Integers, Integers]:
    """All problems that a run can be asked: 10,000 of two digits, 100 of one."""
    return all_pairs(loaded(run).format.p, loaded(run).format.q)


def census(run: str) -> dict[str, Any]:
    """The last reading of all of them."""
    a, _ = every_pair(run)
    whole = [reading for reading in result(run)["readings"] if reading["n"] == len(a)]
    assert whole, f"{run} was never read on all pairs: python -m lab evaluate {run} --record"
    return whole[-1]


@lru_cache
def sample(run: str) -> Reading:
    a, b = every_pair(run)
    if len(a) > 1000:
        a, b = hashed_pairs(N_PAIRS)
    *_, reading = read_model(loaded(run).model, loaded(run).format, a, b)
    return reading


def offenders(what_holds: Callable[[str], dict[str, bool]], runs: list[str]) -> list[str]:
    """Of every run each thing that does not hold."""
    assert len(runs) > 5
    return [
        f"{run}: {what}" for run in runs for what, holds in what_holds(run).items() if not holds
    ]


def test_a_committed_run_was_trained_by_the_recipe_of_its_name() -> None:
    def holds(run: str) -> dict[str, bool]:
        plan = RECIPES[run]()
        return {
            "its model": loaded(run).model.config == plan.model,
            "its format": loaded(run).format == plan.format,
            "its recipe": Recipe.from_dict(result(run)["recipe"]) == plan,
            "its fraction": plan.fraction <= HELDOUT_FROM or run in TIMES_TABLES,
            "holds nothing out": isinstance(plan.data, WholeTable) is (run in TIMES_TABLES),
        }

    assert offenders(holds, committed_runs()) == []


def test_the_recorded_size_is_the_size() -> None:
    def size(run: str) -> int:
        return sum(parameters(loaded(run).model).values())

    def holds(run: str) -> dict[str, bool]:
        return {"its parameters": result(run)["parameters"] == size(run)}

    assert offenders(holds, committed_runs()) == []
    assert 4_700_000 <= size(BOOK_RUN) <= 4_800_000
    assert result(BOOK_RUN)["training_tokens"] <= 17_000_000


def test_every_figure_of_a_run_says_where_it_comes_from() -> None:
    def bound(run: str, reading: dict[str, Any]) -> bool:
        found = reading["lower_bound_95_strict_heldout"]
        if run in TIMES_TABLES:
            return found is None
        expected = lower_bound_95(reading["errors_strict_heldout"], reading["n_heldout"])
        return found == pytest.approx(expected, abs=1e-12)

    def holds(run: str) -> dict[str, bool]:
        record = result(run)
        readings = record["readings"]
        return {
            "what a record says": {*REQUIRED, "seeds", "training_seconds"} <= record.keys(),
            "its name": record["run"] == run,
            "its seed": record["seeds"] == [record["recipe"]["seed"]],
            "what a reading says": all(set(REQUIRED) <= reading.keys() for reading in readings),
            "whose reading": all(reading["run"] == run for reading in readings),
            "the bound": all(bound(run, reading) for reading in readings),
        }

    assert offenders(holds, committed_runs()) == []


def test_the_history_of_a_run_is_complete() -> None:
    def holds(run: str) -> dict[str, bool]:
        rows = read_lines(CHECKPOINTS / run / "history.jsonl")
        plan = Recipe.from_dict(result(run)["recipe"])
        steps, every = [row["step"] for row in rows], plan.check_every
        expected = sorted({*range(every, plan.steps + 1, every), plan.steps})
        stages = plan.course
        a_row = np.repeat([s.data.tokens_per_row for s in stages], [s.steps for s in stages])
        read, seconds = plan.batch_size * np.cumsum(a_row), [row["seconds"] for row in rows]
        return {
            "its steps": steps == expected and len(read) == plan.steps,
            "its tokens": [row["tokens"] for row in rows] == [read[step - 1] for step in steps],
            "all its tokens": result(run)["training_tokens"] == rows[-1]["tokens"],
            "the order of its seconds": seconds == sorted(seconds),
            "all its seconds": result(run)["training_seconds"] >= seconds[-1] - 0.1,
        }

    assert offenders(holds, committed_runs()) == []


def test_a_census_counts_every_held_out_pair() -> None:
    def holds(run: str) -> dict[str, bool]:
        a, b = every_pair(run)
        held = 0 if run in TIMES_TABLES else int((split_values(a, b) >= HELDOUT_FROM).sum())
        validation = 0 if run in TIMES_TABLES else len(pairs_of("validation")[0])
        listed = isinstance(RECIPES[run]().data, Pairs | ListedPairs | PackedStream)
        return {
            "its census": census(run)["n_heldout"] == held,
            "its validation": not listed or result(run)["validation"]["n"] == validation,
        }

    assert offenders(holds, ONE_LENGTH) == []


@pytest.mark.parametrize("run", ONE_LENGTH)
def test_the_record_holds_on_a_sample_of_the_pairs(run: str) -> None:
    """Within four standard deviations of the recorded share; the book's model makes no error."""
    recorded, read = census(run), sample(run)
    if run == BOOK_RUN:
        assert result(run)["validation"]["errors_strict"] == 0
        assert (recorded["n"], recorded["errors_strict"], recorded["errors_answer"]) == (
            10_000,
            0,
            0,
        )
        assert (read.all.errors_strict, read.all.errors_answer) == (0, 0)
    for name in ("errors_strict", "errors_answer"):
        share, n = recorded[name] / recorded["n"], read.all.n
        assert n > 1000 or n == recorded["n"]
        slack = 4 * np.sqrt(share * (1 - share) / n)
        assert abs(getattr(read.all, name) / n - share) <= slack


LENGTHS = {
    (row["cell"]["arm"], row["cell"]["p"], row["cell"]["q"]): row
    for row in read_lines(RECORDS / "lengths.jsonl")
}


OF_LENGTHS = [name for name in ARMS if ARMS[name].run in committed_runs()]


@pytest.mark.parametrize(("p", "q"), [(3, 3), (4, 4), (6, 1)])
def test_the_record_of_lengths_holds_on_a_tenth_of_its_problems(p: int, q: int) -> None:
    form = Format("cot_reversed", p, q)

    def holds(arm: str) -> dict[str, bool]:
        row, (a, b) = LENGTHS[arm, p, q], problems_of_shape(p, q, ARMS[arm].draws)
        drawn = np.random.default_rng(0).choice(len(a), -(-len(a) // 10), replace=False)
        model = ARMS[arm].model_for(loaded(ARMS[arm].run), form.length)
        found = first_wrong_tokens(model, form, a[drawn], b[drawn])
        of_length, n = int(found.of_length.sum()), len(drawn)
        counted = {"wrong_length": of_length, "wrong_digit": int(found.wrong.sum()) - of_length}
        shares = {what: row[what] / row["n"] for what in counted}
        return {
            f"{what}: {errors} of {n}, recorded {row[what]} of {row['n']}": errors <= row[what]
            and abs(errors / n - shares[what]) <= 4 * np.sqrt(shares[what] * (1 - shares[what]) / n)
            for what, errors in counted.items()
        }

    assert offenders(holds, OF_LENGTHS) == []


def test_a_run_of_many_shapes_was_validated_on_each() -> None:
    def holds(run: str) -> dict[str, bool]:
        data = RECIPES[run]().data
        assert isinstance(data, Shapes)
        shapes = len(set(data.shapes))
        return {"its count": result(run)["validation"]["n"] == ALL // shapes * shapes}

    assert offenders(holds, MANY_SHAPES) == []


@pytest.mark.parametrize("run", TIMES_TABLES)
def test_a_times_table_knows_all_100_products_by_heart(run: str) -> None:
    """Greedy decoding, and no close call: the right token leads by 5 in the logits."""
    model, form = loaded(run).model, loaded(run).format
    assert sample(run).all == Score(100, 0, 0)
    tokens, mask = form.render(*every_pair(run))
    with torch.inference_mode():
        logits = model(torch.from_numpy(tokens[:, :-1]).long())[torch.from_numpy(mask[:, 1:])]
    right = torch.from_numpy(tokens[mask]).long()[:, None]
    lead = logits.gather(-1, right)[:, 0] - logits.scatter(-1, right, -torch.inf).amax(-1)
    assert len(lead) == 300 and lead.min() > 5


def test_no_folder_of_weights_lacks_its_record() -> None:
    for run in committed_runs():
        names = {path.name for path in (CHECKPOINTS / run).iterdir()}
        assert {"model.safetensors", "config.json", "history.jsonl", "result.json"} <= names, run
