"""What the networks of chapter 8, second page, are asked, kept for readers that ask the same."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from components.ui.computed_ahead import ahead
from components.ui.drawings.cut import Boards, Cells, LeftOut, Outcome, Unit
from components.ui.lazily import lazily
from components.ui.loaded_models import load_with_progress
from components.ui.page_records import rows_of

if TYPE_CHECKING:
    from lab.interp.intervene import Node

circuits = lazily("lab.interp.circuits")
experiment = lazily("lab.experiments.smallest_cut")
np = lazily("numpy")
patching = lazily("lab.interp.patching")
vocabulary = lazily("lab.data.vocabulary")

# ---------------------------------------------------------------- the smallest cut

TABLE = "times_table"
RECORD = "smallest_cut.jsonl"
TARGET, SOURCE = (7, 8), (7, 9)
CELLS, NEURONS = "heads and FFNs", "neurons"
WRITES = ("writes the tens", "writes the units")
N_SHOWN = 48
"""Neurons that are drawn: those found, and others that the preview ranks high."""

N_OTHERS = 20

Digits = tuple[int, int]


class Found(NamedTuple):
    """What a search found, in order, and how many of `n` sets elsewhere turn the answer too."""

    nodes: tuple[Node, ...]
    turned: int
    n: int


def recorded_cut(units: str, record: Sequence[dict] | None = None) -> dict | None:
    """Of the first pair: the row of the fewest numbers."""
    rows = [
        row
        for row in (rows_of(RECORD) if record is None else record)
        if row["cell"]["units"] == units
        and tuple(row["cell"]["target"]) == TARGET
        and tuple(row["cell"]["source"]) == SOURCE
    ]
    return min(rows, key=lambda row: (row["numbers"], -row["margin"]), default=None)


def recorded_nodes(units: str) -> tuple[Node, ...]:
    row = recorded_cut(units)
    return tuple(experiment.node_of(said) for said in row["nodes"]) if row else ()


@ahead
@lru_cache(maxsize=8)
def boards_of_record(units: str) -> Boards:
    """The figure of 7 x 8 and 7 x 9, with all that is seen of it untouched."""
    row = recorded_cut(units)
    found = Found(recorded_nodes(units), row["turned"], row["n"]) if row else Found((), 0, 1)
    return boards_of(units, TARGET, SOURCE, found)


def boards_of(units: str, target: Digits, source: Digits, found: Found) -> Boards:
    """Two problems of the table, what a search found, and what is written with the sets that a
    reader meets first."""
    nodes = drawn_nodes(units, target, source, found.nodes)
    path = tuple(nodes.index(node) for node in found.nodes)
    sets: list[Cells] = [(), *((i,) for i in range(len(nodes)))]
    sets += [tuple(sorted(path[:n])) for n in range(2, len(path) + 1)]
    others: list[Cells] = []
    if units == CELLS and path:
        whole = tuple(sorted(path))
        sets += [tuple(sorted({*whole, i})) for i in range(len(nodes)) if i not in whole]
        rng = np.random.default_rng(experiment.SEED)
        for _ in range(N_OTHERS):
            drawn = circuits.elsewhere(frozenset(found.nodes), nodes, rng)
            others.append(tuple(sorted(nodes.index(node) for node in drawn)))
        sets += others
    sets += [tuple(i for i in sorted(path) if i != left) for left in path if len(path) > 2]
    outcomes = outcomes_of(units, target, source, tuple(nodes), tuple(dict.fromkeys(sets)))
    whole_pair = pair_of(units, target, source)
    everything = experiment.units_of(whole_pair, experiment.UNITS[units])
    return Boards(
        HEADLINES[units],
        (said_of(target), said_of(source)),
        (outcomes[()].text, written_by(source)),
        WRITES,
        [unit_of(node, whole_pair) for node in nodes],
        left_out(whole_pair) if units == CELLS else (),
        circuits.count_numbers(everything, whole_pair.clean),
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


def drawn_nodes(units: str, target: Digits, source: Digits, found: Sequence[Node]) -> list[Node]:
    """All heads and FFN outputs that may be copied; of neurons those found and some others."""
    pair = pair_of(units, target, source)
    nodes = experiment.units_of(pair, experiment.UNITS[units])
    if units == CELLS:
        return nodes
    ranked = circuits.promising(pair, nodes, N_SHOWN)
    kept = [*found, *(node for node in ranked if node not in found)][: max(N_SHOWN, len(found))]
    return sorted(kept, key=lambda node: (node.slots, node.layer, node.part))


@lru_cache(maxsize=64)
def pair_of(units: str, target: Digits, source: Digits):
    load_with_progress(TABLE)
    return experiment.contrast_of(TABLE, experiment.Pair(target, source), experiment.UNITS[units])


@lru_cache(maxsize=32)
def written_by(problem: Digits) -> str:
    model = load_with_progress(TABLE).model
    form = experiment.FORM
    prompt = form.prompt(*(np.array([x]) for x in problem))
    found = patching.write_each(model, prompt, len(experiment.STEPS), {}, [()])
    return vocabulary.decode(found.tokens[0].tolist())


def outcomes_of(
    units: str, target: Digits, source: Digits, nodes: tuple[Node, ...], sets: Sequence[Cells]
) -> dict[Cells, Outcome]:
    """What is written with each set copied, sixty-four sets in a forward."""
    pair = pair_of(units, target, source)
    model, other = load_with_progress(TABLE).model, pair.clean.trace
    prompt = pair.corrupted.texts[:, : experiment.FORM.prompt_length]
    n, names = len(experiment.STEPS), experiment.UNITS[units]
    plain = patching.write_each(model, prompt, n, other, [()], names).trace
    found: dict[Cells, Outcome] = {}
    for begin in range(0, len(sets), circuits.AT_ONCE):
        part = sets[begin : begin + circuits.AT_ONCE]
        chosen = [[nodes[i] for i in cells] for cells in part]
        written = patching.write_each(model, prompt, n, other, chosen, names)
        moved = [how_far(node, written.trace, plain, other) for node in nodes]
        for row, cells in enumerate(part):
            found[cells] = Outcome(
                vocabulary.decode(written.tokens[row].tolist()),
                written.probabilities[row, :, :10].tolist(),
                [one[row] for one in moved],
            )
    return found


def how_far(node: Node, trace: object, plain: object, other: object) -> list[float]:
    """|x - own| / |other - own| of each text: 0 as in its own run, 1 as far as the other lies."""
    x, own, far = (node.of(run).flatten(1) for run in (trace, plain, other))
    whole = float((far - own).norm())
    return [0.0] * len(x) if whole == 0 else ((x - own).norm(dim=1) / whole).tolist()


@lru_cache(maxsize=512)
def outcome_of(
    units: str, target: Digits, source: Digits, found: tuple[Node, ...], cells: Cells
) -> Outcome:
    """Of a set that a reader has copied."""
    nodes = tuple(drawn_nodes(units, target, source, found))
    return outcomes_of(units, target, source, nodes, [cells])[cells]


def unit_of(node: Node, pair: object) -> Unit:
    (slot,) = node.slots or (0,)
    step = experiment.STEPS.index(slot)
    layer = node.layer or 0
    what, kind, short = {
        "z": (f"Head {node.part} of layer {layer}", "head", f"{node.part}"),
        "ffn_out": (f"FFN {layer}", "ffn", "F"),
        "ffn_post": (f"Neuron {node.part} of layer {layer}", "neuron", ""),
    }[node.name]
    name = f"{what}, where it {WRITES[step]}"
    return Unit(step, layer, kind, name, short, circuits.count_numbers([node], pair.clean))


def left_out(pair: object) -> list[LeftOut]:
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
