"""Is a carry held as a quantity, along a line, or as separate cases? The book's network, at the
step that writes the column.

  read   The stream after each layer, by two readings of one regression: as separate cases, a
         direction each, the largest of which is said; and as one quantity along one direction,
         rounded. Told on pairs of digits that were not met, as in `carry_probes`; beside it the
         same of an untrained network. Test problems are not looked at.
  pushed The carry of a sum alone. In the stream after attention 0, a line through the two class
         means, 0 where there is no carry and 1 where there is one, fitted to problems not of test.
         Test problems, drawn by seed, are set to places on it, some farther out than any mean; what
         the digit is then, less its column. A quantity read as it is would go on to 2; two
         cases would not, nor a quantity read against a threshold.
  worked The few numbers of head 0.1 whose class means lie farthest apart, in two problems, both
         problems' places on the line, and what the first is written with the head of the second,
         or with its place on the line.

Shapes: `N` texts, `D` numbers of an activation.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from lab.experiments.carry_models import BOOK, loaded
from lab.experiments.carry_needed import problems
from lab.experiments.carry_swaps import BATCH, TEST, Begun, Site, not_of_test, swapped
from lab.experiments.sweep import Cell, Row
from lab.interp.carries import CARRIES, FORM, Carry
from lab.interp.intervene import Node
from lab.interp.linear_probes import (
    LinearProbe,
    Numbers,
    activations,
    commonest,
    told_apart,
    untrained,
)
from lab.model.gpt import GPT
from lab.model.trace import Trace

PLACES = (-1.0, 0.0, 0.25, 0.5, 0.75, 1.0, 2.0, 3.0)
"""On the line through the class means."""

PUSHED, SHOWN, SEED = 1000, 4, 0
HEAD = 1
"""Of layer 0: the head of the sum's carry, chosen on validation problems."""

WORKED = ((37, 48), (86, 27))


def line_cells() -> list[Cell]:
    return [{"model": BOOK, "carry": name} for name in CARRIES]


def measure_line(cell: Cell, n: int | None = None, pushed: int = PUSHED) -> dict[str, Any]:
    model, carry, texts = loaded(cell["model"]).model, CARRIES[cell["carry"]], not_of_test()
    if n is not None:
        texts = texts[np.random.default_rng(SEED).permutation(len(texts))[:n]]
    y = carry.into(texts)
    found: dict[str, Any] = {
        "n": len(texts),
        "commonest": round(commonest(y) * len(texts)),
        "read": read(model, carry, texts),
    }
    if carry.most == 1:
        found |= along_the_line(model, carry, texts, pushed)
    return {
        **found,
        "sample": {
            "drawn": "census" if n is None else "generator",
            "of": "ordered pairs of training and validation; pushed: test problems, drawn by seed",
            "n": len(texts),
            "seed": None if n is None else SEED,
        },
        "precision": "fp32; probes fp64",
        "seeds": [SEED, TEST],
    }


# ---------------------------------------------------------------- read


def read(model: GPT, carry: Carry, texts: NDArray[np.uint8]) -> list[Row]:
    """A row a place of the stream, how many carries each reading tells."""
    nodes = [
        Node(name, layer, None, (carry.slot,))
        for layer in range(model.config.n_layer)
        for name in ("resid_mid", "resid_post")
    ]
    y, groups = carry.into(texts), carry.recurs(texts)
    seen = activations(model, texts[:, :-1], nodes, BATCH)
    mixed = activations(untrained(model), texts[:, :-1], nodes, BATCH)
    rows: list[Row] = []
    for node in nodes:
        row: Row = {"name": node.name, "layer": node.layer}
        for what, x in (("", seen[node]), ("untrained, ", mixed[node])):
            for how, by in (("cases", LinearProbe.says), ("line", LinearProbe.rounds)):
                row[f"{what}{how}"] = int(told_apart(x, y, groups, seed=SEED, by=by).sum())
        rows.append(row)
    return rows


# ---------------------------------------------------------------- pushed


def along_the_line(model: GPT, carry: Carry, texts: NDArray[np.uint8], n: int) -> dict[str, Any]:
    stream = Node("resid_mid", 0, None, (carry.slot,))
    head = Node("z", 0, HEAD, (carry.slot,))
    seen = activations(model, texts[:, :-1], [stream, head], BATCH)
    y = carry.into(texts)
    without, with_one = (seen[stream][y == label].mean(axis=0) for label in (0, 1))
    line = with_one - without
    test = problems(model, carry, n)
    own = place_of(activations(model, test[:, :-1], [stream], BATCH)[stream], without, line)
    has = carry.into(test) == 1
    return {
        "pushed": len(test),
        "places": [*PLACES],
        "written": [
            written(model, carry, test, at, torch.from_numpy(without), torch.from_numpy(line))
            for at in PLACES
        ],
        "own": {
            "without": ends(own[~has]),
            "with": ends(own[has]),
            "told": int(((own > 0.5) == has).sum()),
        },
        "worked": worked(model, carry, seen[head], y, without, line),
    }


def place_of(x: Numbers, without: Numbers, line: Numbers) -> Numbers:
    """0 where the mean without a carry is, 1 where that with one is. (N, D) -> (N,)"""
    return (x - without) @ line / (line @ line)


def ends(places: Numbers) -> list[float]:
    """Fewest, median and most."""
    return [round(float(at), 2) for at in (places.min(), np.median(places), places.max())]


def written(
    model: GPT,
    carry: Carry,
    texts: NDArray[np.uint8],
    at: float,
    without: torch.Tensor,
    line: torch.Tensor,
) -> list[int]:
    """How often the digit is the column plus 0, plus 1, plus 2, and anything else, set to a place
    on the line."""
    said: list[NDArray[np.int64]] = []

    def to(now: torch.Tensor) -> torch.Tensor:
        wide = now.double()
        away = at - ((wide - without) @ line) / (line @ line)
        return (wide + away.unsqueeze(-1) * line).to(now.dtype)

    for begin in range(0, len(texts), BATCH):
        own = Begun(model, texts[begin : begin + BATCH], carry.slot)
        edit = Node("resid_mid", 0).edit(to, at_once=True)
        trace: Trace = own.under([edit], to_end=False)
        said.append(trace["logits"][:, 0].argmax(-1).numpy().astype(np.int64))
    more = (np.concatenate(said) - carry.column(texts)) % 10
    counts = [int((more == k).sum()) for k in range(3)]
    return [*counts, len(texts) - sum(counts)]


# ---------------------------------------------------------------- worked


def worked(
    model: GPT,
    carry: Carry,
    seen: Numbers,
    y: NDArray[np.int64],
    without: Numbers,
    line: Numbers,
) -> dict[str, Any]:
    """Of a few numbers of the head both means and what two problems have, and both places."""
    means = np.stack([seen[y == label].mean(axis=0) for label in (0, 1)])
    first = np.argsort(-abs(means[1] - means[0]))[:SHOWN]
    pairs = np.array(WORKED)
    texts = FORM.render(pairs[:, 0], pairs[:, 1])[0]
    stream = Node("resid_mid", 0, None, (carry.slot,))
    head = Node("z", 0, HEAD, (carry.slot,))
    own = activations(model, texts[:, :-1], [stream, head], BATCH)
    along = torch.from_numpy(line[None])
    sites = [Site("none", ()), Site("head", (head,)), Site("means", (stream,), along)]
    said = swapped(model, carry, texts[:1], texts[1:], sites, to_end=False)
    return {
        "problems": [[*pair] for pair in WORKED],
        "carries": carry.into(texts).tolist(),
        "numbers": first.tolist(),
        "means": rounded(means[:, first]),
        "own": rounded(own[head][:, first]),
        "places": rounded(place_of(own[stream], without, line)),
        "written": {site.kind: int(one[0, 0]) for site, one in zip(sites, said, strict=True)},
    }


def rounded(x: Numbers) -> list[Any]:
    return np.round(x, 2).tolist()
