"""What the networks of chapter 8, second page, are asked, kept for readers that ask the same.

Whatever needs weights is computed apart. What is asked and answered there are numbers and names.
"""

from __future__ import annotations

import io
import itertools
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, replace
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from components.ui.chapters.ch70.probes import RUNS
from components.ui.computed_ahead import ahead
from components.ui.computed_apart import apart, apart_each_time
from components.ui.drawings.cut import Boards, Cells, Kind, LeftOut, Outcome, Unit
from components.ui.lazily import lazily
from components.ui.live.measuring import Measuring, Slices, in_one_go
from components.ui.loaded_models import loaded_run
from components.ui.own_models import (
    bring,
    bringing_own,
    digest_of,
    own_files,
    own_model,
    own_recipe,
)
from components.ui.page_records import rows_of
from components.ui.plots.maps import NOT_ASKED
from lab.data import neighbours
from lab.data.problems import Format, Integers, all_pairs
from lab.data.samples import hashed_pairs
from lab.model import cost
from lab.model.config import GPTConfig
from lab.records import ROOT

if TYPE_CHECKING:
    from lab.interp.broken import Break
    from lab.interp.circuits import Cut
    from lab.interp.intervene import Node, Recorded
    from lab.interp.patch_document import Patch
    from lab.interp.patching import Contrast, Effect
    from lab.model.gpt import GPT
    from lab.training.checkpoint import Checkpoint

attribution = lazily("lab.interp.attribution")
broken = lazily("lab.interp.broken")
circuits = lazily("lab.interp.circuits")
experiment = lazily("lab.experiments.smallest_cut", known=["MOST_NEURONS"])
documents = lazily("lab.interp.patch_document")
forward = lazily("lab.inference.forward")
head_circuits = lazily("lab.interp.head_circuits")
head_patterns = lazily("lab.interp.patterns")
intervene = lazily("lab.interp.intervene")
logit_lens = lazily("lab.interp.logit_lens")
over_problems = lazily("lab.interp.over_problems")
patching = lazily("lab.interp.patching")
vocabulary = lazily("lab.data.vocabulary")

# ---------------------------------------------------------------- the smallest cut

TABLE = "times_table"
RECORD, ALIKE = "smallest_cut.jsonl", "alike_heads.jsonl"
TARGET, SOURCE = (7, 8), (7, 9)
CELLS, NEURONS = "parts", "neurons"
WRITES = ("writes the tens", "writes the units")
N_SHOWN = 48
"""Neurons that are drawn: those found, and others that the preview ranks high."""

N_OTHERS = 20

Digits = tuple[int, int]
Numbers = NDArray[np.float64]


class Named(NamedTuple):
    """What a `Node` is made from: to be sent, for that imports torch."""

    name: str
    layer: int | None = None
    part: int | None = None
    slots: tuple[int, ...] | None = None

    @property
    def node(self) -> Node:
        return intervene.Node(*self)


def named(nodes: Iterable[Node]) -> tuple[Named, ...]:
    return tuple(Named(node.name, node.layer, node.part, node.slots) for node in nodes)


class Found(NamedTuple):
    """What a search found, in order, and how many of `n` sets elsewhere turn the answer too."""

    nodes: tuple[Named, ...]
    turned: int
    n: int


def recorded_cut(units: str) -> dict[str, Any] | None:
    """Of the first pair: the row of the fewest numbers."""
    rows = [
        row
        for row in rows_of(RECORD)
        if row["cell"]["units"] == units
        and tuple(row["cell"]["target"]) == TARGET
        and tuple(row["cell"]["source"]) == SOURCE
    ]
    return min(rows, key=lambda row: (row["numbers"], -row["margin"]), default=None)


def recorded_nodes(units: str) -> tuple[Named, ...]:
    row = recorded_cut(units)
    if row is None:
        return ()
    return tuple(
        Named(said["name"], said["layer"], said["part"], (said["slot"],)) for said in row["nodes"]
    )


@ahead
def boards_of_record(units: str) -> Boards:
    """The figure of 7 x 8 and 7 x 9, with all that is seen of it untouched."""
    row = recorded_cut(units)
    found = Found(recorded_nodes(units), row["turned"], row["n"]) if row else Found((), 0, 1)
    return boards_of(units, TARGET, SOURCE, found)


def boards_of(units: str, target: Digits, source: Digits, found: Found) -> Boards:
    """Two problems of the table, what a search found, and what is written with the sets that a
    reader meets first."""
    nodes = drawn_nodes(units, target, source, found.nodes)
    chosen = [one.node for one in found.nodes]
    path = tuple(nodes.index(node) for node in chosen)
    sets: list[Cells] = [(), *((i,) for i in range(len(nodes)))]
    sets += [tuple(sorted(path[:n])) for n in range(2, len(path) + 1)]
    others: list[Cells] = []
    if units == CELLS and path:
        whole = tuple(sorted(path))
        sets += [tuple(sorted({*whole, i})) for i in range(len(nodes)) if i not in whole]
        rng = np.random.default_rng(experiment.SEED)
        for _ in range(N_OTHERS):
            drawn = circuits.elsewhere(frozenset(chosen), nodes, rng)
            others.append(tuple(sorted(nodes.index(node) for node in drawn)))
        sets += others
    sets += [tuple(i for i in sorted(path) if i != left) for left in path if len(path) > 2]
    outcomes = outcomes_of(units, target, source, nodes, tuple(dict.fromkeys(sets)))
    # Those that leave the answer first: others solve an exercise before a reader has tried it.
    others.sort(key=lambda cells: outcomes[cells].text != outcomes[()].text)
    whole_pair = pair_of(units, target, source)
    return Boards(
        HEADLINES[units],
        (said_of(target), said_of(source)),
        (outcomes[()].text, written_by(source)),
        WRITES,
        [unit_of(node, whole_pair) for node in nodes],
        left_out(whole_pair) if units == CELLS else (),
        circuits.count_numbers(all_units(units), whole_pair.clean),
        outcomes,
        path,
        others,
        found.turned,
        found.n,
    )


HEADLINES = {
    CELLS: "Drag a cell of 7 × 9 onto 7 × 8, or press it, and watch the answer.",
    NEURONS: "Each cell is one number, a neuron. Drag some of them, or press them.",
}


@lru_cache(maxsize=32)
def drawn_nodes(
    units: str, target: Digits, source: Digits, found: tuple[Named, ...]
) -> tuple[Node, ...]:
    """All heads and FFN outputs that may be copied; of neurons those found and some others."""
    nodes = all_units(units)
    if units == CELLS:
        return nodes
    ranked = circuits.promising(pair_of(units, target, source), nodes, N_SHOWN)
    kept = [*dict.fromkeys([*(one.node for one in found), *ranked])][: max(N_SHOWN, len(found))]
    return tuple(sorted(kept, key=lambda node: (node.slots, node.layer, node.part)))


@lru_cache(maxsize=2)
def all_units(units: str) -> tuple[Node, ...]:
    """All that may be copied, which is the same for every two problems."""
    pair = pair_of(units, TARGET, SOURCE)
    return tuple(experiment.units_of(pair, experiment.UNITS[units]))


@lru_cache(maxsize=64)
def pair_of(units: str, target: Digits, source: Digits) -> Contrast:
    loaded_run(TABLE)
    return experiment.contrast_of(TABLE, experiment.Pair(target, source), experiment.UNITS[units])


@lru_cache(maxsize=32)
def written_by(problem: Digits) -> str:
    model = loaded_run(TABLE).model
    form = experiment.FORM
    prompt = form.prompt(*(np.array([x]) for x in problem))
    found = patching.write_each(model, prompt, len(experiment.STEPS), {}, [()])
    return vocabulary.decode(found.tokens[0].tolist())


def outcomes_of(
    units: str, target: Digits, source: Digits, nodes: tuple[Node, ...], sets: Sequence[Cells]
) -> dict[Cells, Outcome]:
    """What is written with each set copied, many sets in a forward."""
    pair = pair_of(units, target, source)
    model, other = loaded_run(TABLE).model, pair.clean.trace
    form = experiment.FORM
    prompt = form.text(*target)[: form.prompt_length]
    n, names = len(experiment.STEPS), experiment.UNITS[units]
    found: dict[Cells, Outcome] = {}
    for begin in range(0, len(sets), circuits.AT_ONCE):
        part = sets[begin : begin + circuits.AT_ONCE]
        chosen = [[nodes[i] for i in cells] for cells in ((), *part)]
        written = patching.write_each(model, prompt, n, other, chosen, names)
        moved = [how_far(node, written.trace, other) for node in nodes]
        for row, cells in enumerate(part, 1):
            found[cells] = Outcome(
                vocabulary.decode(written.tokens[row].tolist()),
                written.probabilities[row, :, :10].tolist(),
                [one[row] for one in moved],
            )
    return found


def how_far(node: Node, trace: Recorded, other: Recorded) -> list[float]:
    """|x - own| / |other - own| of each text: 0 as in its own run, which is the first of them, 1 as
    far as the other lies."""
    x, far = (node.of(run).flatten(1) for run in (trace, other))
    whole = float((far - x[:1]).norm())
    return [0.0] * len(x) if whole == 0 else ((x - x[:1]).norm(dim=1) / whole).tolist()


@apart
def outcome_of(
    units: str, target: Digits, source: Digits, found: tuple[Named, ...], cells: Cells
) -> Outcome:
    """Of a set that a reader has copied."""
    nodes = drawn_nodes(units, target, source, found)
    return outcomes_of(units, target, source, nodes, [cells])[cells]


def unit_of(node: Node, pair: Contrast) -> Unit:
    (slot,) = node.slots or (0,)
    step = experiment.STEPS.index(slot)
    layer = node.layer or 0
    named: dict[str, tuple[str, Kind, str]] = {
        "z": (f"Head {node.part} of layer {layer}", "head", f"{node.part}"),
        "ffn_out": (f"FFN {layer}", "ffn", "F"),
        "ffn_post": (f"Neuron {node.part} of layer {layer}", "neuron", ""),
    }
    what, kind, short = named[node.name]
    name = f"{what}, where it {WRITES[step]}"
    return Unit(step, layer, kind, name, short, circuits.count_numbers([node], pair.clean))


def left_out(pair: Contrast) -> list[LeftOut]:
    """What may not be copied, since that would be the other problem itself."""
    config = pair.clean.model.config
    heads = range(config.layers[0].attention.n_head)
    found = list[LeftOut]()
    for step in range(len(WRITES)):
        found += [
            LeftOut(
                step, 0, f"{head}", f"Head {head} of layer 0 hands on a typed digit as it stands."
            )
            for head in heads
        ]
        found.append(LeftOut(step, -1, "embeddings", "Copied, they would be the other problem."))
        found.append(LeftOut(step, config.n_layer, "logits", "Copied, they are the answer."))
    return found


def said_of(problem: Digits) -> str:
    return f"{problem[0]} × {problem[1]}"


# ---------------------------------------------------------------- patch

RUN, OTHER_RUN = "chain_of_thought", "few_pairs"
CLEAN, CORRUPTED = (37, 48), (37, 49)
NAMES = {
    **RUNS,
    RUN: "the book's network, of chapter 1",
    OTHER_RUN: "its small twin, of chapter 1",
    TABLE: "the times table, of the figure above",
}
"""What a reader sees of a run."""

OWN = "yours: "
"""Begins the name of a network that the reader trained or brought along."""

MOST_DIGITS = 4


class Network(NamedTuple):
    """By its name; the digest of a file of the reader's, since another may get its name."""

    name: str
    file: str = ""


@lru_cache
def committed() -> dict[str, Format]:
    """Runs of the book, and how each writes a problem: read from files, with no weights."""
    found: dict[str, Format] = {}
    for path in sorted((ROOT / "checkpoints").glob("*/config.json")):
        form = json.loads(path.read_text())["format"]
        if form["style"] != "dots" and max(form["p"], form["q"]) <= MOST_DIGITS:
            found[path.parent.name] = Format(**form)
    return found


def networks() -> list[str]:
    """The book's own first, then those of the reader's visit, then the rest."""
    first = [run for run in (RUN, OTHER_RUN, TABLE) if run in committed()]
    own = [f"{OWN}{name}" for name in own_files()]
    return [*first, *own, *(run for run in committed() if run not in first)]


def network(name: str) -> Network:
    if not name.startswith(OWN):
        return Network(name)
    file = own_files()[name.removeprefix(OWN)]
    return Network(name, digest_of(file))


def loaded(which: Network) -> Checkpoint:
    """For a function that is computed apart, and `bringing_own`."""
    return own_model(which.file) if which.file else loaded_run(which.name)


def model_of(which: Network) -> GPT:
    return loaded(which).model


def stream_width(run: str) -> int:
    """Numbers of the residual stream at one token, read from a file."""
    return int(config_file(run)["model"]["d_model"])


def config_file(run: str) -> dict[str, Any]:
    return json.loads((ROOT / "checkpoints" / run / "config.json").read_text())


def called(name: str) -> str:
    """In words; a reader's own by its name."""
    return NAMES.get(name, name)


def format_of(name: str) -> Format:
    if name.startswith(OWN):
        return own_recipe(name.removeprefix(OWN)).format
    return committed()[name]


def digits_read(name: str) -> int:
    """Digits of the longest numbers that a network reads, as far as the boxes go."""
    form = format_of(name)
    return min(max(form.p, form.q), MOST_DIGITS)


def form_for(name: str, clean: Digits, corrupted: Digits) -> Format:
    """How a network writes both problems. `ValueError`, in a sentence, where it writes one of them
    not at all, or another length."""
    whole = format_of(name)
    if whole.padded:
        p, q = whole.p, whole.q
        for number, digits in zip((*clean, *corrupted), (p, q, p, q), strict=True):
            if number >= 10**digits:
                raise ValueError(
                    f"{number} is outside 0 to {10**digits - 1}, the numbers that this network "
                    "writes."
                )
        return Format(whole.style, p, q)
    (p, q), other = ([len(str(x)) for x in problem] for problem in (clean, corrupted))
    if other != [p, q]:
        raise ValueError(
            f"{said_of(clean)} has {p} and {q} digits, {said_of(corrupted)} {other[0]} and "
            f"{other[1]}; both texts must be equally long."
        )
    if max(p, whole.p) > whole.p or max(q, whole.q) > whole.q:
        raise ValueError(f"This network writes problems of up to {whole.p} by {whole.q} digits.")
    return Format(whole.style, p, q)


@lru_cache(maxsize=64)
def contrast_at(which: Network, patch: Patch) -> Contrast:
    return patch.contrast(model_of(which))


def contrast_for(which: Network, patch: Patch) -> Contrast:
    """Of two problems and a token: whatever cell of it is copied."""
    same = {"name": "attn_out", "layer": 0, "part": None, "slot": 0, "needed": False, "run": ""}
    return contrast_at(which, replace(patch, **same))


class Cell(NamedTuple):
    layer: int
    part: int | None
    slot: int
    restored: float


QUICK = 1024
"""Pairs of tokens in one layer's part of a map, up to which it takes less than a second."""


def is_quick(patch: Patch) -> bool:
    """By its text alone, so that no weights are read for what is computed ahead."""
    n_head = 1 if patch.part is None else 4
    return n_head * patch.token**2 <= QUICK


@bringing_own
@ahead
def cells_at(which: Network, patch: Patch) -> list[Cell]:
    """Every cell patched alone. `ValueError` where both runs say the same."""
    n = len(documents.cells_of(model_of(which), patch))
    begins = range(0, n, CELLS_AT_ONCE)
    return in_order(some_cells(which, patch, begin, CELLS_AT_ONCE) for begin in begins)


CELLS_AT_ONCE = 64


def start_cells(which: Network, patch: Patch) -> Measuring[list[Cell]]:
    """The same of a large map, a forward a piece. `ValueError` before the first of them."""
    size = texts_in_slice(which, patch.token, CELLS_AT_ONCE)
    n = -(-n_cell(which, patch) // size)
    return Measuring(Slices(lambda i: some_cells(which, patch, i * size, size), n), n, PATIENCE)


@bringing_own
@apart
def n_cell(which: Network, patch: Patch) -> int:
    """`ValueError` where both runs say the same."""
    _ = contrast_for(which, patch).denoise([]).restored
    return len(documents.cells_of(model_of(which), patch))


@bringing_own
@apart
def some_cells(which: Network, patch: Patch, begin: int, n: int) -> list[Cell]:
    """Token by token, since what stands before a cell need be read but once."""
    cells = sorted(documents.cells_of(model_of(which), patch), key=lambda cell: cell.slot)
    part = cells[begin : begin + n]
    sets = [[cell.node] for cell in part]
    effect = contrast_for(which, patch).each(sets, noising=patch.needed)
    return [
        Cell(cell.layer, cell.part, cell.slot, float(restored))
        for cell, (restored,) in zip(part, effect.restored.tolist(), strict=True)
    ]


def in_order(pieces: Iterable[list[Cell]]) -> list[Cell]:
    """Layer by layer, head by head."""
    cells = itertools.chain.from_iterable(pieces)
    return sorted(cells, key=lambda cell: (cell.layer, cell.part or 0, cell.slot))


def first_cell(patch: Patch) -> Patch:
    """The same patch at its first cell: for what is asked of all of them."""
    return replace(patch, layer=0, part=None if patch.part is None else 0, slot=patch.token - 1)


def all_cells(which: Network, patch: Patch, at: str) -> list[Cell] | None:
    """Of the map; a large one has a stop, and None is what there is until it goes on. `at`: the
    section that draws it."""
    patch = first_cell(patch)
    if is_quick(patch):
        return cells_at(which, patch)
    start = partial(start_cells, which, patch)
    pieces = in_one_go(f"ch81_cells_{which}_{patch}", start, at)
    return None if pieces is None else in_order(pieces)


class Measured(NamedTuple):
    """What a run says at the token that is predicted; `restored` is None where it has no scale."""

    says: str
    restored: float | None
    probability: float
    kl: float
    exact: bool
    lead: float | None = None
    """Of the clean token over the corrupted one, in logits."""


@bringing_own
@ahead
def measured(which: Network, patch: Patch) -> dict[str, Measured]:
    """The clean run, the corrupted one, and the patched one."""
    pair = contrast_for(which, patch)
    node = [patch.node]
    return {
        "clean": in_words(pair.judge(pair.clean.trace["logits"])),
        "corrupted": in_words(pair.judge(pair.corrupted.trace["logits"])),
        "patched": in_words(pair.noise(node) if patch.needed else pair.denoise(node)),
    }


@bringing_own
@ahead
def controlled(which: Network, patch: Patch) -> dict[str, tuple[Digits, Measured] | None]:
    """The same cell as two other problems have it, in place of the one that is copied: one with the
    same digit in the token's column and another carry, and one the other way round."""
    model, form, token = model_of(which), patch.form, patch.token
    copied_from = patch.corrupted if patch.needed else patch.clean
    pair = contrast_for(which, patch)
    base = pair.clean if patch.needed else pair.corrupted
    try:
        found = neighbours.control_problems(form, *copied_from, token)
    except ValueError:
        return {"other_carry": None, "other_digit": None}
    controls: dict[str, tuple[Digits, Measured] | None] = {}
    for kind, problems in found._asdict().items():
        if not problems:
            controls[kind] = None
            continue
        texts = patching.force_alike(form, patch.clean, problems[0], token)[1]
        other = patching.record(model, texts, [patch.name])
        edit = intervene.patch(patch.node, other.trace)
        effect = pair.judge(base.under([edit])["logits"])
        controls[kind] = problems[0], in_words(effect)
    return controls


def in_words(effect: Effect) -> Measured:
    try:
        restored = float(effect.restored)
    except ValueError:
        restored = None
    return Measured(
        vocabulary.decode([int(effect.says)]),
        restored,
        float(effect.probability),
        float(effect.kl),
        bool(effect.exact),
        float(effect.logit_difference(effect.logits)),
    )


@bringing_own
@ahead
def previewed(which: Network, patch: Patch) -> list[float]:
    """A guess at each cell of `cells_at`, by one forward and one backward pass."""
    cells = documents.cells_of(model_of(which), patch)
    pair = contrast_for(which, patch)
    guessed = patching.preview(pair, [cell.node for cell in cells], noising=patch.needed)
    return guessed[:, 0].tolist()


class Arrived(NamedTuple):
    """What becomes of the answer when one later reader alone sees a cell as the other run has it:
    a head in its query, key or value, an FFN, or the logits."""

    layer: int | None
    head: int | None
    read_as: str
    restored: float


READ_BY_HEADS = ("q", "k", "v")


@bringing_own
@apart
def readers_of(which: Network, patch: Patch) -> tuple[Named, ...]:
    """All that reads the cell of a patch at the cell's own token, in the order of the network."""
    model = model_of(which)
    found: list[Node] = []
    reads = {*READ_BY_HEADS, "ffn_pre"} & model.emits
    trace = patching.record(model, contrast_for(which, patch).clean.texts, reads).trace
    for layer, formed in model.formed.items():
        for name in READ_BY_HEADS:
            if layer is not None and name in formed:
                n_head = trace[f"blocks.{layer}.{name}"].shape[1]
                found += [intervene.Node(name, layer, n, (patch.slot,)) for n in range(n_head)]
        if layer is not None and "ffn_pre" in formed:
            found.append(intervene.Node("ffn_pre", layer, None, (patch.slot,)))
    if patch.slot == patch.token - 1:
        found.append(intervene.Node("logits", slots=(patch.slot,)))
    sender = patching.order(model, patch.node)
    return named(node for node in found if patching.order(model, node) > sender)


@bringing_own
@ahead
def along_paths(which: Network, patch: Patch) -> list[Arrived]:
    """From the cell of a patch to every later reader alone."""
    readers = readers_of(which, patch)
    restored = [one for one, _ in through(which, patch, tuple((one,) for one in readers))]
    return [
        Arrived(reader.layer, reader.part, reader.name, one)
        for reader, one in zip(readers, restored, strict=True)
    ]


@bringing_own
@apart
def through(
    which: Network, patch: Patch, sets: tuple[tuple[Named, ...], ...]
) -> list[tuple[float, str]]:
    """What a cell restores through each set of readers, and what is said then."""
    if not sets:
        return []
    pair = contrast_for(which, patch)
    nodes = [[one.node for one in own] for own in sets]
    effect = pair.each_path(patch.node, nodes, noising=patch.needed)
    said = vocabulary.decode(effect.says[:, 0].tolist())
    return list(zip(effect.restored[:, 0].tolist(), said, strict=True))


# ---------------------------------------------------------------- a search of the reader's

N_AMONG = 100
"""Neurons that a search chooses among: those that the preview ranks highest."""

PATIENCE = 60.0
"""Seconds of a search, until it is told to go on."""

SLICE = 0.2
"""Seconds that a piece may take: so soon is another reader's question heard, and *Stop*."""

LONG = 120.0
"""The same of what is read of all problems: about three times what it takes a core of its own."""

SPEED = 5e10
"""About how many operations a second one core makes that reads texts by the hundred."""


def seconds_for(which: Network, n_text: int, n_token: int) -> float:
    """About how long it takes to read so many texts."""
    return n_text * cost.prefill_flops(config_of(which), n_token) / SPEED


def texts_in_slice(which: Network, n_token: int, most: int) -> int:
    """How many texts are read in that time."""
    return max(1, min(most, int(SLICE / seconds_for(which, 1, n_token))))


def problems_in_slice(which: Network, form: Format, how: str) -> int:
    """How many are scored in it; to be resampled, each needs another one to be read."""
    n_text = 2 if how == "resample" else 1
    return texts_in_slice(which, n_text * (form.length - 1), BATCH)


def config_of(which: Network) -> GPTConfig:
    if which.file:
        return own_recipe(which.name.removeprefix(OWN)).model
    return GPTConfig.from_dict(config_file(which.name)["model"])


class Stage(NamedTuple):
    """How far a search is: the best set of so many neurons, and by how much the source's digit
    leads where it leads least; above 0 the answer is turned."""

    nodes: tuple[Named, ...]
    score: float
    ended: bool


def start_search(target: Digits, source: Digits, beam: int) -> Measuring[Stage]:
    n = experiment.MOST_NEURONS + 2
    return Measuring(Slices(partial(stage_of, target, source, beam), n), n, PATIENCE)


@apart
def stage_of(target: Digits, source: Digits, beam: int, i: int) -> Stage:
    """Of a search, which goes on where it was."""
    search = search_of(target, source, beam)
    search.seen.extend(itertools.islice(search.stages, max(0, i + 1 - len(search.seen))))
    return search.seen[i]


class Search(NamedTuple):
    """What it has come to, and what is to come."""

    seen: list[Stage]
    stages: Iterator[Stage]


@lru_cache(maxsize=32)
def search_of(target: Digits, source: Digits, beam: int) -> Search:
    return Search([], searched(target, source, beam))


def searched(target: Digits, source: Digits, beam: int = 1) -> Iterator[Stage]:
    """Size by size; once it has ended, the end again and again."""
    pair = pair_of(NEURONS, target, source)
    among = circuits.promising(pair, all_units(NEURONS), N_AMONG)
    score, each = circuits.turned_by(pair), circuits.turned_by_each(pair)
    last, most = None, experiment.MOST_NEURONS
    for cut in circuits.smallest_cut(score, among, beam=beam, most=most, each=each):
        if last is not None and len(cut.nodes) > len(last.nodes):
            yield Stage(found_in(last), last.score, False)
        last = cut
    if last is not None:
        yield from itertools.repeat(Stage(found_in(last), last.score, True))


def found_in(cut: Cut) -> tuple[Named, ...]:
    return named(sorted(cut.nodes, key=str))


@apart
def boards_found(target: Digits, source: Digits, found: tuple[Named, ...]) -> Boards:
    """The figure of two problems of the reader's, with what a search found, in order, and as many
    neurons elsewhere beside it."""
    pair, units = pair_of(NEURONS, target, source), all_units(NEURONS)
    rng, n = np.random.default_rng(experiment.SEED), experiment.N_CONTROLS
    nodes = frozenset(one.node for one in found)
    others = [circuits.elsewhere(nodes, units, rng) for _ in range(n)]
    turned = sum(score > 0 for score in circuits.turned_by_each(pair)(others))
    path = named(experiment.in_order(nodes, circuits.turned_by(pair)))
    return boards_of(NEURONS, target, source, Found(path, turned, n))


@apart
def is_of_record(target: Digits, source: Digits) -> bool:
    """Is it one of the pairs that the book has searched?"""
    pair = experiment.Pair(target, source)
    return pair == experiment.FIRST or pair in experiment.other_pairs()


# ---------------------------------------------------------------- look

PROBLEM = (37, 48)
BATCH = 500
LOOKED = "cot_reversed"


def pairs_of(form: Format) -> tuple[Integers, Integers] | None:
    """Every problem of a format, the first number major; None where there are too many to draw."""
    if form.padded and (form.p, form.q) in ((1, 1), (2, 2)):
        return all_pairs(form.p, form.q)
    return None


def sides_of(form: Format) -> tuple[int, int]:
    return 10**form.p, 10**form.q


@bringing_own
@apart
def no_such_neuron(which: Network, layer: int, neuron: int) -> str:
    """A sentence where a network has no such neuron."""
    model = model_of(which)
    if layer >= model.config.n_layer:
        return f"This network has layers 0 to {model.config.n_layer - 1}."
    most = getattr(model.config.layers[layer].ffn, "width", None)
    if "ffn_post" not in model.formed[layer] or most is None:
        return "The FFN of this layer is experts, and has no neurons of its own."
    return "" if neuron < most else f"This layer has neurons 0 to {most - 1}."


class OverProblems(NamedTuple):
    """A neuron over all problems: `values` by their numbers, NaN where none is known yet."""

    values: NDArray[np.floating[Any]]
    told: dict[str, float]
    """The share of its variance that digits tell, by their names; empty before all is known."""
    settled_by: str = ""
    """The fewest digits that tell nine tenths of it; no words where none do."""


def start_neuron(which: Network, layer: int, neuron: int, token: int) -> Measuring[Any]:
    """Pieces of (rows, values)."""
    form = format_of(which.name)
    size = texts_in_slice(which, token, BATCH)

    def ask(i: int) -> tuple[slice, Numbers]:
        rows = slice(i * size, min((i + 1) * size, n_pair))
        return rows, values_at(which, form, layer, neuron, token, rows.start, rows.stop)

    n_pair = len(all_pairs(form.p, form.q)[0])
    n = -(-n_pair // size)
    return Measuring(Slices(ask, n), n, LONG)


@bringing_own
@apart
def values_at(
    which: Network, form: Format, layer: int, neuron: int, token: int, begin: int, end: int
) -> Numbers:
    """Of a neuron, on so many of all problems."""
    node = intervene.Node("ffn_post", layer, neuron, (token - 1,))
    a, b = (x[begin:end] for x in all_pairs(form.p, form.q))
    pieces = over_problems.values_over(model_of(which), form, a, b, node, BATCH)
    return np.concatenate([values for _, values in pieces])


@ahead
def neuron_at_first(run: str, layer: int, neuron: int, token: int) -> OverProblems:
    """What the page shows before anyone asks."""
    form, which = format_of(run), Network(run)
    every = slice(0, len(all_pairs(form.p, form.q)[0]))
    values = values_at(which, form, layer, neuron, token, every.start, every.stop)
    found = put_together(form, [(every, values)])
    assert found is not None
    return found


def seconds_of_neuron(which: Network, token: int) -> float:
    return seconds_for(which, len(all_problems(format_of(which.name))[0]), token)


def put_together(form: Format, pieces: Sequence[tuple[slice, Numbers]]) -> OverProblems | None:
    """None of nothing."""
    if not pieces:
        return None
    n_row, n_column = sides_of(form)
    values = np.full(n_row * n_column, np.nan)
    for rows, found in pieces:
        values[rows] = found
    told: dict[str, float] = {}
    if not np.isnan(values).any() and (form.p, form.q) == (2, 2):
        digits = over_problems.digits_by_name(*all_pairs(form.p, form.q))
        told = over_problems.told_by(values.astype(float), digits)
    settled = over_problems.fewest_that_tell(told) if told else None
    # In four bytes each, since the first of them is committed.
    square = values.reshape(n_row, n_column).astype(np.float32)
    return OverProblems(square, told, settled or "")


def format_for(which: Network, problem: Digits) -> Format:
    """How a network writes a problem. `ValueError`, in a sentence, where it cannot."""
    return form_for(which.name, problem, problem)


@bringing_own
@apart
def pattern_in(which: Network, text: str, layer: int, head: int) -> Numbers:
    """(T, T) on the right text but its last token, which predicts nothing."""
    return patterns_in(which, text)[layer, head].copy()


@lru_cache(maxsize=8)
def patterns_in(which: Network, text: str) -> Numbers:
    """The same of all layers and heads."""
    return head_patterns.patterns(model_of(which), text[:-1])


@bringing_own
@apart
def lens_of(which: Network, text: str, given: int) -> tuple[list[str], Numbers]:
    """What would be written from the stream after each layer, behind so many tokens of the right
    text: a text and its probabilities a stage."""
    return logit_lens.likeliest(logit_lens.read_early(model_of(which), text[:-1])[:, given - 1 :])


@bringing_own
@apart
def direct_effects(which: Network, text: str, token: int) -> tuple[str, str, dict[str, float]]:
    """Of a right text: the token that is written, its rival, and what each part adds to the
    lead."""
    found = attribution.attribute(model_of(which), text[:-1])
    own = vocabulary.VOCABULARY.index(text[token])
    rival = found.runner_up(token - 1, own)
    added = found.to_lead(token - 1, own, rival)
    names = [component.name for component in found.components]
    return text[token], vocabulary.VOCABULARY[rival], dict(zip(names, added.tolist(), strict=True))


@bringing_own
@apart
def digit_rows(which: Network) -> Numbers:
    """The embeddings of the ten digits, (10, D)."""
    return model_of(which).embed.weight.detach()[:10].double().numpy()


@bringing_own
@apart
def circuits_of_head(which: Network, layer: int, head: int) -> tuple[Numbers, Numbers]:
    """QK and OV over the digits, (10, 10) each."""
    model = model_of(which)
    return tuple(
        find(model, layer, head)[:10, :10]
        for find in (head_circuits.qk_circuit, head_circuits.ov_circuit)
    )


@bringing_own
@apart
def composed_with(which: Network, layer: int, head: int) -> list[tuple[str, dict[str, float]]]:
    """How much each head below is read by this one: a name, and so much in its q, k and v."""
    model = model_of(which)
    return [
        (
            f"{below}.{other}",
            asdict(head_circuits.composition(model, (below, other), (layer, head))),
        )
        for below in range(layer)
        for other in range(model.blocks[below].attention.n_head)
    ]


@bringing_own
@apart
def by_chance(which: Network, layer: int) -> float:
    model = model_of(which)
    return head_circuits.composition_by_chance(
        model.config.d_model, model.blocks[layer].attention.head_dim
    )


def download(which: Network, text: str) -> Callable[[], bytes]:
    """What makes the file once it is asked for: out of a reader's visit, so that a network of their
    own is taken along."""
    name = which.name.removeprefix(OWN)
    file = own_files()[name] if which.file else b""

    def made() -> bytes:
        if file:
            bring(name, file)
        return activations_file(which, text)

    return made


@apart_each_time
def activations_file(which: Network, text: str) -> bytes:
    """All activations of a right text as an npz, by their keys."""
    model = model_of(which)
    names = {name for own in model.formed.values() for name in own}
    trace = forward.run_with_trace(model, text[:-1], names)
    out = io.BytesIO()
    np.savez_compressed(out, **{key: parts[0].numpy() for key, parts in trace.calls.items()})
    return out.getvalue()


# ---------------------------------------------------------------- break

N_MAP = 500


class Broken(NamedTuple):
    """One part broken alone: problems wrong of `n`."""

    layer: int
    part: int | None
    name: str
    wrong: int
    n: int


def parts_to_break(which: Network, form: Format, how: str, amount: float, digit: int) -> list[Any]:
    """A `Break` at every token for each head and each FFN, layer by layer."""
    found: list[Any] = []
    for layer, config in enumerate(config_of(which).layers):
        nodes = [("z", head) for head in range(config.attention.n_head)] + [("ffn_out", None)]
        for name, part in nodes:
            found.append(
                broken.Break(
                    form.style, form.p, form.q, name, layer, part, None, how, amount, digit
                )
            )
    return found


def problems_to_score(form: Format) -> tuple[Integers, Integers]:
    pairs = pairs_of(form)
    if pairs is None:
        rng = np.random.default_rng(0)
        return rng.integers(0, 10**form.p, N_MAP), rng.integers(0, 10**form.q, N_MAP)
    return hashed_pairs(N_MAP) if len(pairs[0]) > N_MAP else pairs


def start_map(which: Network, how: str, amount: float, digit: int) -> Measuring[Broken]:
    """On 500 problems drawn by seed, each part in turn: pieces of some of the problems."""
    form = format_of(which.name)
    parts = parts_to_break(which, form, how, amount, digit)
    size = problems_in_slice(which, form, how)
    n_each = -(-len(problems_to_score(form)[0]) // size)

    def ask(i: int) -> Broken:
        part, begin = divmod(i, n_each)
        return broken_on(which, parts[part], begin * size, size)

    return Measuring(Slices(ask, len(parts) * n_each), len(parts) * n_each, LONG)


def broken_on(which: Network, one: Break, begin: int, n: int) -> Broken:
    """On so many of the problems drawn by seed."""
    found = wrong_on(which, one, False, begin, n)
    return Broken(one.layer, one.part, one.name, int((found >= 0).sum()), len(found))


def whole_parts(form: Format, pieces: Sequence[Broken]) -> list[Broken]:
    """Of those parts that were tried on all of the problems drawn by seed."""
    found = dict[tuple[int, int | None], Broken]()
    for one in pieces:
        own = found.get((one.layer, one.part))
        more = (0, 0) if own is None else (own.wrong, own.n)
        found[one.layer, one.part] = one._replace(wrong=one.wrong + more[0], n=one.n + more[1])
    n = len(problems_to_score(form)[0])
    return [one for one in found.values() if one.n == n]


def seconds_of_map(which: Network) -> float:
    form = format_of(which.name)
    n_part = sum(layer.attention.n_head + 1 for layer in config_of(which).layers)
    return seconds_for(which, n_part * len(problems_to_score(form)[0]), form.length - 1)


@ahead
def map_at_first(run: str) -> list[Broken]:
    """Every head and FFN of a run ablated alone, by zero."""
    which, form = Network(run), format_of(run)
    n = len(problems_to_score(form)[0])
    parts = parts_to_break(which, form, "zero", 0.0, 0)
    return [broken_on(which, one, 0, n) for one in parts]


@bringing_own
@ahead
def text_when_broken(which: Network, one: Break, problem: Digits) -> str:
    return one.written(model_of(which), *problem)


def start_all(which: Network, one: Break) -> Measuring[Any]:
    """All problems under one break: pieces of (rows, the first wrong token of each)."""
    n_problem = len(all_problems(one.form)[0])
    size = problems_in_slice(which, one.form, one.how)

    def ask(i: int) -> tuple[slice, Integers]:
        rows = slice(i * size, min((i + 1) * size, n_problem))
        return rows, wrong_on(which, one, True, rows.start, size)

    n = -(-n_problem // size)
    return Measuring(Slices(ask, n), n, LONG)


@bringing_own
@apart
def wrong_on(which: Network, one: Break, whole: bool, begin: int, n: int) -> Integers:
    """The first wrong token of so many of all problems, or else of those drawn by seed."""
    problems = (all_problems if whole else problems_to_score)(one.form)
    a, b = (x[begin : begin + n] for x in problems)
    pieces = one.wrong_at(model_of(which), a, b, first=begin)
    return np.concatenate([found for _, found in pieces])


def all_problems(form: Format) -> tuple[Integers, Integers]:
    """Of a format with too many, a sample."""
    return pairs_of(form) or problems_to_score(form)


def seconds_of_all(which: Network) -> float:
    form = format_of(which.name)
    return seconds_for(which, len(all_problems(form)[0]), form.length - 1)


def wrong_in(form: Format, pieces: Sequence[tuple[slice, Integers]]) -> NDArray[np.int64]:
    """By their numbers: the first wrong token, -1 for none, -2 where none was asked yet."""
    n_row, n_column = sides_of(form)
    wrong = np.full(n_row * n_column, NOT_ASKED, dtype=np.int64)
    for rows, found in pieces:
        wrong[rows] = found
    return wrong.reshape(n_row, n_column)
