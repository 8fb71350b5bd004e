"""What the front end's tests of the drawings are fed: what a page sends, and what lab makes of it.

`python tests/ui/drawing_cases.py` writes a file for each case to
components/threejs_viewer/frontend/test/drawings/fixtures: the HTML of the drawing, its data as they
travel, and the numbers that the browser should come to.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest.mock import patch

import numpy as np
import torch

ROOT = Path(__file__).resolve().parents[2]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from components.threejs_viewer import FRONTEND  # noqa: E402
from components.ui.drawings import (  # noqa: E402
    arcs,
    arrows,
    climb,
    clocks,
    cloud,
    contents,
    experts,
    generators,
    growing,
    kept,
    network,
    notations,
    notebook,
    queue,
    registers,
    save,
    scale,
    sieve,
    strip,
    tape,
    threads,
    tiles,
    waves,
)
from lab.by_hand import attention as hand  # noqa: E402
from lab.by_hand import mlp_experiment as experiment  # noqa: E402
from lab.by_hand.flash import SlowMemory, flash_attention, held  # noqa: E402
from lab.by_hand.mlp import Task  # noqa: E402
from lab.data.problems import Format  # noqa: E402
from lab.data.vocabulary import encode  # noqa: E402
from lab.inference.clocked import Clocked  # noqa: E402
from lab.interp.fourier_shift import shifted, spectrum, turned  # noqa: E402
from lab.interp.kept import Growth, Kept  # noqa: E402
from lab.interp.position_probes import OnTheTape  # noqa: E402
from lab.model.config import GPTConfig  # noqa: E402
from lab.model.gpt import GPT  # noqa: E402
from lab.model.outlines import PUBLISHED, Outline, Part, ours  # noqa: E402
from lab.model.positions import frequencies, turn_pairs  # noqa: E402

FOLDER = FRONTEND / "test" / "drawings" / "fixtures"

Case = dict[str, Any]


def case(module: ModuleType, show: Callable[[], None], expected: object) -> Case:
    """`show` calls the drawing as a page does. A digest changes with the last bit of a float."""
    sent: list[dict[str, Any]] = []
    with patch.object(module, "component", lambda data, **_: sent.append(data)):
        show()
    (data,) = sent
    return {"html": module.HTML, "data": data | {"digest": "as first sent"}, "expected": expected}


# ---------------------------------------------------------------- one head

PROMPT = "37*48="
QUERIES = [(45, 2.5), (0, 0.0), (95, 6.0), (231, 3.3), (359, 1.0)]


def made_head() -> Case:
    tokens = encode(PROMPT)[None]
    keys = hand.keys(tokens)[0].round(6)  # as they travel

    def looked(angle: float, length: float) -> dict[str, Any]:
        query = hand.arrow(angle, length)[None, None, None]
        weights, z = hand.attend(query, keys[None, None], hand.values(tokens)[:, None])
        blend = [*z[0, 0, 0], weights[0, 0, 0][~hand.is_digit(tokens[0])].sum()]
        return {"query": [angle, length], "weights": weights[0, 0, 0].tolist(), "blend": blend}

    def show() -> None:
        first = QUERIES[0]
        arrows.show_query("k", PROMPT, hand.PLACES, keys, *first, alt="Keys", wanted=(1, 4))

    return case(arrows, show, [looked(*query) for query in QUERIES])


def real_head() -> Case:
    dice = np.random.default_rng(5)
    weights = np.tril(dice.integers(1, 99, size=(6, 6)).astype(np.float64))
    weights /= weights.sum(axis=1, keepdims=True)
    return case(
        arrows,
        lambda: arrows.show_weights("k", PROMPT, hand.PLACES, weights, at=4, alt="A head"),
        weights.tolist(),
    )


# ---------------------------------------------------------------- where digits come from


def arcs_of_a_sum() -> Case:
    """A sum with one wrong token, written without head 1 of two."""
    form = Format("cot_reversed", 1, 1)
    text = form.text(7, 8)[:-2] + "4$"
    n, given = len(text), form.prompt_length
    weights = np.tril(np.random.default_rng(7).dirichlet(np.full(n, 0.2), size=(2, n)))
    weights /= weights.sum(axis=2, keepdims=True)
    written = arcs.WrittenSum(7, 8, form, text, weights.round(3), layer=3, pulled=1)
    heads = [
        {"head": 0, "from": j, "to": t + 1, "weight": written.weights[0, t, j]}
        for t in range(given - 1, n - 1)
        for j in range(n)
        if written.weights[0, t, j] >= 0.08
    ]
    return case(
        arcs,
        lambda: arcs.show_arcs("k", written, alt="A sum"),
        {"arcs": heads, "wrong": [n - 2], "text": text},
    )


# ---------------------------------------------------------------- clocks and waves


def rotary_clocks() -> Case:
    dice = np.random.default_rng(6)
    speeds = frequencies(8, 100.0).double().numpy()
    q, k = dice.normal(size=(2, 4, 2))

    def turned_to(pairs: np.ndarray, place: int) -> np.ndarray:
        angles = torch.from_numpy(place * speeds)[:, None]
        return turn_pairs(
            torch.from_numpy(pairs), angles.cos(), angles.sin(), "interleaved"
        ).numpy()

    def matched(i: int, j: int) -> dict[str, Any]:
        query, key = turned_to(q, i), turned_to(k, j)
        matches = (query * key).sum(axis=1)
        angles = np.angle((query @ [1, 1j]) / (key @ [1, 1j]))
        return {
            "positions": [i, j],
            "query": query.tolist(),
            "key": key.tolist(),
            "matches": matches.tolist(),
            "angles": angles.tolist(),
            "score": matches.sum() / np.sqrt(q.size),
        }

    places = [(12, 7), (0, 0), (40, 3), (7, 7), (3, 38)]
    return case(
        clocks,
        lambda: clocks.show_clocks("k", speeds, q, k, *places[0], last=40, alt="A ruler", pair=1),
        [matched(*two) for two in places],
    )


def turned_waves() -> Case:
    odd, even = (np.random.default_rng(7).normal(size=n) for n in (9, 8))

    def moved(signal: np.ndarray, by: float) -> dict[str, Any]:
        still = spectrum(signal)
        return {
            "by": by,
            "waves": turned(still, by).tolist(),
            "samples": shifted(signal, by).tolist(),
        }

    return case(
        waves,
        lambda: waves.show_waves("k", odd, alt="A signal", start=2.5),
        [
            {
                "signal": signal.tolist(),
                "spectrum": spectrum(signal).tolist(),
                "moved": [moved(signal, by) for by in (2.5, 0.0, 0.1, 4.0, len(signal))],
            }
            for signal in (odd, even)
        ],
    )


# ---------------------------------------------------------------- what Python has read beforehand


def tape_of_two() -> Case:
    text, n_shift, n_gap = "3*4=12$", 12, 5
    dice = np.random.default_rng(8)

    def reading(n: int) -> OnTheTape:
        pattern = np.tril(dice.integers(1, 99, size=(n, len(text), len(text))).astype(np.float64))
        pattern /= pattern.sum(axis=2, keepdims=True)
        return OnTheTape(pattern, dice.integers(2, size=(n, len(text) - 1)).astype(bool))

    def plain(read: OnTheTape) -> list[dict[str, Any]]:
        rows, columns = np.tril_indices(len(text))
        return [
            {
                "weights": pattern[rows, columns].tolist(),
                "right": right.tolist(),
                "change": abs(pattern - read.pattern[0]).max(),
            }
            for pattern, right in zip(read.pattern, read.right, strict=True)
        ]

    readings = {title: (reading(n_shift), reading(n_gap)) for title in ("RoPE", "learned")}
    sides = [tape.Side.of(title, *two) for title, two in readings.items()]
    return case(
        tape,
        lambda: tape.show_tape(
            "k",
            text,
            sides,
            last=30,
            gap_at=3,
            first_asked=4,
            alt="A tape",
            start=4,
            start_gap=2,
        ),
        [
            {"shifted": plain(shift), "stretched": plain(stretch)}
            for shift, stretch in readings.values()
        ],
    )


def film_of_a_network() -> Case:
    task = Task(1, "one_hot", "digits")
    settings = experiment.Settings(task, hidden=(4,), epochs=60)
    cells = experiment.hide(task, [7])
    frames = [*experiment.film(settings, cells)][::12]

    def scaled(kind: str, layer: int, power: float) -> list[list[int]]:
        """Row by row: the share of the largest number of all moments, in 127 steps."""
        moments = np.array([getattr(frame, kind)[layer] for frame in frames])
        share = moments / abs(moments).max()
        steps = np.round(127 * np.sign(share) * abs(share) ** power)
        return steps.reshape(len(frames), -1).astype(int).tolist()

    def seen(frame: experiment.Frame) -> dict[str, Any]:
        right = experiment.right_cells(task, frame.answers)
        counts = [int(right[which].sum()) for which in (cells, ~cells)]
        return {"answers": frame.answers.tolist(), "right": right.tolist(), "counts": counts}

    return case(
        network,
        lambda: network.show_film("k", frames, settings, cells, alt="A film"),
        {
            "moments": [seen(frame) for frame in frames],
            "W": [scaled("W", layer, 1) for layer in range(2)],
            "dW": [scaled("dW", layer, 0.5) for layer in range(2)],
            "asked": [int(cells.sum()), int((~cells).sum())],
        },
    )


# ---------------------------------------------------------------- a cache


def growing_cache() -> Case:
    q, k, v = np.random.default_rng(9).normal(size=(3, 7, 5))
    return case(growing, lambda: growing.show_growing("k", "3*4=12$", q, k, v, alt="A cache"), None)


def kept_lines() -> Case:
    text, n_layer, n_head, width = "3*4=12$", 3, 2, 5
    dice = np.random.default_rng(10)
    lines = dice.normal(size=(4, n_layer, n_head, len(text), width))

    def growth(full: np.ndarray, moved: float) -> Growth:
        """Every layer but the first moves when a token comes, by up to so much."""
        after = []
        for t in range(1, len(text) + 1):
            by = moved * dice.uniform(-1, 1, size=(n_layer, n_head, t, width))
            by[0] = 0
            after.append(full[:, :, :t] + by)
        return Growth(after)

    masked = Kept(growth(lines[0], 1e-8), growth(lines[1], 1e-8))
    unmasked = Kept(growth(lines[2], 1.0), growth(lines[3], 1.0))

    def seen(what: str, t: int) -> dict[str, Any]:
        """Of head 1, in shares of the layer's largest number in any reading of it."""
        both = [getattr(one, what).after for one in (masked, unmasked)]
        every = np.concatenate([x[:, 1].reshape(n_layer, -1) for one in both for x in one], axis=1)
        largest = abs(every).max(axis=1)[:, None, None]
        return {
            "what": what,
            "t": t,
            **{
                mask: {
                    "before": (after[t - 1][:, 1] / largest).tolist(),
                    "after": (after[t][:, 1] / largest).tolist(),
                    "change": abs(after[t][:, :, :t] - after[t - 1]).max(axis=(1, 2, 3)).tolist(),
                }
                for mask, after in zip(("on", "off"), both, strict=True)
            },
        }

    return case(
        kept,
        lambda: kept.show_kept("k", text, masked, unmasked, alt="Maps", start=3, head=1),
        [seen(what, t) for what in ("keys", "values") for t in range(1, len(text))],
    )


# ---------------------------------------------------------------- with a cache, and in a queue


def two_writings(text: str = "12*34=840+0630=8040$", n_given: int = 6) -> list[Clocked]:
    """As long as no run of this machine takes: the left 7 ms and more a token, the right 3 ms."""
    dice = np.random.default_rng(9)
    there = np.arange(n_given, len(text))
    sides: list[Clocked] = []
    for read, least in ((there, 0.007), (np.where(there > n_given, 1, n_given), 0.003)):
        seconds = least + dice.random(len(there)).round(4) / 100
        sides.append(Clocked(text, n_given, read, read * (1_000_000 + 500 * there), seconds))
    return sides


def two_generators() -> Case:
    sides = two_writings()
    n_given, n = sides[0].n_given, len(sides[0].text)

    def seen(side: Clocked, written: int) -> dict[str, Any]:
        pushes = np.zeros((written, n), dtype=int)
        for step in range(written):
            there = n_given + step
            pushes[step, there - side.read[step] : there] = 1
        return {
            "pushed": int(pushes.sum()),
            "flops": int(side.flops[:written].sum()),
            "seconds": float(side.seconds[:written].sum()),
            "computed": pushes[-1].tolist() if written else [0] * n,
            "times": pushes.sum(axis=0).tolist(),
        }

    return case(
        generators,
        lambda: generators.show_generators("k", *sides, n_layer=3, alt="Two generators"),
        [[seen(side, written) for written in range(n - n_given + 1)] for side in sides],
    )


QUEUE = ["7*8=65$", "12*34=840+0630=8040$", "3*4=21$", "98*76=885+0686=8447$", "5*6=03$", "9*9=18$"]


def served(title: str, texts: list[str], *, at_once: bool, n_slots: int = 3) -> queue.Timeline:
    """A queue in which every token takes a step. `at_once`: a batch reads its prompts in the step
    that writes a first token, and waits until all of the one before is written.
    """
    free, bars = [0] * n_slots, list[queue.Bar]()
    for i, text in enumerate(texts):
        if at_once and i % n_slots == 0:
            free = [max(free)] * n_slots
        slot = i % n_slots if at_once else free.index(min(free))
        given = text.index("=") + 1
        reading = 0 if at_once else given - 1
        end = free[slot] + reading + len(text) - given
        bars.append(queue.Bar(slot, free[slot], reading, end, text))
        free[slot] = end
    return queue.Timeline(title, bars, max(free), n_slots)


def two_timelines() -> list[queue.Timeline]:
    return [
        served("Static", QUEUE, at_once=True),
        served("Continuous", QUEUE, at_once=False),
    ]


def served_queue() -> Case:
    timelines = two_timelines()

    def counted(timeline: queue.Timeline, step: int) -> dict[str, Any]:
        """From a table of which sum is in a slot at a step, -1 where none is, and which writes."""
        table = np.full((timeline.n_slots, timeline.n_steps + 1), -1)
        writes = np.zeros(table.shape, dtype=bool)
        for i, bar in enumerate(timeline.bars):
            table[bar.slot, bar.start : bar.end] = i
            writes[bar.slot, bar.start + bar.reading : bar.end] = True
        return {
            "tokens": int(writes[:, :step].sum()),
            "idle": float((table[:, :step] < 0).mean()) if step else 0.0,
            "running": sorted(int(i) for i in table[:, step] if i >= 0),
        }

    return case(
        queue,
        lambda: queue.show_queue("k", timelines, alt="A queue"),
        [[counted(one, step) for step in range(one.n_steps + 1)] for one in timelines],
    )


# ---------------------------------------------------------------- a course in stages


def climbing_course() -> Case:
    """Synthetic shares, in thousandths; the last stage ends behind the last check."""
    lengths, steps = ("1x1", "2x2", "3x3"), [0, 500, 2000, 3500, 5000]
    stages = [climb.Band("one digit", 0, 2000), climb.Band("three", 2000, 6000)]
    thousandths = np.sort(np.random.default_rng(11).integers(1, 1000, size=(5, 3)), axis=0)
    thousandths[0], thousandths[-1, 0] = 0, 1000
    names = ["one digit", "one digit", "one digit", "three", "three"]
    return case(
        climb,
        lambda: climb.show_climb(
            "k", lengths, steps, thousandths / 1000, stages, alt="A course", seconds=4
        ),
        [
            {"step": f"{step:,}", "stage": stage, "of_100": [f"{n / 10:g}" for n in row]}
            for step, stage, row in zip(steps, names, thousandths.tolist(), strict=True)
        ],
    )


# ---------------------------------------------------------------- far past the end

HISTORY = [0, 100, 400, 1600, 50_000]


def cloud_history(seed: int = 14) -> dict[str, Any]:
    """Seven points that shrink, two layers of four singular values, three tokens, three scores."""
    dice = np.random.default_rng(seed)
    S = len(HISTORY)
    features = dice.normal(size=(S, 3, 5))
    features /= np.linalg.norm(features, axis=2, keepdims=True)
    spectra = np.sort(dice.random((S, 2, 4)))[:, :, ::-1]
    return {
        "moments": HISTORY,
        "points": dice.normal(size=(S, 7, 3)) / 10.0 ** np.arange(S)[:, None, None],
        "groups": ["digit", "carry", "digit", "sign", "sign", "digit", "carry"],
        "spectra": spectra / spectra.sum(axis=2, keepdims=True),
        "cosines": features @ features.transpose(0, 2, 1),
        "scores": {
            "held out, wrong": [900, 64, 40, 71, 1406],
            "train, wrong": np.array([900, 12, 0, 0, 0]),
            "effective rank": [12.3456, 9.0, 3.21, 0.012345, -0.5],
        },
        "layers": ["block 1", "block 2"],
        "tokens": ["3", "=", "12"],
    }


def cloud_of_features() -> Case:
    history = cloud_history()
    points = history["points"] / np.linalg.norm(history["points"], axis=2).max()

    def at(numbers: np.ndarray, moment: float) -> np.ndarray:
        """On the straight line from a moment to the next."""
        before = int(moment)
        share = moment - before
        return (1 - share) * numbers[before] + share * numbers[min(before + 1, len(numbers) - 1)]

    def seen(moment: float, turned: int, tilted: int) -> dict[str, Any]:
        """By matrices. What is four reaches before the eye is as large as it is."""
        turn, tilt = np.radians([turned, tilted])
        around = [[np.cos(turn), 0, np.sin(turn)], [0, 1, 0], [-np.sin(turn), 0, np.cos(turn)]]
        forward = [[1, 0, 0], [0, np.cos(tilt), -np.sin(tilt)], [0, np.sin(tilt), np.cos(tilt)]]
        right, up, near = np.array(forward) @ around @ at(points, moment).T
        size = 4 / (4 - near)
        places = np.stack([right * size, up * size, size], axis=1)
        view = {"turned": turned, "tilted": tilted}
        return {"at": moment, "view": view, "places": places.tolist()}

    def shown(moment: float) -> dict[str, Any]:
        spectra = at(history["spectra"], moment) / history["spectra"].max()
        cosines = at(history["cosines"], moment)
        return {"at": moment, "spectra": spectra.tolist(), "cosines": cosines.tolist()}

    decades = np.log10(HISTORY[1:]) - 2
    along = [0.0, *(0.08 + 0.92 * decades / decades[-1])]
    lines = {
        name: (np.array(line) - min(line)) / (max(line) - min(line))
        for name, line in history["scores"].items()
    }
    views = [(0.0, 30, 20), (0.5, 30, 20), (4.0, 0, 0), (2.25, 200, -90)]
    return case(
        cloud,
        lambda: cloud.show_cloud("k", **history, alt="A cloud", seconds=1),
        {
            "seen": [seen(*view) for view in views],
            "shown": [shown(moment) for moment in (0.0, 1.7, 2.0, 4.0)],
            "along": along,
            "heights": [line.tolist() for line in lines.values()],
            "told": [
                "step 0 · held out, wrong 900 · train, wrong 900 · effective rank 12.3",
                "step 100 · held out, wrong 64 · train, wrong 12 · effective rank 9",
                "step 400 · held out, wrong 40 · train, wrong 0 · effective rank 3.21",
                "step 1,600 · held out, wrong 71 · train, wrong 0 · effective rank 0.0123",
                "step 50,000 · held out, wrong 1,406 · train, wrong 0 · effective rank −0.5",
            ],
        },
    )


# ---------------------------------------------------------------- a sieve


def thrown_labels() -> np.ndarray:
    """Flags of 60 labels, (N,), thrown by dice with a seed: three in four hold."""
    held = np.random.default_rng(12).random((60, 5)) < 0.75
    return held @ (1 << np.arange(5))  # the bits of RIGHT, VOTE, SWAP, NINE, ELEVEN


def sieve_of_labels() -> Case:
    flags = thrown_labels()
    texts = [sieve.Written(f"{n}*7={6 * n}", [len(f"{n}*7=")]) for n in range(len(flags))]
    right, *checks = ((flags[:, None] >> np.arange(5)) & 1).astype(bool).T

    def counted(chosen: int) -> dict[str, Any]:
        """By a table of who passes what."""
        kept = np.ones(len(flags), dtype=bool)
        for i, passes in enumerate(checks):
            kept &= passes | (chosen >> i & 1 == 0)
        return {
            "on": [bool(chosen >> i & 1) for i in range(4)],
            "kept": int(kept.sum()),
            "wrong": np.flatnonzero(kept & ~right).tolist(),
            "thrown": int((~kept).sum()),
            "right_thrown": int((~kept & right).sum()),
        }

    return case(
        sieve,
        lambda: sieve.show_sieve("k", flags, texts, on=[sieve.Label.SWAP], alt="A sieve"),
        [counted(chosen) for chosen in range(16)],
    )


# ---------------------------------------------------------------- softmax in pieces

LABELS = "37*48=1"
SCORES = np.array([1.5, 3.2, -0.7, 3.2, 2.1, 6.0, 0.4])
VALUES = np.random.default_rng(13).integers(-30, 31, size=(7, 2)) / 10
ORDERS = (
    [0, 1, 2, 3, 4, 5, 6],
    [5, 0, 1, 2, 3, 4, 6],
    [0, 1, 2, 3, 4, 6, 5],
    [6, 2, 0, 4, 1, 3, 5],
)


def softmax_in_pieces() -> Case:
    return case(
        registers,
        lambda: registers.show_registers("k", LABELS, SCORES, VALUES, alt="Three registers"),
        {
            "runs": [kept_after(order, size) for order in ORDERS for size in (1, 2, 4)],
            "naive": [naive(scale) for scale in (1.0, 1.8, 4.0, -30.0)],
        },
    )


def kept_after(order: list[int], size: int) -> dict[str, Any]:
    """m, l and O of all that has come by then, computed anew; the answer as lab has it."""

    def kept(n: int) -> dict[str, Any]:
        scores, values = SCORES[order[:n]], VALUES[order[:n]]
        powers = np.exp(scores - scores.max())
        answer, _ = flash_attention(
            np.ones((1, 1)),
            scores[:, None],
            values,
            scale=1.0,
            rows=1,
            columns=size,
            memory=SlowMemory(),
            causal=False,
        )
        return {
            "m": float(scores.max()),
            "l": float(powers.sum()),
            "O": (powers @ values).tolist(),
            "answer": answer[0].tolist(),
        }

    ends = [*range(size, len(order), size), len(order)]
    return {"order": order, "size": size, "after": [kept(n) for n in ends]}


def naive(scale: float) -> dict[str, Any]:
    """Softmax without m in float16; JSON has no word for what is not finite."""
    with np.errstate(all="ignore"):
        powers = np.exp(scale * SCORES).astype(np.float16)
        total = added(powers)
        blend = [added(powers * column) for column in VALUES.T.astype(np.float16)]
        answer = [part / total for part in blend]
    written = {"powers": powers, "sum": [total], "blend": blend, "answer": answer}
    return {"scale": scale} | {key: [str(float(x)) for x in some] for key, some in written.items()}


def added(numbers: np.ndarray) -> np.float16:
    """From the first to the last, rounded each time."""
    total = np.float16(0)
    for number in numbers:
        total = total + number
    return total


# ---------------------------------------------------------------- block by block

TOKENS = "37*48=6771"
WALKS: dict[str, dict[str, Any]] = {
    "ragged, causal": {"n_query": 10, "n_key": 10, "rows": 4, "columns": 3, "causal": True},
    "columns wider than rows": {"n_query": 9, "n_key": 9, "rows": 2, "columns": 5, "causal": True},
    "full": {"n_query": 6, "n_key": 8, "rows": 3, "columns": 4, "causal": False},
    "ragged, full": {"n_query": 7, "n_key": 5, "rows": 3, "columns": 2, "causal": False},
    "more than plain": {"n_query": 6, "n_key": 6, "rows": 1, "columns": 6, "causal": False},
}


def walk_over_scores() -> Case:
    sizes: dict[str, Any] = {"d_key": 3, "d_value": 2, "fast": 60}

    def show() -> None:
        first = WALKS["ragged, causal"]
        tiles.show_tiles("k", **first, **sizes, labels=TOKENS, alt="A walk", seconds=4)

    walks = [tiles.tiles_data(**walk, **sizes) for walk in WALKS.values()]
    return case(tiles, show, [{"walk": walk, "steps": walked(walk)} for walk in walks])


class Watched(SlowMemory):
    """Says after each block of keys what was moved by then, and who met.

    The number of a token stands first in its rows of Q and V.
    """

    def __init__(self, Q: np.ndarray, V: np.ndarray) -> None:
        super().__init__()
        self.Q, self.V = Q, V
        self.queries = [0, 0]
        self.steps: list[dict[str, Any]] = []

    def fetch(self, x: np.ndarray) -> np.ndarray:
        fetched = super().fetch(x)
        tokens = [int(x[0, 0]), int(x[-1, 0]) + 1]
        if x.base is self.Q:
            self.queries = tokens
        if x.base is self.V:
            self.steps.append({"queries": self.queries, "keys": tokens})
            self.note()
        return fetched

    def put(self, there: np.ndarray, x: np.ndarray) -> None:
        super().put(there, x)
        self.note()

    def note(self) -> None:
        self.steps[-1] |= {"read": self.read, "written": self.written}


def walked(walk: dict[str, Any]) -> list[dict[str, Any]]:
    """What lab's own loop fetches and puts."""
    n_query, n_key, d_key, d_value = (
        walk[name] for name in ("n_query", "n_key", "d_key", "d_value")
    )
    Q, K, V = (
        np.arange(n)[:, None] + np.zeros(width)
        for n, width in ((n_query, d_key), (n_key, d_key), (n_key, d_value))
    )
    memory = Watched(Q, V)
    cut = {name: walk[name] for name in ("rows", "columns", "causal")}
    flash_attention(Q, K, V, scale=0.1, memory=memory, **cut)
    for step in memory.steps:
        I, J = (end - begin for begin, end in (step["queries"], step["keys"]))
        step["held"] = held(I, J, d_key, d_value)
    return memory.steps


# ---------------------------------------------------------------- threads over depth

NOTES = ("token", "attention 0", "FFN 0", "attention 1", "FFN 1")
READINGS = (*NOTES[1:], "end")


def thrown_shares() -> np.ndarray:
    """Of four tokens, (T, R, N), thrown by dice with a seed; what is not there yet is NaN."""
    shares = np.random.default_rng(14).exponential(size=(4, len(READINGS), len(NOTES))) ** 2
    shares[:, ~np.tri(len(NOTES), dtype=bool)] = np.nan
    return np.round(shares / np.nansum(shares, axis=2, keepdims=True), 4)


def threads_over_depth() -> Case:
    shares = thrown_shares()

    def read(table: np.ndarray) -> list[dict[str, Any]]:
        rows = [row[~np.isnan(row)] for row in table]
        return [{"shares": row.tolist(), "ranked": np.argsort(-row).tolist()} for row in rows]

    def placed(row: np.ndarray) -> list[float]:
        """Of each thread the middle, if the last note's lies first and all of them from -1/2."""
        ends = np.cumsum(row[::-1])
        return (ends - row[::-1] / 2 - 0.5)[::-1].tolist()

    def show() -> None:
        threads.show_threads(
            "k", "7*8=", NOTES, READINGS, shares, alt="Threads", cuttable=True, seconds=4
        )

    mean = read(shares.mean(axis=0))
    return case(
        threads,
        show,
        {
            "mean": mean,
            "tokens": [read(table) for table in shares],
            "even": [[1 / n] * n for n in range(1, len(READINGS) + 1)],
            "places": [placed(np.array(one["shares"])) for one in mean],
        },
    )


# ---------------------------------------------------------------- what one token leaves


def thrown_strips() -> list[strip.Strip]:
    """Three ways of attention, thrown by dice with a seed; of the last a part is dropped."""
    dice = np.random.default_rng(15)

    def heads(n: int) -> list[tuple[str, int]]:
        return [(f"{what}, head {h}", 20) for what in ("key", "value") for h in range(n)]

    return [
        strip.Strip("heads", dice.normal(size=160), heads(4)),
        strip.Strip("shared heads", dice.normal(size=80), heads(2), 2, "two queries to a head"),
        strip.Strip("latent", dice.normal(size=88), [("latent", 56), ("turned key", 32)], kept=10),
    ]


def strips_of_numbers() -> Case:
    strips = thrown_strips()

    def expected(one: strip.Strip) -> dict[str, Any]:
        numbers = np.arange(one.numbers.size)
        begins = np.cumsum([0, *(size for _, size in one.parts)])
        gone = (numbers < begins[1]) & (numbers >= (begins[1] if one.kept is None else one.kept))

        def placed(columns: int) -> list[list[int]]:
            """By counting the parts that begin before a number, in its row and at a row's head."""
            rows, at = np.divmod(numbers, columns)
            later = begins[1:-1]
            heads = later[later % columns == 0]
            inside = later[later % columns > 0]
            down = [int((heads <= row * columns).sum()) for row in rows]
            across = [
                int(((inside // columns == row) & (inside <= i)).sum())
                for i, row in zip(numbers, rows, strict=True)
            ]
            return np.stack([at, rows, across, down], axis=1).tolist()

        def named(i: int) -> str:
            part = int(np.searchsorted(begins, i, side="right")) - 1
            value = f"{one.numbers[i]:.2f}".replace("-", "−")
            lost = ", dropped" if gone[i] else ""
            return f"{one.parts[part][0]}, number {i - begins[part]}: {value}{lost}"

        return {
            "bytes": one.bytes_per_number * int((~gone).sum()),
            "dropped": np.flatnonzero(gone).tolist(),
            "named": [(i, named(i)) for i in (0, 9, 10, 19, 20, 55, 56, len(numbers) - 1)],
            "places": {str(columns): placed(columns) for columns in (64, 32)},
        }

    return case(
        strip,
        lambda: strip.show_strip("k", strips, alt="Three strips", seconds=4),
        {
            "strips": [expected(one) for one in strips],
            "told": [
                (0, "Nothing is kept yet."),
                (1, "heads: 1 of 160 numbers"),
                (160, "heads: 160 of 160 numbers"),
                (161, "shared heads: 1 of 80 numbers"),
                (327, "latent: 87 of 88 numbers"),
                (328, "latent: 168 bytes, 3.8 times as small as heads."),
            ],
        },
    )


# ---------------------------------------------------------------- an error book

BOOK: list[tuple[int, str]] = [
    *((1, after) for after in ("0000", "1000", "0101", "1111")),
    *((3, "00"), (1, "0011"), (3, "10"), (4, "1")),
]
"""When a mistake is noted, and whether (1) it is still one after that round and each later one."""

STUDIED = [
    "Round 1, studied: 2 of 5 in the book are still wrong.",
    "Round 2, studied: 2 of 5 in the book are wrong, 1 of them came back.",
    "Round 3, studied: 3 of 7 in the book are wrong, 1 of them came back.",
    "Round 4, studied: 4 of 8 in the book are wrong, 2 of them came back.",
]


def thrown_mistakes() -> list[notebook.Mistake]:
    """A digit of the working of a sum is spoiled; which, and how sure of it, is thrown by dice."""
    dice = np.random.default_rng(17)
    form = Format("cot_reversed", 2, 2)
    slots = [slot for field in form.written for slot in field.positions]

    def spoiled(noted: int, after: str) -> notebook.Mistake:
        a, b = dice.integers(10, 100, size=2).tolist()
        text, slot = form.text(a, b), int(dice.choice(slots))
        question = text.partition("=")[0] + "="
        return notebook.Mistake(
            sum=question,
            before=text[len(question) : slot][-8:],
            written=str((int(text[slot]) + dice.integers(1, 10)) % 10),
            right=text[slot],
            after=text[slot + 1 : slot + 4],
            kind=form.field_at(slot).label,
            belief=round(dice.uniform(0.3, 1), 4),
            noted=noted,
            wrong_after=[wrong == "1" for wrong in after],
        )

    return [spoiled(*one) for one in BOOK]


def book_of_errors() -> Case:
    """Round after round, by the notes that were taken of each mistake so far."""
    book, n_round = thrown_mistakes(), len(STUDIED)
    lines = sorted(book, key=lambda mistake: mistake.noted)
    notes: dict[str, list[bool]] = {}
    moments: list[dict[str, Any]] = []

    def stands(wrong: list[bool] | None) -> str | None:
        if not wrong:
            return None if wrong is None else "noted"
        return ("back" if False in wrong else "wrong") if wrong[-1] else "mended"

    def boxes(mistake: notebook.Mistake) -> list[str]:
        filled = ["wrong" if wrong else "right" for wrong in notes.get(mistake.sum, [])]
        none = ["none"] * (mistake.noted - 1)
        return (none + filled + ["open"] * n_round)[:n_round]

    def look(when: str, said: str) -> None:
        stand = [stands(notes.get(mistake.sum)) for mistake in lines]
        every = [boxes(mistake) for mistake in lines]
        moments.append({"when": when, "said": said, "standings": stand, "boxes": every})

    look("Before round 1", "The book is empty.")
    for number, studied in enumerate(STUDIED, start=1):
        for one in (mistake for mistake in book if mistake.noted == number):
            notes[one.sum] = []
            slip = f"{one.sum} goes wrong, {one.written} where {one.right} belongs ({one.kind})"
            look(f"Round {number} of 4, asked", f"Round {number}, asked: {slip}.")
        for one in (mistake for mistake in book if mistake.sum in notes):
            notes[one.sum].append(one.wrong_after[number - one.noted])
        look(f"Round {number} of 4, studied", studied)
    return case(
        notebook,
        lambda: notebook.show_notebook("k", book, n_round, alt="An error book", seconds=4),
        moments,
    )


# ---------------------------------------------------------------- who is sent where

SUM = "37*48=692+0841=6771$"


def thrown_layers(n_layer: int = 2, n_expert: int = 7, K: int = 2) -> list[experts.Layer]:
    """Experts of the tokens of `SUM`, thrown by dice with a seed."""
    dice = np.random.default_rng(16)
    layers: list[experts.Layer] = []
    for number in range(n_layer):
        scores = dice.random((len(SUM), n_expert)) + np.linspace(0.4, 0, n_expert)
        chosen = np.argsort(-scores, axis=1)[:, :K]
        weights = np.take_along_axis(scores, chosen, axis=1)
        weights /= weights.sum(axis=1, keepdims=True)
        layers.append(experts.Layer(f"layer {number}", chosen, weights))
    return layers


def sent_to_experts() -> Case:
    layers = thrown_layers()

    def expected(layer: experts.Layer) -> dict[str, Any]:
        goes = np.zeros((len(SUM), 7), dtype=int)
        np.put_along_axis(goes, layer.chosen, 1, axis=1)
        loads = np.vstack([np.zeros(7, dtype=int), goes.cumsum(axis=0)])

        def sent(t: int) -> str:
            pairs = zip(layer.chosen[t], layer.weights[t], strict=True)
            first, second = (f"expert {expert} ({weight:.2f})" for expert, weight in pairs)
            to = f"{first} and {second}, and, like every token, to the shared expert"
            return f"“{SUM[t]}”, the token read at place {t + 1}, goes to {to}."

        def got(read: int, expert: int) -> str:
            load = loads[read, expert]
            share = f"{50 * load / read:.1f}".removesuffix(".0")
            tokens = "1 token" if read == 1 else f"{read} tokens"
            choices = f"{share}% of all choices, the mean is 14.3%"
            return f"Expert {expert}: {load} of {tokens}; {choices}."

        return {
            "loads": loads.tolist(),
            "sent": [sent(t) for t in range(len(SUM))],
            "got": [
                (read, expert, got(read, expert))
                for read, expert in ((20, 0), (20, 6), (9, 3), (1, int(layer.chosen[0, 1])))
            ],
        }

    return case(
        experts,
        lambda: experts.show_experts("k", layers, SUM, 7, alt="Experts", n_shared=1, seconds=4),
        [expected(layer) for layer in layers],
    )


# ---------------------------------------------------------------- in several notations

SOFTMAX = [
    notations.Step("largest", "The largest score."),
    notations.Step("powers", "No power is above one."),
    notations.Step("sum", "They are added."),
    notations.Step("shares", "Each is divided by the sum."),
]
NOTATIONS: dict[str, list[tuple[str, str]]] = {
    "Python": [
        ("def softmax(scores):", ""),
        ("    m = scores[0]", "largest"),
        ("    for s in scores:", "largest"),
        ("        m = max(m, s)", "largest"),
        ("    P = [exp(s - m) for s in scores]", "powers"),
        ("    return [p / sum(P) for p in P]", "sum, shares"),
    ],
    "NumPy": [
        ("P = np.exp(S - S.max())", "largest, powers"),
        ("", ""),
        ("P /= P.sum()", "sum, shares"),
    ],
    "on paper": [
        ("m = max s", "largest"),
        ("p = e^(s - m)", "powers"),
        ("l = sum p", "sum"),
        ("p / l", "shares"),
    ],
}
"""Lines, and what each does."""


def three_notations() -> Case:
    columns = [
        notations.Column(
            title,
            [notations.Line(text, does.split(", ") if does else []) for text, does in lines],
            where=f"{title}.py",
        )
        for title, lines in NOTATIONS.items()
    ]

    def lit(step: str) -> list[list[str]]:
        """The lines of each column that do it."""
        return [[text for text, does in lines if step in does] for lines in NOTATIONS.values()]

    return case(
        notations,
        lambda: notations.show_notations("k", columns, SOFTMAX, at="powers", alt="Softmax"),
        [{"name": name, "said": said, "lit": lit(name)} for name, said in SOFTMAX],
    )


# ---------------------------------------------------------------- models for scale


def models_for_scale() -> Case:
    config = GPTConfig()
    n_own = sum(p.numel() for p in GPT(config).parameters())
    models = [ours("Ours", config, n_own), *PUBLISHED]

    def sizes(parts: list[Part], level: int) -> list[int]:
        """Of all copies at so many steps below the model, from large to small."""
        if level == 0:
            found = [part.parameters_of_one for part in parts for _ in range(part.times)]
            return sorted(found, reverse=True)
        inner = [p for part in parts for p in list(part.parts) * part.times]
        return sizes(inner, level - 1)

    def expected(model: Outline) -> list[dict[str, Any]]:
        found = [sizes([model.whole], level) for level in range(4)]
        return [{"n": len(level), "parameters": sum(level)} for level in found]

    return case(
        scale,
        lambda: scale.show_scale("k", models, alt="Models for scale"),
        {
            "levels": [expected(model) for model in models],
            "told": [
                "Ours: 4.75 million parameters.",
                "GPT-2: 124 million parameters, 26.2 times ours.",
                "Llama 3 8B: 8.03 billion parameters, 1,690 times ours.",
                "DeepSeek-V3: 671 billion parameters, 141,000 times ours. "
                "A token meets 37 billion of them. Ours is the grain at the arrow.",
            ],
        },
    )


CASES: dict[str, Callable[[], Case]] = {
    "arcs": arcs_of_a_sum,
    "contents": lambda: case(
        contents, lambda: contents.show_contents("k", ["1. One", "2. Two"]), None
    ),
    "arrows": made_head,
    "arrows_real": real_head,
    "clocks": rotary_clocks,
    "waves": turned_waves,
    "tape": tape_of_two,
    "network": film_of_a_network,
    "growing": growing_cache,
    "kept": kept_lines,
    "generators": two_generators,
    "queue": served_queue,
    "registers": softmax_in_pieces,
    "threads": threads_over_depth,
    "tiles": walk_over_scores,
    "notations": three_notations,
    "climb": climbing_course,
    "cloud": cloud_of_features,
    "sieve": sieve_of_labels,
    "strip": strips_of_numbers,
    "notebook": book_of_errors,
    "experts": sent_to_experts,
    "scale": models_for_scale,
    "save": lambda: case(save, lambda: save.offer_svg("k", "a-name"), None),
}


def path_of(name: str) -> Path:
    return FOLDER / f"{name}.json"


def equal(kept: object, made: object) -> bool:
    """Numbers of another machine may differ in their last bits."""
    if isinstance(kept, dict) and isinstance(made, dict):
        return kept.keys() == made.keys() and all(equal(kept[k], made[k]) for k in kept)
    if isinstance(kept, list) and isinstance(made, list):
        return len(kept) == len(made) and all(map(equal, kept, made))
    if isinstance(kept, float) and isinstance(made, float):
        return math.isclose(kept, made, rel_tol=1e-9, abs_tol=1e-12)
    return type(kept) is type(made) and kept == made


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True, parents=True)
    for name, made in CASES.items():
        path_of(name).write_text(json.dumps(made()) + "\n")
