"""live.study: a network that saw few pairs goes on with a book of pairs."""

from typing import Any

import numpy as np
import pytest
from tiny import failures

from lab.data.problems import read_operands, sample_pairs, split_value
from lab.data.vocabulary import decode
from lab.live.protocol import RunSpec
from lab.recipes.live import KNOWS_FEW_PAIRS, study
from lab.training.state import TrainState
from lab.training.train import train


def test_what_is_not_allowed_is_refused_and_says_what_is() -> None:
    def holds(arguments: dict[str, Any], words: str) -> None:
        assert split_value(12, 34) >= 0.3
        with pytest.raises(ValueError, match=words):
            RunSpec("study", arguments).build()

    cases = [
        ({"pairs": [[12, 34]]}, "it is held out"),
        ({"pairs": [[37, 480]]}, "the format has 2 digits"),
        ({"steps": 0}, "steps=0; a live run takes 1 to 2000"),
        ({"rate": -1}, "rate=-1 must be a number"),
    ]
    assert failures(holds, cases) == []


def test_it_reads_its_pairs_alone_and_without_any_all_that_it_may() -> None:
    a, b = sample_pairs(np.random.default_rng(0), 3, 2, 2, 0.0, 0.3)
    pairs = [[int(x), int(y)] for x, y in zip(a, b, strict=True)]
    plan = RunSpec("study", {"pairs": pairs}).build()
    tokens, _ = plan.data.draw(np.random.default_rng(0), 200)
    read = {read_operands(decode(row), plan.format) for row in tokens}
    assert read == {(x, y) for pair in pairs for x, y in (pair, pair[::-1])}
    assert study().trained_on().sum() > 2500


def test_it_begins_with_the_committed_run() -> None:
    a, b = sample_pairs(np.random.default_rng(0), 4, 2, 2, 0.0, 0.05)
    known = tuple((int(x), int(y)) for x, y in zip(a, b, strict=True))
    plan = study(pairs=known, steps=2)
    state = TrainState.start(plan)
    assert plan.start_from == KNOWS_FEW_PAIRS and state.started_from
    assert next(train(plan, state)).loss < 0.05
