"""Follow a digit home: a logit as a sum, a term of it as a sum again, down to a token of the text.

One idea at every step. What is explained is `direction . x`, with x a vector that the model formed
at one token. Undo the op that made x, and hold what is not linear in it at the value it had on
this text: the rms of a norm, the pattern of a head, the gate of a neuron. Then the same number is
`direction' . x'`, or a sum of such terms:

    op            x                                            x', direction'
    add           a + b + ...                                  a and b and ..., direction
    matmul        W x'; where heads are joined, sum_h W_h z_h  x', W' direction; z_h, W_h' direction
    logits        the same as matmul
    norm          gain x' / rms                                x', direction gain / rms
    activation    f(x') = gate x', gate = f(x') / x'           x', direction gate
    gated         gate (W x'), gate = silu(pre)                x', W' (direction gate)
    weighted_sum  sum_s pattern[s] v[s], s a token             v[s], direction pattern[s]
    split_matmul  W_h x'                                       x', W_h' direction
    lookup        a row of a table                             home

The sums are exact but for rounding. They say what was written, not what would happen without a
part: then the rms, patterns and gates would be others. The paths are those of Elhage and others,
transformer-circuits.pub/2021/framework, with the FFN's gates and the norms held still as well.

Shapes: `T` tokens, `H` heads, `Dk` head_dim, `D` d_model, `F` neurons, `V` vocabulary.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from lab.model.rules import Op
from lab.scene.manifest import Entry
from lab.scene.recompute import Numbers, Reader, root_mean_square


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


def term(
    reader: Reader, name: str, position: int, direction: Numbers, head: int | None = None
) -> Term:
    at = (position,) if head is None else (head, position)
    return Term(name, position, direction, float(direction @ reader.read(name, *at)), head)


def logit(reader: Reader, position: int, token: int) -> Term:
    """Where a way home begins: the logit of vocabulary id `token` behind the token at `position`.

    `ValueError` for an id or a position that is not there.
    """
    (entry,) = (e for e in reader.manifest["tensors"] if e["op"] == "logits")
    length, size = entry["shape"]
    if not (0 <= position < length and 0 <= token < size):
        raise ValueError(f"no logit [{position}, {token}] among {length} tokens times {size} ids")
    return term(reader, entry["name"], position, np.eye(size)[token])


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
    return [inner for one in terms for inner in written(reader, one)]


def written(reader: Reader, one: Term) -> list[Term]:
    """What a term of the stream is made of: sums are opened, attention is cut into its heads."""
    entry = reader.entry(one.name)
    if entry["op"] == "add":
        return [inner for outer in before(reader, one) for inner in written(reader, outer)]
    return before(reader, one) if joins_heads(reader, entry) else [one]


def neurons(reader: Reader, ffn: Term) -> list[Term]:
    """An FFN as a sum over its neurons, direction_j x_j; empty for what is no FFN."""
    if reader.entry(ffn.name)["op"] != "matmul" or joins_heads(reader, reader.entry(ffn.name)):
        return []
    (post,) = before(reader, ffn)
    x = reader.read(post.name, post.position)  # (F,)
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


# ---------------------------------------------------------------- an op undone


def before(reader: Reader, whole: Term) -> list[Term]:
    """The same number one op earlier; empty for what is home."""
    entry = reader.entry(whole.name)
    return [] if is_home(reader, whole) else UNDO[entry["op"]](reader, entry, whole)


def is_home(reader: Reader, one: Term) -> bool:
    """Whether a term is a row of a table, or made by an op that cannot be undone."""
    return reader.entry(one.name)["op"] not in UNDO


def joins_heads(reader: Reader, entry: Entry) -> bool:
    return entry["op"] == "matmul" and reader.entry(entry["inputs"][0])["axes"][0] == "head"


def undo_add(reader: Reader, entry: Entry, whole: Term) -> list[Term]:
    return [term(reader, name, whole.position, whole.direction) for name in entry["inputs"]]


def undo_matmul(reader: Reader, entry: Entry, whole: Term) -> list[Term]:
    x, w = entry["inputs"]
    direction = whole.direction @ reader.read(w)
    if not joins_heads(reader, entry):
        return [term(reader, x, whole.position, direction)]
    heads = direction.reshape(reader.entry(x)["shape"][0], -1)  # (H, Dk)
    return [term(reader, x, whole.position, own, head) for head, own in enumerate(heads)]


def undo_norm(reader: Reader, entry: Entry, whole: Term) -> list[Term]:
    x, gain = entry["inputs"]
    rms = root_mean_square(reader, reader.read(x, whole.position))
    return [term(reader, x, whole.position, whole.direction * reader.read(gain) / rms)]


def undo_activation(reader: Reader, entry: Entry, whole: Term) -> list[Term]:
    (name,) = entry["inputs"]
    post, pre = (reader.read(n, whole.position) for n in (entry["name"], name))  # (F,)
    gate = np.divide(post, pre, out=np.zeros_like(pre), where=pre != 0)
    return [term(reader, name, whole.position, whole.direction * gate)]


def undo_gated(reader: Reader, entry: Entry, whole: Term) -> list[Term]:
    pre_name, x, w = entry["inputs"]
    pre = reader.read(pre_name, whole.position)  # (F,)
    gate = pre * np.exp(-np.logaddexp(0, -pre))
    return [term(reader, x, whole.position, (whole.direction * gate) @ reader.read(w))]


def undo_weighted_sum(reader: Reader, entry: Entry, whole: Term) -> list[Term]:
    (pattern, v), head = entry["inputs"], whole.head
    assert head is not None
    shares = reader.read(pattern, head, whole.position)[: whole.position + 1]
    return [term(reader, v, s, whole.direction * share, head) for s, share in enumerate(shares)]


def undo_split_matmul(reader: Reader, entry: Entry, whole: Term) -> list[Term]:
    (x, w), head = entry["inputs"], whole.head
    assert head is not None
    size = len(whole.direction)
    rows = reader.read(w, slice(head * size, (head + 1) * size))  # (Dk, D)
    return [term(reader, x, whole.position, whole.direction @ rows)]


UNDO: dict[Op | None, Callable[[Reader, Entry, Term], list[Term]]] = {
    "add": undo_add,
    "matmul": undo_matmul,
    "logits": undo_matmul,
    "norm": undo_norm,
    "activation": undo_activation,
    "gated": undo_gated,
    "weighted_sum": undo_weighted_sum,
    "split_matmul": undo_split_matmul,
}
