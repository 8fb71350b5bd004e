"""The worked numbers in the prose of chapter 5, second page, and what its records say."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np

from components.ui.chapters.ch51 import probes
from components.ui.claims.core import part_of
from components.ui.lazily import lazily
from components.ui.plots.core import Numbers
from components.ui.records import rows_of
from components.ui.runs import take_with_progress
from components.ui.words import band, spelled
from lab.records import select
from lab.statistics import spread, steps_until

depth = lazily("lab.interp.depth")
experiment = lazily("lab.experiments.attention_residuals")
gpt = lazily("lab.model.gpt")
configs = lazily("lab.model.config")
residual = lazily("lab.model.residual")
inference = lazily("lab.inference.forward")
torch = lazily("torch")
trace = lazily("lab.model.trace")

Row = dict[str, Any]
Rows = Sequence[Row]

SUM = (37, 48)

# ---------------------------------------------------------------- by hand

NOTES = ((3.0, 0.0), (0.0, 10.0), (1.0, 1.0))
"""Three notes of two numbers: of the token, of attention 0, of FFN 0."""

NAMES = ("token", "attention 0", "FFN 0")
QUERY = (1.0, 0.0)


@lru_cache(maxsize=256)
def mixed(query: tuple[float, ...], n_note: int = len(NOTES)) -> tuple[list[float], list[float]]:
    """The shares of the first notes under a query, and what is read."""
    notes = [torch.tensor([[note]]) for note in NOTES[:n_note]]
    stream = residual.DepthStream(notes[0], [torch.tensor(query)], 1e-6, per_source=1)
    for note in notes[1:]:
        stream.write("ffn_out", note, trace.NO_TRACE)
    shares = stream.pattern()
    return shares[0, 0].tolist(), stream.mix(shares)[0, 0].tolist()


def key_of(n: int) -> list[float]:
    """A note over its root mean square."""
    note = np.array(NOTES[n])
    return (note / np.sqrt((note**2).mean())).tolist()


def score_of(n: int) -> float:
    return float(np.dot(key_of(n), QUERY))


def vector(numbers: Sequence[float]) -> str:
    return f"({', '.join(f'{x:.2f}'.rstrip('0').rstrip('.') for x in numbers)})"


# ---------------------------------------------------------------- 1. queries of zero

SAME = ("the same as with a plain sum", "only what the token says", "nothing of use")


@lru_cache
def largest_difference() -> str:
    """Between the logits with all queries zero and those of a plain sum, in 64 bits, with the
    weights of the page's network, by the largest logit."""
    loaded = take_with_progress(probes.RUN)
    own = loaded.model.config
    zero, plain = (
        gpt.GPT(with_small_epsilon(own, connections)).double().eval()
        for connections in (own.residual, configs.PlainResidual())
    )
    weights = {n: w for n, w in loaded.model.state_dict().items() if not n.startswith("residual")}
    for model in (zero, plain):
        model.load_state_dict(weights, strict=False)
    text = probes.form_of(*SUM).text(*SUM)
    one, other = (inference.logits_of(model, text) for model in (zero, plain))
    return f"{float((one - other).abs().max() / other.abs().max()):.0e}"


def with_small_epsilon(config: Any, connections: Any) -> Any:
    return replace(config, residual=connections, norm_eps=1e-12)


# ---------------------------------------------------------------- 2. whom a layer reads

WEIGHED = ("share", "share times length")
"""What an arc is as thick as."""


@lru_cache
def lengths() -> dict[str, float]:
    """|note| of the token and of every FFN, the mean over the page's own sum."""
    model = take_with_progress(probes.RUN).model
    text = probes.form_of(*SUM).text(*SUM)[:-1]
    found = inference.run_with_trace(model, text, ("embed", "ffn_out"))
    return {key: float(x.norm(dim=-1).mean()) for key, (x,) in found.calls.items()}


def length_of_ffn(which: Callable[[list[float]], float]) -> str:
    return f"{which([x for key, x in lengths().items() if key != 'embed']):.0f}"


# ---------------------------------------------------------------- 3. the record of cut threads

WHOLE = "whole"
KINDS = {
    WHOLE: "whole sums",
    "partial product": "digits of products",
    "sum": "digits of the sum so far",
    "answer": "digits of the answer",
}


def wrong_when_cut(rows: Rows, kind: str) -> Numbers:
    """The share of whole sums, or of the digits of one kind, wrong with each thread cut, (R, N)."""
    found = [row for row in rows if "cut" in row]
    most = max(len(row["cut"]) for row in found)
    out = np.full((len(found), most), np.nan)
    for row in found:
        for source, asked in enumerate(row["cut"]):
            n, wrong = (row["n"], asked["errors"]) if kind == WHOLE else asked["wrong"][kind]
            out[row["cell"]["reading"], source] = wrong / n
    return out


BEAR = ("those of FFNs", "those of attention", "both alike")


def pinned_one(rows: Rows, part: str, how: str = "even") -> list[int]:
    """Sums that are wrong with one reading pinned: of each that an FFN does, or attention, or the
    end. `how`: to even shares, or fixed to its own mean."""
    readers = depth.readers_of(probes.config())
    found = {row["cell"]["reading"]: row[how]["errors"] for row in rows if how in row}
    return [found[n] for n, name in enumerate(readers) if name.startswith(part)]


def who_bears_it(rows: Rows) -> str:
    """The option of the guess, by the medians; alike if they are within a tenth of the sums."""
    ffn, attention = (spread(pinned_one(rows, part)).median for part in ("FFN", "attention"))
    if abs(ffn - attention) <= rows[0]["n"] / 10:
        return BEAR[2]
    return BEAR[0] if ffn < attention else BEAR[1]


# ---------------------------------------------------------------- 4. and 5. the race

ARMS = {"plain": "plain sum", "full": "attention over depth", "block": "in blocks"}
RACERS = {**ARMS, "fixed": "one number a connection"}
"""Of the race of three layers."""

DEPTHS = {"three layers": 3, "six layers": 6}
LOOKS = {
    "the stream": "resid_post",
    "attention's note": "attn_out",
    "the FFN's note": "ffn_out",
    "the gradient": "gradient",
}


SHALLOW = 3
"""Layers of the networks whose race has a record of its own, `residuals_race`: there every check
that decides a goal asks all problems."""


def race_rows() -> Rows:
    """The runs of both races."""
    deep = select(rows_of("residuals.jsonl"), part="race", depth=6)
    return [*select(rows_of("residuals_race.jsonl"), part="race"), *deep]


def race_of(rows: Rows, depth: int, arm: str) -> list[Row]:
    found = select(rows, part="race", arm=arm)
    return [row for row in found if row["cell"].get("depth", SHALLOW) == depth]


def layer_rows(rows: Rows, depth: int, look: str) -> list[Row]:
    return [
        {"arm": name, "layer": layer, "seed": row["cell"]["seed"], "value": value}
        for arm, name in ARMS.items()
        for row in race_of(rows, depth, arm)
        for layer, value in enumerate(row[LOOKS[look]])
    ]


def growth(rows: Rows, arm: str, look: str, depth: int = 6) -> float:
    """The last layer over the first, the median of the seeds."""
    found = [row[LOOKS[look]] for row in race_of(rows, depth, arm)]
    return spread(values[-1] / values[0] for values in found).median


UNITS = {
    "the stream": "root mean square of a number of the stream",
    "attention's note": "root mean square of a number of the note",
    "the FFN's note": "root mean square of a number of the note",
    "the gradient": "length of the gradient by a layer's weights",
}
GROWS = ("less than two times", "two to ten times", "more than ten times")


def grows(rows: Rows) -> str:
    """The option of the guess: of the plain sum."""
    return band(growth(rows, "plain", "the stream"), (2, 10), GROWS)


NEVER = "did not arrive"
GOALS = {
    "steps to 1 wrong in 20": 0.05,
    "steps to 1 wrong in 100": 0.01,
    "steps to 1 wrong in 1,000": 0.001,
}
LOSS = "loss"
MAIN_GOAL, LAST_GOAL = 0.05, 0.001
"""The goal that prose compares by, and the one that a run goes on to."""


def fixed_more() -> int:
    """Parameters of the arm with one number a connection, less those of the plain sum."""
    rows = race_rows()
    fixed, plain = (race_of(rows, SHALLOW, arm)[0]["parameters"] for arm in ("fixed", "plain"))
    return fixed - plain


def race_points(rows: Rows, what: str) -> list[Row]:
    """A point a run: steps to a goal, or the loss; who never arrived stands where it ended."""
    return [
        {"depth": words, "arm": name, "seed": row["cell"]["seed"], **point(row, what)}
        for words, depth in DEPTHS.items()
        for arm, name in RACERS.items()
        for row in race_of(rows, depth, arm)
    ]


def point(row: Row, what: str) -> Row:
    if what == LOSS:
        return {"value": row["loss"], "came": "arrived"}
    steps = steps_until(row["curve"], GOALS[what])
    arrived = np.isfinite(steps)
    return {"value": steps if arrived else row["steps"], "came": "arrived" if arrived else NEVER}


def steps_of(rows: Rows, depth: int, arm: str, goal: float) -> list[float]:
    """Infinite for a run that never arrived."""
    return [steps_until(row["curve"], goal) for row in race_of(rows, depth, arm)]


def summary(rows: Rows) -> list[dict[str, str]]:
    """A line an arm of a depth: medians, and how many seeds came to the last goal."""
    out: list[dict[str, str]] = []
    for words, depth in DEPTHS.items():
        for arm, name in RACERS.items():
            if not (found := race_of(rows, depth, arm)):
                continue
            steps = spread(steps_of(rows, depth, arm, MAIN_GOAL)).median
            came = sum(map(np.isfinite, steps_of(rows, depth, arm, LAST_GOAL)))
            out.append(
                {
                    "network": words,
                    "residual": name,
                    "steps to 1 wrong in 20": f"{steps:,.0f}" if np.isfinite(steps) else NEVER,
                    "came to 1 in 1,000": part_of(int(came), len(found)),
                    "loss": f"{spread(row['loss'] for row in found).median:.1e}",
                    "after steps": f"{found[0]['measured_at']:,}",
                    "rate": f"{found[0]['rate']:g}",
                }
            )
    return out


FASTER = ("yes, every seed", "no, not one seed", "the seeds do not say")


def is_faster(rows: Rows) -> str:
    """The option of the guess: whether at both depths every seed of the full form is before every
    seed of the plain sum, or behind it."""
    pairs = [
        [steps_of(rows, depth, arm, MAIN_GOAL) for arm in ("full", "plain")]
        for depth in DEPTHS.values()
    ]
    if all(max(full) < min(plain) for full, plain in pairs):
        return FASTER[0]
    return FASTER[1] if all(min(full) > max(plain) for full, plain in pairs) else FASTER[2]


# ---------------------------------------------------------------- the live race

WITH = {
    "plain": "with a plain sum",
    "full": "with attention over depth",
    "block": "with blocks",
}


def recorded_curves(rows: Rows) -> list[Row]:
    """Loss and held-out share of the recorded run of every arm."""
    return [
        {"run": f"{name}, recorded", "step": step, "what": what, "value": value}
        for arm, name in ARMS.items()
        for row in select(rows, arm=arm)
        for step, errors, n, loss in row["curve"]
        for what, value in (("loss", loss), ("held out", 1 - errors / n))
    ]


def largest_spread() -> float:
    """The largest standard deviation of a share over the tokens of the page's own sum."""
    return float(np.nanmax(probes.shares_of(*SUM).shares.std(axis=0)))


CALC: dict[str, Callable[[], str]] = {
    "note_token": lambda: vector(NOTES[0]),
    "note_attention": lambda: vector(NOTES[1]),
    "key_token": lambda: vector(key_of(0)),
    "key_attention": lambda: vector(key_of(1)),
    "query": lambda: vector(QUERY),
    "score_token": lambda: f"{score_of(0):.2f}",
    "score_attention": lambda: f"{score_of(1):.0f}",
    "share_token": lambda: f"{mixed(QUERY, 2)[0][0]:.2f}",
    "share_attention": lambda: f"{mixed(QUERY, 2)[0][1]:.2f}",
    "read": lambda: vector(mixed(QUERY, 2)[1]),
    "same": largest_difference,
    "race_seeds": lambda: spelled(len(race_of(rows_of("residuals.jsonl"), 6, "full"))),
    "most_steps_3": lambda: f"{experiment.STEPS[3]:,}",
    "most_steps_6": lambda: f"{experiment.STEPS[6]:,}",
    "first_part": lambda: f"{-(-experiment.N_CHECK // 8):,}",
    "fixed_more": lambda: f"{fixed_more()}",
    "spread": lambda: f"{largest_spread():.2f}",
    "length_token": lambda: f"{lengths()['embed']:.1f}",
    "length_ffn_low": lambda: length_of_ffn(min),
    "length_ffn_high": lambda: length_of_ffn(max),
}
