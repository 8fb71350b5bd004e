"""Follow a digit home: a logit as a sum, a term of it as a sum again, down to a token of the text.

One idea at every step. What is explained is `direction . x`, with x a vector that the model formed
at one token. Undo the rule that made x, and hold what is not linear in it at the value it had on
this text: the rms of a norm, the pattern of a head, the gate of a neuron. Then the same number is
`direction' . x'`, or a sum of such terms; each file of `lab.scene.ops` has the equation of its own.

The sums are exact but for rounding. They say what was written, not what would happen without a
part: then the rms, patterns and gates would be others. The paths are those of Elhage and others,
transformer-circuits.pub/2021/framework, with the FFN's gates and the norms held still as well.

Shapes: `D` d_model, `F` neurons.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from lab.model.rules import Operand, Rule
from lab.scene.operands import Numbers, Projection
from lab.scene.ops.table import OPS
from lab.scene.recompute import Reader


@dataclass(frozen=True)
class Term:
    """A term of a sum: `value` = `direction` . x, with x what `name` is at one token.

    `head` is set where a tensor has heads, and `neuron` where only one coordinate of x counts.
    """

    name: str
    position: int
    direction: Numbers
    value: float
    head: int | None = None
    neuron: int | None = None


def term(reader: Reader, name: str, at: tuple[int, ...], direction: Numbers) -> Term:
    """direction . x, with x what a tensor is at a place of all its axes but the last."""
    axes = dict(zip(reader.entry(name)["axes"], at, strict=False))
    value = float(direction @ reader.read(name, *at))
    return Term(name, axes["position"], direction, value, axes.get("head"))


def place(reader: Reader, one: Term) -> tuple[int, ...]:
    """The place of a term along all axes of its tensor but the last."""
    stands = {"position": one.position, "head": one.head}
    found = [stands[axis] for axis in reader.entry(one.name)["axes"][:-1]]
    return tuple(i for i in found if i is not None)


def logit(reader: Reader, position: int, token: int) -> Term:
    """Where a way home begins: the logit of vocabulary id `token` behind the token at `position`.

    `ValueError` for an id or a position that is not there.
    """
    length, size = reader.entry("logits")["shape"]
    if not (0 <= position < length and 0 <= token < size):
        raise ValueError(f"no logit [{position}, {token}] among {length} tokens times {size} ids")
    return term(reader, "logits", (position,), np.eye(size)[token])


# ---------------------------------------------------------------- the sums


def unfold(reader: Reader, whole: Term) -> list[Term]:
    """The next sum on the way home, in the order of the network; empty once home.

    A logit, the value that a head took from a token, an FFN and a neuron are sums over all that was
    written to the stream before them: tables' rows, heads, FFNs. A head is a sum over the tokens
    that it read. What has one term only is undone further.
    """
    terms = before(reader, whole)
    if len(terms) == 1 and not is_home(reader, terms[0]):
        return unfold(reader, terms[0])
    return [inner for one in terms for inner in expand_term(reader, one)]


def expand_term(reader: Reader, one: Term) -> list[Term]:
    """What a term of the stream is made of: the stream is opened, attention is cut into heads."""
    parts = before(reader, one)
    if reader.entry(one.name)["stream"]:
        return [inner for outer in parts for inner in expand_term(reader, outer)]
    return parts if len(parts) > 1 else [one]


def neurons(reader: Reader, ffn: Term) -> list[Term]:
    """An FFN as a sum over its neurons, direction_j x_j; empty for what is no FFN."""
    parts = before(reader, ffn)
    if len(parts) != 1 or reader.entry(parts[0].name)["axes"][-1] != "d_ff":
        return []
    (post,) = parts
    x = reader.read(post.name, *place(reader, post))  # (F,)
    return [
        replace(post, neuron=j, direction=alone(post.direction, j), value=float(value))
        for j, value in enumerate(post.direction * x)
    ]


def alone(direction: Numbers, j: int) -> Numbers:
    """A direction that sees one coordinate only."""
    out = np.zeros_like(direction)
    out[j] = direction[j]
    return out


def largest(whole: Term, terms: Sequence[Term]) -> Term:
    """The term with the largest share of the whole. The shares add up to 1, so it is above 0."""
    return max(terms, key=lambda one: one.value if whole.value >= 0 else -one.value)


def way_home(reader: Reader, whole: Term) -> list[Term]:
    """From `whole` down, always the largest term, to a row of a table."""
    way = [whole]
    while terms := unfold(reader, way[-1]):
        way.append(largest(way[-1], terms))
    return way


# ---------------------------------------------------------------- a rule undone


def before(reader: Reader, whole: Term) -> list[Term]:
    """The same number one rule earlier; empty for what is home."""
    if is_home(reader, whole):
        return []
    rule, part = (
        reader.rule(whole.name),
        Projection(whole.name, place(reader, whole), whole.direction),
    )
    terms = [term(reader, *found) for found in undone(reader, rule, part)]
    return [one for one in terms if one.position <= whole.position]  # later ones are masked


def undone(
    reader: Reader, rule: Rule | None, part: Projection
) -> Iterator[tuple[str, tuple[int, ...], Numbers]]:
    """A rule undone down to the tensors that it reads."""
    for inner in OPS[type(rule)].undo(reader, rule, part) if rule else []:
        if isinstance(inner.operand, str):
            yield inner.operand, inner.at, inner.direction
        elif inner.operand is not None:
            yield from undone(reader, inner.operand, inner)


def is_home(reader: Reader, one: Term) -> bool:
    """Whether a term is a row of a table, or made by a rule that cannot be undone."""
    rule = reader.rule(one.name)
    return rule is None or not can_be_undone(reader, rule)


def can_be_undone(reader: Reader, operand: Operand) -> bool:
    """Whether all that a rule leads to is a tensor, or can be undone itself."""
    if not isinstance(operand, Rule):
        return True
    followed = OPS[type(operand)].followed(reader, operand)
    return bool(followed) and all(can_be_undone(reader, inner) for inner in followed)
