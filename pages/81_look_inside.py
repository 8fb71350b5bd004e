"""Chapter 8, second page: look, break, patch. What a part of a network is enough for, and what it
is needed for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import streamlit as st

from components.ui import tokens
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
from components.ui.plots import bars, maps, vectors
from components.ui.plots.colours import WRONG
from lab.data.problems import Format
from lab.interp import embeddings
from lab.interp.patch_document import Patch

if TYPE_CHECKING:
    from lab.interp.broken import Break

broken = lazily("lab.interp.broken")
circuits = lazily("lab.interp.circuits")
experiment = lazily("lab.experiments.smallest_cut")
head_circuits = lazily("lab.interp.head_circuits")
over_problems = lazily("lab.interp.over_problems")
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


def look_at(name: str) -> tuple[probes.Network, probes.Digits, Format] | None:
    """The network and the problem of a section; None, and why, where the one cannot write the
    other."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        run = page.choose(f"{name}_run", "Network", probes.networks(), kind="list")
        asked = page.pair(name, probes.MOST_DIGITS, slim=True)
    problem = last_allowed(f"{page.prefix}{name}_last", asked, probes.PROBLEM)
    which = probes.network(run)
    try:
        return which, problem, probes.format_for(which, problem)
    except ValueError as error:
        st.warning(f"`{run}`: {error}")
        return None


def one_of_layers(name: str, which: probes.Network, first: int = 0) -> int:
    n_layer = probes.model_of(which).config.n_layer
    return page.choose(name, "Layer", list(range(n_layer)), min(first, n_layer - 1), kind="list")


def one_of_heads(name: str, which: probes.Network, layer: int) -> int:
    n_head = probes.model_of(which).config.layers[layer].attention.n_head
    return page.choose(name, "Head", list(range(n_head)), kind="list")


def draw_neuron(key: str, form: Format, pieces: Sequence[Any]) -> None:
    if pieces:
        draw_over_problems(probes.put_together(form, pieces))


def draw_over_problems(found: probes.OverProblems) -> None:
    page.draw(
        figures.over_pairs(found.values, "activation"),
        alt="What one neuron hands on for every pair of numbers",
    )
    st.caption(worked.neuron_said(found))


def look_at_a_neuron(which: probes.Network, problem: probes.Digits, form: Format) -> None:
    if probes.pairs_of(probes.format_of(which.name)) is None:
        st.info(page.text("look_too_many"))
        return
    first_layer, first_neuron, first_token = worked.FIRST_NEURON
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        layer = page.number("n_layer", "Layer", 0, 15, first_layer, typed=True)
        neuron = page.number("neuron", "Neuron", 0, 4095, first_neuron, typed=True)
        slots = worked.written_slots(form)
        first = first_token if first_token in slots else slots[0]
        words = worked.token_words(form, problem)
        token = page.choose(
            "n_token", "Token that is predicted", slots, first, words=words, kind="list"
        )
    if (which.name, layer, neuron, token) == (probes.RUN, *worked.FIRST_NEURON):
        draw_over_problems(probes.neuron_at_first(probes.RUN, *worked.FIRST_NEURON))
        return
    if said := probes.no_such_neuron(which, layer, neuron):
        st.warning(said)
        return
    whole = probes.format_of(which.name)
    key = f"ch81_neuron_{which.name}_{layer}_{neuron}_{token}"
    measuring.watch(
        key,
        "Read all problems",
        partial(probes.start_neuron, which, layer, neuron, token),
        partial(draw_neuron, key, whole),
    )


def look_at_attention(which: probes.Network, problem: probes.Digits, form: Format) -> None:
    with st.container(horizontal=True, gap="medium"):
        layer = one_of_layers("a_layer", which)
        head = one_of_heads("a_head", which, layer)
    page.draw(
        maps.attention_map(
            probes.patterns_in(which, problem)[layer, head], form.text(*problem)[:-1]
        ),
        alt="Which tokens one head looks at, a row for each token that has been read",
    )


def look_through_the_lens(which: probes.Network, problem: probes.Digits, form: Format) -> None:
    letters, sure = probes.lens_of(which, problem)
    rows = ["before layer 0", *(f"after layer {i}" for i in range(len(letters) - 1))]
    first = form.prompt_length
    page.draw(
        maps.early_reading(letters, sure, rows, form.text(*problem)[first:], first),
        alt="The token that would be written after each layer, for every token of the text",
    )


def look_at_direct_effects(which: probes.Network, problem: probes.Digits, form: Format) -> None:
    slots, words = worked.written_slots(form), worked.token_words(form, problem)
    token = page.choose("d_token", "Token that is written", slots, words=words, kind="list")
    own, rival, added = probes.direct_effects(which, problem, token)
    page.draw(
        figures.direct_bars(added, f"{own} over {rival}"),
        alt="What each part of the network adds to the lead of one token over the next",
    )


def look_at_digits(which: probes.Network, problem: probes.Digits, form: Format) -> None:
    rows = probes.digit_rows(which)
    axes = embeddings.principal_axes(rows, 3)
    digits = [str(digit) for digit in range(10)]
    left, right = st.columns(2)
    with left:
        page.draw(
            vectors.in_space(axes.points, axes.shares, digits),
            alt="The ten digits along the three directions in which they differ most",
        )
    with right:
        page.draw(
            vectors.waves(embeddings.wave_shares(rows), embeddings.share_by_chance(len(rows))),
            alt="How often the digits go round a circle in their order",
        )


def look_at_matrices(which: probes.Network, problem: probes.Digits, form: Format) -> None:
    with st.container(horizontal=True, gap="medium"):
        layer = one_of_layers("m_layer", which)
        head = one_of_heads("m_head", which, layer)
    qk, ov = probes.circuits_of_head(which, layer, head)
    left, right = st.columns(2)
    with left:
        page.draw(
            figures.digit_map(qk, "having read", "looks for", "score"),
            alt="How much a head that has read one digit would look for another",
        )
    with right:
        page.draw(
            figures.digit_map(ov, "looks at", "speaks for", "logit"),
            alt="Which digits a head raises that looks at one digit",
        )
    if layer:
        page.draw(
            figures.composed(
                worked.composed_rows(probes.composed_with(which, layer, head)),
                probes.by_chance(which, layer),
            ),
            alt="How much of each head below this head reads",
        )


LOOKS = {
    worked.NEURON: look_at_a_neuron,
    worked.ATTENTION: look_at_attention,
    worked.LENS: look_through_the_lens,
    worked.DIRECT: look_at_direct_effects,
    worked.DIGITS: look_at_digits,
    worked.MATRICES: look_at_matrices,
}


@page.section("look")
def look() -> None:
    view = page.choose("view", "View", [*LOOKS], kind="list")
    asked = look_at("look")
    if asked is None:
        return
    which, problem, form = asked
    try:
        LOOKS[view](which, problem, form)
    except ValueError as error:
        st.warning(f"`{which.name}`: {error}")
        return
    with st.popover("Take it along"):
        st.download_button(
            "All activations of this text, npz",
            partial(probes.activations_file, which, problem),
            "activations.npz",
            key="ch81_npz",
            on_click="ignore",
            icon=":material/download:",
        )
        st.code(worked.look_as_python(view, which, problem, form), language="python")
    page.notice()
    page.source(over_problems.told_by, head_circuits.qk_circuit, head_circuits.composition)


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
    page.source(broken.Break.wrong_at)


def asked_break(which: probes.Network, form: Format) -> Break:
    """What stands in the controls. `ValueError` for a part that this network has not."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        kind = page.choose("b_kind", "Break", [*worked.KINDS], "FFN")
        layer = page.number("b_layer", "Layer", 0, 15, 1, typed=True)
        part = 0
        if kind in ("head", "neuron"):
            most = 4095 if kind == "neuron" else 31
            part = page.number(f"b_{kind}", f"Which {kind}", 0, most, 0, typed=True)
        with st.popover("How, and where"):
            how = page.choose(
                "how", "Replaced by", [*worked.HOW], words=worked.HOW.__getitem__, kind="list"
            )
            amount = page.number("amount", "How many times (scaled, steered)", -4.0, 4.0, 0.5)
            digit = page.number("towards", "Steered towards units of b", 0, 9, 7)
            slots = [-1, *range(form.length - 1)]
            words = worked.slot_words(form)
            slot = page.choose("b_slot", "At", slots, kind="list", words=words)
    return worked.break_of(form, kind, layer, part, slot, how, amount, digit)


def draw_wrong(form: Format, pieces: Sequence[Any]) -> None:
    if not pieces:
        return
    if probes.pairs_of(form) is None:
        n = sum(len(found) for _, found in pieces)
        st.caption(worked.score_said(sum(int((f >= 0).sum()) for _, f in pieces), n, probes.N_MAP))
        return
    wrong = probes.wrong_in(form, pieces)
    asked = wrong != maps.NOT_ASKED
    st.caption(worked.score_said(int((wrong >= 0).sum()), int(asked.sum()), wrong.size))
    page.draw(
        figures.over_pairs(worked.as_shown(wrong), "wrong", WRONG),
        alt="Every pair of numbers, those coloured that the broken network gets wrong",
    )


@page.section("own_break")
def break_a_part_of_your_own() -> None:
    asked = look_at("break")
    if asked is None:
        return
    which, problem, form = asked
    try:
        one = asked_break(which, form)
        text = probes.text_when_broken(which, one, problem)
    except ValueError as error:
        st.warning(f"`{which.name}`: {error}")
        return
    st.markdown(f"**{worked.part_said(one)}.** The network then writes:")
    st.html(tokens.strip(text, form, *problem, marks=tokens.marks_of(text, form, *problem)))
    whole = probes.format_of(which.name)
    own = worked.on_all(one, whole)
    measuring.watch(
        f"ch81_all_{which}_{own}",
        "Evaluate all problems",
        partial(probes.start_all, which, own),
        partial(draw_wrong, whole),
    )
    how = one.how, one.amount, one.digit
    if which.name != probes.RUN or how[0] != "zero":
        measuring.watch(
            f"ch81_each_{which}_{how}",
            "Break every part like this",
            partial(probes.start_map, which, *how),
            draw_broken,
        )
    with st.popover("Copy as Python"):
        st.code(own.as_python(which.name), language="python")
    page.notice()
    page.source(broken.Break.prepared, broken.Break.written)


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
