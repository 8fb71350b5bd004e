"""Why `curriculum_4x4` is wrong where it is wrong: its errors one by one, and the head behind them.

In the first partial product, head 0 of layer 2 fetches the digit of a that the next token is made
from. For some operands, times nine, part of its weight slips to the digit on the left of it, and
the token is that of a digit between the two.

Shapes: `N` problems, `L` tokens of a text, `K` places of a that have a digit on their left.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from copy import deepcopy
from itertools import product
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from lab.data.problems import BOUNDS, TEST_FROM, Format, Integers, sample_exact, split_values
from lab.data.samples import Sample
from lab.experiments.frontier import failure
from lab.experiments.sweep import Cell
from lab.inference.forward import logits_of, run_with_trace
from lab.inference.scoring import teacher_forced_all
from lab.model.gpt import GPT
from lab.model.trace import Edit
from lab.training.checkpoint import load_run

RUN = "curriculum_4x4"
FORM = Format("cot_reversed", 4, 4)
BATCH = 250

LAYER, HEAD = 2, 0
"""The head that fetches a's digit. Found in 9299 x 1239, 6826 x 7819 and 2602 x 8089 by transplants
of every layer's stream and of every head; what is counted below are other problems."""

PLACES = range(FORM.p - 1)
"""Of a, units first: those that have a digit on their left."""


def pocket_cells() -> list[Cell]:
    return [
        *({"asked": "errors", "part": part} for part in range(PARTS)),
        *({"asked": "first_products", "nine": nine} for nine in (True, False)),
        *(
            {"asked": "pocket", "pocket": name, "line": j}
            for name in POCKETS
            for j in range(FORM.q)
        ),
        *({"asked": "transplants", "pocket": name} for name in POCKETS),
        *({"asked": "blended", "share": share} for share in SHARES),
    ]


def measure_pocket(cell: Cell) -> dict[str, Any]:
    """One cell: every figure of it with how its problems were drawn."""
    model = load_run(RUN).model
    match cell["asked"]:
        case "errors":
            found = errors(model, cell["part"])
        case "first_products":
            found = every_first_product(model, cell["nine"])
        case "pocket":
            found = of_a_pocket(model, cell["pocket"], cell["line"])
        case "transplants":
            found = transplants(model, cell["pocket"])
        case _:
            found = blended(model, cell["share"])
    return {**found, "seeds": [0]}


# ---------------------------------------------------------------- the errors of the headline

READ, PARTS = 100_000, 20
"""Test problems of the headline reading in the run's `result.json`; evaluated again in parts."""

CLOSE = 5.0
"""A right token that leads by more in bfloat16 leads in float32 as well: over 250 problems the two
differ by at most 1.1. Only the other problems are evaluated in float32, which decides."""


def errors(model: GPT, part: int) -> dict[str, Any]:
    """One part of the problems of that reading, drawn as it drew them: every wrong one.

    Where the wrong token is a digit of a partial product made from a digit of a with another on its
    left: the head's `share` on that other, and whether the token is right once the head is `aimed`.
    """
    a, b = sample_exact(np.random.default_rng(0), READ, FORM.p, FORM.q, *BOUNDS["test"])
    some = slice(part * READ // PARTS, (part + 1) * READ // PARTS)
    a, b = a[some], b[some]
    close = least_lead(deepcopy(model).to(torch.bfloat16), a, b) < CLOSE
    failures = [
        {**one, **at_the_head(model, one)} for one in failures_of(model, a[close], b[close])
    ]
    sample = Sample("generator", f"test pairs of 4x4 digits, {some.start} to {some.stop}", READ, 0)
    counts = {"n": len(a), "wrong": len(failures), "in_float32": int(close.sum())}
    return {**counts, "failures": failures, **sample.document()}


def least_lead(model: GPT, a: Integers, b: Integers) -> NDArray[np.float32]:
    """By how much the right token's logit leads every other, where in its text it leads least. (N,)

    Negative where the text is wrong.
    """
    out = [np.empty(0, np.float32)]
    for some in batches(len(a)):
        texts, mask = FORM.render(a[some], b[some])
        logits = logits_of(model, texts[:, :-1]).float().clone()
        right = torch.from_numpy(texts[:, 1:]).long()[..., None]
        own = logits.gather(-1, right)[..., 0]
        lead = own - logits.scatter_(-1, right, -torch.inf).amax(-1)
        out.append(lead.masked_fill(~torch.from_numpy(mask[:, 1:]), torch.inf).amin(-1).numpy())
    return np.concatenate(out)


def failures_of(model: GPT, a: Integers, b: Integers) -> list[dict[str, Any]]:
    """The problems that go wrong, each with its first wrong token and what its digit is made of."""
    out: list[dict[str, Any]] = []
    for rows, guesses in teacher_forced_all(model, FORM, a, b, batch=BATCH):
        right, _ = FORM.render(a[rows], b[rows])
        for i in np.flatnonzero((guesses != right).any(axis=1)).tolist():
            one = int(a[rows][i]), int(b[rows][i])
            out.append(failure(FORM, *one, right[i], guesses[i]))
    return out


def at_the_head(model: GPT, one: dict[str, Any]) -> dict[str, Any]:
    """Of a failure, what the head does there; nothing where it has no such digit to fetch."""
    line, place = one["number"], one["place"]
    if one["kind"] != "partial product" or place is None or place - line not in PLACES:
        return {}
    k, a, b = place - line, np.array([int(one["a"])]), np.array([int(one["b"])])
    _, shares = products(model, a, b, line)
    missed, _ = products(model, a, b, line, [share_out(k, line, 0.0)])
    return {"share": round(float(shares[0, k]), 3), "right_when_aimed": not missed[0, k]}


# ---------------------------------------------------------------- one partial product and its head


def products(
    model: GPT, a: Integers, b: Integers, line: int = 0, edits: Collection[Edit] = ()
) -> tuple[NDArray[np.bool_], NDArray[np.float32]]:
    """Which digits of a partial product are wrong, each after the right tokens before it, (N, 5),
    and the head's weight on the left neighbour of the digit of a that each is made from, (N, K)."""
    field = FORM.partial_products[line]
    missed, shares = list[NDArray[np.bool_]](), list[NDArray[np.float32]]()
    for some in batches(len(a)):
        texts, _ = FORM.render(a[some], b[some])
        trace = run_with_trace(model, texts[:, : field.stop - 1], ["logits", "pattern"], edits)
        begin = query(0, line)
        written = trace["logits"][:, begin:].argmax(-1).numpy()
        missed.append(written != texts[:, begin + 1 : field.stop])
        pattern = trace[f"blocks.{LAYER}.pattern"][:, HEAD].numpy()
        shares.append(np.stack([pattern[:, query(k, line), key(k + 1)] for k in PLACES], axis=1))
    return np.concatenate(missed), np.concatenate(shares)


def batches(n: int) -> Iterator[slice]:
    return (slice(begin, min(begin + BATCH, n)) for begin in range(0, n, BATCH))


def query(place: int, line: int = 0) -> int:
    """The slot before the token that a's digit `place` makes in partial product `line`."""
    return FORM.partial_products[line].start - 1 + line + place


def key(place: int) -> int:
    """The slot of a's digit `place`, units first."""
    return FORM.p - 1 - place


def share_out(place: int, line: int, share: float) -> Edit:
    """The head looks at a's digit `place`, and with `share` of its weight at its left neighbour."""

    def shared(pattern: Tensor) -> Tensor:
        out = torch.zeros_like(pattern)
        out[..., key(place)], out[..., key(place + 1)] = 1 - share, share
        return out

    return Edit("pattern", shared, LAYER, {"head": HEAD, "query": query(place, line)})


# ---------------------------------------------------------------- where the head slips

SLIPS = 0.25
"""Weight on the left neighbour from which on we say that the head slips: of `blended` nothing goes
wrong at a fifth, and a few digits do at a quarter."""


def every_first_product(model: GPT, nine: bool) -> dict[str, Any]:
    """Every a of four digits times one b of the test part, which ends in 9 or in another digit.

    `slipped` and `held`: by place of a (digits, wrong ones) with more and with less than `SLIPS` on
    the neighbour. `by_neighbour`: by place and by neighbour, how many slipped.
    """
    a = np.arange(10 ** (FORM.p - 1), 10**FORM.p)
    seed = 9 if nine else 0
    rng = np.random.default_rng(seed)
    b = drawn_b(rng, a, np.full_like(a, 9) if nine else rng.integers(0, 9, len(a)))
    missed, shares = products(model, a, b)
    over, wrong = shares >= SLIPS, missed[:, : len(PLACES)]
    left = [digit(a, k + 1) for k in PLACES]
    ending = "9" if nine else "another digit"
    sample = Sample("generator", f"every a, one b of test each, ending in {ending}", len(a), seed)
    return {
        "n": len(a),
        "wrong": int(missed.any(axis=1).sum()),
        "failures": list_wrong(a, b, missed),
        "slipped": [counted(over[:, k], wrong[:, k]) for k in PLACES],
        "held": [counted(~over[:, k], wrong[:, k]) for k in PLACES],
        "by_neighbour": [
            [int((over[:, k] & (left[k] == d)).sum()) for d in range(10)] for k in PLACES
        ],
        **sample.document(),
    }


def drawn_b(rng: np.random.Generator, a: Integers, last: Integers) -> Integers:
    """For each a, a b of four digits that ends in its `last`, the pair of the test part. (N,)"""
    b = np.zeros_like(a)
    missing = np.arange(len(a))
    while missing.size:
        b[missing] = 10 * rng.integers(100, 1000, missing.size) + last[missing]
        missing = missing[split_values(a[missing], b[missing]) < TEST_FROM]
    return b


def digit(numbers: Integers, place: int) -> Integers:
    return numbers // 10**place % 10


def counted(of: NDArray[np.bool_], wrong: NDArray[np.bool_]) -> tuple[int, int]:
    """(n, wrong) of a selection."""
    return int(of.sum()), int((of & wrong).sum())


def list_wrong(a: Integers, b: Integers, missed: NDArray[np.bool_]) -> list[tuple[int, int, int]]:
    """The wrong ones: a, b and the place of the first wrong digit."""
    wrong = np.flatnonzero(missed.any(axis=1))
    return [(int(a[i]), int(b[i]), int(missed[i].argmax())) for i in wrong.tolist()]


# ---------------------------------------------------------------- the pockets


class Pocket(NamedTuple):
    """Values of a in words and one by one, and the place at which their product with nine goes
    wrong."""

    words: str
    a: tuple[int, ...]
    place: int
    n: int


POCKETS = {
    "ends_in_26": Pocket("ends in 26", tuple(range(1026, 10_000, 100)), 0, 600),
    "is_7299_or_9299": Pocket("7299 or 9299", (7299, 9299), 1, 100),
    "is_2602": Pocket("2602", (2602,), 2, 100),
}
"""Where the first products went wrong; n problems of each are drawn."""


def of_a_pocket(model: GPT, name: str, line: int) -> dict[str, Any]:
    """Problems of a pocket whose b has its 9 in the line that is counted."""
    pocket = POCKETS[name]
    a, b = drawn(name, line)
    missed, shares = products(model, a, b, line)
    of = f"test pairs, a {pocket.words}, digit {line} of b is 9, each once"
    share = shares[:, pocket.place]
    return {
        "n": len(a),
        "wrong": int(missed.any(axis=1).sum()),
        "at_its_place": int(missed[:, pocket.place].sum()),
        "share": [round(float(x), 3) for x in np.quantile(share, (0, 0.5, 1))],
        "failures": list_wrong(a, b, missed)[:20],
        **Sample("generator", of, len(a), 0).document(),
    }


def drawn(name: str, line: int = 0) -> tuple[Integers, Integers]:
    """Problems of the test part, a of a pocket and digit `line` of b a 9, none twice. (n,) each"""
    pocket, rng = POCKETS[name], np.random.default_rng(0)
    b = np.arange(10 ** (FORM.q - 1), 10**FORM.q)
    b = b[digit(b, line) == 9]
    every_a, every_b = (x.ravel() for x in np.meshgrid(np.array(pocket.a), b, indexing="ij"))
    out: list[int] = []
    for i in rng.permutation(len(every_a)).tolist():
        if (
            len(out) < pocket.n
            and split_values(every_a[i : i + 1], every_b[i : i + 1]) >= TEST_FROM
        ):
            out.append(i)
    return every_a[out], every_b[out]


# ---------------------------------------------------------------- interventions

PREDICTED = {
    "aimed": "none is wrong",
    "repairs": "all with the head, none with any other",
    "breaks": "all with the head, none with any other",
    "another_digit": "the digit is that of the donor's digit and the own carry",
    "another_carry": "the digit is the right one",
}
"""Written down before these counts. Aiming the head had been tried on 52 problems of two pockets,
transplants on the three problems named above."""


def transplants(model: GPT, name: str) -> dict[str, Any]:
    """The failing problems of a pocket, and what of other problems makes them right.

    `aimed`: wrong ones when the head looks at its digit alone. `repairs`: by head, the problems
    that are right with this head's z from the same problem with a 5 for the neighbour; `breaks`:
    those that are wrong with it the other way round. `another_digit`: problems whose digit comes
    out as the donor's digit makes it with the own carry, the donor's digit another, its carry the
    same; `another_carry`: as their own digit makes it, the donor's digit the same, its carry not.
    """
    pocket = POCKETS[name]
    place, unit = pocket.place, 10**pocket.place
    a, b = failing(model, name)
    own, below = digit(a, place), a % unit
    carry = 9 * below // unit  # into the place
    right = (9 * own + carry) % 10
    without_a_two = a + (5 - digit(a, place + 1)) * 10 * unit
    rng = np.random.default_rng(1)
    other = (own + rng.integers(1, 10, len(a))) % 10
    with_other_digit = without_a_two + (other - own) * unit
    repairs, breaks = dict[str, int](), dict[str, int]()
    for layer, head in product(range(model.config.n_layer), range(n_head(model))):
        mended = written_with_z_of(model, without_a_two, a, b, place, layer, head)
        spoiled = written_with_z_of(model, a, without_a_two, b, place, layer, head)
        repairs[f"{layer}.{head}"] = int((mended == right).sum())
        breaks[f"{layer}.{head}"] = int((spoiled != right).sum())
    aimed, _ = products(model, a, b, edits=[share_out(place, 0, 0.0)])
    written = written_with_z_of(model, with_other_digit, a, b, place)
    found: dict[str, Any] = {
        "aimed": int(aimed[:, place].sum()),
        "repairs": repairs,
        "breaks": breaks,
        "another_digit": int((written == (9 * other + carry) % 10).sum()),
    }
    if place > 0:
        lower = rng.integers(0, unit, len(a))
        unlike = 9 * lower // unit != carry
        donors = without_a_two - below + lower
        written = written_with_z_of(model, donors[unlike], a[unlike], b[unlike], place)
        found["another_carry"] = (int((written == right[unlike]).sum()), int(unlike.sum()))
    of = f"failing ones of the pocket {pocket.words!r}, line 0"
    sample = Sample("generator", of, pocket.n, 0)
    return {"n": len(a), **found, "predicted": PREDICTED, **sample.document()}


def failing(model: GPT, name: str) -> tuple[Integers, Integers]:
    """The problems of a pocket whose digit comes out wrong."""
    a, b = drawn(name)
    missed, _ = products(model, a, b)
    wrong = missed[:, POCKETS[name].place]
    return a[wrong], b[wrong]


def n_head(model: GPT) -> int:
    return model.config.heads.n_head


def written_with_z_of(
    model: GPT,
    donors: Integers,
    a: Integers,
    b: Integers,
    place: int,
    layer: int = LAYER,
    head: int = HEAD,
) -> Integers:
    """Digit `place` of the first product of a x b, as it is written when a head's z at its query
    comes from the donor's text, the same b."""
    slot, written = query(place), np.empty_like(a)
    for some in batches(len(a)):
        theirs, _ = FORM.render(donors[some], b[some])
        mine, _ = FORM.render(a[some], b[some])
        z = run_with_trace(model, theirs[:, : slot + 1], ["z"])[f"blocks.{layer}.z"]
        value = z[:, head : head + 1, slot : slot + 1]
        edit = Edit("z", lambda _, value=value: value, layer, {"head": head, "position": slot})
        trace = run_with_trace(model, mine[:, : slot + 1], ["logits"], [edit])
        written[some] = trace["logits"][:, slot].argmax(-1).numpy()
    return written


# ---------------------------------------------------------------- how far it may slip

SHARES = (0.0, 0.1, 0.2, 0.25, 0.3, 0.35, 0.4, 0.5, 0.6, 0.8, 1.0)
BLENDED = 300


def blended(model: GPT, share: float) -> dict[str, Any]:
    """Test problems with b ending in 9, the head's weight shared out by hand: wrong ones by place.

    Of problems that no choice was made among, so a neighbour may be the same digit.
    """
    rng = np.random.default_rng(0)
    a = rng.choice(np.arange(10 ** (FORM.p - 1), 10**FORM.p), BLENDED, replace=False)
    b = drawn_b(rng, a, np.full_like(a, 9))
    wrong = [products(model, a, b, edits=[share_out(k, 0, share)])[0][:, k].sum() for k in PLACES]
    sample = Sample("generator", "test pairs of 4x4 digits, b ends in 9, no a twice", BLENDED, 0)
    return {"n": BLENDED, "wrong": [int(x) for x in wrong], **sample.document()}
