"""Attention by hand: who brings the two digits of 7 x 8 to the token that needs them?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import get_args

import streamlit as st

from components.ui import tokens
from components.ui.chapter import Chapter
from components.ui.chapters.ch02 import figures, probes, worked
from components.ui.chapters.ch02.exercises import (
    BOTH,
    ONE,
    PROMPT,
    WANTED_DISTANCE,
    A,
    B,
    QueryExercise,
    hint_for,
    prompt_of,
    share_hint,
    what_it_holds,
)
from components.ui.chapters.ch02.probes import peek_score, told
from components.ui.chapters.ch02.worked import (
    AS_TRAINED,
    CALC,
    DIGITS,
    LOOKED_INTO,
    READS,
    SIZE_ASKED,
    SIZES,
    columns_of,
    delivered_rows,
    heads_of,
    largest_by_size,
    reads_offered,
)
from components.ui.claims import results
from components.ui.drawings import arrows
from components.ui.drawings.moment import share_moment
from components.ui.exercise_verdict import show_verdict
from components.ui.link import number_within
from components.ui.loaded_models import BOOK_RUN, write_sum
from components.ui.page_records import rows_of
from components.ui.plots import maps
from lab.by_hand import attention as hand
from lab.by_hand.attention import A_UNITS, B_UNITS, FORM, PLACES
from lab.by_hand.learning_head import FILMED, MOST_SEED, NEVER
from lab.data.vocabulary import encode
from lab.readings import part_of
from lab.recipes.recipe_index import recipe

EQUALS_AT = PROMPT - 1

page = Chapter("02_attention_by_hand", CALC)
page.open()


@page.section("sweep", told=False)
def the_query_goes_round() -> None:
    text = prompt_of(A, B)
    arrows.show_query(
        "ch02_sweep",
        text,
        PLACES,
        hand.keys(encode(text)[None])[0],
        ONE.angle,
        ONE.length,
        alt=f"Key arrows of {text}, and a query that goes round once",
        sweep=True,
    )
    st.caption(page.text("sweep"))
    page.source("lab.by_hand.attention.keys", "lab.by_hand.attention.attend")


page.prose("opening")
page.three_from_before("before_edges", "before_ids", "before_loss")


# ---------------------------------------------------------------- 1. average everything

BUCKETS = ("under 10 in 100", "10 to 50 in 100", "50 to 90 in 100", "over 90 in 100")


@page.section("average")
def average() -> None:
    if not page.guess(
        "The best possible reader of the average: in how many problems can it name that product?",
        BUCKETS,
        worked.product_named,
        frame=worked.NAMED,
    ):
        return
    texts = [prompt_of(A, B), prompt_of(84, 73)]
    page.draw(
        figures.blend_map(
            {text: hand.average(encode(text)[None])[0] for text in texts}, DIGITS, "digit"
        ),
        alt="The averages of two problems with the same digits in another order are the same",
    )
    st.caption("Constructed. The shares of each digit in the average of six tokens.")
    page.notice()
    page.source("lab.by_hand.attention.average", "lab.by_hand.attention.most_right")


# ---------------------------------------------------------------- 2. a query by hand

page.prose("query")
pair = page.pair() if page.alone is None else None


def the_sum() -> tuple[int, int]:
    """The reader's own; a figure that stands alone asks for it, beside its controls."""
    return (pair if page.alone is None else page.pair()) or (A, B)


def ask_query(prefix: str, task: QueryExercise) -> tuple[int, float]:
    """Two sliders for the query: they hold it, and the drawing follows them."""
    angle, length = f"{prefix}angle", f"{prefix}length"
    left, right = st.columns(2)
    with left:
        said = page.link.take(angle, *number_within(0, 359))
        st.session_state.setdefault(angle, int(said) if said else task.angle)
        degrees = st.slider("Direction of the query, in degrees", 0, 359, key=angle)
    with right:
        said = page.link.take(length, *number_within(0.0, hand.LONGEST_QUERY))
        st.session_state.setdefault(length, float(said) if said else task.length)
        long = st.slider(
            "Length of the query", 0.0, hand.LONGEST_QUERY, step=0.1, format="%.1f", key=length
        )
    return int(degrees), float(long)


def draw_query(prefix: str, task: QueryExercise, a: int, b: int) -> tuple[int, float]:
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


def show_graded(task: QueryExercise, angle: int, length: float) -> None:
    """The reader's query on all sums: the verdict, and what to try next."""
    graded = probes.graded(angle, length, task.wanted, task.least)
    show_verdict(graded.accepted, what_it_holds(graded), hint_for(graded, task, angle, length))


@page.section("query", told=False)
def query() -> None:
    a, b = the_sum()
    angle, length = draw_query("ch02_", ONE, a, b)
    show_graded(ONE, angle, length)
    if (angle, length) != (ONE.angle, ONE.length):
        said = f"{prompt_of(a, b)}, a query at {angle} degrees and of length {length}."
        parameters = {"ch02_a": a, "ch02_b": b, "ch02_angle": angle, "ch02_length": str(length)}
        share_moment("ch02_moment", said, page.at, **parameters)
    page.notice()
    page.source(
        "lab.by_hand.attention.look",
        "lab.by_hand.attention.keys",
        "lab.by_hand.attention.values",
        "lab.by_hand.attention.attend",
        "lab.by_hand.attention.grade",
    )


page.prose("worked")


# ---------------------------------------------------------------- 3. a head that learns


LOOKS_GUESSED = ("fewer than half", "more than half", "all of them")
ALL, ALL_BUT = "any digit", f"any digit but {NEVER}"


def ask_seed() -> int:
    """Any seed; a button that goes to the next one."""

    def train_the_next() -> None:
        st.session_state["ch02_seed"] = (seed + 1) % (MOST_SEED + 1)

    left, right = st.columns([1, 3], vertical_alignment="bottom")
    with left:
        seed = page.number("seed", "Seed", 0, MOST_SEED, 0, 1, typed=True)
    right.button(
        "Train it with the next seed",
        key="ch02_train",
        icon=":material/play_arrow:",
        on_click=train_the_next,
    )
    return seed


def ask_what_it_reads(offered: Sequence[str]) -> str:
    key = "ch02_read"
    if st.session_state.get(key, offered[0]) not in offered:
        st.session_state[key] = offered[0]
    was = "the same, positions counted from one"  # in links of before
    page.link.reword(key, {was: (READS["one on"], "one on")})
    return page.choose("read", "It reads", offered, kind="list", words=READS.__getitem__)


@page.section("learns")
def a_head_that_learns() -> None:
    figure = st.container()
    page.notice()
    page.source("lab.by_hand.learning_head.train", "lab.by_hand.learning_head.read")
    told = page.guess(
        "How many of these heads look hardest at the tens digit of b, for every digit?",
        LOOKS_GUESSED,
        worked.looks_at_every_digit,
        frame=worked.LOOKS,
    )
    with figure:
        seed, read, never = ask_seed(), AS_TRAINED, None
        if told:
            left, right = st.columns(2)
            with right:
                kept = page.choose("never", "In training, b begins with", (ALL, ALL_BUT))
                never = NEVER if kept == ALL_BUT else None
            with left:
                read = ask_what_it_reads(reads_offered(never))
        film, problems = probes.counted_on(probes.film_of(seed, never), read)
        text, places, at, wanted = worked.text_read(read, *the_sum())
        arrows.show_learning(
            "ch02_learning",
            text,
            places,
            f"seed {seed}, {never}",
            film,
            at,
            alt=f"A head that learns to say the tens digit of b, reading {text}",
            wanted=(wanted,),
            problems=problems,
        )
        recorded = "recorded" if never is None and seed in FILMED else "trained just now"
        st.caption(f"{page.text('learns_caption')} Seed {seed}: {recorded}.")
    if told:
        page.prose("learns_where")


# ---------------------------------------------------------------- 4. the square root

LARGEST = ("under one half", "one half to nine tenths", "over nine tenths")


@page.section("root")
def root() -> None:
    if not page.guess(
        f"Six random keys of {SIZE_ASKED} numbers, not divided by the root: how large is the mean "
        "largest weight?",
        LARGEST,
        worked.largest_without_root,
        frame=worked.LARGEST,
    ):
        return
    page.prose("root_controls")
    d = page.choose("d", "d, numbers in a key", SIZES, SIZE_ASKED)
    rules = dict(zip(figures.RULES, (True, False), strict=True))
    page.draw(
        figures.weight_bars(
            {name: probes.random_weights(d, rooted) for name, rooted in rules.items()}
        ),
        alt=f"Six weights of one random query with {d} numbers, with and without the root",
    )
    page.draw(
        figures.largest_weights(
            [
                {"d": size, "rule": name, "mean": largest_by_size()[size, rooted]}
                for name, rooted in rules.items()
                for size in SIZES
            ],
            d,
        ),
        alt="The largest weight by the numbers in a key: without the root it climbs to one",
    )
    st.caption("Constructed. Above: one random draw. Below: the mean of many.")
    page.notice()
    page.source("lab.by_hand.attention.random_weights", "lab.by_hand.attention.random_arrows")


# ---------------------------------------------------------------- 5. the causal mask

HOW_MANY = ("about one in five", "about half", "every one")


@page.section("mask")
def mask() -> None:
    a, b = the_sum()
    if not page.guess(
        "How many of the tokens that it must write, those after the first `=`, does it get right?",
        HOW_MANY,
        worked.copied_without_mask,
        frame=worked.COPIED,
    ):
        return
    page.prose("mask_remedy")
    causal = st.toggle("Causal mask", False, key="ch02_mask_on")
    text = FORM.text(a, b)
    weights = probes.peek(text, causal)
    st.markdown(
        f"Right: **{part_of(*peek_score(causal))}** tokens after the first `=`, in all "
        f"{len(hand.all_prompts()):,} texts."
    )
    page.draw(
        maps.attention_map(weights, text),
        alt="Who looks at whom: one to the right without the mask, never to the right with it",
    )
    st.caption("Constructed. Each row is a query, each column a key.")
    page.notice()
    page.source("lab.by_hand.attention.peek")


# ---------------------------------------------------------------- 6. several heads

TELLS = ("both", "the product alone", "the difference alone", "neither")


def tells() -> str:
    """What one head can tell with half of its weight on each digit."""
    half = told((0.5,), "digit")
    return TELLS[2 * (half.products < 100) + (half.differences < 100)]


def what_can_be_told(shares: Sequence[float], kind: hand.ValueKind) -> str:
    found = told(shares, kind)
    return (
        f"From what arrives, the best reader names the product of **{found.products} of 100** "
        f"pairs and the difference of **{found.differences} of 100**. Blends of pairs with "
        f"different products are at least {found.products_apart:.2f} apart, and blends of pairs "
        f"with different differences at least {found.differences_apart:.2f}."
    )


@page.section("heads")
def heads() -> None:
    if not page.guess(
        "One head, half its weight on each digit. What can be worked out from what arrives?",
        TELLS,
        tells,
    ):
        return
    page.prose("heads_controls")
    shares: tuple[float, ...] = (1.0, 0.0)
    if page.choose("n_heads", "Heads", ("one head", "two heads")) == "one head":
        label = "Share of its weight on the first digit"
        shares = (page.number("share", label, 0.0, 1.0, 0.5, 0.05),)
    with st.popover("What a value says"):
        kind: hand.ValueKind = page.choose(
            "values",
            "A value is",
            get_args(hand.ValueKind),
            words=lambda kind: kind.replace("place", "position"),
        )
        st.caption(
            "A one among ten for the digit, the digit's size, or a one among ten for each position."
        )
    page.draw(
        figures.blend_map(delivered_rows(shares, kind), columns_of(kind), "what arrives"),
        alt="What the heads hand on of 7 then 8, and of 8 then 7",
    )
    st.markdown(what_can_be_told(shares, kind))
    st.caption("Constructed. Counted over all pairs of digits.")
    page.notice()
    page.source(
        "lab.by_hand.attention.deliver",
        "lab.by_hand.attention.two_values",
        "lab.by_hand.attention.most_right",
        "lab.by_hand.attention.closest",
    )


# ---------------------------------------------------------------- 7. a real head


def who_brings(text: str) -> str:
    """The heads that look hardest from = at the two units digits."""
    said: list[str] = []
    for place in (A_UNITS, B_UNITS):
        layer, head, weight = probes.looks_hardest(text, EQUALS_AT, place)
        said.append(
            f"head {layer}.{head} looks hardest at the **{text[place]}** ({PLACES[place]}), with "
            f"{weight:.2f} of its weight"
        )
    return f"Of all heads at the first `=`, {said[0]}, and {said[1]}."


@page.section("real")
def real() -> None:
    a, b = the_sum()
    config, missed = recipe(BOOK_RUN).model, results.most_missed_head()
    left, right = st.columns(2)
    with left:
        layer = page.choose("layer", "Layer", range(config.n_layer), missed[0])
    with right:
        head = page.choose("head", "Head", range(config.layers[layer].attention.n_head), missed[1])
    text = write_sum(BOOK_RUN, a, b).text
    weights = probes.attention_of(text)
    arrows.show_weights(
        "ch02_real",
        text,
        [tokens.place_of(i, FORM, a, b) for i in range(len(text))],
        weights[layer, head],
        EQUALS_AT,
        alt=f"The weights of layer {layer}, head {head}, from the token you choose",
    )
    columns = {f"key {i}": weights[layer, head][:, i] for i in range(len(text))}
    page.numbers("the weights: each row is a query", columns)
    st.caption(f"Measured: layer {layer}, head {head}, on the model's own text of {a} × {b}.")
    page.notice()
    st.markdown(who_brings(text))
    page.source(
        "lab.model.attention.kernels.MathAttention.__call__",
        "lab.model.attention.kernels.softmax",
        "lab.interp.patterns.patterns_of",
    )


OFTEN = ("in more than half", "in half or fewer")


@page.section("importance")
def importance() -> None:
    """Every head of three models: how sharply it looks, and what goes wrong without it."""
    sharp, lost = rows_of("sharpness.jsonl"), rows_of("heads.jsonl")
    if not sharp or not lost:
        return

    if not page.guess(
        "In how many pairs of heads of the small twin is the sharper head missed more?",
        OFTEN,
        lambda: worked.order_in_the_twin(sharp, lost),
        frame=worked.sharper_missed_more(sharp, lost),
    ):
        return
    for column, (run, name) in zip(st.columns(len(LOOKED_INTO)), LOOKED_INTO.items(), strict=True):
        with column:
            page.draw(
                figures.importance(heads_of(sharp, lost, run), name),
                alt=f"Every head of {name}: its mean largest weight, and wrong answers without it",
            )
    st.caption("Measured. Each point is a head, named layer.head from zero; hover to name a point.")
    page.notice()
    page.source("lab.interp.patterns.sharpness", "lab.interp.intervene.ablate")


page.prose("end")
page.prose("exercises")


# ---------------------------------------------------------------- exercises


with page.exercise("half and half"):

    @page.section("ex_both")
    def half_and_half() -> None:
        show_graded(BOTH, *draw_query("ch02_ex_", BOTH, *the_sum()))
        page.source("lab.by_hand.attention.grade", "lab.by_hand.attention.keys")


with page.exercise("one head for both"):

    @page.section("ex_share")
    def one_head_for_both() -> None:
        share = page.number(
            "ex_share", "Share of its weight on the first digit", 0.0, 1.0, 0.95, 0.01
        )
        found = told((share,), "digit")
        show_verdict(
            min(found.products_apart, found.differences_apart) >= WANTED_DISTANCE,
            f"The nearest two blends are {found.products_apart:.3f} apart if the products differ, "
            f"and {found.differences_apart:.3f} if the differences do.",
            share_hint(share),
        )
        page.source("lab.by_hand.attention.closest")


page.close("read")
