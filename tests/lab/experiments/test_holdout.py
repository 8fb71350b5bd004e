"""Why hidden products with zero come right."""

from __future__ import annotations

import numpy as np
import pytest

from lab.by_hand.mlp import Task, encode, train
from lab.by_hand.mlp_experiment import OPTIMISERS, Settings, hide_share


@pytest.mark.parametrize("seed", [0, 1])
def test_a_zero_without_a_second_digit_is_answered_with_zero(seed: int) -> None:
    task = Task(1, "one_hot", "class")
    settings = Settings(task, hidden=(32,), rate=0.02, epochs=1000, seed=seed)
    shown, (a, b) = hide_share(task, 0.2, seed), task.cells()
    network, rng = settings.network(), np.random.default_rng([seed, 1])
    rule = OPTIMISERS["adam"](settings.rate)
    epochs = train(network, task, rule, a[shown], b[shown], rng=rng)
    for _ in range(settings.epochs):
        next(epochs)
    zero = np.zeros(1, dtype=np.int64)
    both = encode(zero, zero, "one_hot", 1)
    for dark in (slice(10, 20), slice(10)):
        alone = both.copy()
        alone[:, dark] = 0
        assert task.answers(network.forward(alone)[-1][1]) == 0
