"""Chapter 4: the KV cache. What may be kept, what it costs, and how it goes wrong."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from components.ui.chapter import Chapter
from components.ui.chapters.ch40 import bench, claims, figures, measuring, phases, probes
from components.ui.chapters.ch40.probes import FAULTS, FORM, KINDS, PLACELESS, SHIFTED, TURNING
from components.ui.chapters.ch40.worked import (
    BASES,
    CALC,
    DRAWN_BASE,
    SERVED,
    SERVED_TEXTS,
    SERVED_TOKENS,
    TEXTS,
    TOKENS,
    times_the_weights,
)
from components.ui.lazily import lazily
from components.ui.records import rows_of
from components.ui.runs import BOOK_RUN, take_with_progress, write_sum
from components.ui.tokens import Marks, key, strip, wrong_tokens
from components.ui.words import band
from lab.model.cache_size import KeysAndValues, cache_bytes
from lab.model.known_sizes import CARDS, KnownModel

if TYPE_CHECKING:
    from lab.inference.stopwatch import Piece, TimedStep

cost = lazily("lab.model.cost")
lines = lazily("lab.interp.earlier_lines")
spoiled = lazily("lab.interp.spoiled_cache")
generating = lazily("lab.inference.generate")
steps = lazily("lab.inference.phases")
stopwatch = lazily("lab.inference.stopwatch")

MOVED = 1e-5
"""More of the largest number than single precision loses by summing in another order."""

OF_A_SUM = ("written", "allowed", "rebase", "broken")
"""Sections that show the reader's own sum."""

page = Chapter("40_kv_cache", CALC | phases.CALC | bench.CALC)
page.open()
pair = page.pair() if page.draws(*OF_A_SUM) else None


@page.section("written", needs=[BOOK_RUN], told=False)
def as_it_is_written() -> None:
    if pair is None:
        return
    written = write_sum(BOOK_RUN, *pair)
    st.html(key())
    st.html(strip(written.text, FORM, *pair, written_from=FORM.prompt_length))
    page.source(generating.generate)


page.three_from_before("before_place", "before_mask", "before_working")
page.prose("opening")


# ---------------------------------------------------------------- 1. why a cache is allowed


@page.section("allowed", needs=[BOOK_RUN])
def why_a_cache_is_allowed() -> None:
    if pair is None:
        return
    text = write_sum(BOOK_RUN, *pair).text
    if not page.guess(
        "Of all the numbers kept of the earlier tokens, how many have changed?",
        ("none", "about half", "all of them"),
        lambda: "none" if probes.largest_change(text) < MOVED else "all of them",
    ):
        return
    page.prose("allowed_controls")
    before = page.number("before", "Tokens before the new one", 1, FORM.length - 1, 6)
    st.html(
        strip(text[: before + 1], FORM, *pair, marks=Marks(loss=range(before)), small=True),
    )
    page.draw(
        figures.changes_by_layer(probes.rows_of_changes(text, before)),
        alt="By layer, how much one new token changes the keys and values of those before it",
    )
    page.notice()
    page.source(lines.change_of_earlier, lines.keys_and_values)


page.prose("argument")
page.prose("argument_worked")


# ---------------------------------------------------------------- 3. prefill and decode


@page.section("phases", needs=[phases.RUN])
def prefill_and_decode() -> None:
    rows = rows_of("kv_cache.jsonl")
    if rows and not page.guess(
        "Against reading the prompt, writing as many tokens takes",
        phases.LONGER,
        lambda: phases.how_much_longer(rows),
    ):
        return
    page.prose("phases_controls")
    n_given = page.number("given", "Tokens of the prompt", 1, phases.SUM.length, phases.GIVEN)
    config = take_with_progress(phases.RUN).model.config
    shapes = phases.rows_of_shapes(config, n_given)
    st.dataframe(shapes, hide_index=True, width="stretch")
    page.numbers("the shapes", shapes)
    page.prose("phases_shapes")
    page.prose("roofline")
    page.prose("roofline_controls")
    recorded = [phases.recorded(rows)] if rows else []

    def draw_roofline(pieces: Sequence[Piece]) -> None:
        machines = [*recorded, *filter(None, [phases.measured(pieces)])]
        if machines:
            page.draw(
                phases.roofline(machines),
                alt="Speed of prefills and of steps of decoding by their operations for each "
                "byte, under the roof of the machine",
            )

    measuring.watch("ch40_roof", "Measure this machine", phases.start, draw_roofline)
    page.notice()
    page.source(steps.Work, steps.Roof, steps.prefill, steps.decode, stopwatch.machine)


page.box("Why care", "care_phases")


# ---------------------------------------------------------------- 4. here and now


@page.section("bench", needs=[phases.RUN])
def here_and_now() -> None:
    rows = rows_of("kv_cache.jsonl")
    if rows and not page.guess(
        "Behind the longer text, one more token takes at least twice as long",
        bench.SHAPES,
        lambda: bench.what_grows(rows),
    ):
        return
    page.prose("bench_controls")
    batch = page.choose("batch", "Texts side by side", claims.BATCHES, kind="segments")
    ghosts = bench.recorded(rows, batch) if rows else []

    def draw_times(timed: Sequence[TimedStep]) -> None:
        now = bench.measured(timed, batch)
        if ghosts or now:
            page.draw(
                bench.times_of_a_token(ghosts, now),
                alt="Milliseconds of one more token by the tokens before it, with a cache and "
                "without, as recorded and as measured now",
            )

    if batch in bench.HERE:
        measuring.watch(
            f"ch40_bench_{batch}",
            "Measure it here and now",
            lambda: bench.start(batch),
            draw_times,
        )
    else:
        st.caption(f"To write {batch} texts here and now would take too long: this is the record.")
        draw_times(())
    page.notice()
    page.prose("totals")
    if rows:
        page.guess(
            f"With a cache, the text of {claims.LONG} tokens takes less time by a factor of",
            bench.FACTORS,
            lambda: bench.how_much_quicker(rows),
            name="totals",
        )
    page.source(stopwatch.both_ways, cost.writing_flops, claims_of=["totals_why"])


# ---------------------------------------------------------------- 5. what it costs


def ask_key_heads(name: str) -> KnownModel:
    """The chosen model, with as many key heads as the reader gives it."""
    known = probes.models()
    page.link.knows(*(f"{page.prefix}{key_heads(other)}" for other in known))
    model = known[name]
    if not isinstance(model.kept, KeysAndValues):
        st.caption(f"{name} keeps no key heads, but one latent for all heads together.")
        return model
    n_head = model.kept.n_head
    allowed = [n for n in range(1, n_head + 1) if n_head % n == 0]
    return model.with_key_heads(
        page.choose(key_heads(name), f"Key heads, of {n_head}", allowed, model.kept.n_kv_head)
    )


def key_heads(name: str) -> str:
    """The name of the control of a model's key heads: their number is its own."""
    return "heads_" + "".join(c if c.isalnum() else "_" for c in name.lower())


@page.section("calculator", needs=[BOOK_RUN])
def what_it_costs() -> None:
    options = ("less than its weights", "about as much", "at least twice as much")
    if not page.guess(
        f"{SERVED} writes {SERVED_TEXTS} texts of {SERVED_TOKENS:,} tokens each. Its cache takes",
        options,
        lambda: band(times_the_weights(), (0.8, 2), options),
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
        figures.memory(model.weight_bytes, kept, {card.name: card.memory for card in CARDS}),
        alt=f"Bytes of the weights of {name}, of its cache, and of both, with the memory of cards",
    )
    st.markdown(probes.in_memory(model, kept, bytes_per_number, n_token))
    page.notice()
    page.source(cache_bytes)


page.prose("grouped")
page.box("Why care", "care")

with page.deeper("keys that are turned already"):

    @page.section("rebase", needs=[TURNING])
    def another_base() -> None:
        if pair is None:
            return
        page.prose("rebase_controls")
        base = page.choose("base", "Base from the = on", BASES, DRAWN_BASE)
        found = probes.rebase(base, *pair)
        prompt = FORM.prompt_length
        page.draw(
            figures.logit_changes(
                found.as_they_were, found.turned_again, FORM.text(*pair)[prompt - 1 : -1]
            ),
            alt="How far the logits are from a fresh reading: kept keys as they were, and turned",
        )
        page.notice()
        page.source(spoiled.rebased, spoiled.turn_again, spoiled.turned)


# ---------------------------------------------------------------- 6. break it


@page.section("broken", needs=[BOOK_RUN, SHIFTED, PLACELESS])
def break_it() -> None:
    if pair is None or not page.guess(
        "Which fault most often leaves working without a mistake in it, of another sum?",
        tuple(dict.fromkeys(KINDS.values())),
        probes.most_plausible,
    ):
        return
    page.prose("broken_controls")
    fault = page.choose("fault", "Fault", list(FAULTS), words=FAULTS.__getitem__)
    right = FORM.text(*pair)
    text = probes.one_spoiled(fault, *pair)
    st.html(strip(right, FORM, *pair, small=True))
    marks = Marks(wrong=wrong_tokens(text, right))
    st.html(strip(text, FORM, *pair, marks=marks, small=True))
    stranger = "{} × {}".format(*probes.stranger_to(*pair))
    st.caption(f"The other prompt, or the other reader's, is {stranger}.")
    page.draw(
        figures.fates(probes.rows_of_fates()),
        alt="For each fault, how many of the sums are right, right for another sum, or mistaken",
    )
    page.notice()
    page.source(spoiled.stale, spoiled.misplaced, spoiled.shared, spoiled.write_on)


page.close("end", "read")
