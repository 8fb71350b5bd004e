"""Chapter 8, second page: look, break, patch. What a part of a network is enough for, and what it
is needed for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import streamlit as st

from components.ui.chapter import Chapter
from components.ui.chapters.ch81 import exercises, figures, probes, worked
from components.ui.chapters.ch81.worked import CALC
from components.ui.drawings.cut import Cells, show_cut
from components.ui.drawings.moment import share_moment
from components.ui.lazily import lazily
from components.ui.link import text_up_to
from components.ui.live import measuring
from components.ui.operand_boxes import last_allowed
from components.ui.page_records import rows_of
from components.ui.plots import bars
from lab.interp.patch_document import Patch

circuits = lazily("lab.interp.circuits")
experiment = lazily("lab.experiments.smallest_cut")
patching = lazily("lab.interp.patching")

page = Chapter("81_look_inside", CALC)
page.open()

# ---------------------------------------------------------------- the smallest cut


def copied(name: str, units: str) -> Cells:
    """The cells that a reader has copied: as left or linked, or none."""
    said = page.kept(f"{page.prefix}{name}", *worked.cells_allowed(units))
    return worked.cells_in(said or "")


def keep_copied(name: str) -> Callable[[Cells], None]:
    def keep(cells: Cells) -> None:
        st.session_state[f"{page.prefix}{name}"] = worked.cells_said(cells)

    return keep


@page.section("cut", told=False)
def the_smallest_cut() -> None:
    chosen = copied("cut", probes.CELLS)
    boards = worked.boards(probes.CELLS, chosen)
    show_cut(
        "ch81_cut_drawing",
        boards,
        chosen,
        alt="Two runs of one network as grids of cells, and the run that cells were copied into",
        on_change=keep_copied("cut"),
    )
    page.numbers("What is written with these cells copied", worked.set_rows(boards))
    page.source()


page.prose("opening")
page.three_from_before("before_stream", "before_heads", "before_forced")

# ---------------------------------------------------------------- 1. look

# ---------------------------------------------------------------- 2. break

# ---------------------------------------------------------------- 3. patch


def two_problems(
    name: str, first: probes.Digits, second: probes.Digits, digits: int
) -> tuple[probes.Digits, probes.Digits]:
    """Two problems that a reader types, side by side; while one is not allowed, the last."""
    found = list[probes.Digits]()
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        for which, usual in (("clean", first), ("corrupted", second)):
            with st.container(width="content", gap="xsmall"):
                st.caption(page.text(f"{name}_{which}"))
                a, b = map(str, usual)
                pair = page.pair(f"{name}_{which}", digits, a, b, slim=True)
                found.append(last_allowed(f"{page.prefix}{name}_{which}_last", pair, usual))
    return found[0], found[1]


def follow_link() -> None:
    """A patch that the link holds as JSON sets the controls, once."""
    key = f"{page.prefix}patch"
    said = page.link.take(key, worked.is_patch, "a patch as JSON, as *Copy as Python* shows it")
    if said is not None and f"{key}_followed" not in st.session_state:
        st.session_state[f"{key}_followed"] = True
        for name, value in worked.settings_of(said).items():
            st.session_state[f"{page.prefix}{name}"] = value


def asked_patch() -> tuple[probes.Network, Patch] | None:
    """What stands in the controls, at its first cell; None, and why, if it is no patch."""
    clean, corrupted = two_problems("pair", probes.CLEAN, probes.CORRUPTED, probes.MOST_DIGITS)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        way = page.choose("way", "Ask", worked.WAYS)
        what = page.choose("what", "Copied", [*worked.WHAT], "FFN")
        with st.popover("Network and token"):
            name = page.choose("run", "Network", probes.networks(), kind="list")
            token = asked_token(name, clean, corrupted)
    if token is None:
        return None
    return probes.network(name), worked.patch_for(name, clean, corrupted, token, what, way)


def asked_token(name: str, clean: probes.Digits, corrupted: probes.Digits) -> int | None:
    try:
        form = probes.form_for(name, clean, corrupted)
    except ValueError as error:
        st.warning(str(error))
        return None
    options = worked.tokens_that_differ(form, clean, corrupted)
    words = worked.token_words(form, clean)
    return page.choose("token", "Token that is predicted", options, kind="list", words=words)


def keep_cell(key: str) -> None:
    """Of a map that was clicked."""
    picked = st.session_state[key]["selection"].get("cell")
    if picked:
        part = picked[0].get("part")
        cell = probes.Cell(int(picked[0]["layer"]), part, int(picked[0]["slot"]), 0.0)
        st.session_state[f"{page.prefix}cell"] = worked.name_of(cell)


def draw_map(key: str, which: probes.Network, patch: Patch, chosen: probes.Cell | None) -> None:
    cells = probes.cells_at(which, patch)
    chart = figures.patch_map(worked.map_rows(cells, patch, chosen), clickable=chosen is not None)
    alt = f"What each cell of {which.name} brings of the answer when it is copied alone"
    if chosen is None:
        page.draw(chart, alt=alt)
        return
    page.draw(chart, alt=alt, key=key, on_select=partial(keep_cell, key), selection_mode="cell")


def bring_along(which: probes.Network, patch: Patch) -> None:
    """What stands below is about the same problems: where they have changed, it is drawn anew."""
    now, before = f"{page.prefix}patch_now", st.session_state.get(f"{page.prefix}patch_now")
    st.session_state[now] = which, patch
    opened = st.session_state.get(f"{page.prefix}ways_fold")
    if before is not None and worked.other_below(before, (which, patch), opened is not None):
        st.rerun()


def patch_now() -> tuple[probes.Network, Patch]:
    """That of section 3, or where that is not drawn the first."""
    usual = worked.first_patch()
    return st.session_state.get(f"{page.prefix}patch_now", (probes.network(usual.run), usual))


@page.section("patch")
def patch_one_run_into_another() -> None:
    follow_link()
    asked = asked_patch()
    if asked is None:
        return
    which, patch = asked
    try:
        cells = probes.cells_at(which, patch)
    except ValueError as error:
        st.warning(f"{page.text('patch_same')} {error}.")
        return
    said = page.kept(f"{page.prefix}cell", *text_up_to(12))
    cell = worked.cell_named(cells, said, patch.needed)
    patch = worked.at_cell(patch, cell)
    draw_map("ch81_map", which, patch, cell)
    st.markdown(f"**{worked.cell_said(patch, cell)}**, copied from {worked.way_said(patch)}:")
    measured = probes.measured(which, patch)
    page.table("The two runs and the patched one", worked.measures(patch, measured))
    controls = probes.controlled(which, patch)
    if any(controls.values()):
        page.prose("patch_controls")
        page.table("The same cell of two other problems", worked.control_rows(controls))
        st.caption(worked.control_said(controls))
    with st.container(horizontal=True, gap="small"):
        with st.popover("Copy as Python"):
            st.code(patch.as_python(), language="python")
            st.code(patch.as_json(), language="json")
        told = worked.patch_said(patch, measured["patched"])
        share_moment("ch81_patch_link", told, page.at, ch81_patch=patch.as_json())
    page.notice()
    page.source(patching.Contrast.each, Patch.contrast)
    bring_along(which, patch)


with page.deeper("a fast preview, and the path from head to head", "ways_fold") as opened:

    @page.section("ways")
    def previews_and_paths() -> None:
        if not opened:
            return
        which, patch = patch_now()
        cells = probes.cells_at(which, worked.first_cell(patch))
        guessed = probes.previewed(which, worked.first_cell(patch))
        points = worked.preview_rows(cells, guessed, patch)
        page.draw(
            figures.preview_points(points),
            alt="The preview of each cell beside what patching it gives",
        )
        st.caption(worked.preview_said(points))
        page.prose("paths")
        found = probes.along_paths(which, patch)
        if found:
            page.draw(
                figures.paths_map(worked.path_rows(found)),
                alt="What arrives of the cell through each later head alone",
            )
        else:
            st.caption(page.text("paths_none"))
        page.source(patching.preview, patching.path_patch)


# ---------------------------------------------------------------- 4. how few


@page.section("search")
def how_few_numbers() -> None:
    rows = rows_of(probes.RECORD)
    if not rows or not page.guess(
        worked.HOW_FEW, worked.FEW, worked.fewest_neurons, frame=worked.how_few()
    ):
        return
    chosen = copied("neurons", probes.NEURONS)
    show_cut(
        "ch81_neurons_drawing",
        worked.boards(probes.NEURONS, chosen),
        chosen,
        alt="Neurons of two runs as cells, and the run that some of them were copied into",
        on_change=keep_copied("neurons"),
    )
    page.notice()
    page.draw(
        bars.count_bars(worked.pair_counts(), "turned into", "neurons copied, fewest found"),
        alt="Fewest neurons found that turn one answer of the table into the next",
    )
    page.prose("search_pairs")
    page.source(circuits.smallest_cut, circuits.promising, circuits.elsewhere)


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
            on_change=keep_copied(name),
        )


@page.section("own")
def a_search_of_your_own() -> None:
    target, source = two_problems("own", (6, 6), (6, 7), 1)
    if not worked.turns(target, source):
        st.warning(page.text("own_same"))
        return
    st.session_state[f"{page.prefix}own_now"] = target, source
    measuring.watch(
        f"ch81_search_{target}_{source}",
        "Search",
        partial(probes.start_search, target, source),
        partial(draw_search, target, source),
        measuring.Words("Search again", "The search took {spent:.1f} s."),
    )


# ---------------------------------------------------------------- 5. two networks


@page.section("two")
def two_networks() -> None:
    which, patch = patch_now()
    others = [name for name in probes.networks() if name != which.name]
    first = probes.OTHER_RUN if probes.OTHER_RUN in others else others[0]
    other = page.choose("other", "Beside it", others, first, kind="list")
    try:
        second = worked.for_network(patch, other)
        found = {
            name: probes.cells_at(probes.network(name), worked.first_cell(one))
            for name, one in ((which.name, patch), (other, second))
        }
    except ValueError as error:
        st.warning(f"`{other}`: {error}")
        return
    for column, (name, one) in zip(
        st.columns(2), ((which.name, patch), (other, second)), strict=True
    ):
        with column:
            st.markdown(f"`{name}`")
            draw_map("", probes.network(name), worked.first_cell(one), None)
    st.caption(worked.two_said(found, patch.needed))
    page.notice()
    page.source()


# ---------------------------------------------------------------- exercises

page.prose("exercises")


@page.section("ex_units")
def only_the_units() -> None:
    exercises.only_the_units(page)


@page.section("ex_above")
def above_layer_0() -> None:
    exercises.above_layer_0(page)


@page.section("ex_spare")
def enough_and_not_needed() -> None:
    exercises.enough_and_not_needed(page)


@page.section("ex_own")
def three_of_your_own() -> None:
    exercises.three_of_your_own(page)


page.close("end", "read")
