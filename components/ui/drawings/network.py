"""A small network in training as a film: drawn, played and scrubbed in the browser, no rerun."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from components.ui.drawings.drawing import (
    as_signed_bytes,
    as_signed_words,
    digest,
    drawing,
    moments,
    sent_by,
)
from lab.by_hand.mlp import Numbers, Task, encode_one
from lab.by_hand.mlp_experiment import Cells, Frame, Settings, right_cells
from lab.numerals import written

Edge = tuple[int, int, int]
"""Layer, from, to."""

Point = tuple[float, float]
"""Loss, and the share of the shown cells that are right."""

MOST_FRAMES = 80
MOST_EDGES = 4000
"""A network with more edges is shown by its answers alone: its drawing would be a grey block."""

KEY = {"negative": "below 0", "positive": "above 0"}
VIEWS = ("weights", "gradients", "change")
HTML = f"""
<div class="drawing film">
  <p class="headline"></p>
  <div class="picture">
    <div class="net"><canvas class="edges" role="img"></canvas><div class="units"></div></div>
    <div class="views" role="group" aria-label="Colour of an edge">
      {"".join(f'<button data-view="{view}">{view}</button>' for view in VIEWS)}
      <span class="keys">
        {"".join(f'<span class="key"><i class="{c}"></i>{t}</span>' for c, t in KEY.items())}
        <span class="key unlit"><i></i>never lit</span>
      </span>
    </div>
  </div>
  <div class="lit" hidden><div class="name"></div><div class="grid" role="img"></div></div>
  <div class="table"><div class="name" hidden></div><div class="grid"></div></div>
  <div class="maps" role="group" aria-label="The hidden neurons" hidden></div>
  <canvas class="curve" role="img" aria-label="Loss and share right, by epoch"></canvas>
  {moments("Moment of the training")}
  <div class="said" role="status"></div>
  <span class="probe"></span>
</div>
"""

component = drawing("network_film", "network", HTML)


def show_film(
    key: str,
    frames: Sequence[Frame],
    settings: Settings,
    shown: Cells,
    *,
    alt: str,
    unit: str = "epoch",
    play: bool = False,
    view: str = "weights",
    picked: Edge | None = None,
    on_pick: Callable[[Edge], None] | None = None,
    asked: Sequence[int] = (),
    on_cell: Callable[[int], None] | None = None,
    curve: Sequence[Point] = (),
    seconds: float = 2.5,
    over: tuple[str, str] = ("", ""),
    covered: bool = False,
    dark: int | None = None,
    alike: Sequence[int] | None = None,
    headline: str = "",
) -> None:
    """Draw a run. A click on an edge calls `on_pick` with it, if given; `picked` is marked. A click
    on a cell of the table calls `on_cell` with its number; those of `asked`, which the last moment
    is about, are marked.

    `curve`: loss and share of the shown cells right, an entry an epoch, where the frames have not
    all of them. `seconds`: how long the film plays. `view`: how edges are coloured until the
    reader says otherwise.
    `over`: what the loss and what the right cells are counted over, where these are not the same.
    `covered`: what it says in the hidden cells is not told yet, since a guess comes first.
    `dark`: the hidden neuron that is ablated until the reader says otherwise. `alike`: a map of
    each hidden neuron stands below, and these are marked. `headline` stands above the film that
    opens a page.
    """
    data = reel(frames, settings, shown, curve)
    if covered:
        data["answers"] = [
            [answer if is_shown else None for answer, is_shown in zip(row, shown, strict=True)]
            for row in data["answers"]
        ]
    data |= {"dark": dark, "maps": alike is not None, "alike": [*(alike or [])]}
    data |= {"alt": alt, "unit": unit, "play": play, "view": view, "picked": picked}
    data |= {"name": key, "seconds": seconds, "over": over, "asked": [*asked]}
    data |= {"headline": headline}
    data |= {"pickable": on_pick is not None, "cells_pickable": on_cell is not None}
    data["digest"] = digest(data)

    def edge_clicked() -> None:
        edge = sent_by(key, "edge")
        if on_pick and edge:
            on_pick((int(edge[0]), int(edge[1]), int(edge[2])))

    def cell_clicked() -> None:
        cell = sent_by(key, "cell")
        if on_cell and cell is not None and 0 <= int(cell) < len(shown):
            on_cell(int(cell))

    component(data=data, key=key, on_edge_change=edge_clicked, on_cell_change=cell_clicked)


def reel(
    frames: Sequence[Frame], settings: Settings, shown: Cells, curve: Sequence[Point] = ()
) -> dict[str, Any]:
    """What the browser needs of a run: at most `MOST_FRAMES` moments, first and last among them."""
    task, sizes = settings.task, settings.sizes
    at = np.unique(np.linspace(0, len(frames) - 1, min(len(frames), MOST_FRAMES)).round())
    some = [frames[int(i)] for i in at]
    a, b = task.cells()
    drawn = sum(w.size for w in frames[0].W) <= MOST_EDGES
    layers = range(len(frames[0].W)) if drawn else []
    side = round(len(a) ** 0.5)
    return {
        "sizes": sizes,
        "groups": [task.n_in > 2, *[False] * len(settings.hidden), task.target == "digits"],
        "labels": [input_labels(task), *[[]] * len(settings.hidden), output_labels(task)],
        "titles": ["first, second", *[f"{n} hidden" for n in settings.hidden], output_title(task)],
        "W": [exact([frame.W[i] for frame in some]) for i in layers],
        "b": [exact([frame.b[i] for frame in some]) for i in layers],
        "dW": [colours([frame.dW[i] for frame in some], power=0.5) for i in layers],
        "still": [] if shown.all() else untouched_inputs(frames).tolist(),
        "answers": [np.clip(f.answers, -9999, 9999).tolist() for f in some],
        "products": (a * b).tolist(),
        "epochs": [frame.epoch for frame in some],
        "losses": [short(frame.loss) for frame in some],
        "curve": thinned(curve) or [point_of(frame, task, shown) for frame in some],
        "last_epoch": settings.epochs if curve else frames[-1].epoch,
        "shown": shown.tolist(),
        "first": 10 - side,
        "side": side,
        "codes": encode_one(np.arange(10 - side, 10), task.encoding, 1).tolist(),
        "activation": settings.activation,
        "target": task.target,
        "largest": 0 if task.encoding == "log" else task.largest,
    }


def short(loss: float) -> str:
    """Four places; from a thousand on, or when it is nearly gone, its size: 1.1 × 10³⁰⁴."""
    return written(loss, "{:.4f}" if 1e-4 <= loss < 1000 else "{:.1e}")


def exact(moments: Sequence[Numbers]) -> dict[str, Any]:
    """What the browser computes with: words of two bytes, the largest of all moments 32,767."""
    numbers = np.stack(moments)
    most = max(float(abs(numbers).max()), 1e-300)
    return {"words": as_signed_words(numbers / most), "most": most}


def colours(moments: Sequence[Numbers], power: float = 1.0) -> str:
    """Signed bytes in base64: 127 is the largest of all moments; `power` lifts the small ones."""
    numbers = np.stack(moments)
    share = numbers / max(abs(numbers).max(), 1e-300)
    return as_signed_bytes(np.sign(share) * abs(share) ** power)


def thinned(curve: Sequence[Point], most: int = 200) -> list[tuple[int, float, float]]:
    """At most about `most` points (epoch, loss, share right), the last among them."""
    last, every = len(curve) - 1, max(1, len(curve) // most)
    return [
        (i, significant(loss), significant(right))
        for i, (loss, right) in enumerate(curve)
        if i % every == 0 or i == last
    ]


def point_of(frame: Frame, task: Task, shown: Cells) -> tuple[int, float, float]:
    right = right_cells(task, frame.answers)[shown]
    return frame.epoch, significant(frame.loss), significant(float(right.mean()))


def significant(x: float) -> float:
    return float(f"{x:.4g}")


def untouched_inputs(frames: Sequence[Frame]) -> NDArray[np.int64]:
    """The inputs whose edges hold exactly the numbers they began with, bit for bit."""
    if len(frames) < 2:
        return np.zeros(0, dtype=np.int64)
    return np.flatnonzero((frames[0].W[0] == frames[-1].W[0]).all(axis=1))


def input_labels(task: Task) -> list[str]:
    if task.encoding in ("one_hot", "digits"):
        return [str(i % 10) for i in range(task.n_in)]
    name = {"scalar": "{}", "log": "ln {}"}[task.encoding]
    return [name.format(operand) for operand in "ab"]


def output_labels(task: Task) -> list[str]:
    if task.target == "digits":
        return [str(i % 10) for i in range(task.n_out)]
    if task.target == "class":
        return []
    return ["ln ab" if task.encoding == "log" else "ab"]


def output_title(task: Task) -> str:
    return {
        "digits": "units, tens",
        "class": f"numbers 0 to {task.n_out - 1}",
        "regression": "product",
    }[task.target]
