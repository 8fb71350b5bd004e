"""Chapter 2: positions that turn. What a rotation knows, and what it does not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import streamlit as st

from components.ui import operand_boxes
from components.ui.chapter import Chapter
from components.ui.chapters.ch20 import claims, exercises, figures, probes, worked
from components.ui.chapters.ch20.probes import (
    FIRST_EQUALS,
    LEARNED,
    PROMPT,
    ROTARY,
    SUM,
    TWO_BY_TWO,
)
from components.ui.chapters.ch20.worked import (
    BASES,
    CALC,
    DRAWN_BASE,
    EQUALS,
    EXTRA,
    LAST_PLACE,
    LIVE_BATCH,
    LIVE_RATE,
    LIVE_STEPS,
    MOST_TYPED,
    START,
    TOLD,
    TOLD_FROM,
    TOLD_TO,
    TRAINED_DIGITS,
    head_dim,
    layouts_read,
    table_of_pairs,
    two_bumps,
)
from components.ui.drawings import clocks, longer, tape, waves
from components.ui.lazily import lazily
from components.ui.live import training
from components.ui.page_records import rows_of
from components.ui.plots import dots
from lab.recipes.recipe_index import recipe

lengths = lazily("lab.experiments.lengths", known=["GROWN"])

page = Chapter("20_rope", CALC)
page.open()


@page.section("turning", told=False, was=("clock",))
def a_query_and_a_key() -> None:
    for row in rows_of("pairs.jsonl"):
        speeds, query, key = (np.array(row[name]) for name in ("speeds", "q", "k"))
        clocks.show_clocks(
            "ch20_clocks",
            speeds,
            query,
            key,
            worked.WALK,
            alt="A query and a key on a ruler, to be moved together or apart",
        )
        page.numbers("the clocks", table_of_pairs(speeds, query, key))
    page.source(
        "lab.model.positions.turn_pairs",
        "lab.model.positions.frequencies",
        "lab.model.positions.RotaryPositions.rotated",
    )


page.prose("opening")
page.three_from_before("before_order", "before_table", "before_working")


# ---------------------------------------------------------------- 1. does attention see the order


@page.section("blind")
def blind() -> None:
    if not page.guess(
        "In the model without positions, how much does the attention of layer 0 change?",
        ("not at all", "about half", "completely"),
        worked.blind_change,
        frame=worked.BLIND,
    ):
        return
    seed = page.number("seed", "Shuffle number", 0, 999, 0, typed=True)
    st.markdown(f"`{PROMPT}` against `{probes.shuffled(seed)}`")
    page.draw(
        figures.changes(probes.rows_of_changes(seed)),
        alt="How much the attention output at the last token changes when those before it are "
        "shuffled, by layer",
    )
    page.notice()
    page.source("lab.interp.position_probes.change_by_layer")


# ---------------------------------------------------------------- 2. two hands of a clock


page.prose("clock")
page.prose("clock_worked")


@page.section("theorem")
def theorem() -> None:
    signal = two_bumps()
    waves.show_waves(
        "ch20_waves",
        signal,
        start=3.0,
        alt="A signal, its waves as clocks, and the signal drawn again from the turned clocks",
    )
    page.numbers("the signal", {"position": range(len(signal)), "height": signal})
    page.notice()
    page.source(
        "lab.interp.fourier_shift.spectrum",
        "lab.interp.fourier_shift.turn_waves",
        "lab.interp.fourier_shift.shifted",
    )


with page.deeper("matrices, which numbers make a pair, and the score by distance"):
    page.prose("views")

    @page.section("layouts")
    def halves_or_neighbours() -> None:
        if not page.guess(
            "Weights trained with halves, evaluated with neighbours: how many problems are wrong?",
            claims.HOW_MANY,
            worked.wrong_when_read,
            frame=worked.READ_WRONG,
        ):
            return
        page.draw(
            figures.pair_layouts(layouts_read()),
            alt="Which numbers of a head are paired: as trained, as neighbours, and put in order",
        )
        page.notice()
        page.source(
            "lab.model.positions.pairs_of",
            "lab.interp.pair_layouts.rows_for",
            "lab.interp.pair_layouts.read_as",
        )

    @page.section("decay")
    def by_distance() -> None:
        base = page.choose("base", "Base of the speeds", BASES, DRAWN_BASE)
        curves = {f"{b:,}": probes.agreement(head_dim(), b, LAST_PLACE) for b in BASES}
        page.draw(
            figures.by_distance(curves, f"{base:,}"),
            alt="The score of a query and a key that agree in every pair, by their distance",
        )
        page.notice()
        page.source("lab.interp.position_probes.agreement")


# ---------------------------------------------------------------- 3. shift and stretch


@page.section("tape")
def sum_on_a_tape() -> None:
    if not page.guess(
        "The problem moves along the tape. "
        "By how much does an attention weight change at most, with the learned table?",
        ("the rotary one", "the learned one", "both", "neither"),
        worked.largest_changes,
        frame=worked.SHIFTED,
    ):
        return
    config = recipe(ROTARY).model
    left, right = st.columns(2)
    with left:
        layer = page.choose("layer", "Layer", range(config.n_layer), kind="segments")
    with right:
        heads = range(config.layers[layer].attention.n_head)
        head = page.choose("head", "Head", heads, kind="segments")
    sides = [probes.taped(run)[layer, head] for run in (ROTARY, LEARNED)]
    tape.show_tape(
        "ch20_tape_drawn",
        SUM,
        sides,
        last=255,
        gap_at=FIRST_EQUALS,
        first_asked=len(PROMPT),
        start=START,
        start_gap=24,
        alt="One problem on a tape of positions, and the attention weights of a head in two models",
    )
    page.numbers("the tape", probes.rows_of_the_tape(sides))
    page.notice()
    page.prose("tape_errors")
    page.guess(
        "A gap of a single position opens before the first =. "
        f"How many of {probes.N_ERRORS} problems does the rotary model get wrong?",
        ("none", "about half", "nearly all"),
        worked.wrong_behind_the_gap,
        frame=worked.STRETCHED,
        name="gap",
    )
    page.source(
        "lab.interp.position_probes.on_the_tape",
        "lab.interp.position_probes.stretches",
        "lab.interp.position_probes.errors_on",
        claims_of=["gap_why"],
    )


page.prose("offset")
page.prose("cache")


# ---------------------------------------------------------------- 4. the race, and your own


def tell_the_race() -> None:
    """What is told may be told below as well; if the page stands there already, draw it again."""
    st.session_state["ch20_race_told"] = True
    if st.session_state.pop("ch20_live_untold", False):
        st.rerun()


def race_is_told() -> bool:
    """A figure that stands alone asks for no guess."""
    if page.alone is not None or st.session_state.get("ch20_race_told", False):
        return True
    st.session_state["ch20_live_untold"] = True
    return False


@page.section("race")
def race() -> None:
    rows = rows_of("rope.jsonl")
    if not rows or not page.guess(
        "In which kinds of text do rotary positions need fewer steps than a learned table?",
        claims.RACE_OPTIONS,
        lambda: claims.where_rotary_leads(rows),
    ):
        return
    tell_the_race()
    goal = claims.GOALS[page.choose("goal", "Goal of the chart: wrong at most", list(claims.GOALS))]
    points = figures.goal_points(claims.race_points(rows, goal))
    page.draw(
        figures.steps_to_goal(points, claims.MOST_STEPS.value(rows)),
        alt="Steps until few enough problems are wrong, a point a seed, by text and by encoding",
    )
    told = [point for point in points if point["arm"] != claims.ENCODINGS["none"]]
    st.caption(dots.in_pairs(told, claims.ENCODINGS["learned"], "steps"))
    page.notice()
    page.source(
        "lab.experiments.position_encoding_race.race",
        "lab.experiments.position_encoding_race.make_eval_set",
        "lab.experiments.position_encoding_race.rope_cells",
    )


def train_with(encoding: str) -> None:
    training.launch(
        "ch20_live",
        {
            "encoding": encoding,
            "base": float(st.session_state["ch20_live_base"]),
            "packed": st.session_state["ch20_text"] == "a stream",
            "steps": LIVE_STEPS,
            "batch": LIVE_BATCH,
            "rate": LIVE_RATE,
        },
    )


def run_name(arguments: Mapping[str, Any]) -> str:
    encoding = arguments.get("encoding", "learned")
    base = f", base {arguments['base']:,g}" if encoding == "rotary" and "base" in arguments else ""
    text = "stream" if arguments.get("packed") else "one width"
    return f"{claims.ENCODINGS[encoding]}{base}, {text}"


@page.section("live")
def race_them_yourself() -> None:
    left, right = st.columns(2)
    with left:
        text = page.choose("text", "Text", ("a stream", "one width"))
    with right:
        page.choose("live_base", "Base, for rotary", BASES, 100)
    with st.container(horizontal=True, gap="small"):
        for encoding, words in claims.ENCODINGS.items():
            st.button(
                f"Train with {words}",
                key=f"ch20_train_{encoding}",
                icon=":material/play_arrow:",
                on_click=train_with,
                args=(encoding,),
            )
    rows = rows_of("rope.jsonl") if race_is_told() else []
    if rows:
        page.prose("live_reach")
    training.watch(
        "ch20_live", run_name, claims.middle_curves(rows, text, LIVE_STEPS) if rows else ()
    )
    if rows:
        page.prose("live_ghosts")
    page.notice()


# ---------------------------------------------------------------- 5. off the end of the ruler


def show_both_counts() -> None:
    """The reader's own sum, each token over its place and its line."""
    own = operand_boxes.last_allowed("ch20_ids_pair", page.pair("ids"), (37, 48))
    text, at = TWO_BY_TWO.text(*own), probes.ids_of(*own)
    asked = page.number("told", "Token", TOLD_FROM, TOLD_TO, TOLD)
    st.html(figures.counts_strip(text, TWO_BY_TWO, at, asked))
    st.markdown(figures.describe_shared(text, TWO_BY_TWO, at, asked))
    page.numbers(
        "both counts",
        [{"token": c, "place": p, "line": n} for c, (p, n) in zip(text, at, strict=True)],
    )


@page.section("reach")
def past_the_end() -> None:
    show_both_counts()
    page.notice()
    page.source("lab.data.position_ids.coupled_ids", "lab.interp.position_probes.begins_with")


@page.section("longer", was=("clip",))
def one_problem_grows() -> None:
    rows = rows_of("lengths.jsonl")
    if not rows or not page.guess(
        "Now both together: two counts and a limit, no weight changed. "
        "How many problems of six by six digits are wrong?",
        claims.HOW_MANY,
        lambda: worked.wrong_when_clipped(rows),
        frame=worked.clipped(rows),
        name="clip",
    ):
        return
    first = lengths.GROWN
    typed = page.pair("longer", MOST_TYPED, *map(str, first))
    problems = probes.growing(*operand_boxes.last_allowed("ch20_longer_pair", typed, first))
    networks = [
        longer.Network(
            *switched,
            [probes.comes_so_far(arm, a, b) for a, b in problems],
            claims.counted_by_digits(rows, arm),
        )
        for arm, switched in claims.SWITCHED.items()
    ]
    longer.show_longer(
        "ch20_grows",
        problems,
        networks,
        alt="A problem that grows, as four networks write it up to the first wrong token",
    )
    page.numbers("one problem that grows", worked.table_of_lengths(problems, networks))
    page.notice()
    page.source(
        "lab.model.clipped_positions.ClippedPositions.scores",
        "lab.experiments.lengths.first_wrong_tokens",
    )


@page.section("far")
def at_full_size() -> None:
    rows = rows_of("lengths.jsonl")
    if not rows or not page.guess(
        "The coupled network was trained up to four by four digits and then given a limit. "
        "How many problems of ten by ten does it get wrong?",
        claims.HOW_MANY,
        lambda: worked.wrong_far(rows),
        frame=worked.far(rows),
    ):
        return
    page.notice()
    page.source("lab.experiments.lengths.failures")


with page.deeper("one pair everywhere, how the race was run, how networks fail, other ways on"):

    @page.section("scores")
    def one_pair_everywhere() -> None:
        config = recipe(ROTARY).model
        head = page.choose(
            "scores_head",
            "Head of the first layer",
            range(config.layers[0].attention.n_head),
            kind="segments",
        )
        for column, run in zip(st.columns(2), (ROTARY, LEARNED), strict=True):
            scores = probes.scores_anywhere(run, head, LAST_PLACE)
            words = probes.MODELS[run]
            with column:
                st.html(f'<div class="wb-map-title">{words}</div>')
                page.draw(
                    figures.scores_by_place(scores),
                    alt=f"{words}: the score of one query with one key, wherever the two are",
                )
        page.notice()
        page.source("lab.interp.position_probes.anywhere")

    page.prose("race_more")

    @page.section("extra")
    def one_digit_too_many() -> None:
        prompt = EXTRA.text(3748, 483)[:EQUALS]
        if not page.guess(
            "Which one token, hidden from the =, leaves the fewest first digits wrong?",
            tuple(worked.HIDDEN),
            worked.fewest_missed,
            frame=worked.MISSED,
        ):
            return
        n = probes.first_digits_missed(EXTRA.p, EXTRA.q)[1]
        page.draw(
            figures.missed_without(
                [worked.first_missed(slot) for slot in range(EQUALS)],
                worked.first_missed(None),
                n,
                prompt,
            ),
            alt="How many problems of four by three digits begin wrong, with one token hidden",
        )
        page.notice()
        page.source("lab.interp.position_probes.first_digits_missed", "lab.interp.intervene.hide")

    page.prose("cures")
    page.prose("slow")

    page.prose("limits")

    @page.section("limit")
    def move_the_limit() -> None:
        left, right = st.columns(2)
        with left:
            places = page.number("places", "Farthest place", 1, 8, claims.LIMIT[0])
        with right:
            lines = page.number("lines", "Farthest line", 1, 4, claims.LIMIT[1])
        found = [
            (words, probes.failures_within(arm, TRAINED_DIGITS + 1, places, lines))
            for arm, words in claims.LIMITED.items()
        ]
        page.draw(
            figures.failures(claims.failures(found)),
            alt=f"Problems right and wrong, distances at most {places} places and {lines} lines",
        )
        page.notice()
        page.source(
            "lab.experiments.lengths.clipped",
            "lab.experiments.lengths.limited",
            "lab.experiments.lengths.first_wrong_tokens",
        )

    @page.section("kinds")
    def how_they_fail() -> None:
        rows = rows_of("lengths.jsonl")
        if not rows:
            return
        size = page.choose("size", "Digits of both numbers", range(3, 7), 4, kind="segments")
        page.draw(
            figures.failures(claims.recorded_failures(rows, size)),
            alt=f"For {size} by {size} digits: right, a wrong digit first, a wrong length first",
        )
        page.notice()
        page.source("lab.experiments.lengths.first_wrong_tokens")

    page.prose("edges")
    page.prose("scaling")


# ---------------------------------------------------------------- exercises

page.prose("end")
page.prose("exercises")


with page.exercise("tell the sign where it stands"):

    @page.section("ex_told")
    def tell_the_sign() -> None:
        exercises.tell_the_sign(page)


with page.exercise("port the weights"):

    @page.section("ex_rows")
    def order_the_rows() -> None:
        exercises.order_the_rows(page)


with page.exercise("move a cache"):

    @page.section("ex_cache")
    def turn_the_cache() -> None:
        exercises.turn_the_cache(page)


page.close("read")
