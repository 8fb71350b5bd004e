"""Chapter 5, first page: FlashAttention by hand. Attention that never writes its table."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from components.ui.chapter import Chapter
from components.ui.chapters.ch50 import exercises, figures, probes, worked
from components.ui.chapters.ch50.worked import CALC
from components.ui.drawings.notations import show_notations
from components.ui.drawings.tiles import ORDERS, Opened, show_tiles
from components.ui.lazily import lazily
from components.ui.link import one_of
from components.ui.live import measuring
from components.ui.operand_boxes import last_allowed
from components.ui.page_records import rows_of

experiment = lazily("lab.experiments.attention_kernel_costs", known=["MEMORY_LENGTHS"])

OF_A_PROBLEM = ("tiles", "backward", "ex_order")
"""Sections that show the reader's own problem."""

CONTROLS_OF_BEFORE = ("fast", "tokens", "width", "times", "tiles_guess", "tiles_shown")
"""What links may still say, of figures that this page had."""

page = Chapter("50_flash_attention", CALC)
page.open()
page.link.knows(*(f"{page.prefix}{name}" for name in CONTROLS_OF_BEFORE))
pair = worked.SUM
if page.draws(*OF_A_PROBLEM):
    asked = page.pair(digits=4, a=str(pair[0]), b=str(pair[1]), slim=True)
    pair = last_allowed(f"{page.prefix}last", asked, pair)


def keep(opened: Opened) -> None:
    """What a reader chose in the figure, here and in the address."""
    for name, value in opened._asdict().items():
        st.session_state[f"{page.prefix}{name}"] = str(value)


def first_opened() -> Opened:
    """As the figure of this problem opens: as it was left or linked."""
    allowed = (range(probes.n_token()), worked.ROWS, worked.COLUMNS, ORDERS)
    names = zip(Opened._fields, allowed, strict=True)
    said = [page.kept(f"{page.prefix}{name}", *one_of([*map(str, of)])) for name, of in names]
    row, rows, columns, order = (
        first if text is None else text for text, first in zip(said, worked.FIRST, strict=True)
    )
    opened = Opened(int(row), int(rows), int(columns), str(order))
    return st.session_state.setdefault(f"{page.prefix}opened", {}).setdefault(pair, opened)


@page.section("tiles", told=False, was=["cards"])
def a_tile_crosses() -> None:
    found = probes.scores_of(*pair)
    show_tiles(
        f"{page.prefix}tiles",
        probes.tokens_of(*pair),
        found.table,
        found.values,
        size=worked.WIDTH,
        parts=probes.parts_of(*pair),
        rows=worked.ROWS,
        columns=worked.COLUMNS,
        opened=first_opened(),
        bytes_per_number=worked.FLOAT_BYTES,
        alt="A tile crosses the table of scores; beside it m, l and O of its rows, below it the "
        "bytes that have passed between two memories and the cards of one row",
        on_read=keep,
    )
    st.caption(page.text("tiles_caption"))
    page.numbers("The cards", worked.rows_of_scores(*pair))
    page.source(
        "lab.by_hand.flash.flash_attention",
        "lab.by_hand.flash.moved_by_flash",
        "lab.by_hand.flash.moved_by_plain",
    )


page.prose("opening")
page.three_from_before("before_kept", "before_softmax", "before_wait")

# ---------------------------------------------------------------- 1. softmax in pieces


@page.section("pieces")
def in_pieces() -> None:
    if page.guess(
        f"In how many of the {probes.n_token()} rows of 4837 × 2916, above, would softmax without "
        "m break, in float16?",
        worked.BREAKS,
        worked.broken_rows,
        frame=worked.BROKEN_ROWS,
    ):
        page.source(
            "lab.model.attention.flash.Partial.add", "lab.model.attention.flash.Partial.output"
        )


page.prose("recurrence")
page.prose("merge")

# ---------------------------------------------------------------- 2. what passes


@page.section("operations")
def what_passes() -> None:
    if not page.guess(
        "Compared with plain attention, how many operations does FlashAttention do?",
        ("fewer operations", "as many, or a few more", "twice as many"),
        worked.products_formed,
        frame=worked.PRODUCTS,
    ):
        return
    page.source("lab.by_hand.flash.operations")


@page.section("traffic")
def when_it_moves_more() -> None:
    n = page.choose("long", "Tokens of the text", worked.LONG_TEXTS, worked.LONG_TEXTS[1])
    page.draw(
        figures.moved_by_memory(worked.rows_of_traffic(n), worked.fast_memories()),
        alt="Numbers moved by FlashAttention and by plain attention, by the size of fast memory",
    )
    page.prose("traffic_times")
    times = worked.rows_of_times(n)
    page.table("Predicted times of one head", times)
    page.notice()
    page.source(
        "lab.by_hand.flash.moved_by_flash",
        "lab.by_hand.flash.most_rows",
        "lab.by_hand.flash.Processor.seconds",
    )


# ---------------------------------------------------------------- 3. backward


@page.section("backward")
def backward_by_hand() -> None:
    page.guess(
        "To compute the shares again in the backward pass, one must keep, besides Q, K, V and O,",
        ("the whole table", "one number a query", "nothing more"),
        "one number a query",
    )
    page.prose("backward_slopes")
    page.prose("backward_worked")
    page.prose("backward_controls")
    names = [worked.name_of_tile(i, j) for i, j in probes.visible_tiles()]
    tile = page.choose("block", "Tile", names, worked.first_tile(), kind="list")
    followed = probes.follow(*pair, names.index(tile))
    text = probes.FORM.text(*pair)
    queries, keys = (worked.named(text, s) for s in (followed.queries, followed.keys))
    found = followed.gradients
    maps = (("P", found.P, 1.0), ("dP", found.dP, None), ("dS", found.dS, None))
    for column, (name, values, most) in zip(st.columns(3), maps, strict=True):
        with column:
            st.html(f'<div class="wb-map-title">{name}</div>')
            page.draw(
                figures.tile_map(worked.seen(values, followed), queries, keys, most=most),
                alt=f"{name} of one tile, queries down and keys across",
            )
    page.notice()
    page.source(
        "lab.by_hand.flash.tile_gradients",
        "lab.by_hand.flash.flash_backward",
        "lab.interp.head_gradients.head_gradient",
    )


# ---------------------------------------------------------------- 4. what it saves


@page.section("measured")
def what_it_saves() -> None:
    rows = rows_of("flash.jsonl")
    if not rows or not page.guess(
        f"For a text of {experiment.MEMORY_LENGTHS[-1]:,} tokens, how many times as much memory as "
        "ours does plain attention take?",
        worked.FACTORS,
        lambda: worked.times_our_memory(rows),
        frame=worked.OUR_MEMORY,
    ):
        return
    page.draw(
        figures.by_length(worked.memory_rows(rows), "megabytes", "megabytes, inputs not counted"),
        alt="Memory of forward and backward by the length of the text, three kernels",
    )
    page.source("lab.experiments.attention_kernel_costs.peak_bytes")


@page.section("here")
def how_long_it_takes() -> None:
    rows = rows_of("flash.jsonl")
    if not rows:
        return
    recorded = worked.recorded_times(rows)

    def draw_times(timed: Sequence[probes.Timed]) -> None:
        page.draw(
            figures.by_length(
                [*recorded, *worked.times_here(timed)],
                "milliseconds",
                "milliseconds",
            ),
            alt="Time of forward and backward by the length of the text, three kernels",
        )

    measuring.watch("ch50_here", "Measure it here and now", probes.start, draw_times)
    page.notice()
    page.source("lab.experiments.attention_kernel_costs.seconds_there_and_back")


# ---------------------------------------------------------------- 5. three notations


@page.section("notations")
def three_notations() -> None:
    show_notations(
        f"{page.prefix}notations",
        figures.columns(),
        figures.STEPS,
        alt="The same loop in NumPy, torch and Triton",
    )
    page.notice()
    page.source("lab.by_hand.flash.flash_attention")


# ---------------------------------------------------------------- exercises

page.prose("exercises")


@page.section("ex_order")
def no_shrinking() -> None:
    exercises.first_card(page, *pair)


@page.section("ex_tile")
def a_tile_that_pays() -> None:
    exercises.break_even(page)


page.close("end", "read")
