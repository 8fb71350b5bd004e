"""The worked numbers in the prose of chapter 2: computed by lab, by their names in the text."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Literal

import numpy as np

from components.ui import percents
from components.ui.chapters.ch20 import claims
from components.ui.chapters.ch20 import probes as asked
from components.ui.chapters.ch20.claims import DIGIT, LENGTH, LIMITED
from components.ui.chapters.ch20.probes import (
    FIRST_EQUALS,
    LEARNED,
    N_ERRORS,
    PROMPT,
    ROTARY,
    SUM,
    UNORDERED,
)
from components.ui.claims.claim import MISSING
from components.ui.computed_ahead import ahead
from components.ui.drawings.clocks import Walk
from components.ui.drawings.guess import Answer, Axis, Dragged, Picked
from components.ui.drawings.guess import Row as Line
from components.ui.drawings.longer import COUNTS, LIMITS, Network
from components.ui.lazily import lazily
from components.ui.loaded_models import loaded_run
from components.ui.page_records import points_of, rows_of
from components.ui.words import one_in, shape, spelled
from lab.data.problems import Format
from lab.numerals import power_of_ten, written

published = lazily("lab.published.models")
cost = lazily("lab.model.cost")
encodings = lazily(
    "lab.experiments.position_encoding_race",
    known=["BASE_SEEDS", "GIVE_UP_AT", "RATES", "SEEDS", "SETTINGS", "STILL_WRONG"],
)
layouts = lazily("lab.interp.pair_layouts")
lengths = lazily("lab.experiments.lengths", known=["LENGTHS_FAIL"])
live = lazily("lab.live.protocol")
positions = lazily("lab.model.positions")
recipes = lazily("lab.recipes.recipe_index")
torch = lazily("torch")

BASES = (3, 10, 100, 1000, 10_000)
I, J = 30, 24
DRAWN_DIM, DRAWN_BASE = 16, 100
SPEED, FARTHER = 0.1, 100
WALK = Walk(PROMPT, key=0, start=2, on=16, back=2, most=12, last=30)
"""Both tokens move on; then the key moves back, from the angle of a wedge to that of a line."""

START, HALF_TAPE, GAP = 100, 118, 1
LAST_PLACE = 64
TRAINED_DIGITS, MOST_TYPED = 3, 10
LLAMA_BASE = 500_000
"""Of Llama 3, by the paper that the page names."""

LONGEST = Format("cot_reversed", MOST_TYPED, MOST_TYPED)
"""The problems of most digits that were tried."""

TOLD_FROM, TOLD_TO, TOLD = len(PROMPT) - 1, len(SUM) - 2, SUM.index("+") + 1
"""Tokens behind which the model writes, and the one that is framed at first: the `0` of `+0`."""

LIVE_STEPS, LIVE_RATE = 600, 0.0015
LIVE_BATCH = 102
"""Texts of a step, or as many tokens in streams: what the recorded runs read."""


def in_words(x: float) -> str:
    if x == 0:
        return "exactly zero"
    if x < 1e-3:
        noughts = int(-np.log10(x))
        parts = f"{10**noughts:,}" if noughts <= 6 else power_of_ten(noughts)
        return f"less than one part in {parts}"
    return f"{x:.2f}"


def share(x: float) -> str:
    return f"{100 * x:.0f} in 100" if x >= 0.005 else in_words(x)


def places_and_lines(places: int, lines: int) -> str:
    return f"{spelled(places)} places and {spelled(lines)} lines"


# ---------------------------------------------------------------- constructed by hand


def two_arrows(n_pair: int) -> tuple[np.ndarray, np.ndarray]:
    """A query drawn at random and a key that resembles it, (n_pair, 2) each."""
    rng = np.random.default_rng(1)
    query = rng.normal(size=(n_pair, 2))
    return query, query + 0.6 * rng.normal(size=query.shape)


def table_of_pairs(speeds: np.ndarray, query: np.ndarray, key: np.ndarray) -> dict[str, np.ndarray]:
    """A pair a row, as it is before it is turned."""
    return {
        "radians_per_position": speeds,
        **{f"query_{n}": query[:, n] for n in (0, 1)},
        **{f"key_{n}": key[:, n] for n in (0, 1)},
    }


def two_bumps() -> np.ndarray:
    """A signal of mean zero: one bump up, a narrower one down. (15,)"""
    places = np.arange(15)
    bumps = np.exp(-0.5 * ((places - 4) / 1.1) ** 2) - 0.6 * np.exp(-((places - 7) ** 2) / 1.28)
    return bumps - bumps.mean()


@ahead
def turn_to(position: int) -> np.ndarray:
    """(1, 0) at a position, at a speed of `SPEED` radians a place."""
    angle = torch.tensor([SPEED * position], dtype=torch.float64)
    one = torch.tensor([1.0, 0.0], dtype=torch.float64)
    return positions.turn_pairs(one, angle.cos(), angle.sin()).numpy()


def as_pair(x: np.ndarray) -> str:
    return f"$({x[0]:.3f}, {x[1]:.3f})$"


BY_HAND: dict[str, Callable[[], str]] = {
    "worked_i": lambda: f"{I}",
    "worked_j": lambda: f"{J}",
    "worked_speed": lambda: f"{SPEED}",
    "worked_on": lambda: f"{FARTHER}",
    "worked_q": lambda: as_pair(turn_to(I)),
    "worked_k": lambda: as_pair(turn_to(J)),
    "worked_score": lambda: f"${turn_to(I) @ turn_to(J):.3f}$",
    "worked_angle": lambda: f"${SPEED * (I - J):.1f}$",
    "worked_far": lambda: f"${turn_to(I + FARTHER) @ turn_to(J + FARTHER):.3f}$",
}

# ---------------------------------------------------------------- clocks and tape


def head_dim() -> int:
    return recipes.recipe(ROTARY).model.heads.head_dim


@ahead
def speeds_of_the_model() -> np.ndarray:
    """In radians a place, of the pairs of a head of the rotary run."""
    position: Any = loaded_run(ROTARY).model.position
    return position.frequencies[0].numpy()


def gap_of_the_peak() -> int:
    """At which whole gap of the first figure the score is largest."""
    (row,) = rows_of("pairs.jsonl")
    query, key = (np.array(row[name]) @ [1, 1j] for name in ("q", "k"))
    gaps = np.arange(1, WALK.most + 1)
    turns = np.exp(1j * np.outer(gaps, row["speeds"]))
    return int(gaps[np.argmax((turns @ (query * key.conj())).real)])


def base_of_the_model() -> float:
    position: Any = recipes.recipe(ROTARY).model.position
    return position.base


def below_zero() -> int:
    """The first distance at which the score at the smallest base is negative."""
    scores = asked.agreement(head_dim(), BASES[0], LAST_PLACE)
    return int(np.argmax(scores < 0))


def size_of_the_table() -> int:
    """How many numbers a learned table adds to the small network."""
    learned, rotary = (cost.parameters_of(recipes.recipe(run).model) for run in (LEARNED, ROTARY))
    return learned - rotary


def rounded(places: float) -> str:
    """To two digits: 470, 35,000, 2,600,000."""
    unit = 10 ** (math.floor(math.log10(places)) - 1)
    return f"{round(places / unit) * unit:,}"


def in_three_ways(position: int) -> list[np.ndarray]:
    """A query of `DRAWN_DIM` numbers turned by halves, by a matrix of blocks, by complex numbers.

    Each (DRAWN_DIM,), in float64.
    """
    arrows, _ = two_arrows(DRAWN_DIM // 2)
    angles = position * positions.frequencies(DRAWN_DIM, DRAWN_BASE)
    one = torch.from_numpy(arrows)
    halves = positions.turn_pairs(one.T.flatten(), angles.cos(), angles.sin())
    blocks = torch.block_diag(*(rotation(float(angle)) for angle in angles)) @ one.flatten()
    numbers = torch.view_as_complex(one) * torch.polar(torch.ones_like(angles), angles)
    return [
        halves.unflatten(0, (2, -1)).T.flatten().numpy(),
        blocks.numpy(),
        torch.view_as_real(numbers).flatten().numpy(),
    ]


def rotation(angle: float) -> Any:
    """(2, 2)"""
    cos, sin = math.cos(angle), math.sin(angle)
    return torch.tensor([[cos, -sin], [sin, cos]], dtype=torch.float64)


@ahead
def largest_difference_of_ways() -> float:
    halves, *others = in_three_ways(I)
    return max(float(np.abs(halves - other).max()) for other in others)


ORDER: dict[str, Callable[[], str]] = {
    "models": lambda: spelled(len(asked.MODELS)),
    "blind_first": lambda: in_words(asked.change_when_shuffled(UNORDERED, 0)[0]),
    "blind_second": lambda: share(asked.change_when_shuffled(UNORDERED, 0)[1]),
    "base": lambda: f"{base_of_the_model():g}",
    "pairs": lambda: f"{len(speeds_of_the_model())}",
    "least_base": lambda: spelled(BASES[0]),
    "most_base": lambda: f"{BASES[-1]:,}",
    "below_zero": lambda: spelled(below_zero()),
    "peak": lambda: f"{gap_of_the_peak()}",
    "round_fast": lambda: f"{2 * math.pi / speeds_of_the_model()[0]:.1f}",
    "round_own": lambda: rounded(asked.once_round(head_dim(), base_of_the_model())),
    "round_most": lambda: rounded(asked.once_round(head_dim(), BASES[-1])),
    "round_llama": lambda: rounded(asked.once_round(published.LLAMA_3_HEADS.head_dim, LLAMA_BASE)),
    "ways_differ": lambda: in_words(largest_difference_of_ways()),
    "slow_turn": lambda: f"{asked.slow_turn(head_dim(), BASES[-1], len(SUM) - 1):.2f}",
    "sum_tokens": lambda: f"{len(SUM)}",
}

TAPE: dict[str, Callable[[], str]] = {
    "half_tape": lambda: f"{HALF_TAPE}",
    "tape_n": lambda: f"{N_ERRORS}",
    "shift_rotary": lambda: in_words(asked.largest_change(ROTARY)),
    "shift_learned": lambda: in_words(asked.largest_change(LEARNED)),
    "stream_rotary": lambda: f"{asked.errors_in_stream(ROTARY)[0]:,}",
    "stream_learned": lambda: f"{asked.errors_in_stream(LEARNED)[0]:,}",
    "stream_n": lambda: f"{asked.errors_in_stream(LEARNED)[1]:,}",
    **{
        f"errors_{where}_{name}": lambda run=run, move=move: f"{asked.errors_when(run, *move):,}"
        for name, run in (("rotary", ROTARY), ("learned", LEARNED))
        for where, move in {
            "home": (0, 0),
            "one": (1, 0),
            "shift": (HALF_TAPE, 0),
            "gap": (0, GAP),
        }.items()
    },
}

# ---------------------------------------------------------------- what is kept, read, and shifted


def lesson(run: str) -> tuple[float, float, float]:
    return asked.shifted_lesson(run, HALF_TAPE)


# ---------------------------------------------------------------- frames of the guesses

WRONG = Axis.percent("of test problems wrong")

ROUNDING = 0.01
"""So few percent of a change are what single precision loses."""

HUES = {"rotary": "violet", "learned table": "ochre", "no positions": "brown"}
"""Of the small networks, as in the charts."""

BLIND = Dragged(
    Axis.percent("percent of the unshuffled output"),
    "change in layer 0",
    later=["in layer 1"],
    hue=HUES["no positions"],
)


def blind_change() -> Answer:
    """The answer of the guess, beside the layer above."""
    first, second = 100 * asked.change_when_shuffled(UNORDERED, 0)[:2]
    words = "not at all" if first < ROUNDING else f"{first:.0f}%"
    return Answer(float(first), words, rows=[Line(BLIND.later[0], float(second), hue=BLIND.hue)])


READ_AS = ("as trained, with halves", "evaluated with neighbours", "rows in order, with neighbours")

READ_WRONG = Dragged(
    Axis(f"of {asked.N_LAYOUT} held-out problems wrong", 0, asked.N_LAYOUT),
    READ_AS[1],
    later=[READ_AS[0], READ_AS[2]],
)


def wrong_when_read() -> Answer:
    """The answer of the guess, beside both ways that fit."""
    wrong = asked.errors_when_read_as
    fits = wrong("half"), wrong("interleaved", in_order=True)
    rows = [Line(name, n, hue="teal") for name, n in zip(READ_AS[::2], fits, strict=True)]
    return Answer(wrong("interleaved"), rows=rows)


SHIFTED = Dragged(
    Axis("largest change of an attention weight", 0, 1, 0.01, more="higher", less="lower"),
    "learned table",
    later=["rotary"],
    hue=HUES["learned table"],
)


def largest_changes() -> Answer:
    """The answer of the guess, beside the rotary network."""
    rotary = Line(SHIFTED.later[0], asked.largest_change(ROTARY), hue=HUES["rotary"])
    return Answer(asked.largest_change(LEARNED), rows=[rotary])


STRETCHED = Dragged(
    Axis(f"of {N_ERRORS} held-out problems wrong", 0, N_ERRORS),
    "rotary, behind the gap",
    later=["learned table, behind the gap"],
)


def wrong_behind_the_gap() -> Answer:
    """The answer of the guess, beside the network with a learned table."""
    rotary, learned = (asked.errors_when(run, 0, GAP) for run in (ROTARY, LEARNED))
    return Answer(rotary, rows=[Line(STRETCHED.later[0], learned, hue=HUES["learned table"])])


def square(digits: int) -> str:
    return f"{spelled(digits)} by {spelled(digits)} digits"


def known(record: Any, arm: str, digits: int, name: str, hue: str = "grey") -> Line:
    return percents.bar(name, claims.wrong_at(arm, digits), record, hue)


CLIPPED_AT = 6
"""Digits of the problems that a clipped network is asked."""


def clipped(record: Any) -> Dragged:
    """The frame of the guess: what either alone comes to, one digit beyond training."""
    first = TRAINED_DIGITS + 1
    given = [
        known(record, arm, first, f"{words}, {square(first)}")
        for arm, words in (("rotary_clipped", "a limit alone"), ("coupled", "two counts alone"))
    ]
    return Dragged(WRONG, f"both, {square(CLIPPED_AT)}", given, [f"both, {square(first)}"])


def wrong_when_clipped(record: Any) -> Answer:
    first = TRAINED_DIGITS + 1
    rows = [known(record, "coupled_clipped", first, f"both, {square(first)}", "ochre")]
    return percents.answer(claims.wrong_at("coupled_clipped", CLIPPED_AT), record, rows=rows)


def table_of_lengths(
    problems: Sequence[tuple[int, int]], networks: Sequence[Network]
) -> list[dict[str, Any]]:
    """A row a network and problem: the slot of its first wrong token, and what stands there."""
    return [
        {
            "positions": COUNTS[network.counts],
            "distances": LIMITS[network.limit],
            "a": a,
            "b": b,
            "first wrong slot": slot,
            "written": token,
        }
        for network in networks
        for (a, b), (slot, token) in zip(problems, network.written, strict=True)
    ]


FAR_TRAINED = TRAINED_DIGITS + 1
"""Digits of both numbers that the networks of full size were trained on."""


def far(record: Any) -> Dragged:
    """The frame of the guess: a line by length, as far as the network was trained."""
    return Dragged(
        Axis.percent("% of problems wrong"),
        "with the limit",
        later=["without the limit"],
        across=Axis("digits of both numbers", 1, MOST_TYPED),
        begun=by_length(record, "far_clipped", 1, FAR_TRAINED),
    )


def wrong_far(record: Any) -> Answer:
    without = by_length(record, "far_coupled", 1, MOST_TYPED)
    return replace(
        percents.answer(claims.wrong_at("far_clipped", MOST_TYPED), record),
        rows=[Line("without the limit", points=without, hue="ochre")],
        points=by_length(record, "far_clipped", FAR_TRAINED + 1, MOST_TYPED - 1),
    )


def by_length(record: Any, arm: str, first: int, last: int) -> list[tuple[float, float]]:
    """Digits of both numbers, and the percentage wrong."""
    lengths_asked = range(first, last + 1)
    return [(n, 100 * claims.wrong_at(arm, n).value(record)) for n in lengths_asked]


@ahead
def layouts_read() -> list[dict[str, Any]]:
    """A line a way to read the rows of a small head: as trained, wrongly, and put in order."""
    rows, wrong = list(range(SMALL_HEAD)), asked.errors_when_read_as
    ordered = layouts.rows_for(SMALL_HEAD, "half", "interleaved")
    halves = positions.pairs_of(SMALL_HEAD, "half")
    neighbours = positions.pairs_of(SMALL_HEAD, "interleaved")
    ways = (
        (READ_AS[0], rows, halves, True, wrong("half")),
        (READ_AS[1], rows, neighbours, False, wrong("interleaved")),
        (
            READ_AS[2],
            ordered,
            neighbours,
            True,
            wrong("interleaved", in_order=True),
        ),
    )
    return [
        {
            "read": f"{words}: {errors} of {asked.N_LAYOUT} wrong",
            "order": order,
            "pairs": pairs,
            "kept": kept,
        }
        for words, order, pairs, kept, errors in ways
    ]


SMALL_HEAD = 8
"""Numbers of the head that is drawn; those of the models have more."""

KEPT: dict[str, Callable[[], str]] = {
    "kept_n": lambda: f"{asked.N_KEPT}",
    "unturned": lambda: spelled(asked.errors_without_the_front(0)),
    "turned_back": lambda: spelled(asked.errors_without_the_front(-len(SUM))),
    "lesson_n": lambda: spelled(asked.N_LESSON),
    "lesson_rotary": lambda: in_words(lesson(ROTARY)[2]),
    "layout_n": lambda: f"{asked.N_LAYOUT}",
    "read_right": lambda: spelled(asked.errors_when_read_as("half")),
    "read_wrong": lambda: spelled(asked.errors_when_read_as("interleaved")),
    "read_repaired": lambda: spelled(asked.errors_when_read_as("interleaved", in_order=True)),
}

# ---------------------------------------------------------------- the race


def rates_tried() -> str:
    """How many of AdamW's rates were tried in the texts of one or two widths."""
    tried = {spelled(len(encodings.RATES[setting])) for setting in ("fixed", "mixed")}
    return " or ".join(sorted(tried))


@ahead
def best_rate(encoding: Literal["rotary", "learned"]) -> str:
    """AdamW's rate of an arm of the race in the stream, as the record chose it."""
    return written(encodings.best_rate(rows_of("rope.jsonl"), "packed", encoding))


def never_arrived(setting: str, encoding: str) -> int:
    """Runs of the race that did not come to the goal before they were given up or ended."""
    steps = claims.race(setting, encoding).steps_to(claims.GOAL)
    return sum(math.isinf(n) for _, n in points_of(steps))


def arrives(setting: str, encoding: str) -> str:
    """The step at which the middle recorded run meets the goal."""
    rows = rows_of("rope.jsonl")
    if not rows:
        return MISSING
    _, step = claims.middle_run(rows, setting, encoding)
    return "never" if math.isinf(step) else f"at step {step:,.0f}"


RACE: dict[str, Callable[[], str]] = {
    "goal": lambda: one_in(claims.GOAL),
    "kinds": lambda: spelled(len(encodings.SETTINGS)),
    "seeds": lambda: spelled(len(encodings.SEEDS)),
    "base_seeds": lambda: spelled(len(encodings.BASE_SEEDS)),
    "n_rates": rates_tried,
    "still_wrong": lambda: share(encodings.STILL_WRONG),
    "give_up": lambda: f"{encodings.GIVE_UP_AT:,}",
    "best_rotary": lambda: best_rate("rotary"),
    "best_learned": lambda: best_rate("learned"),
    "never_mixed": lambda: spelled(never_arrived("mixed", "rotary")),
    "table": lambda: f"{size_of_the_table():,}",
    "live_steps": lambda: f"{LIVE_STEPS}",
    "live_seconds": lambda: f"{live.MOST_SECONDS:g}",
    "packed_rotary": lambda: arrives("packed", "rotary"),
}

# ---------------------------------------------------------------- longer sums

SMALL_RUN, FAR_RUN = "reach_coupled_slow", "far_coupled"


def trained_up_to(run: str, more: int = 0) -> str:
    """The longest sums of a run's training, or those with `more` digits on either number."""
    form = recipes.recipe(run).format
    return shape(form.p + more, form.q + more)


def numbers_of(run: str) -> str:
    """How many numbers a run's network learns."""
    return f"{cost.parameters_of(recipes.recipe(run).model):,}"


def layers_of(run: str) -> str:
    return spelled(recipes.recipe(run).model.n_layer)


@ahead
def drawn_out() -> str:
    """Sums of three by three that the gaps in training draw out as long as four by four."""
    longer = Format("cot_reversed", TRAINED_DIGITS + 1, TRAINED_DIGITS + 1)
    return share(lengths.share_drawn_out(recipes.recipe("reach_gaps"), longer.length))


@ahead
def places_and_lines_of(p: int, q: int) -> tuple[int, int]:
    """The farthest that two tokens of one sum stand apart."""
    return lengths.span(p, q)


def span() -> str:
    form = recipes.recipe(SMALL_RUN).format
    return places_and_lines(*places_and_lines_of(form.p, form.q))


@ahead
def limit_of(arm: str) -> tuple[int, ...]:
    """The farthest that an arm looks, if it has a limit."""
    return lengths.ARMS[arm].farthest or ()


@ahead
def turned_round(run: str, p: int, q: int, axis: int = 0) -> str:
    """How far round the fastest clock of places, or of lines, comes within a sum."""
    return f"{lengths.count_turns(recipes.recipe(run).model.position, p, q, axis):.2f}"


@ahead
def limited_to() -> str:
    """Digits of both numbers of the sums by which the small networks' limit is chosen."""
    sizes = {cell["digits"] for cell in lengths.limit_cells() if cell["run"] == "reach_coupled"}
    return " and ".join(spelled(size) for size in sorted(sizes))


@ahead
def edge(arm: str) -> tuple[int, int]:
    """Digits of both numbers, and digits of b alone, from which on an arm fails in lengths."""
    return lengths.edges(claims.rows_of_arm(arm).of(rows_of("lengths.jsonl")))


@ahead
def turned_at_the_edge(arm: str) -> str:
    """The same there, in a sum of equal digits."""
    digits = -(-edge(arm)[0] // 2)
    return turned_round(lengths.ARMS[arm].run, digits, digits)


def missed_first(p: int, q: int, hidden: int | None = None) -> str:
    wrong, n = asked.first_digits_missed(p, q, hidden)
    return f"{wrong:,} of {n:,}"


def within(places: int, lines: int) -> dict[str, int]:
    """How the sums on which readers move the limit end, both coupled networks together."""
    size = TRAINED_DIGITS + 1
    both = [asked.failures_within(arm, size, places, lines) for arm in LIMITED]
    return {kind: sum(found[kind] for found in both) for kind in both[0]}


def all_of(kind: str, places: int, lines: int) -> str:
    found = within(places, lines)
    return f"{found[kind]} of {sum(found.values())}"


EXTRA = Format("cot_reversed", TRAINED_DIGITS + 1, TRAINED_DIGITS)
"""Sums with one digit of a too many."""

EQUALS = EXTRA.prompt_length - 1

HIDDEN = {
    "the first digit of a": 0,
    "the last digit of a": EXTRA.p - 1,
    "the sign *": EXTRA.p,
    "the last digit of b": EQUALS - 1,
}
"""Tokens that the = does not see, to choose from."""


def first_missed(hidden: int | None) -> int:
    return asked.first_digits_missed(EXTRA.p, EXTRA.q, hidden)[0]


def fewest_missed() -> str:
    return min(HIDDEN, key=lambda token: first_missed(HIDDEN[token]))


MISSED = Picked(
    Axis("first digits wrong", 0, asked.N_FIRST),
    lambda: {token: first_missed(slot) for token, slot in HIDDEN.items()},
)


def other_digits() -> list[tuple[int, int]]:
    """Places and lines of the digits of both numbers, all but those that begin a sum."""
    digits = range(TRAINED_DIGITS)
    return [(place, line) for place in digits for line in digits if place or line]


NEW: dict[str, Callable[[], str]] = {
    "back_a": lambda: spelled(EQUALS - (EXTRA.p - 1)),
    "back_b": lambda: spelled(1),
    "back_extra": lambda: spelled(EQUALS),
    "missed_3x3": lambda: missed_first(3, 3),
    "missed_4x3": lambda: missed_first(4, 3),
    "missed_4x2": lambda: missed_first(4, 2),
    "missed_3x4": lambda: missed_first(3, 4),
    "missed_hidden": lambda: missed_first(4, 3, hidden=0),
    "without_a_place": lambda: all_of(DIGIT, claims.LIMIT[0] - 1, claims.LIMIT[1]),
    "without_a_line": lambda: all_of(LENGTH, claims.LIMIT[0], claims.LIMIT[1] - 1),
    "equals_at": lambda: spelled(FIRST_EQUALS),
    "told_n": lambda: f"{asked.N_TOLD}",
    "told_least": lambda: f"{min(asked.begun_with(at, at) for at in other_digits())}",
    "told_most": lambda: f"{max(asked.begun_with(at, at) for at in other_digits())}",
    "told_luck": lambda: f"{max(asked.begun_with(at, (0, 0)) for at in other_digits())}",
    "ended": lambda: f"{asked.ended_early('coupled_slow', 5)[0]}",
    "ended_n": lambda: f"{asked.ended_early('coupled_slow', 5)[1]}",
}

REACH: dict[str, Callable[[], str]] = {
    "trained": lambda: trained_up_to(SMALL_RUN),
    "longer": lambda: trained_up_to(SMALL_RUN, 1),
    "race_size": lambda: numbers_of(ROTARY),
    "race_layers": lambda: layers_of(ROTARY),
    "reach_size": lambda: numbers_of(SMALL_RUN),
    "reach_layers": lambda: layers_of(SMALL_RUN),
    "far_trained": lambda: trained_up_to(FAR_RUN),
    "span": span,
    "turned_home": lambda: turned_round(SMALL_RUN, TRAINED_DIGITS, TRAINED_DIGITS),
    "turned_new": lambda: turned_round(SMALL_RUN, 1, 5, axis=1),
    "lines_new": lambda: spelled(places_and_lines_of(1, 5)[1]),
    "lines_home": lambda: spelled(places_and_lines_of(TRAINED_DIGITS, TRAINED_DIGITS)[1]),
    "lengths_fail": lambda: one_in(lengths.LENGTHS_FAIL),
    "limit_one": lambda: " ".join(map(str, limit_of("rotary_clipped"))),
    "limit": lambda: places_and_lines(*claims.LIMIT),
    "limited_to": limited_to,
    "far_limit": lambda: places_and_lines(*limit_of("far_clipped")),
    "edge_far": lambda: f"{edge('far_coupled')[0]}",
    "edge_far_b": lambda: f"{edge('far_coupled')[1]}",
    "edge_small": lambda: f"{edge('coupled_slow')[0]}",
    "turned_far": lambda: turned_at_the_edge("far_coupled"),
    "turned_small": lambda: turned_at_the_edge("coupled_slow"),
    "drawn_out": drawn_out,
    "n_clipped": lambda: f"{asked.N_CLIPPED}",
    "long_tokens": lambda: f"{LONGEST.length}",
    "long_typed": lambda: f"{LONGEST.prompt_length}",
}

CALC = BY_HAND | ORDER | TAPE | KEPT | RACE | NEW | REACH
