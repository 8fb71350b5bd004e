"""What held-out texts cost, token by token."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from lab.data.problems import HELDOUT_FROM, all_pairs, two_digit_split
from lab.data.samples import Sample
from lab.experiments.sweep import Cell
from lab.inference.token_loss import token_loss
from lab.training.checkpoint import load_run


def price_cells() -> list[Cell]:
    return [{"run": run} for run in ("chain_of_thought", "plain", "few_pairs")]


def measure_prices(cell: Cell) -> dict[str, Any]:
    """Held-out pairs under teacher forcing: nats, wrong tokens, and texts that hold one."""
    loaded = load_run(cell["run"])
    a, b = all_pairs()
    held = two_digit_split()[a, b] >= HELDOUT_FROM
    charged = token_loss(loaded.model, loaded.format, a[held], b[held])
    sample = Sample("census", "held-out pairs of 2x2 digits", int(held.sum()))
    return {**asdict(charged), "loss": charged.loss, **sample.document(), "seeds": [0]}
