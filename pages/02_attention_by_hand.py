"""Attention by hand: who brings the two digits of 7 x 8 to the token that needs them?"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, cast, get_args

import numpy as np
import streamlit as st

from components.ui import tokens, training
from components.ui.chapter import Chapter
from components.ui.chapters.ch02 import claims, figures
from components.ui.claims import core, readings
from components.ui.drawings import arrows
from components.ui.exercises import show_verdict
from components.ui.operands import ask_pair, share_moment
from components.ui.plots import maps
from components.ui.records import rows_of
from components.ui.runs import (
    BOOK_RUN,
    needs_a_run,
    take_with_progress,
    use_one_thread,
    write_sum,
)
from components.ui.words import spelled
from lab.by_hand import attention as hand
from lab.by_hand.attention import A_UNITS, B_UNITS, FORM, PLACES, Graded
from lab.data.vocabulary import encode
from lab.records import select

PROMPT = FORM.prompt_length
EQUALS_AT = PROMPT - 1
A, B = 37, 48
SIZES = tuple(2**k for k in range(11))
SIZE_ASKED = 256
VALUE_KINDS: tuple[hand.ValueKind, ...] = get_args(hand.ValueKind)
WANTED_DISTANCE = 0.45


@dataclass(frozen=True)
class Task:
    """What a query must do in every sum: at least `least` of the weight on each wanted token.

    `probe`: a length at which a good direction passes; it tells a bad direction from a bad length.
    """

    wanted: tuple[int, ...]
    least: float
    probe: float
    angle: int
    length: float

    @property
    def query(self) -> np.ndarray:
        return hand.arrow(self.angle, self.length)


ONE = Task((B_UNITS,), 0.95, hand.LONGEST_QUERY, angle=45, length=2.5)
BOTH = Task((A_UNITS, B_UNITS), 0.30, 1.0, angle=62, length=5.0)

LINK: dict[str, Callable[[str], bool]] = {
    "ch02_angle": training.whole(0, 359),
    "ch02_length": training.one_of([k / 10 for k in range(61)]),
    "ch02_d": training.one_of(SIZES),
    "ch02_layer": training.one_of(range(6)),
    "ch02_head": training.one_of(range(4)),
    **dict.fromkeys(("ch02_a", "ch02_b"), lambda _: True),  # they answer beside their own boxes
}


def prompt_of(a: int, b: int) -> str:
    return FORM.text(a, b)[:PROMPT]


# ---------------------------------------------------------------- worked numbers of the prose


def first_look() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The keys, matches and weights of 37*48= with the query as the figure first has it."""
    prompt = encode(prompt_of(A, B))[None]
    keys = hand.keys(prompt)[0]
    return keys, keys @ ONE.query, hand.look(prompt, ONE.query)[0][0]


def pair_of(numbers: np.ndarray) -> str:
    return f"({numbers[0]:.2f}, {numbers[1]:.2f})"


def counted(part: int, n: int) -> str:
    return core.part_of(part, n)


def random_largest(rooted: bool) -> str:
    return f"{largest_by_size()[(SIZE_ASKED, rooted)]:.2f}"


CALCULATIONS: dict[str, Callable[[], str]] = {
    "sums": lambda: f"{len(hand.all_prompts()):,}",
    "average_right": lambda: counted(average_right(), 10_000),
    "wanted": lambda: f"{100 * ONE.least:.0f}%",
    "angle": lambda: f"{ONE.angle}",
    "length": lambda: f"{ONE.length}",
    "q": lambda: pair_of(ONE.query),
    "k": lambda: pair_of(first_look()[0][B_UNITS]),
    "match": lambda: f"{first_look()[1][B_UNITS]:.2f}",
    "score": lambda: f"{first_look()[1][B_UNITS] / 2**0.5:.2f}",
    "score_other": lambda: f"{first_look()[1][A_UNITS] / 2**0.5:.2f}",
    "weight": lambda: f"{first_look()[2][B_UNITS]:.2f}",
    "weight_other": lambda: f"{first_look()[2][A_UNITS]:.2f}",
    "size": lambda: f"{SIZE_ASKED}",
    "n_keys": lambda: spelled(hand.N_KEYS),
    "with_root": lambda: random_largest(True),
    "without_root": lambda: random_largest(False),
    "peek_open": lambda: counted(*peek_score(False)),
    "peek_masked": lambda: counted(*peek_score(True)),
    "minus_half": lambda: counted(readable((0.5,), "digit")[1], 100),
    "times_half": lambda: counted(readable((0.5,), "digit")[0], 100),
    "times_size": lambda: counted(readable((0.5,), "size")[0], 100),
    "each": lambda: f"{BOTH.least:.1f}",
    "distance": lambda: f"{WANTED_DISTANCE}",
}


@st.cache_data(show_spinner=False)
def average_right() -> int:
    return hand.right_from_average()


@st.cache_data(show_spinner=False, max_entries=2)
def peek_score(causal: bool) -> tuple[int, int]:
    return hand.peek_score(causal)


@st.cache_data(show_spinner=False)
def largest_by_size() -> dict[tuple[int, bool], float]:
    return {
        (d, rooted): float(hand.random_weights(d, rooted).max(axis=1).mean())
        for d in SIZES
        for rooted in (True, False)
    }


def readable(shares: Sequence[float], kind: hand.ValueKind) -> tuple[int, int]:
    """Of 100 pairs of digits: how many products and differences the best reader gets right."""
    a, b = hand.all_digits()
    delivered = hand.deliver(a, b, shares, kind)
    return hand.most_right(delivered, a * b), hand.most_right(delivered, a - b)


page = Chapter("02_attention_by_hand", CALCULATIONS)


def wake_up() -> None:
    """Load torch behind a progress bar. The constructed heads need no trained model."""
    try:
        take_with_progress(BOOK_RUN)
    except ValueError:
        use_one_thread()


# ---------------------------------------------------------------- 1. average everything

BUCKETS = ("under 10 in 100", "10 to 50 in 100", "50 to 90 in 100", "over 90 in 100")


def bucket(share: float) -> str:
    return BUCKETS[int(np.searchsorted([0.1, 0.5, 0.9], share, side="right"))]


@st.fragment
def show_average() -> None:
    if not page.predict(
        "ch02_average",
        "A reader of the average, as good as can be: in how many sums can it name that product?",
        BUCKETS,
        bucket(average_right() / 10_000),
        page.text("average_why"),
    ):
        return
    texts = [prompt_of(A, B), prompt_of(84, 73)]
    st.altair_chart(
        figures.blend_map(
            {text: hand.average(encode(text)[None])[0] for text in texts},
            [str(i) for i in range(10)],
            "digit",
        ),
        width="stretch",
        alt="The average of two sums that hold the same digits in another order: it is the same",
    )
    st.caption("Constructed. The shares of each digit in the average of six tokens.")
    page.notice("average_notice")
    page.source(hand.average, hand.most_right)


# ---------------------------------------------------------------- 2. a query by hand


def ask_query(prefix: str, task: Task) -> tuple[int, float]:
    """Two sliders for the query: they hold it, and the drawing follows them."""
    st.session_state.setdefault(f"{prefix}angle", task.angle)
    st.session_state.setdefault(f"{prefix}length", task.length)
    left, right = st.columns(2)
    angle = left.slider("Direction of the query, in degrees", 0, 359, key=f"{prefix}angle")
    length = right.slider(
        "Length of the query",
        0.0,
        hand.LONGEST_QUERY,
        step=0.1,
        format="%.1f",
        key=f"{prefix}length",
    )
    return int(angle), float(length)


def draw_query(prefix: str, task: Task, a: int, b: int) -> tuple[int, float]:
    """The plane and its sliders; what the hand sets comes back into the sliders."""
    angle, length = ask_query(prefix, task)
    text = prompt_of(a, b)

    def turned(angle: float, length: float) -> None:
        st.session_state.update({f"{prefix}angle": angle, f"{prefix}length": length})

    arrows.show_query(
        f"{prefix}query",
        text,
        PLACES,
        hand.keys(encode(text)[None])[0],
        angle,
        length,
        alt=f"Key arrows of {text}, and the query of = that you can drag",
        wanted=task.wanted,
        on_turn=turned,
    )
    return angle, length


@st.fragment
def show_query(a: int, b: int) -> None:
    angle, length = draw_query("ch02_", ONE, a, b)
    wake_up()
    show_graded(ONE, angle, length)
    if (angle, length) != (ONE.angle, ONE.length):
        share_moment(ch02_a=a, ch02_b=b, ch02_angle=angle, ch02_length=str(length))


def show_graded(task: Task, angle: int, length: float) -> None:
    """The reader's query on all 10,000 sums: the verdict, and what to try next."""
    graded = hand.grade(hand.arrow(angle, length), task.wanted, task.least)
    show_verdict(graded.accepted, what_it_holds(graded), hint_for(graded, task, angle, length))


def what_it_holds(graded: Graded) -> str:
    a, b = graded.hardest
    where = PLACES[graded.lacking]
    said = (
        f"Over all 10,000 sums, mean {graded.mean:.3f}; the hardest is `{prompt_of(a, b)}` with "
        f"{math.floor(1000 * graded.worst) / 1000:.3f} on **{where}**."
    )
    if graded.accepted:
        return f"Every sum has at least {graded.least:.2f}. {said}"
    return f"{graded.n_short:,} sums stay under {graded.least:.2f}. {said}"


def hint_for(graded: Graded, task: Task, angle: int, length: float) -> str:
    """Is it the direction or the length that falls short? One more grading tells."""
    probe = hand.grade(hand.arrow(angle, task.probe), task.wanted, task.least)
    if probe.accepted:
        change = "longer" if length < task.probe else "shorter"
        return f"Your direction will do. Make the query {change}."
    if graded.worst == 0 or length == 0:
        return "Give the query some length and turn it towards the circled keys."
    if len(task.wanted) == 2:
        return (
            f"**{PLACES[probe.lacking]}** gets too little even at length {task.probe:.0f}. Turn "
            "towards its arrow."
        )
    if graded.mean < 0.5:
        return f"Most goes to **{PLACES[graded.thief]}**. Turn towards the circled key."
    return f"Too much goes to **{PLACES[graded.thief]}**. Turn away from its arrow."


# ---------------------------------------------------------------- 3. the square root

LARGEST = ("under one half", "one half to nine tenths", "over nine tenths")


def largest_name(mean: float) -> str:
    return LARGEST[int(np.searchsorted([0.5, 0.9], mean, side="right"))]


@st.fragment
def show_root() -> None:
    by_size = largest_by_size()
    if not page.predict(
        "ch02_root",
        f"Six random keys of {SIZE_ASKED} numbers, no root: the largest weight, on average?",
        LARGEST,
        largest_name(by_size[(SIZE_ASKED, False)]),
        page.text("root_why"),
    ):
        return
    page.prose("root_controls")
    d = int(
        st.select_slider(
            "d, numbers in a key", SIZES, SIZE_ASKED, key="ch02_d", bind="query-params"
        )
    )
    both = dict(zip(figures.RULES, (True, False), strict=True))
    st.altair_chart(
        figures.weight_bars(
            {name: hand.random_weights(d, rooted)[0] for name, rooted in both.items()}
        ),
        width="stretch",
        alt=f"Six weights of one random query with {d} numbers, with and without the root",
    )
    st.altair_chart(
        figures.largest_weights(
            [
                {"d": size, "rule": name, "mean": by_size[(size, rooted)]}
                for name, rooted in both.items()
                for size in SIZES
            ],
            d,
        ),
        width="stretch",
        alt="The largest weight by the numbers in a key: without the root it climbs to one",
    )
    st.caption("Constructed. Above one random draw, below the mean of many.")
    page.notice("root_notice")
    page.source(hand.random_weights, hand.random_arrows)


# ---------------------------------------------------------------- 4. the causal mask

HOW_MANY = ("about one in five", "about half", "every one")


@st.fragment
def show_mask(a: int, b: int) -> None:
    right, n = peek_score(False)
    if not page.predict(
        "ch02_mask",
        "Without a mask, how many of the tokens of all texts does this head get right?",
        HOW_MANY,
        HOW_MANY[int(np.searchsorted([0.4, 0.9], right / n, side="right"))],
        page.text("mask_why"),
    ):
        return
    causal = st.toggle("Causal mask", False, key="ch02_mask_on")
    text = FORM.text(a, b)
    weights, _ = hand.peek(encode(text)[None], causal)
    right, n = peek_score(causal)
    st.markdown(f"Right: **{counted(right, n)}** tokens that bear loss, over all 10,000 texts.")
    st.altair_chart(
        maps.attention_map(weights, text),
        width="stretch",
        alt="Who looks at whom: one to the right without the mask, never to the right with it",
    )
    st.caption("Constructed. A row a query, a column a key.")
    page.notice("mask_notice")
    page.source(hand.peek)


# ---------------------------------------------------------------- 5. several heads

TELLS = ("both", "the product alone", "the difference alone", "neither")


def tells(shares: Sequence[float]) -> str:
    times, minus = (right == 100 for right in readable(shares, "digit"))
    return TELLS[2 * (not times) + (not minus)]


@st.fragment
def show_heads() -> None:
    if not page.predict(
        "ch02_heads",
        "One head, half its weight on each digit. What can be told from what arrives?",
        TELLS,
        tells((0.5,)),
        page.text("heads_why"),
    ):
        return
    page.prose("heads_controls")
    heads = st.segmented_control(
        "Heads", ["one head", "two heads"], default="one head", required=True, key="ch02_n_heads"
    )
    one = heads == "one head"
    share = st.slider(
        "Share of its weight on the first digit",
        0.0,
        1.0,
        0.5,
        0.05,
        key="ch02_share",
        disabled=not one,
    )
    with st.popover("More"):
        said = st.segmented_control(
            "A value is", VALUE_KINDS, default="digit", required=True, key="ch02_values"
        )
        st.caption("A one among ten for the digit, its size, or a one among ten for each place.")
    kind = cast(hand.ValueKind, said)
    shares = (share,) if one else (1.0, 0.0)
    st.altair_chart(
        figures.blend_map(delivered_rows(shares, kind), columns_of(kind), "what arrives"),
        width="stretch",
        alt="What the heads hand on of 7 then 8, and of 8 then 7",
    )
    st.markdown(what_can_be_told(shares, kind))
    st.caption("Constructed. Counted over all pairs of digits.")
    page.notice("heads_notice")
    page.source(hand.deliver, hand.two_values, hand.most_right, hand.closest)


def delivered_rows(shares: Sequence[float], kind: hand.ValueKind) -> dict[str, np.ndarray]:
    """A row for each head and each of the two orders of 7 and 8."""
    z = hand.deliver(np.array([7, 8]), np.array([8, 7]), shares, kind)
    z = z.reshape(2, len(shares), -1)
    name = "{order}" if len(shares) == 1 else "{order}, head {head}"
    return {
        name.format(order=order, head=head + 1): z[row, head]
        for row, order in enumerate(("7 then 8", "8 then 7"))
        for head in range(len(shares))
    }


def columns_of(kind: hand.ValueKind) -> list[str]:
    digits = [str(i) for i in range(10)]
    if kind == "size":
        return ["size"]
    return digits if kind == "digit" else [*digits, *(f"{i}′" for i in digits)]


def what_can_be_told(shares: Sequence[float], kind: hand.ValueKind) -> str:
    times, minus = readable(shares, kind)
    a, b = hand.all_digits()
    delivered = hand.deliver(a, b, shares, kind)
    near = [hand.closest(delivered, answers) for answers in (a * b, a - b)]
    return (
        f"From what arrives, the best reader names the product of **{times} of 100** pairs and "
        f"the difference of **{minus} of 100**. The two blends nearest to each other that mean "
        f"something else are {near[0]:.2f} apart for the product, {near[1]:.2f} for the difference."
    )


# ---------------------------------------------------------------- 6. a real head


@st.fragment
@needs_a_run
def show_real(a: int, b: int) -> None:
    config = take_with_progress(BOOK_RUN).model.config
    from lab.interp import patterns
    from lab.model.attention import kernels

    missed = readings.most_missed_head()
    left, right = st.columns(2)
    layer = left.select_slider(
        "Layer", range(config.n_layer), missed[0], key="ch02_layer", bind="query-params"
    )
    head = right.select_slider(
        "Head", range(config.attention.n_head), missed[1], key="ch02_head", bind="query-params"
    )
    text = write_sum(BOOK_RUN, a, b).text
    weights = patterns.patterns(take_with_progress(BOOK_RUN).model, text)
    places = [tokens.place_of(i, FORM, a, b) for i in range(len(text))]
    arrows.show_weights(
        "ch02_real",
        text,
        places,
        weights[layer, head],
        EQUALS_AT,
        alt=f"The weights of layer {layer}, head {head}, from the token you choose",
    )
    st.caption(f"Measured: layer {layer}, head {head}, on the model's own text of {a} × {b}.")
    st.markdown(who_brings(weights[:, :, EQUALS_AT], text))
    page.notice("real_notice")
    page.source(kernels.MathAttention.__call__, patterns.patterns_of)


def who_brings(from_equals: np.ndarray, text: str) -> str:
    """The heads that look hardest from = at the two units digits. (layers, heads, T)"""
    said: list[str] = []
    for place in (A_UNITS, B_UNITS):
        weights = from_equals[:, :, place]
        layer, head = np.unravel_index(int(weights.argmax()), weights.shape)
        said.append(
            f"head {layer}.{head} puts {weights.max():.2f} of its weight on the **{text[place]}** "
            f"({PLACES[place]})"
        )
    return f"Of all heads at the first `=`, {said[0]}, and {said[1]}."


LOOKED_INTO = {
    "chain_of_thought": "the book's model",
    "few_pairs": "the small twin",
    "rope": "rotary, full size",
}
OFTEN = ("in more than half", "in half or fewer")


@st.fragment
def show_importance() -> None:
    """Every head of three models: how sharply it looks, and what goes wrong without it."""
    sharp, lost = rows_of("sharpness.jsonl"), rows_of("heads.jsonl")
    if not sharp or not lost:
        return
    same, counted = claims.same_order(sharp, lost, "few_pairs")
    if not page.predict(
        "ch02_importance",
        "In how many pairs of heads of the small twin is the sharper one the more missed?",
        OFTEN,
        OFTEN[2 * same <= counted],
        page.text("importance_why"),
    ):
        return
    for column, (run, name) in zip(st.columns(len(LOOKED_INTO)), LOOKED_INTO.items(), strict=True):
        column.altair_chart(
            figures.importance(sharp_and_missed(sharp, lost, run), name),
            width="stretch",
            alt=f"Every head of {name}: its mean largest weight, and wrong answers without it",
        )
    st.caption("Measured. A point a head, named layer.head from zero; hover for the others.")
    page.notice("importance_notice")
    show_importance_source()


def sharp_and_missed(
    sharp: list[dict[str, Any]], lost: list[dict[str, Any]], run: str
) -> list[dict[str, Any]]:
    """Of each head of a model: how sharp it is, and the share and number of wrong answers."""
    wrong = {claims.at_head(row): row for row in readings.without_a_head(lost, run)}
    return [
        {
            "head": "{}.{}".format(*claims.at_head(row)),
            "largest": row["largest_weight"],
            "share": without["errors_answer"] / without["n"],
            "errors": readings.wrong_answers(without).shown,
        }
        for row in select(sharp, run=run)
        for without in [wrong[claims.at_head(row)]]
    ]


@needs_a_run
def show_importance_source() -> None:
    take_with_progress(BOOK_RUN)
    from lab.interp import intervene, patterns

    page.source(
        patterns.sharpness, intervene.ablate_head, claims_of=("importance", "importance_why")
    )


# ---------------------------------------------------------------- exercises


@st.fragment
def exercise_both(a: int, b: int) -> None:
    page.prose("ex_both")
    angle, length = draw_query("ch02_ex_", BOTH, a, b)
    show_graded(BOTH, angle, length)
    page.source(hand.grade, hand.keys)


@st.fragment
def exercise_share() -> None:
    page.prose("ex_share")
    share = st.slider(
        "Share of its weight on the first digit", 0.0, 1.0, 0.95, 0.01, key="ch02_ex_share"
    )
    a, b = hand.all_digits()
    delivered = hand.deliver(a, b, (share,), "digit")
    answers = {"products": a * b, "differences": a - b}
    near = {name: hand.closest(delivered, some) for name, some in answers.items()}
    said = " and ".join(f"{far:.3f} for {name}" for name, far in near.items())
    show_verdict(
        min(near.values()) >= WANTED_DISTANCE,
        f"The nearest two blends are {said} apart.",
        share_hint(share),
    )
    page.source(hand.closest)


def share_hint(share: float) -> str:
    """Which blends lie too close: the swapped pair, or pairs that differ in the fainter digit."""
    faint = min(share, 1 - share)
    if 1 - 2 * faint < faint:
        return "7 then 8 and 8 then 7 look too much alike. Move away from the half."
    return f"One digit arrives with a share of {faint:.2f} alone, so its changes hardly show."


# ---------------------------------------------------------------- the page


def read_link() -> None:
    """Take the query from the link, once a visit; say what it asked for and cannot have."""
    training.tell_dropped("ch02_", LINK)
    for name, read in (("ch02_angle", int), ("ch02_length", float)):
        said = st.query_params.get(name)
        if said is not None and LINK[name](said):
            st.session_state.setdefault(name, read(said))


page.open()
read_link()
page.three_from_before("before_edges", "before_ids", "before_loss")
page.prose("opening")
page.prose("average")
show_average()

page.prose("query")
pair = ask_pair("ch02_")
a, b = pair or (A, B)
show_query(a, b)
page.notice("query_notice")
page.prose("worked")
page.source(hand.look, hand.keys, hand.values, hand.attend, hand.grade)

page.prose("root")
show_root()
page.prose("mask")
show_mask(a, b)
page.prose("heads")
show_heads()

page.prose("real")
show_real(a, b)
page.prose("importance")
show_importance()
page.box("Why care", "care")
page.prose("end")

page.prose("exercises")
exercise_both(a, b)
exercise_share()
page.prose("read")
page.symbols()
