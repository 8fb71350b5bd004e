"""Where is the carry? The test that decides: copy what stands at a site from one problem into
another, and say beforehand which digit is then written.

The plan, written before the runs that are recorded. Two problems x and y, so drawn that column and
carry differ, both digits that the carry is made of differ, and the four digits below are four
different ones. At the slot that writes the column, the site's activation of y is copied into x; all
tokens before and after are those of x. The digit that is then written decides:

  carry moves        column of x + carry of y, and no other token of the text changes
  column moves       column of y + carry of x
  whole digit moves  the digit of y
  nothing changes    the digit of x, and no other token changes
  something else     any other digit, or one of the first and the fourth with another token changed

Chosen on validation problems: of each kind of site the one with most carries moved. Fitted to
problems of training and validation: the directions of a subspace. Counted on test problems, which
nothing was chosen or fitted on: how often the carry moves.

A site carries if, on test problems, the lower bound of "carry moves" is at least `CARRIES`, and
two controls agree: in pairs with the same column and another carry the digit follows the carry, and
in pairs with the same carry and another column nothing changes, in at least that share each.
Refuted: "there is a site that carries", if no head, no attention, no FFN, no stream of any layer
and no subspace of class means does, on the book's network and on each of five small ones. Beside a
subspace stand the whole vector and as many random directions. (A trial on 100 validation pairs of
the book's network came before this was written down; no test problem was looked at.)

Shapes: `N` pairs of problems, `L` tokens of a text.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from lab.data.position_ids import position_ids
from lab.data.problems import TEST_FROM, SplitName, all_pairs, pairs_of, split_values
from lab.data.vocabulary import Tokens
from lab.experiments.carry_models import BOOK, MODELS, loaded, named
from lab.experiments.sweep import Cell, Figures, Row, Small
from lab.interp.carries import CARRIES, FORM, Carry, CarryName, Meeting, meets, predicted
from lab.interp.intervene import Node, along, fitted
from lab.interp.linear_probes import activations, fit
from lab.model.cache import KVCache
from lab.model.gpt import GPT
from lab.model.trace import Edit, Trace
from lab.statistics import lower_bound_95

CARRIES_FROM = 0.9
"""Of the lower bound of a share: from here on a site is said to carry."""

SCANNED, DECIDED, CONTROLLED, SHOWN, FEW = 400, 3000, 600, 120, 50
"""Pairs of problems: for the choice of a site, for the count that decides, for its two controls and
for what is beside it, in the page's figure, and in the small setting."""

CHOICE, TEST, FIGURE, RANDOM = 0, 1, 2, 3
"""Seeds."""

BATCH = 300

Truth = NDArray[np.bool_]


# ---------------------------------------------------------------- pairs of problems


@lru_cache(maxsize=32)
def drawn(
    name: CarryName, how: Meeting, split: SplitName, n: int, seed: int
) -> tuple[Tokens, Tokens]:
    """The texts x and y of `n` different pairs of problems that meet so, (N, L) each."""
    carry, rng = CARRIES[name], np.random.default_rng(seed)
    a, b = pairs_of(split)
    texts, _ = FORM.render(a, b)
    found = np.empty((0, 2), dtype=np.int64)
    while len(found) < n:
        more = rng.integers(0, len(a), (20 * n, 2))
        more = more[meets(carry, texts[more[:, 0]], texts[more[:, 1]], how)]
        both = np.concatenate([found, more])
        _, first = np.unique(both, axis=0, return_index=True)
        found = both[np.sort(first)]
    one, other = found[:n].T
    return texts[one], texts[other]


# ---------------------------------------------------------------- a site, and a swap


@dataclass(frozen=True)
class Site:
    """Nodes that are copied together; of one, along `directions` (K, D) alone if there are any."""

    kind: str
    nodes: tuple[Node, ...]
    directions: Tensor | None = None

    @property
    def label(self) -> Row:
        (first, *more) = self.nodes
        own: Row = {"kind": self.kind, "layer": first.layer}
        if first.part is not None:
            own["part"] = first.part
        return {**own, "nodes": len(self.nodes)} if more else own


class Begun:
    """Texts (N, L) that a model has read up to a slot: what it keeps of that is the same whatever
    is copied in at that slot, so it is computed once."""

    def __init__(self, model: GPT, texts: Tokens, slot: int) -> None:
        self.model, self.slot = model, slot
        self.ids = torch.from_numpy(texts).long()
        self.positions = position_ids(self.ids, model.config.position.n_axis)
        self.cache = KVCache(FORM.length)
        if slot:
            self.forward(slice(0, slot), Trace())

    def __len__(self) -> int:
        return len(self.ids)

    def forward(self, tokens: slice, trace: Trace) -> Trace:
        positions = self.positions[..., tokens]
        with torch.inference_mode():
            self.model(self.ids[:, tokens], positions=positions, cache=self.cache, trace=trace)
        trace.require_matched()
        return trace

    def under(
        self, edits: Collection[Edit] = (), names: Collection[str] = ("logits",), *, to_end: bool
    ) -> Trace:
        """The token at the slot, or all from there to the end of the text, under edits."""
        stop = FORM.length - 1 if to_end else self.slot + 1
        self.cache.cut(self.slot)
        return self.forward(slice(self.slot, stop), Trace(names, edits))


Kept = dict[Node, Tensor]


def kept_at(own: Begun, nodes: Collection[Node]) -> Kept:
    """What stands at each node, which is one of the slot, on all texts: (N, ..., 1, ...)."""
    trace = own.under(names={node.name for node in nodes}, to_end=False)
    return {node: replace(node, slots=None).of(trace) for node in nodes}


def swapped(
    model: GPT, carry: Carry, x: Tokens, y: Tokens, sites: Sequence[Site], *, to_end: bool
) -> list[Tokens]:
    """Of each site, the likeliest tokens of x from the column's on, (N, some), with the site as it
    is in y; of a site without nodes, as the model writes them."""
    said: list[list[Tokens]] = [[] for _ in sites]
    nodes = {node for site in sites for node in site.nodes}
    for begin in range(0, len(x), BATCH):
        own = Begun(model, x[begin : begin + BATCH], carry.slot)
        kept = kept_at(Begun(model, y[begin : begin + BATCH], carry.slot), nodes) if nodes else {}
        for site, tokens in zip(sites, said, strict=True):
            edits = [copied(node, kept[node], site.directions) for node in site.nodes]
            logits = own.under(edits, to_end=to_end)["logits"]
            tokens.append(logits.argmax(-1).numpy().astype(np.uint8))
    return [np.concatenate(tokens) for tokens in said]


def copied(node: Node, value: Tensor, directions: Tensor | None) -> Edit:
    edit = node.edit(lambda now: fitted(node, value, now), at_once=True)
    return edit if directions is None else along(directions, edit)


# ---------------------------------------------------------------- what came of it

OUTCOMES = ("carry", "column", "digit", "nothing", "else")
"""Of a swap, as rows count them; told by their numbers where a row lists pair by pair."""


def outcomes(carry: Carry, x: Tokens, y: Tokens, said: Tokens) -> tuple[NDArray[np.int64], Truth]:
    """Which of `OUTCOMES` each swap had, (N,), and whether a token changed that is not the
    column's; `said` are the tokens from the column's on, (N, some)."""
    expected, digit = predicted(carry, x, y), said[:, 0].astype(np.int64)
    right = x[:, carry.token : carry.token + said.shape[1]]
    others = (said != right)[:, 1:].any(axis=1)
    found = np.full(len(x), OUTCOMES.index("else"))
    found[digit == expected.column] = OUTCOMES.index("column")
    found[digit == expected.digit] = OUTCOMES.index("digit")
    found[(digit == expected.carry) & ~others] = OUTCOMES.index("carry")
    found[(digit == expected.nothing) & ~others] = OUTCOMES.index("nothing")
    return found, others


def counted(carry: Carry, x: Tokens, y: Tokens, said: Tokens) -> Row:
    """The outcomes of swaps, and as if which single operand had been copied: [so many, of so many],
    of the pairs in which that would write a digit of its own."""
    found, others = outcomes(carry, x, y, said)
    expected, digit = predicted(carry, x, y), said[:, 0].astype(np.int64)
    row: Row = {name: int((found == i).sum()) for i, name in enumerate(OUTCOMES)}
    as_if: Row = {}
    for part, moved in carry.parts.items():
        would = moved(x, y)
        own = (would != expected.nothing) & (would != expected.carry) & (would != expected.digit)
        own &= would != expected.column
        as_if[part] = [int((digit == would)[own].sum()), int(own.sum())]
    return {"n": len(x), **row, "collateral": int(others.sum()), "as_if": as_if}


# ---------------------------------------------------------------- the sites


def sites_of(model: GPT, carry: Carry) -> list[Site]:
    """Every head, attention, FFN and stream of every layer, at the slot that writes the column."""
    config, now = model.config, carry.slot
    found: list[Site] = []
    for layer, choice in enumerate(config.layers):
        heads = range(choice.attention.n_head)
        found += [Site("head", (Node("z", layer, head, (now,)),)) for head in heads]
        found += [
            Site(name, (Node(name, layer, None, (now,)),))
            for name in ("attn_out", "ffn_out", "resid_mid", "resid_post")
        ]
    return found


SUBSPACES = ("ffn_out", "resid_mid", "resid_post")


def not_of_test() -> Tokens:
    """The texts of all problems of training and validation, (N, L)."""
    a, b = all_pairs()
    seen = split_values(a, b) < TEST_FROM
    return FORM.render(a[seen], b[seen])[0]


@lru_cache(maxsize=4)
def subspaces_of(name: str, which: CarryName) -> list[Site]:
    """Of FFNs and streams two subspaces: that of the class means, what stands there on average with
    each carry, and that in which a linear probe reads. Fitted to all problems not of test."""
    model, carry, texts = loaded(name).model, CARRIES[which], not_of_test()
    y = carry.into(texts)
    nodes = [
        Node(what, layer, None, (carry.slot,))
        for layer in range(model.config.n_layer)
        for what in SUBSPACES
    ]
    found: list[Site] = []
    for node, x in activations(model, texts[:, :-1], nodes, BATCH).items():
        means = np.stack([x[y == label].mean(axis=0) for label in range(carry.most + 1)])
        # Both sum to zero over the carries, so that one of them is the others' sum: one less.
        for kind, rows in (("means", means - means.mean(axis=0)), ("probe", fit(x, y).W.T)):
            found.append(Site(f"{kind} of {node.name}", (node,), torch.from_numpy(rows[:-1])))
    return found


def random_directions(site: Site, seed: int = RANDOM) -> Site:
    """As many, at random."""
    assert site.directions is not None
    generator = torch.Generator().manual_seed(seed)
    drawn_at_random = torch.randn(site.directions.shape, generator=generator).double()
    return Site("random directions", site.nodes, drawn_at_random)


# ---------------------------------------------------------------- the record


def swap_cells() -> list[Cell]:
    return [{"model": model, "carry": name} for model in MODELS for name in CARRIES]


def measure_swaps(
    cell: Cell, scanned: int = SCANNED, decided: int = DECIDED, controlled: int = CONTROLLED
) -> Figures:
    """Every site on validation problems, by the column's own digit; then of each kind the best on
    test problems, the best head and the best of all in `decided` pairs."""
    model, carry = loaded(cell["model"]).model, CARRIES[cell["carry"]]
    sites = [*sites_of(model, carry), *subspaces_of(cell["model"], carry.name)]
    scan = counts(model, carry, sites, "both differ", "validation", scanned, CHOICE, to_end=False)
    best: dict[str, int] = {}
    for i, (site, row) in enumerate(zip(sites, scan, strict=True)):
        if site.kind not in best or row["carry"] > scan[best[site.kind]]["carry"]:
            best[site.kind] = i
    chosen = [*best.values()]
    first = {max(chosen, key=lambda i: scan[i]["carry"]), best["head"]}
    own = [sites[i] for i in sorted(chosen, key=lambda i: i not in first)]
    return {
        "n": decided,
        "scan": [told(site, row) for site, row in zip(sites, scan, strict=True)],
        "decided": decide(model, carry, own, len(first), decided, controlled),
        **about_sample(carry, decided),
        **named(cell["model"]),
    }


def told(site: Site, row: Row) -> Row:
    """A row of the scan. Which operand a site may hold is told of heads alone."""
    left = {key: value for key, value in row.items() if key != "as_if" or site.kind == "head"}
    return {**site.label, **left}


def about_sample(carry: Carry, n: int) -> Row:
    return {
        "sample": {
            "drawn": "generator",
            "of": f"pairs of test problems, {carry.name.replace('_', ' ')}: column, carry and what "
            f"it is made of differ; no pair twice",
            "n": n,
            "seed": TEST,
        },
        "chosen_on": "validation problems",
        "fitted_to": "problems of training and validation",
        "precision": "fp32",
        "batch": BATCH,
        "seeds": [CHOICE, TEST, RANDOM],
    }


def decide(
    model: GPT, carry: Carry, sites: Sequence[Site], first: int, n: int, few: int
) -> list[Row]:
    """Sites on test problems with their two controls, the `first` ones in `n` pairs, the others in
    `few`; beside a subspace, the whole vector and as many random directions."""
    beside = [
        more
        for site in sites
        if site.kind.startswith("means")
        for more in (Site(f"whole {site.nodes[0].name}", site.nodes), random_directions(site))
    ]
    every, rows = [*sites, *beside], list[Row]()
    for some, size, control in (
        (every[:first], n, few),
        (every[first:], few, few // 4),
    ):
        found = counts(model, carry, some, "both differ", "test", size, TEST)
        for how in ("other carry", "other column"):
            beside_it = counts(model, carry, some, how, "test", control, TEST)
            for row, one in zip(found, beside_it, strict=True):
                row[how] = plain(one)
        rows += found
    return [
        {
            **told(site, row),
            "directions": 0 if site.directions is None else len(site.directions),
            "bound": round(lower_bound_95(row["n"] - row["carry"], row["n"]), 4),
            "carries": carries(row),
        }
        for site, row in zip(every, rows, strict=True)
    ]


def plain(row: Row) -> Row:
    return {key: row[key] for key in ("n", *OUTCOMES, "collateral")}


def carries(row: Row) -> bool:
    """The rule of the plan. With the column the same, the digit of y is the carry moved."""
    other, column = row["other carry"], row["other column"]
    follows = lower_bound_95(row["n"] - row["carry"], row["n"])
    return (
        follows >= CARRIES_FROM
        and other["carry"] >= CARRIES_FROM * other["n"]
        and column["nothing"] >= CARRIES_FROM * column["n"]
    )


def counts(
    model: GPT,
    carry: Carry,
    sites: Sequence[Site],
    how: Meeting,
    split: SplitName,
    n: int,
    seed: int,
    *,
    to_end: bool = True,
) -> list[Row]:
    """Each site swapped in pairs of problems that meet so. Left out are pairs that the network gets
    wrong unswapped: of x any token from the column's on, of y the column's digit. Unless `to_end`,
    the column's own digit alone is looked at."""
    x, y = drawn(carry.name, how, split, n, seed)
    x, y, left_out = both_right(model, carry, x, y)
    return [
        {**counted(carry, x, y, said), "left_out": left_out}
        for said in swapped(model, carry, x, y, sites, to_end=to_end)
    ]


UNSWAPPED = Site("none", ())


def both_right(model: GPT, carry: Carry, x: Tokens, y: Tokens) -> tuple[Tokens, Tokens, int]:
    """The pairs that the network gets right, and how many it does not."""
    right = np.ones(len(x), dtype=bool)
    for texts, to_end in ((x, True), (y, False)):
        (said,) = swapped(model, carry, texts, texts, [UNSWAPPED], to_end=to_end)
        right &= (said == texts[:, carry.token : carry.token + said.shape[1]]).all(axis=1)
    return x[right], y[right], int((~right).sum())


# ---------------------------------------------------------------- problem by problem


def operands_of(text: NDArray[np.uint8]) -> list[int]:
    tens, units = text[[0, 3]].tolist(), text[[1, 4]].tolist()
    return [10 * ten + unit for ten, unit in zip(tens, units, strict=True)]


LAYERWISE = (
    *("head", "attn_out", "ffn_out", "resid_mid", "resid_post"),
    *("means of resid_mid", "means of resid_post", "probe of resid_mid", "probe of resid_post"),
)


def measure_shown(cell: Cell, n: int = SHOWN) -> Figures:
    """Some test pairs, and for each site of every layer the digit that each swap has written."""
    model, carry = loaded(cell["model"]).model, CARRIES[cell["carry"]]
    x, y = drawn(carry.name, "both differ", "test", n, FIGURE)
    x, y, _ = both_right(model, carry, x, y)
    sites = [*sites_of(model, carry), *subspaces_of(cell["model"], carry.name)]
    sites = [site for site in sites if site.kind in LAYERWISE]
    rows: list[Row] = []
    every = swapped(model, carry, x, y, sites, to_end=True)
    for site, said in zip(sites, every, strict=True):
        found, _ = outcomes(carry, x, y, said)
        # A character a pair, so that a row stays short.
        written = (str(token) if token < 10 else "." for token in said[:, 0].tolist())
        came = "".join(map(str, found.tolist()))
        rows.append({**site.label, "written": "".join(written), "outcomes": came})
    operands = [[*operands_of(one), *operands_of(other)] for one, other in zip(x, y, strict=True)]
    return {
        "n": len(x),
        "operands": operands,
        "sites": rows,
        "sample": {**about_sample(carry, n)["sample"], "seed": FIGURE},
        **named(cell["model"]),
        "seeds": [FIGURE],
    }


def swaps_small() -> dict[str, Small]:
    """Two networks, few pairs: how often the carry moves, by kind of site."""
    cells: list[Cell] = [{"model": BOOK, "carry": name} for name in CARRIES]
    few: Callable[[Cell], Figures] = partial(
        measure_swaps, scanned=FEW, decided=4 * FEW, controlled=FEW
    )

    def read(rows: list[Row]) -> Figures:
        (row,) = rows
        every = row["decided"]
        return {
            one["kind"]: round(one["carry"] / one["n"], 3)
            for one in every
            if not one["kind"].startswith(("whole", "random"))
        }

    return {cell["carry"]: Small([cell], few, read) for cell in cells}
