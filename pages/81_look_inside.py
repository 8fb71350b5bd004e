"""Chapter 8, second page: look, break, patch. What a part of a network is enough for, and what it
is needed for."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from components.ui import tokens
from components.ui.chapter import Chapter
from components.ui.chapters.ch81 import exercises, figures, probes, worked
from components.ui.chapters.ch81.worked import CALC
from components.ui.drawings.cut import show_cut
from components.ui.drawings.moment import share_moment
from components.ui.link import text_up_to
from components.ui.live import measuring
from components.ui.page_records import rows_of
from components.ui.plots import bars
from components.ui.plots.colours import WRONG
from lab.data.problems import Format
from lab.interp.patch_document import Patch

page = Chapter("81_look_inside", CALC)
page.open()

# ---------------------------------------------------------------- the smallest cut


@page.section("cut", told=False)
def the_smallest_cut() -> None:
    chosen = worked.copied(page, "cut", probes.CELLS)
    boards = worked.boards(probes.CELLS, chosen)
    show_cut(
        "ch81_cut_drawing",
        boards,
        chosen,
        alt="Two runs of one network as grids of cells, and the run that cells were copied into",
        on_change=worked.keep_copied(page, "cut"),
    )
    page.numbers("What is written with these cells copied", worked.set_rows(boards))
    page.source()


page.prose("opening")
page.three_from_before("before_stream", "before_heads", "before_forced")

# ---------------------------------------------------------------- 1. look


def draw_over_problems(found: probes.OverProblems | None) -> None:
    if found is None:
        return
    page.draw(
        figures.over_pairs(found.values, "activation", scale=True),
        alt="What one neuron hands on for every pair of numbers",
    )
    st.caption(worked.neuron_said(found))


def look_at_a_neuron(asked: worked.Asked) -> dict[str, int]:
    """Over all problems, which takes a while. Its layer, its number, and the token that is
    predicted where it is read."""
    which, problem, form = asked
    whole = probes.format_of(which.name)
    if probes.pairs_of(whole) is None:
        st.info(page.text("look_too_many"))
        return {}
    first_layer, first_neuron, first_token = worked.first_neuron(which)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        layer = page.number("n_layer", "Layer", 0, 15, first_layer, typed=True)
        neuron = page.number("neuron", "Neuron", 0, 4095, first_neuron, typed=True)
        slots, words = worked.written_slots(form), worked.token_words(form, problem)
        first = first_token if first_token in slots else slots[0]
        token = page.choose(
            "n_token", "Token that is predicted", slots, first, words=words, kind="list"
        )
    if (which.name, layer, neuron, token) == (probes.RUN, *worked.FIRST_NEURON):
        draw_over_problems(probes.neuron_at_first(probes.RUN, *worked.FIRST_NEURON))
    elif said := probes.no_such_neuron(which, layer, neuron):
        st.warning(said)
        return {}
    else:
        measuring.watch(
            f"ch81_neuron_{which}_{layer}_{neuron}_{token}",
            worked.with_seconds("Read all problems", probes.seconds_of_neuron(which, token)),
            partial(probes.start_neuron, which, layer, neuron, token),
            lambda pieces: draw_over_problems(probes.put_together(whole, pieces)),
            worked.EVENLY,
        )
    return {"layer": layer, "neuron": neuron, "token": token}


def look_through(view: worked.View, asked: worked.Asked) -> dict[str, int]:
    """Any other view. The layer, the head or the token that it is of."""
    chosen: dict[str, int] = {}
    with st.container(horizontal=True, gap="medium"):
        for what in view.asks:
            label, options, words = worked.options_of(what, asked, chosen.get("layer", 0))
            name = f"{view.letter}_{what}"
            first = worked.first_of(view, what, options)
            chosen[what] = page.choose(name, label, options, first, words=words, kind="list")
    charts = view.charts(asked, **chosen)
    beside = st.columns(2) if len(charts) > 1 else [st.container()]
    for place, (chart, alt) in zip([*beside, st.container()], charts, strict=False):
        with place:
            page.draw(chart, alt=alt)
    return chosen


@page.section("look")
def look() -> None:
    view = page.choose("view", "View", [worked.NEURON, *worked.VIEWS], kind="list")
    asked = worked.look_at(page, "look")
    if asked is None:
        return
    own = worked.VIEWS.get(view)
    page.prose(f"view_{own.python if own else 'neuron'}")
    try:
        chosen = look_through(own, asked) if own else look_at_a_neuron(asked)
    except ValueError as error:
        st.warning(str(error))
        return
    with st.popover("Take it along"):
        st.download_button(
            "All activations of this text, npz",
            probes.download(asked.which, asked.text),
            "activations.npz",
            key="ch81_npz",
            on_click="ignore",
            icon=":material/download:",
        )
        st.code(worked.look_as_python(view, asked, **chosen), language="python")
    page.notice()
    page.source(
        "lab.interp.over_problems.told_by",
        "lab.interp.head_circuits.qk_circuit",
        "lab.interp.head_circuits.composition",
    )


# ---------------------------------------------------------------- 2. break


def draw_broken(found: Sequence[probes.Broken]) -> None:
    if found:
        page.draw(
            figures.broken_map(worked.broken_rows(found)),
            alt="Problems wrong without each head and each FFN alone",
        )


@page.section("break")
def break_each_part() -> None:
    if not page.guess(
        page.text("break_question"),
        worked.GOES,
        worked.worst_upper_head,
        frame=worked.to_be_broken(),
    ):
        return
    draw_broken(probes.map_at_first(probes.RUN))
    page.notice()
    page.source("lab.interp.broken.Break.wrong_at")


def draw_wrong(form: Format, pieces: Sequence[Any]) -> None:
    if not pieces:
        return
    st.caption(worked.score_of(form, pieces))
    if probes.pairs_of(form) is not None:
        wrong = worked.as_shown(probes.wrong_in(form, pieces))
        page.draw(
            figures.over_pairs(wrong, "wrong", WRONG),
            alt="Every pair of numbers, those coloured that the broken network gets wrong",
        )


@page.section("own_break")
def break_a_part_of_your_own() -> None:
    asked = worked.look_at(page, "break")
    if asked is None:
        return
    which, problem, form = asked
    try:
        one = worked.asked_break(page, form)
        text = probes.text_when_broken(which, one, problem)
    except ValueError as error:
        st.warning(str(error))
        return
    st.markdown(f"**{worked.part_said(one)}.** The network then writes:")
    st.html(tokens.strip(text, form, *problem, marks=tokens.marks_of(text, form, *problem)))
    st.caption(worked.right_said(form, problem))
    whole = probes.format_of(which.name)
    own = worked.on_all(one, whole)
    measuring.watch(
        f"ch81_all_{which}_{own}",
        worked.with_seconds("Evaluate all problems", probes.seconds_of_all(which)),
        partial(probes.start_all, which, own),
        partial(draw_wrong, whole),
        worked.EVENLY,
    )
    how = one.how, one.amount, one.digit
    if which.name != probes.RUN or how[0] != "zero":
        measuring.watch(
            f"ch81_each_{which}_{how}",
            worked.with_seconds("Break every part like this", probes.seconds_of_map(which)),
            partial(probes.start_map, which, *how),
            lambda pieces: draw_broken(probes.whole_parts(whole, pieces)),
            worked.EVENLY,
        )
    with st.popover("Copy as Python"):
        st.code(own.as_python(which.name), language="python")
    page.notice()
    page.source("lab.interp.broken.Break.prepared", "lab.interp.broken.Break.written")


# ---------------------------------------------------------------- 3. patch


def asked_patch() -> tuple[probes.Network, Patch] | None:
    """What stands in the controls, at its first cell; None, and why, if it is no patch."""
    run = st.session_state.get(f"{page.prefix}run", probes.RUN)  # chosen below the boxes
    reads = probes.digits_read(run) if run in probes.networks() else None
    clean, corrupted = worked.two_problems(
        page, "pair", probes.CLEAN, probes.CORRUPTED, probes.MOST_DIGITS, reads
    )
    row, told = (
        st.container(horizontal=True, vertical_alignment="bottom", gap="medium"),
        st.container(),  # in sight, and not where the network is chosen
    )
    with row:
        way = page.choose("way", "Ask", worked.WAYS)
        what = page.choose("what", "Copied", [*worked.WHAT], "FFN")
        with st.popover("Network and token"):
            name = worked.choose_network(page, "run", "Network", probes.networks(), probes.RUN)
            token = asked_token(name, clean, corrupted, told)
    if token is None:
        return None
    return probes.network(name), worked.patch_for(name, clean, corrupted, token, what, way)


def asked_token(
    name: str, clean: probes.Digits, corrupted: probes.Digits, told: DeltaGenerator
) -> int | None:
    try:
        form = probes.form_for(name, clean, corrupted)
    except ValueError as error:
        if not st.session_state[f"{page.prefix}pair_refused"]:  # or two messages speak of one box
            told.warning(str(error))
        return None
    options = worked.tokens_that_differ(form, clean, corrupted)
    words = worked.token_words(form, clean)
    return page.choose("token", "Token that is predicted", options, kind="list", words=words)


def draw_map(
    key: str,
    which: probes.Network,
    patch: Patch,
    cells: Sequence[probes.Cell],
    chosen: probes.Cell | None,
) -> None:
    rows = worked.map_rows(cells, patch, chosen)
    chart = figures.patch_map(rows, needed=patch.needed, clickable=chosen is not None)
    network = probes.called(which.name)
    does = "loses" if patch.needed else "brings"
    alt = f"What each cell of {network} {does} of the answer when it is copied alone"
    if chosen is None:
        page.draw(chart, alt=alt)
        return
    page.draw(
        chart,
        alt=alt,
        key=key,
        on_select=partial(worked.keep_cell, page, key),
        selection_mode="cell",
    )


@page.section("patch")
def patch_one_run_into_another() -> None:
    worked.follow_link(page)
    asked = asked_patch()
    if asked is None:
        worked.take_away(page)
        return
    which, patch = asked
    try:
        cells = probes.all_cells(which, patch, page.at)
    except ValueError as error:
        st.warning(worked.why_none(page, error))
        worked.take_away(page)
        return
    if cells is None:
        return
    said = page.kept(f"{page.prefix}cell", *text_up_to(12))
    cell = worked.cell_named(cells, said, patch.needed)
    patch = worked.at_cell(patch, cell)
    draw_map("ch81_map", which, patch, cells, cell)
    st.markdown(f"**{worked.cell_said(patch, cell)}**, copied from {worked.way_said(patch)}:")
    measured = probes.measured(which, patch)
    page.table("The two runs and the patched one", worked.measures(patch, measured))
    if said := worked.worked_out(measured):
        st.caption(said)
    controls = probes.controlled(which, patch)
    if any(controls.values()):
        page.prose("patch_controls")
        rows = worked.control_rows(controls, patch.needed)
        page.table("The same cell of two other problems", rows)
        before = measured["clean" if patch.needed else "corrupted"].says
        st.caption(worked.control_said(controls, measured["patched"].says, before))
    with st.container(horizontal=True, gap="small"):
        with st.popover("Copy as Python"):
            st.code(patch.as_python(), language="python")
            st.code(patch.as_json(), language="json")
        told = worked.patch_said(patch, measured["patched"])
        share_moment("ch81_patch_link", told, page.at, ch81_patch=patch.as_json())
    page.notice()
    page.source("lab.interp.patching.Contrast.each", "lab.interp.patch_document.Patch.contrast")
    worked.bring_along(page, which, patch)


@page.section("backup")
def two_at_once() -> None:
    rows = worked.alike_rows()
    if rows:
        page.table("Parts of layer 0 copied alone and together", rows)
    page.notice()
    page.source("lab.experiments.alike_heads.copied", "lab.experiments.alike_heads.problems")


def draw_paths(which: probes.Network, patch: Patch) -> None:
    readers = probes.readers_of(which, patch)
    if not readers:
        st.caption(page.text("paths_none"))
        return
    page.draw(
        figures.paths_map(worked.path_rows(probes.along_paths(which, patch))),
        alt="What arrives of the cell through each later reader alone",
    )
    chosen = st.multiselect(
        "Through several at once",
        range(len(readers)),
        format_func=lambda i: worked.reader_said(readers[i]),
        key=f"ch81_through_{which}_{patch}",
    )
    if chosen:
        (found,) = probes.through(which, patch, (tuple(readers[i] for i in sorted(chosen)),))
        st.caption(worked.through_said(len(chosen), *found))


with page.deeper("a fast preview, and the path from head to head", "ways_fold") as opened:

    @page.section("ways")
    def previews_and_paths() -> None:
        now = worked.patch_now(page) if opened else None
        if now is None:
            return
        which, patch = now
        cells = probes.all_cells(which, patch, page.at)
        if cells is None:
            return
        guessed = probes.previewed(which, probes.first_cell(patch))
        points = worked.preview_rows(cells, guessed, patch)
        page.draw(
            figures.preview_points(points),
            alt="The preview of each cell beside what patching it gives",
        )
        st.caption(worked.preview_said(points))
        page.prose("paths")
        draw_paths(which, patch)
        page.source("lab.interp.patching.preview", "lab.interp.patching.path_patch")


# ---------------------------------------------------------------- 4. how few


@page.section("search")
def how_few_numbers() -> None:
    rows = rows_of(probes.RECORD)
    if not rows or not page.guess(
        worked.HOW_FEW, worked.FEW, worked.fewest_neurons, frame=worked.how_few()
    ):
        return
    chosen = worked.copied(page, "neurons", probes.NEURONS)
    show_cut(
        "ch81_neurons_drawing",
        worked.boards(probes.NEURONS, chosen),
        chosen,
        alt="Neurons of two runs as cells, and the run that some of them were copied into",
        on_change=worked.keep_copied(page, "neurons"),
    )
    page.notice()
    page.draw(
        bars.count_bars(worked.pair_counts(), "turned into", "neurons copied, fewest found"),
        alt="Fewest neurons found that turn one answer of the table into the next",
    )
    page.prose("search_pairs")
    page.source(
        "lab.interp.circuits.smallest_cut",
        "lab.interp.circuits.promising",
        "lab.interp.circuits.elsewhere",
    )


def draw_search(
    target: probes.Digits, source: probes.Digits, stages: Sequence[probes.Stage]
) -> None:
    if not stages:
        return
    last = stages[-1]
    st.caption(worked.stage_said(last))
    if last.ended and last.nodes:
        name = f"found_{target}_{source}"
        chosen = worked.cells_in(st.session_state.get(f"{page.prefix}{name}", ""))
        show_cut(
            f"ch81_{name}_drawing",
            worked.boards_of_search(target, source, last.nodes, chosen),
            chosen,
            alt="Neurons of the two problems that you typed",
            on_change=worked.keep_copied(page, name),
        )


@page.section("own")
def a_search_of_your_own() -> None:
    target, source = worked.two_problems(page, "own", (6, 6), (6, 7), 1)
    beam = page.choose("beam", "Go on from", worked.BEAMS, words=worked.beam_words, kind="segments")
    if not worked.turns(target, source):
        st.warning(page.text("own_same"))
        return
    st.session_state[f"{page.prefix}own_now"] = target, source, beam
    measuring.watch(
        worked.search_key(target, source, beam),
        "Search",
        partial(probes.start_search, target, source, beam),
        partial(draw_search, target, source),
        measuring.Words("Search again", "The search took {spent:.1f} s."),
    )


# ---------------------------------------------------------------- 5. two networks


@page.section("two")
def two_networks() -> None:
    now = worked.patch_now(page)
    if now is None:
        st.caption(page.text("two_none"))
        return
    which, patch = now[0], worked.of_heads(now[1])
    others = [name for name in probes.networks() if name != which.name]
    first = probes.OTHER_RUN if probes.OTHER_RUN in others else others[0]
    other = worked.choose_network(page, "other", "Beside it", others, first)
    try:
        both = {which.name: patch, other: worked.for_network(patch, other)}
        found = {
            name: probes.all_cells(probes.network(name), one, page.at) for name, one in both.items()
        }
    except ValueError as error:
        st.warning(f"{probes.called(other).capitalize()}: {worked.why_none(page, error)}")
        return
    cells = {name: own for name, own in found.items() if own is not None}
    if len(cells) < len(both):
        return
    for column, (name, one) in zip(st.columns(2), both.items(), strict=True):
        with column:
            st.markdown(f"**{probes.called(name).capitalize()}**")
            draw_map("", probes.network(name), probes.first_cell(one), cells[name], None)
    st.caption(worked.two_said(both, cells))
    page.notice()
    page.source()


# ---------------------------------------------------------------- exercises

page.prose("exercises")


for name, exercise in exercises.ALL.items():
    page.section(f"ex_{name}")(partial(exercise, page))

page.close("end", "read")
