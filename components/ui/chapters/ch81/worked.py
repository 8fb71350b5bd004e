"""The worked numbers in the prose of chapter 8, second page, and what its figures are given."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import numpy as np
import streamlit as st

from components.ui import tokens
from components.ui.chapter import Chapter
from components.ui.chapters.ch81 import claims, figures, probes
from components.ui.drawings.cut import Boards, Cells
from components.ui.drawings.guess import Answer, Axis, Dragged, Row
from components.ui.live import measuring
from components.ui.operand_boxes import last_allowed
from components.ui.page_records import rows_of
from components.ui.plots import maps, vectors
from components.ui.plots.maps import NOT_ASKED
from lab.data import neighbours
from lab.data.columns import digit_and_carry
from lab.data.problems import Format, all_pairs
from lab.interp import embeddings
from lab.interp.patch_document import Patch, patch_of
from lab.interp.view_python import view_as_python
from lab.statistics import lower_bound_95

if TYPE_CHECKING:
    from lab.interp.broken import Break

Drawn = dict[str, Any]
"""A row of a chart or a table."""

# ---------------------------------------------------------------- the smallest cut


def boards(units: str, chosen: Cells) -> Boards:
    """Of 7 x 8 and 7 x 9, and of what a reader has copied."""
    found = probes.boards_of_record(units)
    if chosen in found.sets:
        return found
    nodes = probes.recorded_nodes(units)
    own = probes.outcome_of(units, probes.TARGET, probes.SOURCE, nodes, chosen)
    return replace(found, sets={**found.sets, chosen: own})


def boards_of_search(
    target: probes.Digits, source: probes.Digits, nodes: tuple[probes.Named, ...], chosen: Cells
) -> Boards:
    """Of a reader's own two problems."""
    found = probes.boards_found(target, source, nodes)
    if chosen in found.sets or any(i >= len(found.units) for i in chosen):
        return found
    own = probes.outcome_of(probes.NEURONS, target, source, nodes, chosen)
    return replace(found, sets={**found.sets, chosen: own})


def cells_allowed(units: str) -> tuple[Callable[[str], bool], str]:
    """What allows the cells of a link, and the words for it."""

    def allows(said: str) -> bool:
        parts = said.split(".") if said else []
        return len(said) < 400 and all(
            part.isascii() and part.isdigit() and int(part) < n_unit(units) for part in parts
        )

    return allows, "numbers of cells with dots between them"


def n_unit(units: str) -> int:
    return len(probes.boards_of_record(units).units)


def cells_said(cells: Cells) -> str:
    return ".".join(map(str, cells))


def cells_in(said: str) -> Cells:
    return tuple(sorted({int(part) for part in said.split(".") if part}))


def chosen_cells(units: str) -> str:
    """The names of what the search found."""
    found = probes.boards_of_record(units)
    return " and ".join(found.units[i].name for i in sorted(found.path))


def writes_with(*names: str) -> str:
    """What is written with these units of the first figure copied."""
    found = probes.boards_of_record(probes.CELLS)
    by_name = {unit.name: i for i, unit in enumerate(found.units)}
    return found.sets[tuple(sorted(by_name[name] for name in names))].text


def total_of(units: str) -> str:
    return f"{probes.boards_of_record(units).total:,}"


def copied(page: Chapter, name: str, units: str) -> Cells:
    """The cells that a reader has copied: as left or linked, or none."""
    said = page.kept(f"{page.prefix}{name}", *cells_allowed(units))
    return cells_in(said or "")


def keep_copied(page: Chapter, name: str) -> Callable[[Cells], None]:
    def keep(cells: Cells) -> None:
        st.session_state[f"{page.prefix}{name}"] = cells_said(cells)

    return keep


# ---------------------------------------------------------------- how few

MOST = 12_288
HOW_FEW = (
    f"How many single neurons must be copied from {probes.said_of(probes.SOURCE)} so that "
    f"{probes.said_of(probes.TARGET)} is answered by {probes.SOURCE[0] * probes.SOURCE[1]}?"
)


def how_few() -> Dragged:
    return Dragged(Axis("neurons copied", 1, MOST, 0.05, log=True), "neurons, one by one")


def fewest_neurons() -> Answer:
    row = probes.recorded_cut(probes.NEURONS)
    n = row["numbers"] if row else 0
    return Answer(n, f"{n} neurons, the fewest found")


FEW = ("fewer than a hundred", "more")


def pair_counts() -> dict[str, int]:
    """Of the other pairs: how many neurons turn the answer, the fewest first."""
    found = claims.PAIRS.of(rows_of(probes.RECORD))
    counts = {
        f"{product_of(row['cell']['target'])} → {product_of(row['cell']['source'])}": row["numbers"]
        for row in found
        if row["found"]
    }
    return dict(sorted(counts.items(), key=lambda item: item[1]))


def not_found() -> str:
    """The other pairs whose answer no set turned."""
    found = claims.PAIRS.of(rows_of(probes.RECORD))
    return ", ".join(
        f"{probes.said_of(tuple(row['cell']['target']))} to "
        f"{probes.said_of(tuple(row['cell']['source']))}"
        for row in found
        if not row["found"]
    )


def product_of(problem: Sequence[int]) -> str:
    return f"{problem[0]} × {problem[1]} = {problem[0] * problem[1]}"


# ---------------------------------------------------------------- patch

ENOUGH, NEEDED = WAYS = ("Is it enough?", "Is it needed?")
WHAT = {"attention": "attn_out", "FFN": "ffn_out", "heads": "z"}


def tokens_that_differ(form: Format, clean: probes.Digits, corrupted: probes.Digits) -> list[int]:
    """The tokens that a model writes, those first at which the two right texts differ."""
    one, other = form.text(*clean), form.text(*corrupted)
    slots = range(form.prompt_length, form.length)
    return sorted(slots, key=lambda slot: (one[slot] == other[slot], slot))


def patch_for(
    name: str,
    clean: probes.Digits,
    corrupted: probes.Digits,
    token: int,
    what: str,
    way: str,
) -> Patch:
    """Of its first cell."""
    form = probes.form_for(name, clean, corrupted)
    part = 0 if WHAT[what] == "z" else None
    return Patch(
        *(name, form.style, form.p, form.q, clean, corrupted, token),
        *(WHAT[what], 0, part, token - 1, way == NEEDED),
    )


def first_patch() -> Patch:
    """With which the page opens."""
    token = probes.committed()[probes.RUN].prompt_length
    return patch_for(probes.RUN, probes.CLEAN, probes.CORRUPTED, token, "FFN", ENOUGH)


def is_patch(said: str) -> bool:
    try:
        return patch_of(said).run in probes.committed()
    except ValueError:
        return False


def settings_of(said: str) -> dict[str, Any]:
    """The controls that a patch sets, by name."""
    patch = patch_of(said)
    return {
        **{
            f"pair_{which}_{letter}": str(number)
            for which, problem in (("clean", patch.clean), ("corrupted", patch.corrupted))
            for letter, number in zip("ab", problem, strict=True)
        },
        "way": NEEDED if patch.needed else ENOUGH,
        "what": next(words for words, name in WHAT.items() if name == patch.name),
        "run": patch.run,
        "token": patch.token,
        "cell": name_of(cell_of(patch)),
    }


Now = tuple[probes.Network, Patch]


def other_below(before: Now, now: Now, paths: bool) -> bool:
    """Is anything another that stands below the map? Paths alone are of one cell."""
    if before[0] != now[0] or probes.first_cell(before[1]) != probes.first_cell(now[1]):
        return True
    return paths and before[1] != now[1]


def choose_network(page: Chapter, name: str, label: str, runs: Sequence[str], first: str) -> str:
    """By what it is; a link of before may name its run."""
    page.link.reword(f"{page.prefix}{name}", {run: (probes.called(run), run) for run in runs})
    return page.choose(name, label, runs, first, words=probes.called, kind="list")


def two_problems(
    page: Chapter,
    name: str,
    first: probes.Digits,
    second: probes.Digits,
    digits: int,
    reads: int | None = None,
) -> tuple[probes.Digits, probes.Digits]:
    """Two problems that a reader types, side by side; while one is not allowed, the last. `reads`:
    so many digits the network reads, as a refusal says."""
    found, refused = list[probes.Digits](), False
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        for which, usual in (("clean", first), ("corrupted", second)):
            with st.container(width="content", gap="xsmall"):
                st.caption(page.text(f"{name}_{which}"))
                a, b = map(str, usual)
                pair = page.pair(f"{name}_{which}", digits, a, b, slim=True, reads=reads)
                refused = refused or pair is None
                found.append(last_allowed(f"{page.prefix}{name}_{which}_last", pair, usual))
    st.session_state[f"{page.prefix}{name}_refused"] = refused
    return found[0], found[1]


def follow_link(page: Chapter) -> None:
    """A patch that the link holds as JSON sets the controls, once."""
    key = f"{page.prefix}patch"
    said = page.link.take(key, is_patch, "a patch as JSON, as *Copy as Python* shows it")
    if said is not None and f"{key}_followed" not in st.session_state:
        st.session_state[f"{key}_followed"] = True
        for name, value in settings_of(said).items():
            st.session_state[f"{page.prefix}{name}"] = value


def keep_cell(page: Chapter, key: str) -> None:
    """Of a map that was clicked."""
    picked = st.session_state[key]["selection"].get("cell")
    if picked:
        part = picked[0].get("part")
        cell = probes.Cell(int(picked[0]["layer"]), part, int(picked[0]["slot"]), 0.0)
        st.session_state[f"{page.prefix}cell"] = name_of(cell)


def bring_along(page: Chapter, which: probes.Network, patch: Patch) -> None:
    """What stands below is about the same problems: where they have changed, it is drawn anew."""
    now = f"{page.prefix}patch_now"
    was_none = now in st.session_state and st.session_state[now] is None
    before, st.session_state[now] = st.session_state.get(now), (which, patch)
    opened = st.session_state.get(f"{page.prefix}ways_fold")
    if was_none or (before is not None and other_below(before, (which, patch), opened is not None)):
        st.rerun()


def of_heads(patch: Patch) -> Patch:
    """The same problems, head by head: is it enough?"""
    return replace(patch, name="z", layer=0, part=0, slot=patch.token - 1, needed=False)


def take_away(page: Chapter) -> None:
    """Section 3 has no patch: what stands below shows none, and not the last one."""
    now = f"{page.prefix}patch_now"
    before, st.session_state[now] = st.session_state.get(now), None
    if before is not None:
        st.rerun()


def patch_now(page: Chapter) -> Now | None:
    """That of section 3, or where that is not drawn the first; None where it has none."""
    usual = first_patch()
    return st.session_state.get(f"{page.prefix}patch_now", (probes.network(usual.run), usual))


def why_none(page: Chapter, error: ValueError) -> str:
    """Why there is no map: in the page's own words where both runs say the same."""
    return page.text("patch_same") if "nothing to restore" in str(error) else f"{error}."


def patch_said(patch: Patch, found: probes.Measured) -> str:
    """A patch and what it does, to copy."""
    restored = "" if found.restored is None else f", restored {found.restored:.2f}"
    cell = cell_said(patch, cell_of(patch))
    return f"{cell}, copied from {way_said(patch)}: it writes {found.says}{restored}."


def at_cell(patch: Patch, cell: probes.Cell) -> Patch:
    return replace(patch, layer=cell.layer, part=cell.part, slot=cell.slot)


def cell_named(cells: Sequence[probes.Cell], said: str | None, needed: bool) -> probes.Cell:
    """The one that a reader chose, or the one that matters most."""
    chosen = next((cell for cell in cells if name_of(cell) == said), None)
    if chosen is not None:
        return chosen
    return strongest(cells, needed)


def strongest(cells: Sequence[probes.Cell], needed: bool) -> probes.Cell:
    sign = -1 if needed else 1
    return max(cells, key=lambda cell: sign * cell.restored)


def name_of(cell: probes.Cell) -> str:
    """In a link."""
    part = "" if cell.part is None else f"h{cell.part}"
    return f"l{cell.layer}{part}t{cell.slot}"


def row_of(cell: probes.Cell) -> str:
    return f"layer {cell.layer}" if cell.part is None else f"{cell.layer}, head {cell.part}"


def map_rows(
    cells: Sequence[probes.Cell], patch: Patch, chosen: probes.Cell | None = None
) -> list[Drawn]:
    """The last layer on top; a token that the problems do not share says both."""
    one, other = patch.form.text(*patch.clean), patch.form.text(*patch.corrupted)
    given = patch.form.prompt_length

    def column(slot: int) -> str:
        both = one[slot] if slot >= given or one[slot] == other[slot] else None
        return f"{slot:02} {both or f'{one[slot]}/{other[slot]}'}"

    ordered = sorted(cells, key=lambda cell: (-cell.layer, cell.part or 0, cell.slot))
    return [
        {
            "row": row_of(cell),
            "column": column(cell.slot),
            "restored": round(cell.restored, 4),
            "layer": cell.layer,
            "part": cell.part,
            "slot": cell.slot,
            "chosen": cell == chosen,
        }
        for cell in ordered
    ]


def spare_heads() -> str:
    """Of the first problems: the heads that are enough for more than half of the way, and without
    which more than half is left."""
    patch = replace(first_patch(), name="z", part=0)
    which = probes.network(probes.RUN)
    enough, left = (
        probes.cells_at(which, replace(patch, needed=needed)) for needed in (False, True)
    )
    found = [
        str(one.part)
        for one, other in zip(enough, left, strict=True)
        if one.restored > 0.5 and other.restored > 0.5
    ]
    return f"heads {' and '.join(found)}"


def heads_by_digit() -> str:
    """The same heads, told by the digit that is written."""
    patch = replace(first_patch(), name="z", part=0)
    which = probes.network(probes.RUN)
    said = []
    for part in (0, 1):
        alone, broken = (
            probes.measured(which, replace(patch, part=part, needed=needed))["patched"]
            for needed in (False, True)
        )
        said.append(
            f"head {part} is {JUDGED[alone.exact, not broken.exact]}: copied alone it makes the "
            f"network write {alone.says}, and with it broken {broken.says} is written"
        )
    clean = probes.measured(which, patch)["clean"].says
    return f"Where {clean} is right, {'; '.join(said)}"


JUDGED = {
    (True, True): "enough and needed",
    (True, False): "enough and not needed",
    (False, True): "needed and not enough",
    (False, False): "neither enough nor needed",
}
"""By whether a part is enough, and whether it is needed."""


def how_sure(units: str) -> str:
    """The probability of each digit that is written with all that the search found."""
    found = probes.boards_of_record(units)
    outcome = found.sets[tuple(sorted(found.path))]
    both = [
        f"{digit} with {100 * max(shares):.0f}%"
        for digit, shares in zip(outcome.text, outcome.shares, strict=True)
    ]
    return " and ".join(both)


def parts_counted() -> str:
    """What may be copied at the two steps, and how many numbers that is."""
    units = probes.boards_of_record(probes.CELLS).units
    ffns, heads = ([u for u in units if u.kind == kind] for kind in ("ffn", "head"))
    return (
        f"{len(ffns)} outputs of FFNs with {ffns[0].numbers} numbers each, and {len(heads)} of "
        f"heads with {heads[0].numbers}"
    )


def cell_said(patch: Patch, cell: probes.Cell) -> str:
    what = {"attn_out": "What attention adds", "ffn_out": "What the FFN adds"}.get(
        patch.name, f"Head {cell.part}"
    )
    token = patch.form.text(*patch.clean)[cell.slot]
    return f"{what} in layer {cell.layer} at token {cell.slot}, `{token}`"


def measures(patch: Patch, found: Mapping[str, probes.Measured]) -> list[Drawn]:
    """The two runs and the patched one, as a table."""
    names = {
        "clean": f"clean, {probes.said_of(patch.clean)}",
        "corrupted": f"corrupted, {probes.said_of(patch.corrupted)}",
        "patched": f"{'clean' if patch.needed else 'corrupted'}, patched",
    }
    return [measured_row(names[kind], one, patch.needed) for kind, one in found.items()]


def worked_out(found: Mapping[str, probes.Measured]) -> str:
    """The formula with the numbers of the three runs in it; nothing where they have none."""
    clean, corrupted, patched = (found[kind].lead for kind in ("clean", "corrupted", "patched"))
    restored = found["patched"].restored
    if clean is None or corrupted is None or patched is None or restored is None:
        return ""
    said = [f"{x:.2f}".replace("-", "−") for x in (patched, corrupted, clean, restored)]
    one, below, whole, share = said
    minus = f"− {below}" if corrupted >= 0 else f"− ({below})"
    return (
        f"Here $\\ell$ is {whole} in the clean run, {below} in the corrupted one and {one} in the "
        f"patched one: ({one} {minus}) / ({whole} {minus}) = {share}."
    )


def control_rows(
    found: Mapping[str, tuple[probes.Digits, probes.Measured] | None], needed: bool
) -> list[Drawn]:
    words = {
        "other_carry": "same digit, another carry",
        "other_digit": "same carry, another digit",
    }
    return [
        measured_row(f"{words[kind]}: {probes.said_of(one[0])}", one[1], needed)
        for kind, one in found.items()
        if one is not None
    ]


def control_said(
    found: Mapping[str, tuple[probes.Digits, probes.Measured] | None], says: str, before: str
) -> str:
    """What the two controls say together: one holds that writes what is written with the cell
    itself copied, `says`; `before`, what is written without."""
    if says == before:
        return f"The cell alone leaves the {says} as it is, so there is nothing to control."
    same_digit, same_carry = found["other_carry"], found["other_digit"]
    if same_digit is None or same_carry is None:
        return "For this column only one of the two controls exists."
    digit, carry = same_digit[1].says, same_carry[1].says
    both = (
        f"With the cell itself it writes {says}, with that of the same digit {digit}, and with "
        f"that of the same carry {carry}"
    )
    if (digit == says) == (carry == says):
        if digit == says:
            return f"{both}: both controls hold, and do not tell the two apart here."
        return f"{both}: both controls fail, so here it stands for neither alone."
    return f"{both}: here the cell stands for the {'digit' if digit == says else 'carry'}."


def controls_worked() -> str:
    """Of the first patch: what the column writes and carries in its problem and in its controls."""
    patch = first_patch()
    of_a, of_b = neighbours.column_digits(patch.form, patch.token)
    found = neighbours.control_problems(patch.form, *patch.clean, patch.token)

    def column(problem: probes.Digits) -> str:
        a, b = problem[0] // 10**of_a % 10, problem[1] // 10**of_b % 10
        return f"${a} \\times {b} = {a * b}$"

    def named(problem: probes.Digits) -> str:
        return f"${problem[0]} \\times {problem[1]}$"

    clean = patch.clean
    units, carry = digit_and_carry(patch.form, patch.token, *np.array([[x] for x in clean]))
    carried, written = found.other_carry[0], found.other_digit[0]
    return (
        f"Ask *Is it enough?* at our first token: {column(clean)} writes {int(units[0])} and "
        f"carries {int(carry[0])}. "
        f"In {named(carried)}, {column(carried)} writes the same digit and carries another number; "
        f"in {named(written)}, {column(written)} carries the same and writes another digit."
    )


def measured_row(name: str, one: probes.Measured, needed: bool) -> Drawn:
    return {
        "run": name,
        "says": f"`{one.says}`",
        "left" if needed else "restored": "—"
        if one.restored is None
        else f"{one.restored:.2f}".replace("-", "−"),
        "probability": f"{one.probability:.3f}",
        "KL, nats": f"{one.kl:.3f}",
        "exact": "yes" if one.exact else "no",
    }


def preview_rows(
    cells: Sequence[probes.Cell], guessed: Sequence[float], patch: Patch
) -> list[Drawn]:
    both = {name_of(cell): guess for cell, guess in zip(cells, guessed, strict=True)}
    return [
        row | {"preview": round(both[name_of(cell)], 4)}
        for row, cell in zip(
            map_rows(cells, patch),
            sorted(cells, key=lambda cell: (-cell.layer, cell.part or 0, cell.slot)),
            strict=True,
        )
    ]


READ_AS = {
    "q": "into its query",
    "k": "into its key",
    "v": "into its value",
    "ffn_pre": "into an FFN",
    "logits": "into the logits",
}


def path_rows(found: Sequence[probes.Arrived]) -> list[Drawn]:
    """Kind by kind; of heads and FFNs in the order of the network."""
    ordered = sorted(found, key=lambda one: [*READ_AS].index(one.read_as))
    return [
        {
            "row": READ_AS[one.read_as],
            "column": column_of(one.layer, one.head),
            "restored": round(one.restored, 4),
        }
        for one in ordered
    ]


def column_of(layer: int | None, head: int | None) -> str:
    if layer is None:
        return "end"
    return f"FFN {layer}" if head is None else f"{layer}.{head}"


def reader_said(node: probes.Named) -> str:
    """One that can be chosen: "query of head 1 of layer 2"."""
    if node.layer is None:
        return "the logits"
    if node.part is None:
        return f"the FFN of layer {node.layer}"
    what = {"q": "query", "k": "key", "v": "value"}[node.name]
    return f"{what} of head {node.part} of layer {node.layer}"


def through_said(n: int, restored: float, says: str) -> str:
    return (
        f"Through {counted(n, 'reader')} alone, the cell restores {restored:.2f}, and the network "
        f"says {says}.".replace("-", "−")
    )


def token_words(form: Format, problem: probes.Digits) -> Callable[[int], str]:
    return lambda slot: f"{slot}, {tokens.place_of(slot, form, *problem)}"


def two_said(patches: Mapping[str, Patch], found: Mapping[str, Sequence[probes.Cell]]) -> str:
    """Of two networks: the two heads that restore most in each, and what is written with them."""
    said = []
    for name, cells in found.items():
        most = sorted(cells, key=lambda cell: -cell.restored)[:2]
        heads = [head_said(name, at_cell(patches[name], cell), cell) for cell in most]
        said.append(
            f"{probes.called(name).capitalize()}: most is restored by {', then '.join(heads)}."
        )
    return " ".join(said)


def head_said(name: str, patch: Patch, cell: probes.Cell) -> str:
    one = probes.measured(probes.network(name), patch)["patched"]
    judged = "enough" if one.exact else "not enough"
    restored = f"{cell.restored:.2f}".replace("-", "−")
    return (
        f"head {cell.part} of layer {cell.layer} at token {cell.slot}, {restored}, and it writes "
        f"{one.says} ({judged})"
    )


def cell_of(patch: Patch) -> probes.Cell:
    return probes.Cell(patch.layer, patch.part, patch.slot, 0.0)


def way_said(patch: Patch) -> str:
    clean, corrupted = probes.said_of(patch.clean), probes.said_of(patch.corrupted)
    return f"{corrupted} into {clean}" if patch.needed else f"{clean} into {corrupted}"


def for_network(patch: Patch, name: str) -> Patch:
    """The same problems in another network, at the same token. `ValueError` where it writes another
    text."""
    form = probes.form_for(name, patch.clean, patch.corrupted)
    if (form.style, form.p, form.q) != (patch.style, patch.p, patch.q):
        own = form.text(*patch.clean)
        raise ValueError(f"it writes another text, {own}")
    return replace(probes.first_cell(patch), run=name)


def preview_said(points: Sequence[Drawn]) -> str:
    """How far the preview is off, over all cells and where it matters."""
    gaps = [abs(row["preview"] - row["restored"]) for row in points]
    top = sorted(points, key=lambda row: -abs(row["restored"]))[:5]
    off = max(abs(row["preview"] - row["restored"]) for row in top)
    return (
        f"Of {len(points)} cells, the preview of {sum(gap < 0.1 for gap in gaps)} is within 0.1 of "
        f"what patching gives. Among the five that matter most it is off by up to {off:.2f}."
    )


def set_rows(boards: Boards) -> list[Drawn]:
    return [
        {
            "copied": "; ".join(boards.units[i].name for i in cells),
            "numbers": sum(boards.units[i].numbers for i in cells),
            "written": outcome.text,
        }
        for cells, outcome in boards.sets.items()
    ]


def counted(n: int, what: str) -> str:
    return f"{n} {what}" if n == 1 else f"{n} {what}s"


def turns(target: probes.Digits, source: probes.Digits) -> bool:
    """Do both digits of the answers differ?"""
    one, other = (f"{a * b:02}" for a, b in (target, source))
    return all(x != y for x, y in zip(one, other, strict=True))


BEAMS = (1, 3, 8)
"""Sets of neurons that a search goes on from; of one it is greedy."""


def beam_words(beam: int) -> str:
    return "the best set alone" if beam == 1 else f"the {beam} best sets"


def search_key(target: probes.Digits, source: probes.Digits, beam: int) -> str:
    """Under which a reader's search is kept."""
    return f"ch81_search_{target}_{source}_{beam}"


def stage_said(stage: probes.Stage) -> str:
    n = counted(len(stage.nodes), "neuron")
    if not stage.ended:
        return f"The best set of {n} so far is short of turning the answer by {short_by(stage)}."
    if stage.score > 0:
        fewer = "" if len(stage.nodes) == 1 else " Fewer may exist."
        return f"Found: {n} for the whole answer.{fewer}"
    return f"No set of up to {n} was found that turns it; it is short by {short_by(stage)}."


def short_by(stage: probes.Stage) -> str:
    return f"{-stage.score:.2f} in the logit of a digit"


# ---------------------------------------------------------------- look

NEURON = "a neuron, over all problems"
FIRST_NEURON = (2, 602, 8)
"""Layer, neuron, and the token that is predicted where it is read."""


def first_neuron(which: probes.Network) -> tuple[int, int, int]:
    """Another network need not have the same layers."""
    layer, neuron, token = FIRST_NEURON
    return (layer, neuron, token) if which.name == probes.RUN else (0, 0, token)


TOP = 5


def neuron_said(found: probes.OverProblems) -> str:
    """Which digits settle it, and where it is largest."""
    n_column = found.values.shape[1]
    known = np.where(np.isnan(found.values), -np.inf, found.values).ravel()
    best = [divmod(int(i), n_column) for i in known.argsort()[::-1][:TOP]]
    largest = f"It is largest at {', '.join(probes.said_of(pair) for pair in best)}."
    if not found.told:
        return largest
    names = found.settled_by
    if not names:
        names = max(found.told, key=lambda name: found.told[name])
        return (
            f"No two digits settle it; most is told by {with_the(names)}, "
            f"{in_words(found.told[names])} of its variance. {largest}"
        )
    return (
        f"What it needs to know: {with_the(names)}, which tell {in_words(found.told[names])} of "
        f"its variance. {largest}"
    )


def in_words(share: float) -> str:
    return f"{100 * share:.0f} in 100"


def with_the(names: str) -> str:
    """As the axes call the two numbers."""
    called = {"a": "the first number", "b": "the second"}
    parts = (name.rpartition(" of ") for name in names.split(" and "))
    return " and ".join(f"the {digit} of {called[number]}" for digit, _, number in parts)


def written_slots(form: Format) -> list[int]:
    """The tokens that a model writes."""
    return list(range(form.prompt_length, form.length))


def slot_words(form: Format) -> Callable[[int], str]:
    """A token at which something is broken; below zero stands for all of them."""

    def words(slot: int) -> str:
        return "every token" if slot < 0 else f"token {slot}, {form.field_at(slot).label or ''}"

    return words


class Asked(NamedTuple):
    """A network and a problem that it writes."""

    which: probes.Network
    problem: probes.Digits
    form: Format

    @property
    def text(self) -> str:
        """The right one."""
        return self.form.text(*self.problem)


def look_at(page: Chapter, name: str) -> Asked | None:
    """The network and the problem of a section; None, and why, where the one cannot write the
    other."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        run = choose_network(page, f"{name}_run", "Network", probes.networks(), probes.RUN)
        asked = page.pair(name, probes.MOST_DIGITS, slim=True, reads=probes.digits_read(run))
    problem = last_allowed(f"{page.prefix}{name}_last", asked, probes.PROBLEM)
    which = probes.network(run)
    try:
        return Asked(which, problem, probes.format_for(which, problem))
    except ValueError as error:
        st.warning(str(error))
        return None


Charts = list[tuple[Any, str]]
"""Each with what it shows, in a sentence."""


class View(NamedTuple):
    """What a view asks for besides, by name; the letter before these names in a link; its name in
    `lab.interp.view_python`; and what it draws, the first two side by side."""

    letter: str
    asks: tuple[str, ...]
    python: str
    charts: Callable[..., Charts]


def attention_charts(asked: Asked, layer: int, head: int) -> Charts:
    pattern = probes.pattern_in(asked.which, asked.text, layer, head)
    chart = maps.attention_map(pattern, asked.text[:-1])
    return [(chart, "Which tokens one head looks at, a row for each token that has been read")]


def lens_charts(asked: Asked) -> Charts:
    first = asked.form.prompt_length
    letters, sure = probes.lens_of(asked.which, asked.text, first)
    rows = ["before layer 0", *(f"after layer {i}" for i in range(len(letters) - 1))]
    chart = maps.early_reading(letters, sure, rows, asked.text[first:], first)
    return [(chart, "The token that would be written after each layer, for every token")]


def direct_charts(asked: Asked, token: int) -> Charts:
    own, rival, added = probes.direct_effects(asked.which, asked.text, token)
    chart = figures.direct_bars(added, f"{own} over {rival}")
    return [(chart, "What each part of the network adds to the lead of one token over the next")]


def digit_charts(asked: Asked) -> Charts:
    rows = probes.digit_rows(asked.which)
    axes = embeddings.principal_axes(rows, 3)
    space = vectors.in_space(axes.points, axes.shares, [str(digit) for digit in range(10)])
    waves = vectors.waves(embeddings.wave_shares(rows), embeddings.share_by_chance(len(rows)))
    return [
        (space, "The ten digits along the three directions in which they differ most"),
        (waves, "How often the digits go round a circle in their order"),
    ]


def matrix_charts(asked: Asked, layer: int, head: int) -> Charts:
    qk, ov = probes.circuits_of_head(asked.which, layer, head)
    found = [
        (
            figures.digit_map(qk, "having read", "looks for", "score"),
            "How much a head that has read one digit would look for another",
        ),
        (
            figures.digit_map(ov, "looks at", "speaks for", "logit"),
            "Which digits a head raises that looks at one digit",
        ),
    ]
    if layer:
        below = composed_rows(probes.composed_with(asked.which, layer, head))
        chart = figures.composed(below, probes.by_chance(asked.which, layer))
        found.append((chart, "How much of each head below this head reads"))
    return found


VIEWS: Mapping[str, View] = {
    "attention": View("a", ("layer", "head"), "attention", attention_charts),
    "logit lens": View("", (), "lens", lens_charts),
    "direct logit attribution": View("d", ("token",), "direct", direct_charts),
    "embeddings of the digits": View("", (), "embeddings", digit_charts),
    "matrices of a head": View("m", ("layer", "head"), "matrices", matrix_charts),
}
"""All but that of a neuron over all problems, for which one has to wait."""


def options_of(what: str, asked: Asked, layer: int) -> tuple[str, list[int], Callable[[int], str]]:
    """Of what a view asks for: its label, and what there is to choose."""
    if what == "token":
        words = token_words(asked.form, asked.problem)
        return "Token that is written", written_slots(asked.form), words
    layers = probes.config_of(asked.which).layers
    n = len(layers) if what == "layer" else layers[layer].attention.n_head
    return what.capitalize(), list(range(n)), str


def first_of(view: View, what: str, options: Sequence[int]) -> int:
    """Attention opens on the head that the page speaks of."""
    named = claims.LOOKING.get(what, 0) if view.python == "attention" else 0
    return named if named in options else options[0]


def look_as_python(view: str, asked: Asked, *, token: int | None = None, **where: int) -> str:
    """What prints the view: to run beside the book. No more of the text than it is of."""
    name, text = VIEWS[view].python if view in VIEWS else "neuron", asked.text
    if token is None:
        return view_as_python(name, asked.which.name, text[:-1], **where)
    return view_as_python(name, asked.which.name, text[: token + (name == "direct")], **where)


def composed_rows(found: Sequence[tuple[str, Mapping[str, float]]]) -> list[Drawn]:
    words = {"q": "query", "k": "key", "v": "value"}
    return [
        {"head": name, "read_as": words[read_as], "share": one[read_as]}
        for name, one in found
        for read_as in words
    ]


# ---------------------------------------------------------------- break

HOW = {
    "zero": "zeros",
    "mean": "its mean over other problems",
    "resample": "what another problem has",
    "scale": "scaled",
    "steer": "steered",
}
KINDS = {"head": "z", "attention": "attn_out", "FFN": "ffn_out", "neuron": "ffn_post"}


def broken_rows(found: Sequence[probes.Broken]) -> list[Drawn]:
    """The last layer on top."""
    return [
        {
            "layer": f"{one.layer}",
            "column": "FFN" if one.part is None else f"head {one.part}",
            "wrong": one.wrong,
            "n": one.n,
        }
        for one in sorted(found, key=lambda one: (-one.layer, one.part is None, one.part or 0))
    ]


def alike_rows() -> list[Drawn]:
    """Of heads 0 and 1 at `=`, alone and together, and of the FFN above them, in both networks."""
    shown = (
        (probes.RUN, "head 0"),
        (probes.RUN, "head 1"),
        (probes.RUN, "head 0", "head 1"),
        (probes.RUN, "FFN"),
        (probes.OTHER_RUN, "head 0"),
        (probes.OTHER_RUN, "FFN"),
    )
    rows: list[Drawn] = []
    for run, *parts in shown:
        (whole,) = [row for row in rows_of(probes.ALIKE) if row["cell"]["run"] == run]
        row, n = claims.of_parts(whole, parts), whole["n"]
        rows.append(
            {
                "network": "the book's" if run == probes.RUN else "its small twin",
                "copied, of layer 0": " and ".join(parts),
                "digit brought back": f"{row['enough']} of {n}",
                "digit lost": f"{row['needed']} of {n}",
            }
        )
    return rows


def upper_heads(found: Sequence[probes.Broken]) -> list[probes.Broken]:
    return [one for one in found if one.part is not None and one.layer > 0]


def worst_upper_head() -> Answer:
    """Above layer 0: the head whose loss costs most."""
    worst = max(upper_heads(probes.map_at_first(probes.RUN)), key=lambda one: one.wrong)
    which = (
        f"without head {worst.part} of layer {worst.layer}" if worst.wrong else "whichever it is"
    )
    return Answer(worst.wrong, f"{worst.wrong} of {worst.n}, {which}")


def to_be_broken() -> Dragged:
    """The frame of the guess: problems wrong, with one head of layer 0 given."""
    found = probes.map_at_first(probes.RUN)
    lowest = max(
        (one for one in found if one.part is not None and one.layer == 0),
        key=lambda one: one.wrong,
    )
    given = [Row(f"without head {lowest.part} of layer 0", lowest.wrong)]
    axis = Axis(f"wrong of {probes.N_MAP} problems", 0, probes.N_MAP, 1)
    return Dragged(axis, "without the worst head above layer 0", given)


GOES = ("few", "many")


def costs(*, ffn: bool, layers: range) -> list[int]:
    """Problems that go wrong without each head, or each FFN, of these layers."""
    found = probes.map_at_first(probes.RUN)
    return [one.wrong for one in found if (one.part is None) == ffn and one.layer in layers]


def at_most() -> str:
    """What share of all problems may go wrong where none of the sample does."""
    return f"{100 * (1 - lower_bound_95(0, probes.N_MAP)):.1f}% (at a confidence of 95%)"


def part_said(one: Break) -> str:
    what = {
        "z": f"Head {one.part} of layer {one.layer}",
        "attn_out": f"Attention of layer {one.layer}",
        "ffn_out": f"The FFN of layer {one.layer}",
        "ffn_post": f"Neuron {one.part} of layer {one.layer}",
    }[one.name]
    where = "at every token" if one.slot is None else f"at token {one.slot}"
    how = {
        "zero": "set to zero",
        "mean": "set to its mean over other problems",
        "resample": "set to what it is in another problem",
        "scale": f"times {one.amount:g}",
        "steer": f"pushed {one.amount:g} times towards a second number ending in {one.digit}",
    }[one.how]
    return f"{what} {how}, {where}"


def break_of(
    form: Format,
    kind: str,
    layer: int,
    part: int,
    slot: int,
    how: str,
    amount: float,
    digit: int,
) -> Break:
    from lab.interp.broken import Break

    own = part if kind in ("head", "neuron") else None
    times = amount if how in ("scale", "steer") else 0.0
    return Break(
        *(form.style, form.p, form.q, KINDS[kind], layer, own, None if slot < 0 else slot),
        *(cast(Any, how), times, digit if how == "steer" else 0),
    )


def asked_break(page: Chapter, form: Format) -> Break:
    """What stands in the controls. `ValueError` for a part that this network has not."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        kind = page.choose("b_kind", "Break", [*KINDS], "FFN")
        layer = page.number("b_layer", "Layer", 0, 15, 1, typed=True)
        part = 0
        if kind in ("head", "neuron"):
            most = 4095 if kind == "neuron" else 31
            part = page.number(f"b_{kind}", f"Which {kind}", 0, most, 0, typed=True)
        with st.popover("How, and where"):
            how = page.choose("how", "Replaced by", [*HOW], words=HOW.__getitem__, kind="list")
            amount = page.number("amount", "How many times (scaled, steered)", -4.0, 4.0, 0.5)
            digit = page.number("towards", "Steered towards a second number ending in", 0, 9, 7)
            slots = [-1, *range(form.length - 1)]
            words = slot_words(form)
            slot = page.choose("b_slot", "At", slots, kind="list", words=words)
    return break_of(form, kind, layer, part, slot, how, amount, digit)


def right_said(form: Format, problem: probes.Digits) -> str:
    """Below what a broken network writes."""
    right = form.text(*problem)[form.prompt_length :].rstrip("$")
    backwards = ", each number back to front" if form.style == "cot_reversed" else ""
    return f"Right is `{right}`{backwards}. A token that is struck is wrong."


def on_all(one: Break, form: Format) -> Break:
    """The same break on problems of the size that a network was trained on."""
    return replace(one, style=form.style, p=form.p, q=form.q)


def as_shown(wrong: Any) -> Any:
    """1 where a problem is wrong, 0 where it is right, not a number where it was not asked."""
    shown = (wrong >= 0).astype(float)
    shown[wrong == NOT_ASKED] = np.nan
    return shown


TENS = 10


def with_seconds(label: str, seconds: float) -> str:
    """What a button says that takes a while; a wait that nobody notices is not announced."""
    tens = math.ceil(seconds / TENS)
    return f"{label}, {tens * TENS} s or more" if seconds > TENS / 2 else label


EVENLY = measuring.Words(left=", about {left} s to go")
"""What is said of pieces that all take as long."""


def score_of(form: Format, pieces: Sequence[tuple[slice, Any]]) -> str:
    """Of all that were asked so far; where not all can be, of a sample of them."""
    wrong = sum(int((found >= 0).sum()) for _, found in pieces)
    n = sum(len(found) for _, found in pieces)
    pairs = probes.pairs_of(form)
    return score_said(wrong, n, probes.N_MAP if pairs is None else len(pairs[0]))


def score_said(n_wrong: int, n: int, whole: int) -> str:
    if n == whole:
        return f"{n_wrong:,} of all {n:,} problems are wrong."
    return f"{n_wrong:,} of {n:,} problems are wrong so far, of {whole:,}."


CALC: Mapping[str, Callable[[], str]] = {
    "found_cells": lambda: chosen_cells(probes.CELLS),
    "tens_alone": lambda: writes_with("FFN 0, where it writes the tens"),
    "units_alone": lambda: writes_with("FFN 0, where it writes the units"),
    "spare_heads": lambda: spare_heads(),
    "heads_by_digit": lambda: heads_by_digit(),
    "controls_worked": lambda: controls_worked(),
    "least_head": lambda: f"{min(costs(ffn=False, layers=range(1)))}",
    "least_low_ffn": lambda: f"{min(costs(ffn=True, layers=range(3)))}",
    "most_high_ffn": lambda: f"{max(costs(ffn=True, layers=range(3, 6)))}",
    "looking_head": lambda: "head {head} of layer {layer}".format_map(claims.LOOKING),
    "not_found": lambda: not_found(),
    "sure_by_neurons": lambda: how_sure(probes.NEURONS),
    "sure_by_cells": lambda: how_sure(probes.CELLS),
    "parts_counted": lambda: parts_counted(),
    "at_most": lambda: at_most(),
    "stream_width": lambda: f"{probes.stream_width(probes.TABLE)}",
    "all_cells": lambda: total_of(probes.CELLS),
    "all_pairs": lambda: f"{len(all_pairs()[0]):,}",
    "n_map": lambda: f"{probes.N_MAP}",
}
