"""Section 3 of chapter 4: the shapes of a step, and steps under the roof of a machine."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import chain
from typing import TYPE_CHECKING, Any, Literal

import altair as alt
import numpy as np
import pandas as pd

from components.ui.chapters.ch40 import timing
from components.ui.chapters.ch40.serving import FAR, limited
from components.ui.chapters.ch40.timing import MODEL, PLAIN, Machine, Rows, config_of
from components.ui.lazily import lazily
from components.ui.measuring import Measuring
from components.ui.plots.colours import ACCENT, GREY, SOFT
from components.ui.plots.core import CURVE, Chart, finished, toned
from components.ui.words import band, size, spelled

if TYPE_CHECKING:
    from torch import Tensor

    from lab.inference.stopwatch import Piece
    from lab.model.config import GPTConfig
    from lab.model.gpt import GPT

experiment = lazily("lab.experiments.stopwatch")
stopwatch = lazily("lab.inference.stopwatch")
generating = lazily("lab.inference.generate")
gpt = lazily("lab.model.gpt")
steps = lazily("lab.inference.phases")
cost = lazily("lab.model.cost")
torch = lazily("torch")

RUN = FAR
"""With its limit, the network that is timed: it writes sums of up to ten by ten digits."""

SUM, READ, GIVEN, TEXTS = timing.SUM, timing.READ, timing.GIVEN, timing.BATCHES
TURNS, IN_MEMORY = 5, 2**24
"""How often each is timed here and now, and how many numbers are summed from memory: 67 MB."""

MOST_SECONDS = 8.0


def network() -> GPT:
    return limited(RUN)


# ---------------------------------------------------------------- shapes


def rows_of_shapes(config: GPTConfig, n_given: int) -> list[dict[str, str]]:
    """The prefill of a prompt, then the first three steps of decoding. Columns: step, and shapes.

    One text, one layer.
    """
    read_and_seen = [(n_given, n_given), *((1, n_given + n) for n in (1, 2, 3))]
    names = ["prefill", *(f"decode, step {n}" for n in (1, 2, 3))]
    return [
        {"step": name, **in_words(steps.shapes(config, 1, *both))}
        for name, both in zip(names, read_and_seen, strict=True)
    ]


def in_words(shapes: Mapping[str, Sequence[int]]) -> dict[str, str]:
    return {
        ("k and v, each" if name == "k" else name): " × ".join(map(str, shape))
        for name, shape in shapes.items()
        if name != "v"
    }


# ---------------------------------------------------------------- here and now


def text_to_read() -> Tensor:
    """A right text of ten by ten digits, (1, T)."""
    a, b = np.array([[3_748_374_837], [4_837_483_748]])
    return torch.from_numpy(SUM.render(a, b)[0]).long()


def start() -> Measuring[Piece]:
    """The machine first, then what is read, then what is written."""
    model, text = network(), text_to_read()
    near = cost.matrix_bytes(model.config, 4) // 4
    pieces = chain(
        stopwatch.machine(TURNS, IN_MEMORY, near),
        stopwatch.reading(model, text, READ, TURNS),
        *(stopwatch.writing(model, text[:, :GIVEN], batch, GIVEN) for batch in TEXTS),
    )
    n = 3 * TURNS + len(READ) * TURNS + len(TEXTS) * (1 + GIVEN)
    return Measuring(pieces, n, MOST_SECONDS)


def measured(pieces: Sequence[Piece]) -> Machine | None:
    """None until the machine itself is measured."""
    machine = [piece for piece in pieces if piece.what not in ("prefill", "decode")]
    if len(machine) < 3 * TURNS:
        return None
    asked = [
        piece
        for piece in pieces
        if piece.what == "decode" or (piece.what == "prefill" and piece.batch == 1)
    ]
    return Machine(
        "here and now",
        stopwatch.roof(machine, "far"),
        stopwatch.roof(machine, "near"),
        stopwatch.middle(asked),
    )


# ---------------------------------------------------------------- the roofline

LOW, HIGH = 0.2, 2000.0
"""Where the axis of operations for each byte begins and ends."""

TONES = {"recorded": GREY, "here and now": ACCENT}
NAMES_AT: dict[str, tuple[Literal["left", "right"], int]] = {
    "prefill": ("right", -10),
    "decode": ("left", 10),
}
"""To which side of its mark a name is aligned, and how far below: a prompt and as many texts stand
close together."""

MEMORY, CACHE = "from memory", "from the processor's cache"


def named(piece: Piece) -> str:
    if piece.what == "prefill":
        return f"reads {piece.length}"
    return f"writes, {piece.batch} text{'s' if piece.batch > 1 else ''}"


def rows_of_points(machines: Iterable[Machine]) -> list[dict[str, Any]]:
    """A row a step: machine, phase, name, intensity, milliseconds, and speed in 10^9 a second."""
    return [
        {
            "machine": machine.name,
            "phase": piece.what,
            "name": named(piece),
            "intensity": piece.work.intensity,
            "speed": piece.operations_per_second / 1e9,
            "milliseconds": 1000 * piece.seconds,
        }
        for machine in machines
        for piece in machine.pieces
    ]


def rows_of_roofs(machines: Iterable[Machine]) -> list[dict[str, Any]]:
    """The corners of each roof: machine, bytes (from where), intensity, speed in 10^9 a second."""
    return [
        {"machine": machine.name, "bytes": where, "intensity": x, "speed": roof.at(x) / 1e9}
        for machine in machines
        for where, roof in ((MEMORY, machine.roof), (CACHE, machine.near))
        for x in (LOW, min(max(roof.ridge, LOW), HIGH), HIGH)
    ]


def roofline(machines: Sequence[Machine]) -> Chart:
    """Roofs as lines, steps as points under them, both axes by powers of ten."""
    colour = alt.Color(
        "machine:N",
        title=None,
        scale=toned({machine.name: TONES[machine.name] for machine in machines}),
        legend=alt.Legend(orient="bottom", columns=1),
    )
    x = alt.X(
        "intensity:Q",
        title="operations for each byte",
        scale=alt.Scale(type="log", domain=[LOW, HIGH], nice=False),
        axis=alt.Axis(values=[1, 10, 100, 1000], format="~s"),
    )
    y = alt.Y(
        "speed:Q",
        title="billion operations a second",
        scale=alt.Scale(type="log"),
        axis=alt.Axis(values=[0.1, 1, 10, 100, 1000], format="~g"),
    )
    roofs = (
        alt.Chart(pd.DataFrame(rows_of_roofs(machines)))
        .mark_line()
        .encode(
            x=x,
            y=y,
            color=colour,
            strokeDash=alt.StrokeDash(
                "bytes:N",
                title=None,
                scale=alt.Scale(domain=[MEMORY, CACHE], range=[[1, 0], [4, 4]]),
                legend=alt.Legend(
                    orient="bottom",
                    columns=1,
                    symbolType="stroke",
                    symbolStrokeColor=SOFT.now,
                    symbolSize=600,
                ),
            ),
        )
    )
    points = alt.Chart(pd.DataFrame(rows_of_points(machines))).encode(x=x, y=y, color=colour)
    marks = points.mark_point(size=90, filled=True, opacity=0.85).encode(
        shape=alt.Shape(
            "phase:N",
            title=None,
            scale=alt.Scale(domain=list(NAMES_AT), range=["square", "circle"]),
            legend=None,
        ),
        tooltip=[
            "machine",
            "name",
            alt.Tooltip("intensity", title="operations a byte", format=".3~g"),
            alt.Tooltip("speed", title="billion operations a second", format=".3~g"),
            alt.Tooltip("milliseconds", format=".3~g"),
        ],
    )
    of_first = points.transform_filter(alt.datum["machine"] == machines[0].name)
    names = [
        of_first.transform_filter(alt.datum["phase"] == phase)
        .mark_text(align=align, dx=8 if align == "left" else -8, dy=dy)
        .encode(text="name:N")
        for phase, (align, dy) in NAMES_AT.items()
    ]
    return finished(alt.layer(roofs, marks, *names).properties(height=CURVE + 80))


# ---------------------------------------------------------------- what a step calls


@lru_cache
def n_called(config: GPTConfig) -> int:
    """Operations of torch that a step of decoding calls, one text, views of a tensor among them.

    They do not depend on the weights, so none are read.
    """
    from torch.utils._python_dispatch import TorchDispatchMode

    class Counting(TorchDispatchMode):
        n = 0

        def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None):
            self.n += 1
            return func(*args, **(kwargs or {}))

    model = gpt.GPT(config, torch.Generator().manual_seed(0)).eval().requires_grad_(False)
    prompt = torch.zeros(1, GIVEN, dtype=torch.long)
    written = generating.generate(model, prompt, max_new=2, stop=None)
    next(written)
    with Counting() as counting:
        next(written)
    return counting.n


def plain_operations() -> str:
    """Of a step of the network that is timed, what its twin without a limit needs."""
    length = GIVEN + GIVEN // 2
    plain, with_limit = (steps.decode(config_of(m), length).operations for m in (PLAIN, MODEL))
    return f"{100 * plain / with_limit:.0f} in 100"


# ---------------------------------------------------------------- the guess, and the prose

LONGER = ("about as long", "a few times as long", "more than ten times as long")


def how_much_longer(rows: Rows) -> str:
    return band(timing.writing_over_reading(rows), (2, 10), LONGER)


def at_batch(batch: int) -> float:
    """Operations for each byte of a weight: each is used once for every text."""
    return 2 * batch / 4


CALC: dict[str, Callable[[], str]] = {
    "given": lambda: f"{GIVEN}",
    "sum_length": lambda: f"{SUM.length}",
    "matrix_numbers": lambda: f"{cost.matrix_bytes(network().config, 1) / 1e6:.1f} million",
    "matrix_bytes": lambda: size(cost.matrix_bytes(network().config, 4)),
    "bytes_of_a_weight": lambda: spelled(4),
    "intensity_one": lambda: f"{at_batch(1):g}",
    "intensity_most": lambda: f"{at_batch(TEXTS[-1]):g}",
    "intensity_prompt": lambda: f"{at_batch(GIVEN):g}",
    "calls": lambda: f"{n_called(config_of(MODEL))}",
    "plain_calls": lambda: f"{n_called(config_of(PLAIN))}",
    "plain_operations": plain_operations,
    "far_parameters": lambda: f"{cost.parameters_of(config_of(MODEL)) / 1e6:.2f} million",
    "most_texts": lambda: f"{TEXTS[-1]}",
    "threads": lambda: spelled(experiment.THREADS),
    "roof_seconds": lambda: f"{MOST_SECONDS:g}",
    "card_ridge": lambda: f"{CARD_OPERATIONS / CARD_BYTES:.0f}",
    "card_operations": lambda: f"{CARD_OPERATIONS:g}",
    "card_bytes": lambda: f"{CARD_BYTES:g}",
}

CARD_OPERATIONS, CARD_BYTES = 989.0, 3.35
"""Of an H100 SXM, in millions of millions a second: products of 16-bit numbers, and bytes."""
