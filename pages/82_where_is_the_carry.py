"""Chapter 8, third page: where a carry is. What can be read, what is used, and what moves it."""

from __future__ import annotations

import streamlit as st

from components.ui.chapter import Chapter
from components.ui.chapters.ch82 import exercises, figures, worked
from components.ui.chapters.ch82.claims import BOOK, MODELS, NAMES, PRODUCT, SUM
from components.ui.chapters.ch82.worked import CALC
from components.ui.drawings.swaps import show_swaps
from components.ui.link import one_of
from components.ui.page_records import rows_of
from components.ui.plots import bars, dots
from components.ui.plots.ends import shares
from lab.interp.carries import CarryName

page = Chapter("82_where_is_the_carry", CALC)
page.open()

CARRY = {SUM: "of the sum", PRODUCT: "of a product"}


def network() -> str:
    return page.choose(
        f"{page.at}_model", "Network", MODELS, BOOK, kind="list", words=NAMES.__getitem__
    )


def which_carry(default: CarryName) -> str:
    return page.choose(f"{page.at}_carry", "Carry", tuple(CARRY), default, words=CARRY.__getitem__)


# ---------------------------------------------------------------- a carry is copied


page.prose("lead")


@page.section("swap", told=False)
def a_carry_is_copied() -> None:
    found = worked.opening(worked.shown(rows_of("carry_shown.jsonl")))
    if not found:
        return
    show_swaps("ch82_swaps", found, chosen=worked.FIRST, networks=[NAMES[BOOK]], alt=worked.A_GRID)
    page.numbers("What came of each swap", worked.swap_rows(found))
    page.source("lab.interp.carries.predicted")


page.prose("opening")
page.three_from_before("before_column", "before_patch", "before_direction")
page.prose("hand")


@page.section("numbers", told=False)
def the_numbers_themselves() -> None:
    row = worked.row_of(rows_of("carry_line.jsonl"), BOOK, SUM)
    if row is not None:
        page.table("Numbers of the head that carries, in two problems", worked.hand_numbers(row))
        page.prose("hand_line")
        page.table("What is written when the stream is set to a place", worked.on_the_line(row))
        page.prose("hand_cases")
        page.source(
            "lab.experiments.carry_line.along_the_line", "lab.experiments.carry_line.worked"
        )


page.prose("hand_rest")

# ---------------------------------------------------------------- 1. what can be read


@page.section("told")
def what_can_be_read() -> None:
    rows = rows_of("carry_probes.jsonl")
    row = worked.row_of(rows, BOOK, PRODUCT)
    if row is None or not page.guess(
        page.text("told_question"),
        worked.READS,
        lambda: worked.read_after_ffn(row),
        frame=worked.read_frame(row),
    ):
        return
    with st.popover("Another carry, token or network"):
        carry = which_carry(PRODUCT)
        slot = page.choose("told_slot", "Where", worked.SLOTS, kind="list")
        model = network()
    own = worked.row_of(rows, model, carry)
    if own is None:
        return
    points = worked.read_rows(own, slot)
    page.draw(
        figures.told_by_layer(points, worked.places_of(own)),
        alt=f"How often a linear probe tells the carry {CARRY[carry]}: {NAMES[model]}",
    )
    page.notice()
    page.source(
        "lab.interp.linear_probes.fit",
        "lab.interp.linear_probes.told_apart",
        "lab.experiments.carry_probes.measure_probes",
    )


# ---------------------------------------------------------------- 2. read is not used


@page.section("used")
def read_is_not_used() -> None:
    row = worked.row_of(rows_of("carry_swaps.jsonl"), BOOK, SUM)
    if row is None or not page.guess(
        page.text("used_question"),
        worked.OFTEN,
        lambda: worked.used(row),
        frame=worked.used_frame(row),
    ):
        return
    with st.popover("Another stream or carry"):
        place = page.choose("used_place", "Stream", tuple(worked.PLACES))
        carry = which_carry(SUM)
    own = worked.row_of(rows_of("carry_swaps.jsonl"), BOOK, carry)
    if own is None:
        return
    found = worked.subspaces(own, worked.PLACES[place])
    page.draw(
        bars.fate_bars(
            worked.fate_rows(found), "copied", "outcome", worked.LOOKS, title="of 100 pairs"
        ),
        alt=f"What comes of copying parts of the stream, carry {CARRY[carry]}",
    )
    page.notice()
    every = worked.row_of(rows_of("carry_map.jsonl"), BOOK, carry)
    if every is not None:
        what = page.choose("used_map", "The carry", worked.MAPS)
        page.draw(
            figures.token_map(
                worked.at_every_token(every, what),
                worked.places_in(every),
                worked.SHADES[what],
                worked.step_of(every),
            ),
            alt=f"The carry {CARRY[carry]}, {what}, at every token of the text and every layer",
        )
        page.say("used_map")
    page.source(
        "lab.experiments.carry_swaps.subspaces_of",
        "lab.experiments.carry_swaps.carries",
        "lab.experiments.carry_map.measure_map",
    )


# ---------------------------------------------------------------- 3. taken away


@page.section("needed")
def taken_away() -> None:
    rows = rows_of("carry_needed.jsonl")
    book = worked.row_of(rows, BOOK, SUM)
    if book is None or not page.guess(
        page.text("needed_question"),
        worked.NEEDED,
        lambda: worked.others_needed(book),
        frame=worked.needed_frame(book),
    ):
        return
    with st.popover("Another network"):
        model = network()
    row = worked.row_of(rows, model, SUM)
    if row is None:
        return
    page.draw(
        figures.lost_points(worked.lost(row)),
        alt=f"Hundreds digits that go wrong without a part, with a carry and without: "
        f"{NAMES[model]}",
    )
    page.notice()
    page.source(
        "lab.experiments.carry_needed.needed",
        "lab.experiments.carry_needed.direction",
        "lab.experiments.carry_needed.runs_on",
    )


# ---------------------------------------------------------------- 4. the carry of a product


@page.section("product")
def the_carry_of_a_product() -> None:
    rows = rows_of("carry_swaps.jsonl")
    row, of_sum = (worked.row_of(rows, BOOK, carry) for carry in (PRODUCT, SUM))
    if row is None or of_sum is None:
        return
    if not page.guess(
        page.text("product_question"),
        worked.OFTEN,
        lambda: worked.product_best(row),
        frame=worked.product_frame(of_sum),
    ):
        return
    page.draw(
        bars.fate_bars(
            worked.fate_rows(worked.kinds_of_sites(row)),
            "copied",
            "outcome",
            worked.LOOKS,
            title="of 100 pairs",
        ),
        alt="What comes of copying the best site of each kind, carry of a product",
    )
    page.notice()
    page.source("lab.experiments.carry_swaps.measure_swaps", "lab.experiments.carry_swaps.outcomes")


# ---------------------------------------------------------------- 5. other networks


def copy_any_part(key: str, words: list[str], said: str) -> None:
    """The opening figure with both carries, all that may be copied and every network."""
    at = words.index(said)
    found = worked.shown(rows_of("carry_shown.jsonl"), MODELS[at])
    if found:
        show_swaps(
            "ch82_swaps_any",
            found,
            chosen=worked.FIRST,
            networks=words,
            network=at,
            on_network=lambda to: st.session_state.__setitem__(key, words[to]),
            alt=worked.A_GRID,
        )


@page.section("seeds")
def other_networks() -> None:
    rows = rows_of("carry_swaps.jsonl")
    count = worked.seeds_by_count(rows)
    if count is None or not page.guess(
        "In how many of five small networks does a single head carry the carry of the sum?",
        worked.HOW_MANY,
        count,
    ):
        return
    points = worked.seed_rows(rows, rows_of("carry_sets.jsonl"))
    page.draw(
        dots.seeds(
            points,
            "carry moves",
            shares(),
            said=("copied", "pairs"),
            form=".1%",
            tones=figures.ARMS,
        ),
        alt="How often the carry moves in five small networks, by what is copied",
    )
    page.notice()
    key, words = f"{page.prefix}swap_model", [NAMES[model] for model in MODELS]
    said = page.kept(key, *one_of(words)) or NAMES[BOOK]
    with page.deeper("Copy any part, in any network", "seeds_any") as is_open:
        if is_open:
            copy_any_part(key, words, said)
    page.source("lab.experiments.carry_sets.carriers", "lab.interp.circuits.smallest_cut")


# ---------------------------------------------------------------- 6. a circuit


@page.section("circuit")
def a_circuit() -> None:
    rows = rows_of("carry_sets.jsonl")
    book = worked.row_of(rows, BOOK, SUM)
    if book is None or not page.guess(
        page.text("circuit_question"),
        worked.PARTS,
        lambda: worked.parts_of_circuit(book),
        frame=worked.circuit_frame(book),
    ):
        return
    with st.popover("Another carry or network"):
        carry, model = which_carry(SUM), network()
    row = worked.row_of(rows, model, carry)
    if row is None:
        return
    page.draw(
        figures.part_bars(
            worked.circuit_rows(row), "share of the lead, at most, that goes with it"
        ),
        alt=f"The parts of the circuit and how much each matters: {NAMES[model]}",
    )
    page.table("The three criteria", worked.criteria(row))
    page.notice()
    page.source(
        "lab.experiments.carry_sets.circuit",
        "lab.experiments.carry_sets.pruned",
        "lab.interp.circuits.faithfulness",
        "lab.experiments.carry_needed.thinned",
        "lab.experiments.carry_needed.circuits_drawn",
    )


# ---------------------------------------------------------------- 7. how a digit is made


@page.section("neurons")
def how_a_digit_is_made() -> None:
    row, drawn = (
        worked.neurons_of(rows_of(f"{name}.jsonl"))
        for name in ("product_neurons", "neuron_controls")
    )
    if row is None or drawn is None:
        return
    if not page.guess(
        page.text("neurons_question"),
        worked.OFTEN,
        lambda: worked.layer_0_follows(row),
        frame=worked.neurons_frame(drawn),
    ):
        return
    page.draw(
        bars.fate_bars(
            worked.kinds_by_layer(row), "layer", "table", worked.KINDS_OF_TABLES, title="neurons"
        ),
        alt="The neurons that go by two digits, by layer and by the kind of their table",
    )
    for column, (name, cells) in zip(st.columns(3), worked.a_table_each(row).items(), strict=True):
        with column:
            st.caption(name)
            page.draw(figures.one_table(cells), alt=f"What is handed on for two digits: {name}")
    page.notice()
    page.draw(
        figures.beside_others(worked.swapped_kinds(row, drawn), worked.TONES),
        alt="How often the digit follows when all neurons of a kind are swapped, or as many others",
    )
    with page.deeper("what the kinds mean, and how much lookups do"):
        page.prose("neurons_kinds")
    page.source(
        "lab.experiments.product_neurons.kind_of_table",
        "lab.experiments.product_neurons.goes_by",
        "lab.experiments.neuron_controls.others_as_much",
        claims_of=["neurons_kinds"],
    )


page.prose("pocket")
page.prose("missing")

# ---------------------------------------------------------------- exercises

page.prose("exercises")


@page.section("ex_digit")
def a_digit_predicted() -> None:
    exercises.a_digit_predicted(page)


@page.section("ex_fair")
def a_fair_pair() -> None:
    exercises.a_fair_pair(page)


@page.section("ex_on")
def a_carry_that_runs_on() -> None:
    exercises.a_carry_that_runs_on(page)


page.close("end", "read")
