"""The worked numbers in the prose of chapter 8, second page, and what its figures are given."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from components.ui import tokens
from components.ui.chapters.ch81 import claims, probes
from components.ui.drawings.cut import Boards, Cells
from components.ui.drawings.guess import Answer, Axis, Dragged, Row
from components.ui.page_records import rows_of
from components.ui.plots.maps import NOT_ASKED
from lab.data.problems import Format, all_pairs
from lab.interp.patch_document import Patch, patch_of
from lab.interp.view_python import view_as_python

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
    target: probes.Digits, source: probes.Digits, nodes: tuple[Any, ...], chosen: Cells
) -> Boards:
    """Of a reader's own two problems."""
    found = probes.boards_found(target, source, frozenset(nodes))
    if chosen in found.sets or any(i >= len(found.units) for i in chosen):
        return found
    path = tuple(nodes)
    own = probes.outcome_of(probes.NEURONS, target, source, path, chosen)
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


# ---------------------------------------------------------------- how few

MOST = 12_288
HOW_FEW = (
    f"How many single neurons must be copied from {probes.said_of(probes.SOURCE)} so that "
    f"{probes.said_of(probes.TARGET)} is answered by {probes.SOURCE[0] * probes.SOURCE[1]}?"
)


def how_few() -> Dragged:
    two = probes.recorded_cut(probes.CELLS)
    given = [Row("outputs of two FFNs", two["numbers"])] if two else []
    return Dragged(Axis("numbers copied", 1, MOST, 0.05, log=True), "neurons, one by one", given)


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
    if before[0] != now[0] or first_cell(before[1]) != first_cell(now[1]):
        return True
    return paths and before[1] != now[1]


def patch_said(patch: Patch, found: probes.Measured) -> str:
    """A patch and what it does, to copy."""
    restored = "" if found.restored is None else f", restored {found.restored:.2f}"
    cell = cell_said(patch, cell_of(patch))
    return f"{cell}, copied from {way_said(patch)}: {patch.run} says {found.says}{restored}."


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
        "patched": "patched",
    }
    return [measured_row(names[kind], one) for kind, one in found.items()]


def control_rows(
    found: Mapping[str, tuple[probes.Digits, probes.Measured] | None],
) -> list[Drawn]:
    words = {
        "other_carry": "same digit, another carry",
        "other_digit": "same carry, another digit",
    }
    return [
        measured_row(f"{words[kind]}: {probes.said_of(one[0])}", one[1])
        for kind, one in found.items()
        if one is not None
    ]


GAP = 0.25
"""So much more must one control bring than the other to tell digit and carry apart."""


def control_said(found: Mapping[str, tuple[probes.Digits, probes.Measured] | None]) -> str:
    """What the two controls say together."""
    same_digit, same_carry = found["other_carry"], found["other_digit"]
    if same_digit is None or same_carry is None:
        return "For this column only one of the two controls exists."
    digit, carry = same_digit[1].restored, same_carry[1].restored
    if digit is None or carry is None:
        return ""
    both = f"With the same digit it is {digit:.2f}, with the same carry {carry:.2f}"
    if abs(digit - carry) < GAP:
        return f"{both}: they do not tell the two apart here."
    return f"{both}: here the cell stands for the {'digit' if digit > carry else 'carry'}."


def measured_row(name: str, one: probes.Measured) -> Drawn:
    return {
        "run": name,
        "says": f"`{one.says}`",
        "restored": "—" if one.restored is None else f"{one.restored:.2f}".replace("-", "−"),
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


def path_rows(found: Sequence[probes.Arrived]) -> list[Drawn]:
    words = {"q": "into its query", "k": "into its key", "v": "into its value"}
    return [
        {
            "row": words[one.read_as],
            "column": f"{one.layer}.{one.head}",
            "restored": round(one.restored, 4),
        }
        for one in found
    ]


def token_words(form: Format, problem: probes.Digits) -> Callable[[int], str]:
    return lambda slot: f"{slot}, {tokens.place_of(slot, form, *problem)}"


def above_half(cells: Sequence[probes.Cell], needed: bool) -> int:
    """Cells that alone bring more than half of the way."""
    return sum((cell.restored < 0.5) if needed else (cell.restored > 0.5) for cell in cells)


def two_said(found: Mapping[str, Sequence[probes.Cell]], needed: bool) -> str:
    """Of two networks: the cell that matters most in each."""
    ways = "lose" if needed else "restore"
    said = []
    for name, cells in found.items():
        best = strongest(cells, needed)
        said.append(
            f"In `{name}`, {above_half(cells, needed)} of {len(cells)} cells alone {ways} more "
            f"than half; most does {row_of(best)} at token {best.slot}, "
            f"{best.restored:.2f}."
        )
    return " ".join(said)


def first_cell(patch: Patch) -> Patch:
    """The same patch at its first cell: for what is asked of all of them."""
    return replace(patch, layer=0, part=None if patch.part is None else 0, slot=patch.token - 1)


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
    return replace(first_cell(patch), run=name)


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


def stage_said(stage: probes.Stage) -> str:
    n = counted(len(stage.nodes), "neuron")
    if not stage.ended:
        return f"The best set of {n} so far is short of turning the answer by {-stage.score:.2f}."
    if stage.score > 0:
        fewer = "" if len(stage.nodes) == 1 else " Fewer may exist."
        return f"Found: {n} for the whole answer.{fewer}"
    return f"No set of up to {n} was found that turns it; short by {-stage.score:.2f}."


# ---------------------------------------------------------------- look

NEURON, ATTENTION, LENS, DIRECT, DIGITS, MATRICES = VIEWS = (
    "a neuron, over all problems",
    "attention",
    "logit lens",
    "direct logit attribution",
    "embeddings of the digits",
    "matrices of a head",
)
FIRST_NEURON = (2, 602, 8)
"""Layer, neuron, and the token that is predicted where it is read."""

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
    return " and ".join(f"the {name}" for name in names.split(" and "))


def written_slots(form: Format) -> list[int]:
    """The tokens that a model writes."""
    return list(range(form.prompt_length, form.length))


def slot_words(form: Format) -> Callable[[int], str]:
    """A token at which something is broken; below zero stands for all of them."""

    def words(slot: int) -> str:
        return "every token" if slot < 0 else f"token {slot}, {form.field_at(slot).label or ''}"

    return words


def look_as_python(view: str, which: probes.Network, problem: probes.Digits, form: Format) -> str:
    """What makes the view: to run beside the book."""
    names = ("neuron", "attention", "lens", "direct", "embeddings", "matrices")
    name = names[VIEWS.index(view)]
    return view_as_python(name, which.name, form.text(*problem)[:-1])


def composed_rows(found: Sequence[tuple[str, Any]]) -> list[Drawn]:
    words = {"q": "query", "k": "key", "v": "value"}
    return [
        {"head": name, "read_as": words[read_as], "share": getattr(one, read_as)}
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


def upper_heads(found: Sequence[probes.Broken]) -> list[probes.Broken]:
    return [one for one in found if one.part is not None and one.layer > 0]


def worst_upper_head() -> Answer:
    """Above layer 0: the head whose loss costs most."""
    worst = max(upper_heads(probes.map_at_first(probes.RUN)), key=lambda one: one.wrong)
    which = f"without head {worst.layer}.{worst.part}" if worst.wrong else "whichever it is"
    return Answer(worst.wrong, f"{worst.wrong} of {worst.n}, {which}")


def to_be_broken() -> Dragged:
    """The frame of the guess: problems wrong, with one head of layer 0 given."""
    found = probes.map_at_first(probes.RUN)
    lowest = max(
        (one for one in found if one.part is not None and one.layer == 0),
        key=lambda one: one.wrong,
    )
    given = [Row(f"without head 0.{lowest.part}", lowest.wrong)]
    axis = Axis(f"wrong of {probes.N_MAP} problems", 0, probes.N_MAP, 1)
    return Dragged(axis, "without the worst head above layer 0", given)


GOES = ("few", "many")


def ffns_above() -> str:
    """How many problems each FFN above layer 0 costs, in a line."""
    found = [one for one in probes.map_at_first(probes.RUN) if one.part is None]
    return ", ".join(f"{one.wrong}" for one in found)


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
        "steer": f"pushed {one.amount:g} times towards problems whose units of b are {one.digit}",
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


def on_all(one: Break, form: Format) -> Break:
    """The same break on problems of the size that a network was trained on."""
    return replace(one, style=form.style, p=form.p, q=form.q)


def as_shown(wrong: Any) -> Any:
    """1 where a problem is wrong, 0 where it is right, not a number where it was not asked."""
    shown = (wrong >= 0).astype(float)
    shown[wrong == NOT_ASKED] = np.nan
    return shown


def score_said(n_wrong: int, n: int, whole: int) -> str:
    if n == whole:
        return f"{n_wrong:,} of all {n:,} problems are wrong."
    return f"{n_wrong:,} of {n:,} problems are wrong so far, of {whole:,}."


CALC: Mapping[str, Callable[[], str]] = {
    "found_cells": lambda: chosen_cells(probes.CELLS),
    "tens_alone": lambda: writes_with("FFN 0, where it writes the tens"),
    "units_alone": lambda: writes_with("FFN 0, where it writes the units"),
    "spare_heads": lambda: spare_heads(),
    "not_found": lambda: not_found(),
    "all_cells": lambda: total_of(probes.CELLS),
    "all_pairs": lambda: f"{len(all_pairs()[0]):,}",
    "n_map": lambda: f"{probes.N_MAP}",
    "ffns": ffns_above,
}
