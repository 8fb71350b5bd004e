"""lab.experiments.carry_line: places on a line, and what is set there is what the digit follows."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from tiny import BASE, tiny_model

from lab.experiments import carry_line
from lab.interp.carries import CARRIES
from lab.interp.linear_probes import LinearProbe, told_apart
from lab.records import RECORDS, read_lines

SUM = CARRIES["sum"]


def test_the_means_stand_at_nought_and_one() -> None:
    rng = np.random.default_rng(0)
    without, line = rng.normal(size=5), rng.normal(size=5)
    across = rng.normal(size=5)
    across -= across @ line / (line @ line) * line
    places = (0.0, 1.0, 2.5)
    x = np.stack([without + at * line + across for at in places])
    assert carry_line.place_of(x, without, line) == pytest.approx(places)


def test_every_text_is_counted_once_wherever_it_is_set() -> None:
    model = tiny_model(BASE)
    texts = carry_line.FORM.render(np.array([37, 86, 12]), np.array([48, 27, 79]))[0]
    wide = model.config.d_model
    line = torch.randn(wide, generator=torch.Generator().manual_seed(0)).double()
    found = carry_line.written(model, SUM, texts, 1.0, torch.zeros(wide).double(), line)
    assert sum(found) == 3 and len(found) == 4


def test_a_quantity_is_read_on_a_line_and_cases_in_a_circle_are_not() -> None:
    """Five labels along one direction, or round a circle, where no direction orders them."""
    rng = np.random.default_rng(1)
    y = np.arange(500) % 5
    turn = 2 * np.pi * y / 5
    noise = 0.05 * rng.normal(size=(500, 3))
    along = np.stack([y - 2.0, 0 * y, 0 * y], axis=1) + noise
    round_it = np.stack([np.cos(turn), np.sin(turn), 0 * turn], axis=1) + noise
    groups = np.arange(500) // 5 % 20
    told = {
        name: told_apart(x, y, groups, by=LinearProbe.rounds).mean()
        for name, x in (("line", along), ("circle", round_it))
    }
    assert told["line"] > 0.99 and told["circle"] < 0.7
    assert told_apart(round_it, y, groups).mean() > 0.99


def test_the_record_is_of_every_place_and_both_carries() -> None:
    rows = read_lines(RECORDS / "carry_line.jsonl")
    assert [row["cell"] for row in rows] == carry_line.line_cells()
    (of_sum,) = (row for row in rows if row["cell"]["carry"] == "sum")
    assert of_sum["places"] == [*carry_line.PLACES]
    assert {sum(counts) for counts in of_sum["written"]} == {of_sum["pushed"]}
    assert of_sum["own"]["told"] == of_sum["pushed"]
