"""Chapter 5, first page: FlashAttention by hand. Attention that never writes its table."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from components.ui.chapter import Chapter
from components.ui.chapters.ch50 import exercises, figures, probes, worked
from components.ui.chapters.ch50.worked import CALC
from components.ui.drawings.notations import show_notations
from components.ui.drawings.registers import show_registers
from components.ui.drawings.tiles import show_tiles
from components.ui.lazily import lazily
from components.ui.live import measuring
from components.ui.loaded_models import BOOK_RUN
from components.ui.operand_boxes import last_allowed
from components.ui.page_records import rows_of
from lab.by_hand import flash as by_hand

flash = lazily("lab.model.attention.flash")
gradients = lazily("lab.interp.head_gradients")
experiment = lazily("lab.experiments.attention_kernel_costs")

OF_A_SUM = ("cards", "pieces", "backward", "ex_order")
"""Sections that show the reader's own sum."""

page = Chapter("50_flash_attention", CALC)
page.open()
pair = worked.SUM
if page.draws(*OF_A_SUM):
    pair = last_allowed(f"{page.prefix}last", page.pair(), pair)


@page.section("cards", needs=[BOOK_RUN], told=False)
def cards_arrive() -> None:
    cards = probes.cards_of(*pair)
    show_registers(
        f"{page.prefix}cards",
        cards.labels,
        cards.scores,
        cards.values,
        alt="Keys of a problem arrive as cards: the largest score, the sum and the output so far",
    )
    page.numbers("The cards", worked.rows_of_cards(cards))
    page.source(flash.Partial.add, flash.Partial.output)


page.prose("opening")
page.three_from_before("before_kept", "before_softmax", "before_wait")

# ---------------------------------------------------------------- 1. softmax in pieces


@page.section("pieces", needs=[BOOK_RUN])
def in_pieces() -> None:
    if not page.guess(
        "All scores of 37 × 48 are multiplied. From what factor on does softmax break, in float16 "
        "and without m?",
        worked.BREAKS,
        worked.broken_from,
        frame=worked.BROKEN_FROM,
    ):
        return
    page.prose("pieces_controls")
    times = page.choose("times", "All scores multiplied by", worked.TIMES, 1)
    cards = probes.cards_of(*pair)
    show_registers(
        f"{page.prefix}pieces",
        cards.labels,
        times * cards.scores,
        cards.values,
        alt="Cards in an order of your own, beside softmax in float16",
    )
    page.notice()
    page.source(flash.Partial.add, flash.nothing_seen)


page.prose("recurrence")
page.prose("merge")

# ---------------------------------------------------------------- 2. the tiles


@page.section("tiles", needs=[BOOK_RUN])
def the_tiles() -> None:
    if not page.guess(
        "Compared with plain attention, how many operations does FlashAttention do?",
        ("fewer operations", "as many, or a few more", "twice as many"),
        worked.products_formed,
        frame=worked.PRODUCTS,
    ):
        return
    page.prose("tiles_controls")
    left, right = st.columns(2)
    with left:
        fast = page.choose("fast", "Numbers in fast memory", worked.FAST_MEMORIES, worked.FAST)
    with right:
        columns = page.choose("columns", "Keys in a tile", worked.TILE_SIZES, worked.COLUMNS)
    with st.expander("Tokens, and the size of a head"):
        n = page.choose("tokens", "Tokens", worked.TILE_TOKENS, worked.TILE_TOKENS[1])
        width = page.choose("width", "Size of a head, d", worked.WIDTHS, worked.WIDTH)
    rows = worked.rows_that_fit(n, fast, columns, width)
    if rows is None:
        st.warning(worked.no_room(fast, columns, width))
        return
    show_tiles(
        f"{page.prefix}tiles",
        n_query=n,
        n_key=n,
        d_key=width,
        d_value=width,
        rows=rows,
        columns=min(columns, n),
        fast=fast,
        causal=True,
        alt="Tiles of queries and keys come one after another, and a meter counts what passes "
        "between the two memories",
    )
    page.notice()
    page.source(by_hand.flash_attention, by_hand.moved_by_flash, by_hand.moved_by_plain)


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
    page.source(by_hand.moved_by_flash, by_hand.most_rows, by_hand.Processor.seconds)


# ---------------------------------------------------------------- 3. backward


@page.section("backward", needs=[BOOK_RUN])
def backward_by_hand() -> None:
    if not page.guess(
        "To compute the shares again in the backward pass, one must keep, besides Q, K, V and O,",
        ("the whole table", "one number a query", "nothing more"),
        "one number a query",
    ):
        return
    page.prose("backward_controls")
    names = [worked.name_of_tile(i, j) for i, j in probes.visible_tiles()]
    tile = page.choose("block", "Tile", names, names[-1], kind="list")
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
    page.source(by_hand.tile_gradients, by_hand.flash_backward, gradients.head_gradient)


# ---------------------------------------------------------------- 4. what it saves


@page.section("measured")
def what_it_saves() -> None:
    rows = rows_of("flash.jsonl")
    if not rows or not page.guess(
        f"For a text of {experiment.MEMORY_LENGTHS[-1]:,} tokens, how many times our memory does "
        "plain attention take?",
        worked.FACTORS,
        lambda: worked.times_our_memory(rows),
        frame=worked.OUR_MEMORY,
    ):
        return
    page.draw(
        figures.by_length(worked.memory_rows(rows), "megabytes", "megabytes, inputs not counted"),
        alt="Memory of forward and backward by the length of the text, three kernels",
    )
    page.prose("here")

    def draw_times(timed: Sequence[probes.Timed]) -> None:
        page.draw(
            figures.by_length(
                [*worked.recorded_times(rows), *worked.times_here(timed)],
                "milliseconds",
                "milliseconds",
            ),
            alt="Time of forward and backward by the length of the text, three kernels",
        )

    measuring.watch("ch50_here", "Measure it here and now", probes.start, draw_times)
    page.notice()
    page.source(experiment.peak_bytes, experiment.seconds_there_and_back)


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
    page.source(by_hand.flash_attention)


# ---------------------------------------------------------------- exercises

page.prose("exercises")


@page.section("ex_order", needs=[BOOK_RUN])
def no_shrinking() -> None:
    exercises.first_card(page, *pair)


@page.section("ex_tile")
def a_tile_that_pays() -> None:
    exercises.break_even(page)


page.close("end", "read")
