"""Chapter 4: the KV cache. What may be kept, what it costs, and how it goes wrong."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from components.ui.chapter import Chapter
from components.ui.chapters.ch40 import claims, exercises, figures, probes, worked
from components.ui.chapters.ch40.probes import FAR, FAULTS, FORM, KINDS
from components.ui.chapters.ch40.worked import (
    CALC,
    SERVED,
    SERVED_TEXTS,
    SERVED_TOKENS,
    TEXTS,
    TOKENS,
)
from components.ui.drawings.generators import show_generators
from components.ui.drawings.growing import Head, show_growing
from components.ui.drawings.kept import show_kept
from components.ui.drawings.queue import show_queue
from components.ui.drawings.streaming import show_streaming
from components.ui.lazily import lazily
from components.ui.live import measuring
from components.ui.loaded_models import BOOK_RUN, write_sum
from components.ui.operand_boxes import last_allowed
from components.ui.page_records import rows_of
from components.ui.plots import dots
from components.ui.plots.ends import shares
from components.ui.tokens import marks_of, strip
from lab.recipes.recipe_index import recipe

if TYPE_CHECKING:
    from lab.measure.phases import Piece, TimedStep
    from lab.published.models import Model

cards = lazily("lab.published.cards")

OF_A_SUM = ("written", "allowed", "broken")
"""Sections that show the reader's own sum."""

page = Chapter("40_kv_cache", CALC)
page.open()
pair = worked.SUM
if page.draws(*OF_A_SUM):
    pair = last_allowed(f"{page.prefix}last", page.pair(slim=True), pair)


@page.section("written", told=False)
def as_it_is_written() -> None:
    text = write_sum(BOOK_RUN, *pair).text[:-1]  # nobody reads the last token
    show_growing(
        f"{page.prefix}growing",
        text,
        *probes.lines_of(text),
        n_prompt=FORM.prompt_length,
        head=Head(probes.OPENING_LAYER, probes.OPENING_HEAD),
        alt=f"Queries, keys and values of one head while {text} is written, and which tokens each "
        "step reads",
    )
    page.source("lab.inference.generate.generate", "lab.measure.cache_growth.queries_keys_values")


page.prose("opening")
page.three_from_before("before_place", "before_mask", "before_working")


# ---------------------------------------------------------------- 1. why a cache is allowed


@page.section("allowed")
def why_a_cache_is_allowed() -> None:
    text = write_sum(BOOK_RUN, *pair).text[:-1]
    if not page.guess(
        "Of all the numbers kept for the earlier tokens, how many have changed?",
        ("none", "about half", "all of them"),
        lambda: worked.changed(text),
        frame=worked.CHANGED,
    ):
        return
    page.prose("allowed_controls")
    show_kept(
        f"{page.prefix}kept",
        probes.drawn_lines(text),
        alt="Keys or values of all layers before a new token, after it, and the difference",
    )
    page.numbers("Largest change of an earlier line", probes.rows_of_changes(text))
    page.notice()
    page.source("lab.measure.cache_growth.kept")
    page.prose("argument")
    page.prose("argument_worked")


# ---------------------------------------------------------------- 2. two generators

page.prose("generators")
far_pair = worked.FAR_SUM
if page.draws("generators", "drafts"):
    typed = page.pair("far", 4, *map(str, worked.FAR_SUM))
    far_pair = last_allowed(f"{page.prefix}far_last", typed, far_pair)


@page.section("generators", told=False)
def two_generators() -> None:
    options = ("about 3 times", "about 10 times", "about 30 times")
    if not page.guess(
        "To write {} × {} without a cache, how many times as many tokens are read?".format(
            *worked.FAR_SUM
        ),
        options,
        worked.tokens_read_without,
        frame=worked.AS_MANY,
    ):
        return
    page.prose("generators_controls")
    without, cached = probes.clock_both(*far_pair)
    show_generators(
        f"{page.prefix}generators",
        without,
        cached,
        n_layer=recipe(FAR).model.n_layer,
        alt="The tokens read at each step, without a cache and with one, and what they took",
    )
    page.numbers("What each written token took", worked.rows_of_clocks(without, cached))
    page.notice()
    page.source(
        "lab.inference.generate.generate",
        "lab.inference.generate.read_on",
        "lab.model.cost.step_flops",
    )


# ---------------------------------------------------------------- 3. prefill and decode


@page.section("phases")
def prefill_and_decode() -> None:
    rows = rows_of("kv_cache.jsonl")
    if rows and not page.guess(
        "Compared with reading the prompt, how many times as long does writing as many take?",
        worked.LONGER,
        lambda: worked.how_much_longer(rows),
        frame=worked.AS_LONG,
    ):
        return
    page.prose("phases_small")


@page.section("streaming")
def weights_that_stream() -> None:
    show_streaming(
        f"{page.prefix}streaming",
        worked.streams(),
        alt=f"The weights of {SERVED} stream past the tokens of a step; two clocks: bytes fetched, "
        "operations done",
    )
    page.notice()
    page.source("lab.published.step_time.step_time")


with page.deeper("the roofline of a machine, and of this one"):

    @page.section("roofline")
    def under_the_roof() -> None:
        page.prose("roofline_controls")
        rows = rows_of("kv_cache.jsonl")
        recorded = [claims.recorded(rows)] if rows else []

        def draw_roofline(pieces: Sequence[Piece]) -> None:
            machines = [*recorded, *filter(None, [probes.machine_here(pieces)])]
            if machines:
                page.draw(
                    figures.roofline(machines),
                    alt="Speed of prefills and of steps of decoding by their operations for each "
                    "byte, under the roof of the machine",
                )

        measuring.watch("ch40_roof", "Measure this machine", probes.start_roof, draw_roofline)
        page.notice()
        page.source(
            "lab.measure.phases.Work",
            "lab.measure.phases.Roof.at",
            "lab.measure.phases.prefill",
            "lab.measure.phases.decode",
            "lab.measure.stopwatch.machine",
        )


# ---------------------------------------------------------------- 4. here and now


@page.section("bench")
def here_and_now() -> None:
    rows = rows_of("kv_cache.jsonl")
    if rows and not page.guess(
        "After the longer text, one more token takes at least twice as long",
        worked.SHAPES,
        lambda: worked.what_grows(rows),
    ):
        return
    page.prose("bench_controls")
    batch = page.choose("batch", "Batch", claims.BATCHES, kind="segments")
    ghosts = worked.recorded_times(rows, batch) if rows else []

    def draw_times(timed: Sequence[TimedStep]) -> None:
        now = worked.times_here(timed, batch)
        if ghosts or now:
            page.draw(
                figures.times_of_a_token(ghosts, now),
                alt="Milliseconds of one more token by the tokens before it, with a cache and "
                "without, as recorded and as measured now",
            )

    if batch in probes.HERE:
        measuring.watch(
            f"ch40_bench_{batch}",
            "Measure it here and now",
            lambda: probes.start_tokens(batch),
            draw_times,
        )
    else:
        st.caption(f"Writing {batch} texts here and now would take too long: this is the record.")
        draw_times(())
    page.notice()
    page.prose("totals")
    if rows:
        page.guess(
            f"How many times as quick is a text of {claims.LONG} tokens with a cache?",
            worked.FACTORS,
            lambda: worked.how_much_quicker(rows),
            frame=worked.AS_QUICK,
            name="totals",
        )
    page.source(
        "lab.measure.stopwatch.both_ways", "lab.model.cost.writing_flops", claims_of=["totals_why"]
    )


page.prose("pays")


# ---------------------------------------------------------------- 5. what it costs


def ask_key_heads(name: str) -> Model:
    """The chosen model, with as many key heads as the reader gives it."""
    known = probes.models()
    page.link.knows(*(f"{page.prefix}{key_heads(other)}" for other in known))
    model = known[name]
    from lab.published.cache_size import KeysAndValues

    if not isinstance(model.attention, KeysAndValues):
        st.caption(f"{name} keeps no key heads, but one latent for all heads together.")
        return model
    n_head = model.attention.n_head
    allowed = [n for n in range(1, n_head + 1) if n_head % n == 0]
    return model.with_key_heads(
        page.choose(key_heads(name), f"Key heads, of {n_head}", allowed, model.attention.n_kv_head)
    )


def key_heads(name: str) -> str:
    """The name of the control of a model's key heads: their number is its own."""
    return "heads_" + "".join(c if c.isalnum() else "_" for c in name.lower())


@page.section("calculator")
def what_it_costs() -> None:
    options = ("less than its weights", "about as much", "at least twice as much")
    if not page.guess(
        f"{SERVED} writes {SERVED_TEXTS} texts of {SERVED_TOKENS:,} tokens each. "
        "How many times the bytes of its weights does its cache take?",
        options,
        worked.cache_beside_weights,
        frame=worked.BESIDE_WEIGHTS,
    ):
        return
    page.prose("calculator_controls")
    left, right = st.columns(2)
    with left:
        name = page.choose("model", "Model", list(probes.models()), SERVED)
        n_token = page.choose("tokens", "Tokens of a text", TOKENS, SERVED_TOKENS)
        n_text = page.choose("texts", "Texts at a time", TEXTS, SERVED_TEXTS)
    with right:
        bytes_per_number = page.choose("bytes", "Bytes a number", (0.5, 1, 2, 4), 2)
        model = ask_key_heads(name)
    kept = model.cache_bytes(bytes_per_number, n_token, n_text)
    page.draw(
        figures.memory(model.weight_bytes, kept, {card.name: card.memory for card in cards.CARDS}),
        alt=f"Bytes of the weights of {name}, of its cache, and of both, with the memory of cards",
    )
    st.markdown(probes.in_memory(model, kept, bytes_per_number, n_token))
    page.notice()
    page.source("lab.published.cache_size.cache_bytes")


page.prose("half")


# ---------------------------------------------------------------- 6. break it


@page.section("broken")
def break_it() -> None:
    if not page.guess(
        "Which fault most often yields the flawless working of another problem?",
        tuple(dict.fromkeys(KINDS.values())),
        probes.most_plausible,
        frame=worked.ANOTHERS,
    ):
        return
    page.prose("broken_controls")
    fault = page.choose("fault", "Fault", list(FAULTS), words=FAULTS.__getitem__)
    right = FORM.text(*pair)
    text = probes.one_spoiled(fault, *pair)
    st.html(strip(right, FORM, *pair, small=True))
    marks = marks_of(text, FORM, *pair)
    st.html(strip(text, FORM, *pair, marks=marks, small=True))
    stranger = "{} × {}".format(*probes.stranger_to(*pair))
    st.caption(f"The other prompt, or the other user's, is {stranger}.")
    page.draw(
        figures.fates(probes.rows_of_fates()),
        alt="For each fault, how many texts are right, right for another problem, or mistaken",
    )
    page.notice()
    page.source(
        "lab.measure.spoiled_cache.stale",
        "lab.measure.spoiled_cache.misplaced",
        "lab.measure.spoiled_cache.shared",
        "lab.measure.spoiled_cache.write_on",
    )


with page.deeper("what would refute this; fewer key heads, queues and drafts"):
    page.prose("tried")
    page.prose("grouped")

    @page.section("heads")
    def what_sharing_costs() -> None:
        rows = worked.grouped_rows()
        if not rows:
            return
        page.draw(
            dots.seeds(rows, "texts right in every token", shares(), down="key heads"),
            alt="Share of held-out pairs right, by key heads",
        )
        st.caption(dots.in_pairs(rows, rows[0]["arm"], more=True))
        page.notice()
        page.source("lab.experiments.grouped.grouped")

    page.prose("sizes")
    page.prose("prefix")

    @page.section("queue")
    def a_queue() -> None:
        options = ("less than a fifth", "about a third", "more than half")
        if not page.guess(
            "With static batching in eight slots, how much of what is computed is for nobody?",
            options,
            worked.wasted_in_percent,
            frame=worked.FOR_NOBODY,
        ):
            return
        page.prose("queue_controls")
        left, middle, right = st.columns(3)
        with left:
            n = page.choose("sums", "Problems that wait", probes.SUMS, worked.QUEUE_SUMS)
        with middle:
            slots = page.choose("slots", "Slots", probes.SLOTS, worked.QUEUE_SLOTS)
        with right:
            seed = page.number("drawn", "Other problems", 0, probes.MOST_DRAWN, 0)
        timelines = probes.both_served(n, slots, seed)
        show_queue(
            f"{page.prefix}queue",
            timelines,
            alt="Which problem is in which slot at which step, with static and continuous batching",
        )
        page.numbers("Which problem is served when", worked.rows_of_bars(timelines))
        page.notice()
        page.source(
            "lab.inference.schedule.static",
            "lab.inference.schedule.continuous",
            "lab.inference.serving.next_tokens",
        )

    @page.section("drafts")
    def draft_and_verify() -> None:
        if not page.guess(
            "A draft is wrong more often than right. What does the text lose?",
            ("nothing", "a digit now and then", "most of its digits"),
            worked.what_drafts_change,
        ):
            return
        page.prose("drafts_controls")
        left, right = st.columns(2)
        with left:
            draft = page.choose(
                "draft", "Who drafts", list(probes.DRAFTS), words=probes.DRAFTS.__getitem__
            )
        with right:
            n_draft = page.choose("drafted", "Tokens at a time", probes.DRAFTED, 4)
        found = probes.drafted(*far_pair, draft, n_draft)
        st.html(figures.rounds_html(found))
        st.markdown(worked.in_rounds(found))
        rows = worked.draft_rows()
        if rows:
            page.draw(
                figures.drafting(rows),
                alt="For each draft and its length, how many times as fast as writing alone",
            )
        page.notice()
        page.source("lab.inference.speculative.speculate", "lab.inference.speculative.agreeing")


# ---------------------------------------------------------------- exercises

page.prose("exercises")


@page.section("ex_bytes")
def how_many_bytes() -> None:
    exercises.how_many_bytes(page)


@page.section("ex_prefix")
def read_little() -> None:
    exercises.read_little(page)


page.close("end", "read")
