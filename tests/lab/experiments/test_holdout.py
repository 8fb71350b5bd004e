"""Why hidden products with zero come right."""

from __future__ import annotations

import numpy as np

from lab.by_hand.mlp import Task, encode, train
from lab.by_hand.mlp_experiment import OPTIMISERS, Settings, hide_share


def test_a_zero_alone_is_answered_with_zero_and_another_digit_alone_is_not_with_its_square() -> (
    None
):
    task = Task(1, "one_hot", "class")
    settings = Settings(task, hidden=(32,), rate=0.02, epochs=1000)
    shown, (a, b) = hide_share(task, 0.2, seed=0), task.cells()
    network = settings.network()
    epochs = train(
        network,
        task,
        OPTIMISERS["adam"](settings.rate),
        a[shown],
        b[shown],
        rng=np.random.default_rng([0, 1]),
    )
    for _ in range(settings.epochs):
        next(epochs)
    digits = np.arange(10)
    alone = encode(digits, digits, "one_hot", 1) * ([1] * 10 + [0] * 10)  # the second one is dark
    answers = task.answers(network.forward(alone)[-1][1])
    assert answers[0] == 0
    assert (answers[1:] == digits[1:] ** 2).sum() <= 1
