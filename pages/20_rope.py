"""Chapter 2: positions that turn. What a rotation knows, and what it does not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal

import numpy as np
import streamlit as st

from components.ui import clocks, exercises, position_plots, tape, training, waves
from components.ui.chapter import Chapter
from components.ui.chapters.ch20 import claims
from components.ui.operands import ask_pair
from components.ui.records import rows_of
from components.ui.runs import needs_a_run, take_with_progress
from components.ui.tokens import Marks, place_of, strip
from components.ui.words import one_in, shape, spelled
from lab.data.problems import Format
from lab.data.vocabulary import decode
from lab.records import select
from lab.statistics import spread, steps_until

MODELS = {
    "unordered_small": "no positions",
    "rope_small": "rotary",
    "learned_small": "learned table",
}
ROTARY, LEARNED = "rope_small", "learned_small"
PROMPT, SUM = "37*48=", "37*48=692+0841=6771$"
N_HEAD, HEAD_DIM, N_LAYER = 4, 32, 2

SHIFTS, GAPS = range(230), range(65)
START, START_GAP = 100, 24
GAP, HALF_TAPE = 1, 118
N_ERRORS = 500
FIRST_EQUALS = PROMPT.index("=")

LAST_PLACE = 64
BASES = (3, 10, 100, 1000, 10_000)
USUAL_BASE = 100
I, J = 30, 24
DRAWN_DIM = 16
SPEED, FARTHER = 0.1, 100

N_SAMPLES = 15
LIVE_STEPS = 600

TRAINED_DIGITS, MOST_DIGITS = 3, 6
FAR_TRAINED, MOST_TYPED = 4, 10
MOST_PLACES, MOST_LINES, N_CLIPPED = 8, 4, 12
LINK = {
    "ch20_seed": training.whole(0, 999),
    "ch20_base": training.one_of(BASES),
    "ch20_layer": training.one_of(range(N_LAYER)),
    "ch20_head": training.one_of(range(N_HEAD)),
    "ch20_scores_head": training.one_of(range(N_HEAD)),
    "ch20_text": training.one_of(("a stream", "one width")),
    "ch20_live_base": training.one_of(BASES),
    "ch20_goal": training.one_of(("1 in 20", "1 in 100")),
    "ch20_size": training.one_of(range(TRAINED_DIGITS, MOST_DIGITS + 1)),
    "ch20_places": training.whole(1, MOST_PLACES),
    "ch20_lines": training.whole(1, MOST_LINES),
}


# ---------------------------------------------------------------- worked numbers of the prose


@st.cache_data(show_spinner=False, max_entries=64)
def change_when_shuffled(run: str, seed: int) -> np.ndarray:
    loaded = take_with_progress(run)
    from lab.interp.position_probes import change_by_layer, shuffled

    return change_by_layer(loaded.model, PROMPT, shuffled(PROMPT, seed))


@st.cache_data(show_spinner=False, max_entries=4)
def taped(run: str) -> dict[tuple[int, int], tape.Side]:
    """What each (layer, head) makes of the sum, wherever it stands."""
    loaded = take_with_progress(run)
    from lab.interp.position_probes import on_the_tape, shifts, stretches

    shifted = on_the_tape(loaded.model, SUM, shifts(len(SUM), SHIFTS))
    stretched = on_the_tape(loaded.model, SUM, stretches(len(SUM), FIRST_EQUALS, GAPS))
    return {place: tape.Side.of(MODELS[run], shifted[place], stretched[place]) for place in shifted}


@st.cache_data(show_spinner=False, max_entries=4)
def largest_change(run: str) -> float:
    """Of any weight of any head, at any shift along the tape."""
    return max(float(side.shifted_change.max()) for side in taped(run).values())


@st.cache_data(show_spinner=False, max_entries=16)
def errors_when(run: str, shift: int, gap: int) -> str:
    loaded = take_with_progress(run)
    from lab.data.problems import TEST_FROM, sample_pairs
    from lab.interp.position_probes import errors_on, shifts, stretches

    form = loaded.format
    a, b = sample_pairs(np.random.default_rng(0), N_ERRORS, form.p, form.q, TEST_FROM, 1.0)
    ruler = shifts(form.length, [shift])[0] + stretches(form.length, FIRST_EQUALS, [gap])[0]
    ruler -= shifts(form.length, [0])[0]
    return f"{errors_on(loaded.model, form, a, b, ruler):,}"


@st.cache_data(show_spinner=False, max_entries=4)
def errors_in_stream(run: str) -> tuple[int, int]:
    """Wrong held-out sums, and how many there are, in streams like those of training."""
    loaded = take_with_progress(run)
    from lab.experiments.rope import exam, failed
    from lab.recipes.index import recipe

    paper = exam(recipe(run), "test", N_ERRORS)
    return failed(loaded.model, paper), paper.n


def speeds_of_the_model() -> np.ndarray:
    """In radians a place, of the pairs of a head of the rotary run."""
    return take_with_progress(ROTARY).model.position.frequencies[0].numpy()  # pyright: ignore


@st.cache_data(show_spinner=False)
def table_size() -> int:
    """How many numbers a learned table adds to the small network."""
    learned, rotary = (take_with_progress(run).model for run in (LEARNED, ROTARY))
    from lab.model.cost import parameters

    return sum(parameters(learned).values()) - sum(parameters(rotary).values())


def in_words(x: float) -> str:
    if x == 0:
        return "exactly zero"
    if x < 1e-3:
        return f"less than one part in {10 ** int(-np.log10(x)):,}"
    return f"{x:.2f}"


def share(x: float) -> str:
    return f"{100 * x:.0f} in 100" if x >= 0.005 else in_words(x)


def worked() -> dict[str, str]:
    """One pair, by hand: q = k = (1, 0), at a speed of `SPEED` radians a place."""
    import torch

    from lab.model.positions import turn_pairs

    def at(position: int) -> np.ndarray:
        angle = torch.tensor([SPEED * position], dtype=torch.float64)
        one = torch.tensor([1.0, 0.0], dtype=torch.float64)
        return turn_pairs(one, angle.cos(), angle.sin()).numpy()

    q, k = at(I), at(J)
    return {
        "worked_i": f"{I}",
        "worked_j": f"{J}",
        "worked_q": f"$({q[0]:.3f}, {q[1]:.3f})$",
        "worked_k": f"$({k[0]:.3f}, {k[1]:.3f})$",
        "worked_score": f"${q @ k:.3f}$",
        "worked_angle": f"${SPEED * (I - J):.1f}$",
        "worked_far": f"${at(I + FARTHER) @ at(J + FARTHER):.3f}$",
    }


def drawn_out() -> str:
    """Sums of three by three that the gaps in training draw out as long as four by four."""
    from lab.experiments.lengths import share_drawn_out
    from lab.recipes.index import recipe

    size = TRAINED_DIGITS + 1
    return share(share_drawn_out(recipe("reach_gaps"), Format("cot_reversed", size, size).length))


def below_zero() -> int:
    """The first distance at which the score at the smallest base is negative."""
    from lab.interp.position_probes import agreement

    return int(np.argmax(agreement(HEAD_DIM, BASES[0], np.arange(LAST_PLACE + 1)) < 0))


def slow_turn() -> str:
    from lab.interp.position_probes import slow_turn

    return f"{slow_turn(HEAD_DIM, BASES[-1], len(SUM) - 1):.2f}"


def of_the_race() -> dict[str, str]:
    """What is set in the code of the race, as a sentence has it."""
    from lab.experiments import rope as race

    rates = {spelled(len(race.RATES[setting])) for setting in ("fixed", "mixed")}
    return {
        "kinds": spelled(len(race.SETTINGS)),
        "seeds": spelled(len(race.SEEDS)),
        "base_seeds": spelled(len(race.BASE_SEEDS)),
        "n_rates": " or ".join(sorted(rates)),
        "still_wrong": share(race.STILL_WRONG),
        "give_up": f"{race.GIVE_UP_AT:,}",
    }


def of_the_reach() -> dict[str, str]:
    """What is set in the code of the networks that are asked for longer sums."""
    from lab.experiments import lengths
    from lab.recipes.index import recipe

    small, far = (recipe(run) for run in ("reach_coupled_slow", "far_coupled"))
    p, q = small.format.p, small.format.q
    runs = {arm.run for arm in lengths.ARMS.values() if arm.run.startswith("reach_")}
    turned = lengths.turned
    position: Any = small.model.position
    return {
        "n_reach": spelled(len(runs)).capitalize(),
        "trained": shape(p, q),
        "longer": shape(p + 1, q + 1),
        "far_trained": shape(far.format.p, far.format.q),
        "span": places_and_lines(*lengths.span(p, q)),
        "turned_home": f"{turned(position, p, q):.2f}",
        "turned_new": f"{turned(position, 1, 5):.2f}",
        "lengths_fail": one_in(lengths.LENGTHS_FAIL),
    }


def places_and_lines(places: int, lines: int) -> str:
    return f"{spelled(places)} places and {spelled(lines)} lines"


def limited_to() -> str:
    """Digits of both numbers of the sums by which the small networks' limit is chosen."""
    from lab.experiments.lengths import limit_cells

    sizes = {cell["digits"] for cell in limit_cells() if cell["run"] == "reach_coupled"}
    return " and ".join(spelled(size) for size in sorted(sizes))


def far_limit() -> str:
    from lab.experiments.lengths import ARMS

    return places_and_lines(*(ARMS["far_clipped"].farthest or ()))


def best_rate(encoding: Literal["rotary", "learned"]) -> str:
    """AdamW's rate of an arm of the race in the stream, as the record chose it."""
    from lab.experiments import rope as race

    rows = rows_of("rope.jsonl")
    return f"{race.best_rate(rows, 'packed', encoding):g}"


def edge(arm: str) -> tuple[int, int]:
    """Digits of both numbers, and digits of b alone, from which on an arm fails in lengths."""
    from lab.experiments.lengths import edges

    return edges(select(rows_of("lengths.jsonl"), arm=arm))


def turned_at_the_edge(arm: str) -> str:
    """How far round the fastest clock of an arm has come there, in a sum of equal digits."""
    from lab.experiments.lengths import ARMS, turned
    from lab.recipes.index import recipe

    digits = -(-edge(arm)[0] // 2)
    position = recipe(ARMS[arm].run).model.position
    return f"{turned(position, digits, digits):.2f}"  # pyright: ignore[reportArgumentType]


CALCULATIONS: dict[str, Callable[[], str]] = {
    "models": lambda: spelled(len(MODELS)),
    "drawn_pairs": lambda: spelled(DRAWN_DIM // 2),
    "worked_speed": lambda: f"{SPEED}",
    "worked_on": lambda: f"{FARTHER}",
    "start": lambda: f"{START}",
    "half_tape": lambda: f"{HALF_TAPE}",
    "least_base": lambda: spelled(BASES[0]),
    "most_base": lambda: f"{BASES[-1]:,}",
    "below_zero": lambda: spelled(below_zero()),
    "slow_turn": slow_turn,
    "sum_tokens": lambda: f"{len(SUM)}",
    "goal": lambda: one_in(claims.GOAL),
    "fine_goal": lambda: one_in(claims.FINE_GOAL),
    "finest_goal": lambda: one_in(claims.FINEST_GOAL),
    "limit": lambda: places_and_lines(*claims.LIMIT),
    "limited_to": limited_to,
    "far_limit": far_limit,
    "limit_long": lambda: f"{claims.ROTARY_LIMITS['long']}",
    "limit_short": lambda: spelled(claims.ROTARY_LIMITS["short"]),
    "most_typed": lambda: spelled(MOST_TYPED),
    "digits_trained": lambda: spelled(TRAINED_DIGITS),
    "best_rotary": lambda: best_rate("rotary"),
    "best_learned": lambda: best_rate("learned"),
    "edge_far": lambda: f"{edge('far_coupled')[0]}",
    "edge_far_b": lambda: f"{edge('far_coupled')[1]}",
    "edge_small": lambda: f"{edge('coupled_slow')[0]}",
    "turned_far": lambda: turned_at_the_edge("far_coupled"),
    "turned_small": lambda: turned_at_the_edge("coupled_slow"),
    "blind_first": lambda: in_words(change_when_shuffled("unordered_small", 0)[0]),
    "blind_second": lambda: share(change_when_shuffled("unordered_small", 0)[1]),
    "shift_rotary": lambda: in_words(largest_change(ROTARY)),
    "shift_learned": lambda: in_words(largest_change(LEARNED)),
    "stream_rotary": lambda: f"{errors_in_stream(ROTARY)[0]:,}",
    "stream_learned": lambda: f"{errors_in_stream(LEARNED)[0]:,}",
    "stream_n": lambda: f"{errors_in_stream(LEARNED)[1]:,}",
    "tape_n": lambda: f"{N_ERRORS}",
    "drawn_out": drawn_out,
    "n_clipped": lambda: f"{N_CLIPPED}",
    "long_tokens": lambda: f"{Format('cot_reversed', MOST_TYPED, MOST_TYPED).length}",
    "errors_home_rotary": lambda: errors_when(ROTARY, 0, 0),
    "errors_home_learned": lambda: errors_when(LEARNED, 0, 0),
    "errors_one_rotary": lambda: errors_when(ROTARY, 1, 0),
    "errors_one_learned": lambda: errors_when(LEARNED, 1, 0),
    "base": lambda: f"{take_with_progress(ROTARY).model.config.position.base:g}",  # pyright: ignore
    "pairs": lambda: f"{len(speeds_of_the_model())}",
    "fastest": lambda: f"{speeds_of_the_model()[0] / speeds_of_the_model()[-1]:.0f}",
    "table": lambda: f"{table_size():,}",
    "errors_shift_rotary": lambda: errors_when(ROTARY, HALF_TAPE, 0),
    "errors_shift_learned": lambda: errors_when(LEARNED, HALF_TAPE, 0),
    "errors_gap_rotary": lambda: errors_when(ROTARY, 0, GAP),
    "errors_gap_learned": lambda: errors_when(LEARNED, 0, GAP),
    **{
        name: (lambda name=name: worked()[name])
        for name in (
            "worked_i",
            "worked_j",
            "worked_q",
            "worked_k",
            "worked_score",
            "worked_angle",
            "worked_far",
        )
    },
    **{
        name: (lambda name=name: of_the_race()[name])
        for name in ("kinds", "seeds", "base_seeds", "n_rates", "still_wrong", "give_up")
    },
    **{
        name: (lambda name=name: of_the_reach()[name])
        for name in (
            "n_reach",
            "trained",
            "longer",
            "far_trained",
            "span",
            "turned_home",
            "turned_new",
            "lengths_fail",
        )
    },
}

page = Chapter("20_rope", CALCULATIONS)


# ---------------------------------------------------------------- 1. attention is blind to order


@st.fragment
@needs_a_run
def show_blind() -> None:
    first = float(change_when_shuffled("unordered_small", 0)[0])
    if not page.predict(
        "ch20_blind",
        "The model without positions: how much does its first attention change?",
        ("not at all", "about half", "completely"),
        "not at all" if first < 1e-4 else "completely",
        page.text("blind_why"),
    ):
        return
    seed = int(st.number_input("Shuffle number", 0, 999, 0, key="ch20_seed", bind="query-params"))
    from lab.interp.position_probes import change_by_layer, shuffled

    st.markdown(f"`{PROMPT}` against `{shuffled(PROMPT, seed)}`")
    rows = [
        {"model": name, "layer": f"layer {layer}", "change": float(change)}
        for run, name in MODELS.items()
        for layer, change in enumerate(change_when_shuffled(run, seed))
    ]
    st.altair_chart(
        position_plots.changes(rows),
        width="stretch",
        alt="How much what the last token hears changes when the tokens before it are shuffled",
    )
    page.notice("blind_notice")
    page.source(change_by_layer)


# ---------------------------------------------------------------- 2. two hands of a clock


@st.fragment
def show_clocks() -> None:
    if not page.predict(
        "ch20_clock",
        "Query and key both move ten places to the right. The score is then",
        ("larger", "smaller", "the same"),
        "the same",
        page.text("clock_why"),
    ):
        return
    page.prose("clock_controls")
    base = int(
        st.select_slider(
            "Base of the speeds", BASES, USUAL_BASE, key="ch20_base", bind="query-params"
        )
    )
    from lab.model.positions import RotaryPositions, frequencies, turn_pairs

    speeds = frequencies(DRAWN_DIM, base).numpy()
    rng = np.random.default_rng(1)
    q = rng.normal(size=(len(speeds), 2))
    clocks.show_clocks(
        "ch20_clocks",
        speeds,
        q,
        q + 0.6 * rng.normal(size=q.shape),
        I,
        J,
        last=LAST_PLACE,
        pair=1,
        alt="A query and a key as hands of clocks, turned by their positions on a ruler",
    )
    page.notice("clock_notice")
    page.source(turn_pairs, frequencies, RotaryPositions.rotate)


# ---------------------------------------------------------------- 3. the shift theorem


@st.fragment
def show_theorem() -> None:
    from lab.interp.fourier_shift import shifted, spectrum, turned

    places = np.arange(N_SAMPLES)
    bump = np.exp(-0.5 * ((places - 4) / 1.1) ** 2) - 0.6 * np.exp(-0.5 * ((places - 7) / 0.8) ** 2)
    waves.show_waves(
        "ch20_waves",
        bump - bump.mean(),
        start=3.0,
        alt="A signal, its waves as clocks, and the signal drawn again from the turned clocks",
    )
    page.notice("theorem_notice")
    page.source(spectrum, turned, shifted)


# ---------------------------------------------------------------- 4. shift and stretch


@st.fragment
@needs_a_run
def show_tape() -> None:
    rotary_still = largest_change(ROTARY) < 1e-3
    if not page.predict(
        "ch20_tape",
        "The whole sum moves a hundred places on. Whose attention pattern stays as it was?",
        ("the rotary one", "the learned one", "both", "neither"),
        "the rotary one" if rotary_still else "neither",
        page.text("tape_why"),
    ):
        return
    left, right = st.columns(2)
    layer = int(
        left.segmented_control(
            "Layer",
            range(N_LAYER),
            default=N_LAYER - 1,
            required=True,
            key="ch20_layer",
            bind="query-params",
        )
    )
    head = int(
        right.segmented_control(
            "Head", range(N_HEAD), default=0, required=True, key="ch20_head", bind="query-params"
        )
    )
    tape.show_tape(
        "ch20_tape_drawn",
        SUM,
        [taped(run)[layer, head] for run in (ROTARY, LEARNED)],
        last=255,
        gap_at=FIRST_EQUALS,
        first_asked=len(PROMPT),
        start=START,
        start_gap=START_GAP,
        alt="One sum on a tape of positions, and how a head of two models spreads its weight",
    )
    page.notice("tape_notice")
    page.prose("tape_errors")
    page.predict(
        "ch20_gap",
        "A gap of a single place opens before the first =. "
        f"How many of {N_ERRORS} sums does the rotary model get wrong?",
        ("none", "about half", "nearly all"),
        in_three(int(errors_when(ROTARY, 0, GAP).replace(",", ""))),
        page.text("gap_why"),
    )
    from lab.interp import position_probes

    page.source(position_probes.on_the_tape, position_probes.stretches, position_probes.errors_on)


def in_three(wrong: int) -> str:
    """The option of the guess that this many wrong sums bear out."""
    part = wrong / N_ERRORS
    return "none" if part < 0.1 else "nearly all" if part > 0.9 else "about half"


@st.fragment
@needs_a_run
def show_scores() -> None:
    page.prose("scores")
    head = int(
        st.segmented_control(
            "Head of the first layer",
            range(N_HEAD),
            default=0,
            required=True,
            key="ch20_scores_head",
            bind="query-params",
        )
    )
    from lab.interp.position_probes import anywhere

    for column, run in zip(st.columns(2), (ROTARY, LEARNED), strict=True):
        column.markdown(f"**{MODELS[run]}**")
        column.altair_chart(
            position_plots.scores_by_place(
                anywhere(take_with_progress(run).model, "=", "7", head, LAST_PLACE)
            ),
            width="stretch",
            alt=f"{MODELS[run]}: the score of one query with one key, wherever the two stand",
        )
    page.notice("scores_notice")
    page.source(anywhere)


@st.fragment
def show_decay() -> None:
    page.prose("decay")
    from lab.interp.position_probes import agreement

    distances = np.arange(LAST_PLACE + 1)
    st.altair_chart(
        position_plots.by_distance(
            {f"{base:,}": agreement(HEAD_DIM, base, distances) for base in BASES}
        ),
        width="stretch",
        alt="The score of a query and a key that agree in every pair, by their distance",
    )
    page.notice("decay_notice")
    page.source(agreement)


# ---------------------------------------------------------------- 5. the race, and your own

SETTING_NAMES = {
    "fixed": "one width",
    "mixed": "one or two digits",
    "packed": "a stream",
}
ENCODING_NAMES = {"rotary": "rotary", "learned": "learned table", "none": "no positions"}
GOALS = {"1 in 20": claims.GOAL, "1 in 100": claims.FINE_GOAL}
TRAINED_FURTHER = ("fixed", "packed")
RACE_OPTIONS = ("in all three", "only in the stream", "in none")


@st.fragment
def show_race() -> None:
    rows = [row for row in rows_of("rope.jsonl") if row["cell"]["part"] == "race"]
    if not rows:
        return
    if not page.predict(
        "ch20_race",
        "In which kinds of text does rotary need fewer steps than a learned table?",
        RACE_OPTIONS,
        where_rotary_leads(rows),
        page.text("race_why"),
    ):
        return
    goal = GOALS[
        st.segmented_control(
            "Goal: wrong at most",
            GOALS,
            default="1 in 20",
            required=True,
            key="ch20_goal",
            bind="query-params",
        )
    ]
    points = [
        {
            "setting": SETTING_NAMES[row["cell"]["setting"]],
            "encoding": ENCODING_NAMES[row["cell"]["encoding"]],
            "steps": steps_until(row["curve"], goal),
            "ended": row["curve"][-1][0],
            "seed": row["cell"]["seed"],
        }
        for setting in SETTING_NAMES
        if goal == claims.GOAL or setting in TRAINED_FURTHER
        for encoding in ENCODING_NAMES
        for row in select(rows, setting=setting, encoding=encoding)
    ]
    st.altair_chart(
        position_plots.steps_to_goal(points, max(row["most_steps"] for row in rows)),
        width="stretch",
        alt="Steps until few enough sums are wrong, a point a seed, by text and by encoding",
    )
    page.notice("race_notice")
    from lab.experiments import rope as race

    page.source(
        race.race,
        race.exam,
        race.rope_cells,
        claims_of=("race_why", "race_notice"),
    )


def where_rotary_leads(rows: list[dict[str, Any]]) -> str:
    """The option of the guess that the record bears out."""
    leads = {
        setting: median_steps(rows, setting, "rotary") < median_steps(rows, setting, "learned")
        for setting in SETTING_NAMES
    }
    if all(leads.values()):
        return RACE_OPTIONS[0]
    alone = [setting for setting, leading in leads.items() if leading] == ["packed"]
    return RACE_OPTIONS[1 if alone else 2]


def median_steps(rows: list[dict[str, Any]], setting: str, encoding: str) -> float:
    seeds = select(rows, setting=setting, encoding=encoding)
    return spread(steps_until(row["curve"], claims.GOAL) for row in seeds).median


@st.fragment
def show_training() -> None:
    page.prose("live")
    left, right = st.columns(2)
    left.segmented_control(
        "Text",
        ("a stream", "one width"),
        default="a stream",
        required=True,
        key="ch20_text",
        bind="query-params",
    )
    right.select_slider(
        "Base, for rotary", BASES, USUAL_BASE, key="ch20_live_base", bind="query-params"
    )
    with st.container(horizontal=True, gap="small"):
        for encoding, name in ENCODING_NAMES.items():
            st.button(
                f"Train with {name}",
                key=f"ch20_train_{encoding}",
                icon=":material/play_arrow:",
                on_click=train_with,
                args=(encoding,),
            )
    training.watch("ch20_live", run_name)
    page.notice("live_notice")


def train_with(encoding: str) -> None:
    training.launch(
        "ch20_live",
        {
            "encoding": encoding,
            "base": float(st.session_state["ch20_live_base"]),
            "packed": st.session_state["ch20_text"] == "a stream",
            "steps": LIVE_STEPS,
        },
    )


def run_name(arguments: Mapping[str, Any]) -> str:
    encoding = arguments.get("encoding", "learned")
    base = f", base {arguments['base']:g}" if encoding == "rotary" and "base" in arguments else ""
    text = "stream" if arguments.get("packed") else "one width"
    return f"{ENCODING_NAMES[encoding]}{base}, {text}"


# ---------------------------------------------------------------- 6. off the end of the ruler

ARM_NAMES = {
    "learned": "learned table",
    "none": "no positions",
    "rotary": "rotary",
    "interpolated": "rotary, interpolated",
    "yarn": "rotary, YaRN",
    "gaps": "rotary, gaps in training",
    "coupled": "coupled rotary",
    "coupled_gaps": "coupled, gaps in training",
    "coupled_slow": "coupled, slow clocks",
}
CLIPPED_NAMES = {
    "coupled_clipped": "coupled, clipped",
    "coupled_slow_clipped": "coupled, slow clocks, clipped",
}
FAR_NAMES = {
    "far_rotary": "rotary, full size",
    "far_coupled": "coupled, slow clocks, full size",
    "far_clipped": "coupled, slow clocks, clipped, full size",
}
SMALL = ARM_NAMES | CLIPPED_NAMES
ASKED = SMALL | {name: FAR_NAMES[name] for name in ("far_coupled", "far_clipped")}
"""What a reader's own sum is given to: the arms whose weights are kept."""
LENGTH_OPTIONS = ("nearly none", "about half", "nearly all")


@st.fragment
def show_reach() -> None:
    rows = rows_of("lengths.jsonl")
    if not rows:
        return
    if not guessed_how_many_wrong(
        "reach",
        "The rotary network was trained on sums of up to three by three digits. "
        "How many of four by four does it get wrong?",
        wrong_share(rows, "rotary", TRAINED_DIGITS + 1),
    ):
        return
    show_maps(rows, ARM_NAMES, TRAINED_DIGITS)
    page.notice("reach_notice")
    page.prose("clip")
    if not guessed_how_many_wrong(
        "clip",
        "The coupled network on its usual clocks fails at four by four digits. Clip its "
        "distances, without training it again. How many of six by six does it get wrong?",
        wrong_share(rows, "coupled_clipped", MOST_DIGITS),
    ):
        return
    show_maps(rows, CLIPPED_NAMES, TRAINED_DIGITS)
    page.notice("clip_notice")
    show_limit()
    page.prose("far")
    if not guessed_how_many_wrong(
        "far",
        "Trained up to four by four digits, then given a limit: how many of ten by ten does "
        "the coupled network get wrong?",
        wrong_share(rows, "far_clipped", MOST_TYPED),
    ):
        return
    show_maps(rows, FAR_NAMES, FAR_TRAINED)
    page.notice("far_notice")
    page.prose("reach_kinds")
    size = int(
        st.segmented_control(
            "Digits of both numbers",
            range(TRAINED_DIGITS, MOST_DIGITS + 1),
            default=TRAINED_DIGITS + 1,
            required=True,
            key="ch20_size",
            bind="query-params",
        )
    )
    st.altair_chart(
        position_plots.failures(
            kinds_of_failure(
                [row for name in SMALL for row in select(rows, arm=name, p=size, q=size)]
            )
        ),
        width="stretch",
        alt=f"For {size} by {size} digits: right, a wrong digit first, a wrong length first",
    )
    page.notice("kinds_notice")
    from lab.data.position_ids import coupled_ids, with_gaps
    from lab.experiments import lengths
    from lab.model.attention.clipped import clipped_scores

    page.source(
        coupled_ids,
        with_gaps,
        lengths.stretched,
        clipped_scores,
        lengths.first_wrong_tokens,
        claims_of=(
            "reach_why",
            "reach_notice",
            "clip_why",
            "clip_notice",
            "far",
            "far_why",
            "far_notice",
            "kinds_notice",
        ),
    )


@st.fragment
@needs_a_run
def show_limit() -> None:
    """Two sliders move the limit; both coupled networks are asked anew."""
    page.prose("limit")
    left, right = st.columns(2)
    places = left.slider(
        "Farthest place", 1, MOST_PLACES, claims.LIMIT[0], key="ch20_places", bind="query-params"
    )
    lines = right.slider(
        "Farthest line", 1, MOST_LINES, claims.LIMIT[1], key="ch20_lines", bind="query-params"
    )
    st.altair_chart(
        position_plots.failures(
            [
                {"arm": words, "kind": kind, "n": n, "rank": rank}
                for arm, words in (
                    ("coupled", "usual clocks"),
                    ("coupled_slow", "slow clocks"),
                )
                for rank, (kind, n) in enumerate(failures_within(arm, places, lines).items())
            ]
        ),
        width="stretch",
        alt=f"Sums right and wrong with distances of at most {places} places and {lines} lines",
    )
    page.notice("limit_notice")


@st.cache_data(show_spinner=False, max_entries=500)
def failures_within(arm: str, places: int, lines: int) -> dict[str, int]:
    """How sums one digit longer than trained end, with no distance beyond `places` and `lines`."""
    from lab.experiments import lengths

    size = TRAINED_DIGITS + 1
    found = lengths.first_wrong_tokens(
        lengths.clipped(take_with_progress(lengths.ARMS[arm].run).model, (places, lines)),
        Format("cot_reversed", size, size),
        *lengths.problems_of_shape(size, size, N_CLIPPED),
    )
    wrong, ends = int(found.wrong.sum()), int(found.of_length.sum())
    return kinds(len(found.slot), wrong - ends, ends)


def kinds(n: int, wrong_digit: int, wrong_length: int) -> dict[str, int]:
    return {
        "right to the end": n - wrong_digit - wrong_length,
        "a wrong digit first": wrong_digit,
        "a wrong length first": wrong_length,
    }


def show_maps(rows: list[dict[str, Any]], arms: Mapping[str, str], trained: int) -> None:
    with st.container(horizontal=True, gap="small"):
        for name, words in arms.items():
            cells = [{**row["cell"], **row} for row in select(rows, arm=name)]
            if cells:
                with st.container(width=position_plots.LENGTH_MAP, gap="small"):
                    st.html(f'<div class="wb-map-title">{words}</div>')
                    st.altair_chart(
                        position_plots.length_map(cells, trained),
                        width="content",
                        alt=f"{words}: the share of wrong sums by the digits of both numbers",
                    )


def wrong_share(rows: list[dict[str, Any]], arm: str, digits: int) -> float:
    """Of sums of `digits` by `digits`."""
    (row,) = select(rows, arm=arm, p=digits, q=digits)
    return (row["wrong_digit"] + row["wrong_length"]) / row["n"]


def guessed_how_many_wrong(name: str, question: str, wrong: float) -> bool:
    """Ask the reader for the share of wrong sums; the answer is the section `name`_why."""
    right_option = LENGTH_OPTIONS[0 if wrong < 0.2 else 2 if wrong > 0.8 else 1]
    why = page.text(f"{name}_why")
    return page.predict(f"ch20_{name}", question, LENGTH_OPTIONS, right_option, why)


def kinds_of_failure(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {"arm": SMALL[row["cell"]["arm"]], "kind": kind, "n": n, "rank": rank}
        for row in rows
        for rank, (kind, n) in enumerate(
            kinds(row["n"], row["wrong_digit"], row["wrong_length"]).items()
        )
    ]


@st.fragment
@needs_a_run
def show_longer() -> None:
    page.prose("longer")
    pair = ask_pair("ch20_longer_", MOST_TYPED, "3748", "4837")
    if pair is None:
        return
    a, b = pair
    form = Format("cot_reversed", len(str(a)), len(str(b)))
    right = form.text(a, b)
    from lab.model.positions import PastTheTable

    for name, words in ASKED.items():
        try:
            slot, written = first_miss(name, a, b)
        except PastTheTable as error:
            st.markdown(f"**{words}**: it cannot read {len(right)} tokens: {error}.")
            continue
        if slot < 0:
            st.markdown(f"**{words}**: right to the end, {len(right)} tokens.")
            continue
        st.markdown(
            f"**{words}**: wrong at token {slot + 1} of {len(right)} "
            f"({place_of(slot, form, a, b)}). It writes `{written}`, right is `{right[slot]}`."
        )
        st.html(strip(right[:slot] + written, form, a, b, marks=Marks(wrong=(slot,)), small=True))
    page.notice("longer_notice")


@st.cache_data(show_spinner=False, max_entries=1000)
def first_miss(name: str, a: int, b: int) -> tuple[int, str]:
    """The slot of the first wrong token that an arm writes, -1 for none, and that token."""
    from lab.experiments.lengths import ARMS, first_wrong_tokens

    arm, form = ARMS[name], Format("cot_reversed", len(str(a)), len(str(b)))
    model = arm.model_for(take_with_progress(arm.run), form.length)
    found = first_wrong_tokens(model, form, np.array([a]), np.array([b]))
    return int(found.slot[0]), decode([int(found.written[0])])


# ---------------------------------------------------------------- the page

page.open()
exercises.three_from_before(
    "ch20_before",
    [
        exercises.read_question(page.text(section))
        for section in ("before_order", "before_table", "before_working")
    ],
)
page.prose("opening")
training.tell_dropped("ch20_", LINK)
page.prose("blind")
show_blind()
page.prose("clock")
show_clocks()
page.prose("clock_worked")
with st.expander("Deeper: the shift theorem"):
    page.prose("theorem")
    show_theorem()
page.prose("tape")
show_tape()
show_scores()
show_decay()
page.prose("race")
show_race()
show_training()
page.prose("reach")
show_reach()
show_longer()
page.box("Why care", "care")
page.prose("end")
page.prose("read")
page.symbols()
