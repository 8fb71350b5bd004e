"""Chapter 0's network: is its gradient right, and how long until it knows the table by heart?"""

from __future__ import annotations

import json
import time
from dataclasses import replace
from itertools import product
from typing import Any, get_args

import numpy as np

from lab.by_hand.mlp import Activation, Encoding, Target, Task
from lab.by_hand.mlp_experiment import Settings, check_gradients, film, hide, right_cells
from lab.records import RECORDS
from lab.statistics import spread

SMALL = Settings(Task(1, "one_hot", "digits"), hidden=(16,), rate=0.02, epochs=400)
"""The network that stands on the page untouched."""

LARGE = Settings(Task(2, "one_hot", "digits"), hidden=(256, 256), rate=1e-3, batch=250, epochs=400)
"""Two digits: 10,000 cells."""

N_SEEDS, GRADIENT_SEEDS = 20, 3


def bench_mlp() -> dict[str, Any]:
    """Seconds to all cells right, on one core: 10 x 10 over 20 seeds, 100 x 100 once."""
    small = [until_known(replace(SMALL, seed=seed)) for seed in range(N_SEEDS)]
    seconds = spread(run["seconds"] for run in small)
    print(f"10 x 10    median {seconds.median:.3f} s, worst {seconds.high:.3f} s")
    large = until_known(LARGE)
    print(
        f"100 x 100  {large['errors']} errors, {large['epochs']} epochs, {large['seconds']:.0f} s"
    )
    worst = gradient_errors()
    for activation, error in worst.items():
        print(f"gradient   {activation:5} at most {error:.1e} from finite differences")
    measured = {
        "ten": {
            "starts": len(small),
            "seconds_median": round(seconds.median, 4),
            "seconds_worst": round(seconds.high, 4),
            "epochs_worst": max(run["epochs"] for run in small),
            "errors_worst": max(run["errors"] for run in small),
            "parameters": small[0]["parameters"],
        },
        "hundred": large,
        "gradient_errors": worst,
        "gradient_seeds": GRADIENT_SEEDS,
    }
    seeds = list(range(N_SEEDS))
    path = RECORDS / "bench_mlp.json"
    record = json.loads(path.read_text()) if path.exists() else None
    compared = record and {key: record.get(key) for key in measured}
    return {**measured, "seeds": seeds, "record": compared}


def until_known(settings: Settings) -> dict[str, Any]:
    """Train on every cell until all are right; looking costs time too, and is counted."""
    task, epochs, errors = settings.task, 0, 0
    began = time.perf_counter()
    for frame in film(settings, hide(task)):
        epochs, errors = frame.epoch, int((~right_cells(task, frame.answers)).sum())
        if not errors:
            break
    return {
        "errors": errors,
        "n": len(task.cells()[0]),
        "epochs": epochs,
        "seconds": round(time.perf_counter() - began, 4),
        "parameters": sum(w.size for w in settings.network().parameters),
    }


def gradient_errors() -> dict[Activation, float]:
    """How far backpropagation is from finite differences, by activation: the worst tensor.

    Norm-wise, over all encodings and targets and `GRADIENT_SEEDS` networks of three layers each.
    Biases are random here. With zeros, as training begins, a number of size 0 puts every ReLU
    exactly on its corner, where it has no slope: a step across it is off by a tenth.
    """
    activations: tuple[Activation, ...] = get_args(Activation)
    worst: dict[Activation, float] = dict.fromkeys(activations, 0.0)
    kinds = product(get_args(Encoding), activations, get_args(Target), range(GRADIENT_SEEDS))
    for encoding, activation, target, seed in kinds:
        task, rng = Task(1, encoding, target), np.random.default_rng(seed)
        network = Settings(task, hidden=(8, 6), activation=activation, seed=seed).network()
        for bias in network.b:
            bias += 0.1 * rng.standard_normal(bias.shape)
        a, b = rng.integers(1, 10, (2, 16))
        found = max(check_gradients(network, task, a, b).values())
        worst[activation] = max(worst[activation], found)
    return worst
