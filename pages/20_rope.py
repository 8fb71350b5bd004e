"""Chapter 2: positions that turn. What a rotation knows, and what it does not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
    DRAWN_DIM,
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
    I,
    J,
    drawn_speeds,
    head_dim,
    layouts_read,
    table_of_pairs,
    two_arrows,
    two_bumps,
)
from components.ui.drawings import clocks, openers, tape, waves
from components.ui.lazily import lazily
from components.ui.live import training
from components.ui.loaded_models import load_with_progress
from components.ui.page_records import rows_of
from components.ui.plots import dots, maps
from components.ui.tokens import Marks, place_of, strip
from lab.data.problems import Format

clipping = lazily("lab.model.clipped_positions")
encodings = lazily("lab.experiments.position_encoding_race")
fourier = lazily("lab.interp.fourier_shift")
ids = lazily("lab.data.position_ids")
layouts = lazily("lab.interp.pair_layouts")
lengths = lazily("lab.experiments.lengths")
positions = lazily("lab.model.positions")
intervene = lazily("lab.interp.intervene")
position_probes = lazily("lab.interp.position_probes")

page = Chapter("20_rope", CALC)
page.open()


@page.section("turning", told=False)
def eight_hands_turn() -> None:
    st.html(
        openers.opener(
            openers.turning_clocks(drawn_speeds(), LAST_PLACE),
            "Eight hands that turn with the position of a token, each at its own speed",
            page.text("turning"),
        )
    )
    page.numbers("speeds", {"radians per position": drawn_speeds()})
    page.source()


page.prose("opening")
page.three_from_before("before_order", "before_table", "before_working")


# ---------------------------------------------------------------- 1. attention is blind to order


@page.section("blind", needs=list(probes.MODELS))
def blind() -> None:
    if not page.guess(
        "In the model without positions, how much does the first layer's attention change?",
        ("not at all", "about half", "completely"),
        worked.blind_change,
        frame=worked.BLIND,
    ):
        return
    seed = page.number("seed", "Shuffle number", 0, 999, 0, typed=True)
    st.markdown(f"`{PROMPT}` against `{position_probes.shuffled(PROMPT, seed)}`")
    page.draw(
        figures.changes(probes.rows_of_changes(seed)),
        alt="How much the attention output at the last token changes when those before it are "
        "shuffled, by layer",
    )
    page.notice()
    page.source(position_probes.change_by_layer)


# ---------------------------------------------------------------- 2. two hands of a clock


@page.section("clock")
def clock() -> None:
    if not page.guess(
        "Query and key both move ten positions to the right. The score is then",
        ("larger", "smaller", "the same"),
        "the same",
    ):
        return
    page.prose("clock_controls")
    base = page.choose("base", "Base of the speeds", BASES, DRAWN_BASE)
    speeds = positions.frequencies(DRAWN_DIM, base).numpy()
    query, key = two_arrows(len(speeds))
    clocks.show_clocks(
        "ch20_clocks",
        speeds,
        query,
        key,
        I,
        J,
        last=LAST_PLACE,
        pair=1,
        alt="A query and a key as hands of clocks, turned by their positions on a ruler",
    )
    page.numbers("the clocks", table_of_pairs(speeds, query, key))
    page.notice()
    page.source(positions.turn_pairs, positions.frequencies, positions.RotaryPositions.rotated)


page.prose("clock_worked")


with page.deeper("waves, matrices, which numbers make a pair, and the score by distance"):

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
        page.source(fourier.spectrum, fourier.turn_waves, fourier.shifted)

    page.prose("views")

    @page.section("layouts", needs=[ROTARY])
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
        page.source(positions.pairs_of, layouts.rows_for, layouts.read_as)

    @page.section("decay", needs=[ROTARY])
    def by_distance() -> None:
        distances = np.arange(LAST_PLACE + 1)
        curves = {
            f"{base:,}": position_probes.agreement(head_dim(), base, distances) for base in BASES
        }
        page.draw(
            figures.by_distance(curves),
            alt="The score of a query and a key that agree in every pair, by their distance",
        )
        page.notice()
        page.source(position_probes.agreement)


# ---------------------------------------------------------------- 3. shift and stretch


@page.section("tape", needs=[ROTARY, LEARNED])
def sum_on_a_tape() -> None:
    if not page.guess(
        "The whole problem moves a hundred positions on. Whose attention pattern stays the same?",
        ("the rotary one", "the learned one", "both", "neither"),
        lambda: "the rotary one" if probes.largest_change(ROTARY) < 1e-3 else "neither",
    ):
        return
    config = load_with_progress(ROTARY).model.config
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
        position_probes.on_the_tape,
        position_probes.stretches,
        position_probes.errors_on,
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
    st.caption(dots.in_pairs(points, claims.ENCODINGS["learned"], "steps"))
    page.notice()
    page.source(encodings.race, encodings.make_eval_set, encodings.rope_cells)


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


def show_maps(rows: list[dict[str, Any]], shown: Mapping[str, str], trained: int) -> None:
    """A map an arm, side by side: the share of wrong sums by the digits of both numbers."""
    with st.container(horizontal=True, gap="small"):
        for arm, words in shown.items():
            with st.container(width=maps.LENGTH_MAP, gap="small"):
                st.html(f'<div class="wb-map-title">{words}</div>')
                page.draw(
                    maps.length_map(claims.cells_of_map(rows, arm), trained),
                    width="content",
                    alt=f"{words}: the share of wrong problems by the digits of both numbers",
                )


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


@page.section("reach", needs=[probes.COUPLED])
def past_the_end() -> None:
    show_both_counts()
    page.prose("reach_counts")
    rows = rows_of("lengths.jsonl")
    if not rows or not page.guess(
        "The rotary network was trained on problems of up to three by three digits. "
        "How many of four by four does it get wrong?",
        claims.HOW_MANY,
        lambda: worked.wrong_past_three(rows),
        frame=worked.past_three(rows),
    ):
        return
    show_maps(rows, claims.MAPPED, TRAINED_DIGITS)
    page.notice()
    page.source(ids.coupled_ids, position_probes.begins_with, lengths.failures)


@page.section("clip")
def never_farther_than_it_knows() -> None:
    rows = rows_of("lengths.jsonl")
    if not rows or not page.guess(
        "The coupled network on its usual clocks fails at four by four digits. Clip its "
        "distances, without training it again. How many problems of six by six are wrong?",
        claims.HOW_MANY,
        lambda: worked.wrong_when_clipped(rows),
        frame=worked.clipped(rows),
    ):
        return
    show_maps(rows, claims.CLIPPED, TRAINED_DIGITS)
    page.notice()
    page.source(clipping.ClippedPositions.scores)


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
    show_maps(rows, claims.FAR, TRAINED_DIGITS + 1)
    page.notice()
    page.source(lengths.failures)


def show_what_it_writes(arm: str, words: str, form: Format, a: int, b: int) -> None:
    """A line, and the text up to the first wrong token, which is marked."""
    right = form.text(a, b)
    try:
        slot, written = probes.first_miss(arm, a, b)
    except positions.PastTheTable as error:
        st.markdown(f"**{words}**: it cannot read {len(right)} tokens: {error}.")
        return
    if slot < 0:
        st.markdown(f"**{words}**: right to the end, {len(right)} tokens.")
        return
    st.markdown(
        f"**{words}**: wrong at token {slot + 1} of {len(right)} "
        f"({place_of(slot, form, a, b)}). It writes `{written}`, and `{right[slot]}` is right."
    )
    st.html(strip(right[:slot] + written, form, a, b, marks=Marks(wrong=(slot,)), small=True))


@page.section("longer")
def ask_for_a_longer_one() -> None:
    pair = page.pair("longer", MOST_TYPED, "3748", "4837")
    if pair is None:
        return
    a, b = pair
    form = Format("cot_reversed", len(str(a)), len(str(b)))

    def show_all(asked: Sequence[str]) -> None:
        for arm in asked:
            show_what_it_writes(arm, claims.KEPT[arm], form, a, b)

    shown = len(claims.ASKED_FIRST + claims.ASKED_FAR), len(claims.KEPT)
    first = shown[0] if page.alone is None else shown[1]
    asked = page.choose("asked", "How many networks", shown, first, kind="segments")
    show_all(claims.ASKED_FIRST)
    page.prose("longer_far")
    show_all(claims.ASKED_FAR)
    if asked == len(claims.KEPT):
        page.prose("longer_others")
        show_all(claims.ASKED_OTHERS)
    page.notice()
    page.source(lengths.first_wrong_tokens)


with page.deeper("one pair everywhere, how the race was run, how networks fail, other ways on"):

    @page.section("scores", needs=[ROTARY, LEARNED])
    def one_pair_everywhere() -> None:
        config = load_with_progress(ROTARY).model.config
        head = page.choose(
            "scores_head",
            "Head of the first layer",
            range(config.layers[0].attention.n_head),
            kind="segments",
        )
        for column, run in zip(st.columns(2), (ROTARY, LEARNED), strict=True):
            scores = position_probes.anywhere(
                load_with_progress(run).model, "=", "7", head, LAST_PLACE
            )
            words = probes.MODELS[run]
            with column:
                st.html(f'<div class="wb-map-title">{words}</div>')
                page.draw(
                    figures.scores_by_place(scores),
                    alt=f"{words}: the score of one query with one key, wherever the two are",
                )
        page.notice()
        page.source(position_probes.anywhere)

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
        page.source(position_probes.first_digits_missed, intervene.hide)

    @page.section("cures")
    def other_ways_to_go_on() -> None:
        if rows := rows_of("lengths.jsonl"):
            show_maps(rows, claims.MAPPED_DEEPER, TRAINED_DIGITS)
        page.prose("slow")
        page.source(ids.with_gaps, lengths.stretched, claims_of=["slow"])

    page.prose("limits")

    @page.section("limit", needs=["reach_coupled", "reach_coupled_slow"])
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
        page.source(lengths.clipped, lengths.limited, lengths.first_wrong_tokens)

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
        page.source(lengths.first_wrong_tokens)

    page.prose("edges")
    page.prose("scaling")


# ---------------------------------------------------------------- exercises

page.prose("end")
page.prose("exercises")


with page.exercise("tell the sign where it stands"):

    @page.section("ex_told", needs=[probes.COUPLED])
    def tell_the_sign() -> None:
        exercises.tell_the_sign(page)


with page.exercise("port the weights"):

    @page.section("ex_rows")
    def order_the_rows() -> None:
        exercises.order_the_rows(page)


with page.exercise("move a cache"):

    @page.section("ex_cache", needs=[ROTARY])
    def turn_the_cache() -> None:
        exercises.turn_the_cache(page)


page.close("read")
