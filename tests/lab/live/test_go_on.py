"""live.go_on: a network that knows two digits goes on with a few sums."""

from typing import Any

import numpy as np
import pytest
from tiny import failures

from lab.data.problems import all_pairs, read_operands, split_value, split_values
from lab.data.vocabulary import decode
from lab.inference.scoring import exactness, last
from lab.live.protocol import RunSpec
from lab.recipes.live import KNOWS_TWO_DIGITS, go_on
from lab.training import checkpoint
from lab.training.state import TrainState
from lab.training.train import train


def test_what_is_not_allowed_is_refused_and_says_what_is() -> None:
    def holds(arguments: dict[str, Any], words: str) -> None:
        with pytest.raises(ValueError, match=words):
            RunSpec("go_on", arguments).build()

    cases = [
        ({"few": 0}, "few=0 must be a whole number"),
        ({"few": 257}, "few=257 must be a whole number"),
        ({"few": 1.5}, r"few=1\.5 must be a whole number"),
        ({"weight_decay": -1}, "weight_decay=-1 must be a number"),
        ({"weight_decay": 2}, "weight_decay=2 must be a number"),
        ({"steps": 0}, "steps=0; a live run takes 1 to 2000"),
    ]
    assert failures(holds, cases) == []


def test_it_reads_the_few_alone_either_way_round() -> None:
    plan = go_on(few=4)
    tokens, _ = plan.data.draw(np.random.default_rng(0), 400)
    read = {read_operands(decode(row), plan.format) for row in tokens}
    own = {pair for a, b in plan.data.pairs for pair in ((a, b), (b, a))}  # pyright: ignore
    assert read == own and len(own) <= 8
    assert all(split_value(a, b) < 0.3 for a, b in own)


def test_the_committed_base_knows_two_digits() -> None:
    loaded, (a, b) = checkpoint.load_run(KNOWS_TWO_DIGITS), all_pairs()
    some = np.random.default_rng(5).permutation(np.flatnonzero(split_values(a, b) >= 0.4))[:1000]
    found = last(exactness(loaded.model, loaded.format, a[some], b[some], decode=False))
    assert found.errors_strict <= 25


def test_it_begins_with_what_the_base_knows() -> None:
    plan = go_on(steps=12)
    assert plan.start_from == KNOWS_TWO_DIGITS
    assert [done.loss for done in train(plan, TrainState.start(plan))][-1] < 0.05
