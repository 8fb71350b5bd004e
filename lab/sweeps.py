"""A grid of measurements, one cell at a time, appended to `records/NAME.jsonl`.

A sweep that was stopped starts again at the first missing cell.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from lab.checkpoint import CHECKPOINTS, load_run
from lab.controls import CONTROLS
from lab.convergence import measure_rope, rope_cells
from lab.evaluate import decode_all, first_wrong
from lab.intervene import ablate_head, ablate_layer
from lab.lengths import length_cells, limit_cells, measure_lengths, measure_limit
from lab.mlp import Encoding, Target, Task
from lab.patterns import sharpness
from lab.prices import ledger
from lab.problems import HELDOUT_FROM, all_pairs, two_digit_split
from lab.provenance import RECORDS, append_line, provenance, read_lines, write_lines
from lab.run import ALL, Reading, read_model, read_texts
from lab.samples import CENSUS, PAIRS, Sample, some_pairs
from lab.table import Settings, film, hide_share, right_cells
from lab.tamper import forgeries, tampered, tokens_given
from lab.trace import Edit
from lab.transcript import transcribe
from lab.vocabulary import decode

Cell = dict[str, Any]


@dataclass(frozen=True)
class Sweep:
    """Its cells, in order, and how one is measured."""

    cells: Callable[[], list[Cell]]
    measure: Callable[[Cell], dict[str, Any]]


def run_sweep(name: str, share: tuple[int, int] = (1, 1)) -> Iterator[tuple[int, int, Cell]]:
    """Measure the missing cells of a sweep; yields (done, all, the cell just recorded).

    With `share` (i, n), only the i-th of n parts of the cells, for n processes side by side.
    """
    sweep, path = SWEEPS[name], RECORDS / f"{name}.jsonl"
    own, shares = share
    if not 1 <= own <= shares:
        raise ValueError(f"share {own}/{shares} is not one of 1/{shares} to {shares}/{shares}")
    cells = sweep.cells()
    cells = cells[len(cells) * (own - 1) // shares : len(cells) * own // shares]
    rows = read_lines(path)
    write_lines(path, rows)  # without the half line that a killed sweep may have left
    known = {json.dumps(row["cell"]) for row in rows}
    for done, cell in enumerate(cells, 1):
        if json.dumps(cell) not in known:
            figures = sweep.measure(cell)
            source = provenance(f"python -m lab sweep {name}")
            append_line(path, {"cell": cell, **figures, **source})
        yield done, len(cells), cell


# ---------------------------------------------------------------- the sweeps of chapter 1


def tamper_cells() -> list[Cell]:
    form = load_run("chain_of_thought").format
    return [
        {"run": "chain_of_thought", "field": f.field.name, "position": f.position, "seed": 0}
        for f in forgeries(form)
    ]


def measure_tamper(cell: Cell, n: int = ALL) -> dict[str, Any]:
    """All 10,000 pairs with one digit forged, or `n` of them."""
    loaded = load_run(cell["run"])
    a, b, sample = some_pairs(n)
    forgery = next(f for f in forgeries(loaded.format) if f.position == cell["position"])
    rng = np.random.default_rng([cell["seed"], cell["position"]])
    *_, outcome = tampered(loaded.model, loaded.format, a, b, forgery, rng)
    figures = {"place": forgery.place, **asdict(outcome)}
    return {**figures, **sample.document(), "seeds": [cell["seed"]]}


def handed_cells() -> list[Cell]:
    return [
        {"run": run, "given": given}
        for run in ("chain_of_thought", "few_pairs")
        for given in range(3)
    ]


def measure_handed(cell: Cell, n: int = ALL) -> dict[str, Any]:
    """All 10,000 pairs, or `n` of them, with 0, 1 or 2 partial products in the prompt."""
    loaded = load_run(cell["run"])
    a, b, sample = some_pairs(n)
    keep = tokens_given(loaded.format, cell["given"])
    total = Reading()
    for rows, texts in decode_all(loaded.model, loaded.format, a, b, keep=keep):
        total = total + read_texts(loaded.format, a[rows], b[rows], texts)
    return {**total.document(), **sample.document(), "seeds": [0]}


LOOKED_INTO = ("chain_of_thought", "few_pairs", "rope")
"""The book's model, and two to try on what holds for it."""


def head_cells() -> list[Cell]:
    return [
        {"run": run, "layer": layer, "head": head}
        for run in LOOKED_INTO
        for config in [load_run(run).model.config]
        for layer in range(config.n_layer)
        for head in range(config.attention.n_head)
    ]


def pulled_head_cells() -> list[Cell]:
    """Every head, and each model with nothing pulled out."""
    return [*({"run": run} for run in LOOKED_INTO), *head_cells()]


PULLED = 1000
"""Pairs that are asked with a part pulled out: drawn once, the same for every part."""


def measure_head(cell: Cell, n: int = PULLED) -> dict[str, Any]:
    """Some pairs with one head pulled out, or none."""
    edits = [ablate_head(cell["layer"], cell["head"])] if "head" in cell else []
    return measure_under(edits, cell, n)


def measure_under(edits: list[Edit], cell: Cell, n: int) -> dict[str, Any]:
    """`n` pairs decoded greedily under edits."""
    loaded = load_run(cell["run"])
    a, b, sample = some_pairs(n)
    *_, total = read_model(loaded.model, loaded.format, a, b, edits=edits)
    return {**total.document(), **sample.document(), "seeds": [0]}


def opening_cells() -> list[Cell]:
    return [{"run": "chain_of_thought", "a": 37, "b": 48}]


def measure_opening(cell: Cell) -> dict[str, Any]:
    """The sum that stands on Home before the model is awake."""
    loaded = load_run(cell["run"])
    prompt = decode(loaded.format.prompt(cell["a"], cell["b"])[0])
    transcribe(loaded.model, prompt, loaded.format.length)  # the first is slower: warm up
    written = transcribe(loaded.model, prompt, loaded.format.length)
    return {**asdict(written), **Sample("given", PAIRS, 1).document(), "seeds": [0]}


def atlas_cells() -> list[Cell]:
    return [{"run": run} for run in ("chain_of_thought", "plain", "few_pairs")]


def measure_atlas(cell: Cell) -> dict[str, Any]:
    """The first wrong token of all 10,000 texts, a major; `RIGHT` where there is none."""
    loaded = load_run(cell["run"])
    a, b = all_pairs()
    places = np.concatenate(
        [
            first_wrong(loaded.format, a[rows], b[rows], texts)
            for rows, texts in decode_all(loaded.model, loaded.format, a, b)
        ]
    )
    return {
        "n": len(a),
        "first_wrong": places.tobytes().hex(),
        "fraction": trained_fraction(cell["run"]),
        **CENSUS.document(),
        "seeds": [0],
    }


def trained_fraction(run: str) -> float:
    """The share of the pairs that a committed run was trained on, from its record."""
    return json.loads((CHECKPOINTS / run / "result.json").read_text())["recipe"]["fraction"]


# ---------------------------------------------------------------- the sweep of chapter 0

HOLDOUT_ARMS: tuple[tuple[Encoding, Target, float], ...] = (
    ("one_hot", "class", 0.02),
    ("digits", "digits", 0.02),
    ("scalar", "regression", 0.05),
    ("log", "class", 0.02),
    ("log", "regression", 0.05),
)
"""Encoding, target, and the best of three rates on other splits (seeds 100 to 103)."""


def holdout_cells() -> list[Cell]:
    return [
        {"encoding": encoding, "target": target, "seed": seed}
        for encoding, target, _ in HOLDOUT_ARMS
        for seed in range(10)
    ]


def measure_holdout(cell: Cell) -> dict[str, Any]:
    """The 10 x 10 table with a fifth of its unordered pairs hidden, after 1,000 epochs.

    `guess`: wrong if every hidden cell gets the product that is most frequent among those shown.
    """
    rate = next(r for e, t, r in HOLDOUT_ARMS if (e, t) == (cell["encoding"], cell["target"]))
    task, seed = Task(1, cell["encoding"], cell["target"]), cell["seed"]
    settings = Settings(task, hidden=(32,), rate=rate, epochs=1000, seed=seed)
    shown = hide_share(task, 0.2, seed)
    *_, last = film(settings, shown)
    a, b = task.cells()
    wrong = ~right_cells(task, last.answers)
    common = np.bincount((a * b)[shown]).argmax()
    out: dict[str, Any] = {"rate": rate, "loss": last.loss}
    for group, cells in (
        ("shown", shown),
        ("hidden", ~shown),
        ("hidden_nonzero", ~shown & (a * b > 0)),
        ("hidden_zero", ~shown & (a * b == 0)),
    ):
        out |= {f"errors_{group}": int(wrong[cells].sum()), f"n_{group}": int(cells.sum())}
    out |= {"errors_guess": int(((a * b)[~shown] != common).sum()), "n_guess": out["n_hidden"]}
    hidden = Sample("generator", "unordered pairs of 1x1 digits, hidden", int((~shown).sum()), seed)
    return {**out, **hidden.document(), "seeds": [seed]}


# ---------------------------------------------------------------- the sweep of page 01


def price_cells() -> list[Cell]:
    return [{"run": run} for run in ("chain_of_thought", "plain", "few_pairs")]


def measure_prices(cell: Cell) -> dict[str, Any]:
    """Held-out pairs under teacher forcing: nats, wrong tokens, and texts that hold one."""
    loaded = load_run(cell["run"])
    a, b = all_pairs()
    held = two_digit_split()[a, b] >= HELDOUT_FROM
    charged = ledger(loaded.model, loaded.format, a[held], b[held])
    sample = Sample("census", "held-out pairs of 2x2 digits", int(held.sum()))
    return {**asdict(charged), "loss": charged.loss, **sample.document(), "seeds": [0]}


# ---------------------------------------------------------------- the sweep of attention by hand


def measure_sharpness(cell: Cell, n: int = PULLED) -> dict[str, Any]:
    """How much of its weight a head puts on one token, over some pairs, as the model writes.

    The texts are the right ones: what is measured is where a head looks, not what is written.
    """
    loaded = load_run(cell["run"])
    a, b, sample = some_pairs(n)
    texts, _ = loaded.format.render(a, b)
    found = sharpness(loaded.model, texts, loaded.format.prompt_length)
    return {
        "n": len(a),
        "largest_weight": float(found[cell["layer"], cell["head"]]),
        **sample.document(),
        "seeds": [0],
    }


# ---------------------------------------------------------------- the sweep of one block


def part_cells() -> list[Cell]:
    config = load_run("chain_of_thought").model.config
    return [
        {"run": "chain_of_thought", "layer": layer, "part": part}
        for layer in range(config.n_layer)
        for part in ("attn_out", "ffn_out")
    ]


def measure_part(cell: Cell, n: int = PULLED) -> dict[str, Any]:
    """Some pairs with one whole attention or one FFN pulled out."""
    return measure_under([ablate_layer(cell["part"], cell["layer"])], cell, n)


SWEEPS: dict[str, Sweep] = {
    "prices": Sweep(price_cells, measure_prices),
    "holdout": Sweep(holdout_cells, measure_holdout),
    "tamper": Sweep(tamper_cells, measure_tamper),
    "handed": Sweep(handed_cells, measure_handed),
    "atlas": Sweep(atlas_cells, measure_atlas),
    "opening": Sweep(opening_cells, measure_opening),
    "heads": Sweep(pulled_head_cells, measure_head),
    "sharpness": Sweep(head_cells, measure_sharpness),
    "parts": Sweep(part_cells, measure_part),
    **{name: Sweep(*parts) for name, parts in CONTROLS.items()},
    "rope": Sweep(rope_cells, measure_rope),
    "lengths": Sweep(length_cells, measure_lengths),
    "limits": Sweep(limit_cells, measure_limit),
}
