"""The head that learns to fetch the tens digit of b, a hundred times: what it says, where it looks.

Of a few seeds the whole training is kept, frame by frame.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from safetensors.numpy import save_file

from lab.by_hand.learning_head import (
    B_TENS,
    FILMED,
    MOVED_ON,
    N_SEED,
    NEVER,
    Film,
    Frame,
    Settings,
    errors,
    film,
    film_path,
    one_digit,
    packed,
    read,
    split,
)
from lab.data.samples import Sample
from lab.experiments.sweep import Cell


def learned_head_cells() -> list[Cell]:
    """Every seed, and every seed with a digit that b never begins with in training."""
    seeds = range(N_SEED)
    return [{"seed": s} for s in seeds] + [{"seed": s, "never": NEVER} for s in seeds]


def measure_learned_head(cell: Cell) -> dict[str, Any]:
    settings = Settings(seed=cell["seed"], never=cell.get("never"))
    made = film(settings)
    if settings.never is None and settings.seed in FILMED:
        save_file(packed(made), film_path(settings.seed))
    return {
        **counted(made.frames[-1], settings.never),
        "loss": made.losses[-1],
        "right_after": right_after(made),
        **Sample("census", "held-out pairs of 2x2 digits, u >= 0.30", made.n).document(),
        "seeds": [settings.seed],
    }


def counted(head: Frame, never: int | None) -> dict[str, Any]:
    """Wrong ones among held-out problems: as it is (those with the digit that it never met apart),
    with parts of the keys or one position ablated; and of problems with a one-digit a.

    `weight_by_digit`: on the tens digit of b, the mean for each digit that stands there;
    `looks_at`: where the largest mean weight is, for each.
    """
    _, held_out = split()
    new = held_out.tens == never
    met, unmet = held_out.where(~new), held_out.where(new)
    weights = read(head, held_out.prompts).weights
    mean = np.array([weights[held_out.tens == digit].mean(axis=0) for digit in range(10)])
    short = one_digit()
    said = {
        "one_digit": read(head, short.prompts).said,
        "one_digit_moved": read(head, short.prompts, MOVED_ON).said,
    }
    return {
        "n_heldout": len(met.tens),
        "errors_heldout": errors(head, met),
        "n_never": len(unmet.tens),
        "errors_never": errors(head, unmet) if new.any() else 0,
        "n": len(held_out.tens),
        "errors_keys_of_position": errors(head.without(token=True), held_out),
        "errors_keys_of_token": errors(head.without(place=True), held_out),
        "errors_ablated": errors(head, held_out, ablated=B_TENS),
        **{f"n_{name}": len(short.tens) for name in said},
        **{f"errors_{name}": int((x != short.tens).sum()) for name, x in said.items()},
        "weight_by_digit": mean[:, B_TENS].round(4).tolist(),
        "looks_at": mean.argmax(axis=1).tolist(),
    }


def right_after(made: Film) -> int | None:
    """The step of the first frame from which on no held-out problem is wrong."""
    wrong = np.flatnonzero(made.errors)
    last = wrong[-1] + 1 if len(wrong) else 0
    return made.frames[last].step if last < len(made.frames) else None
