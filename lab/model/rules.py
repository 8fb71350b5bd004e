"""How each activation comes from others: what a part says of the things that it emits.

A rule stands for a tensor. Eight operations are enough, since they nest: an operand is the name of
an activation or a parameter, the name of a table that the positions give, or a rule again.

Shapes: `T` tokens, `S` keys, `H` heads, `Dk` head_dim.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, Literal

from lab.fields import require_word

Function = Literal["relu2", "gelu", "silu", "sigmoid", "reciprocal", "multiply"]


@dataclass(frozen=True)
class Rule:
    """One of the operations below, on its operands.

    An operand is a name, a rule, or in `Choose` None: minus infinity. A name is of the same layer,
    or else of the whole model; `before.x` is x of the layer before, `last.x` that of the last, and
    `blocks.2.x` that of layer 2.
    """

    of: tuple[Operand, ...]


Operand = str | Rule | None


@dataclass(frozen=True)
class Lookup(Rule):
    """out[t, d] = table[rows[t], d]; `rows` is the name of a table of whole numbers."""

    rows: str


@dataclass(frozen=True)
class Sum(Rule):
    """a + b + ..., of one shape; of one operand, that very tensor."""


@dataclass(frozen=True)
class Map(Rule):
    """fn(a, ...) number by number.

    relu2 is max(a, 0)^2, gelu a (1 + erf(a / sqrt(2))) / 2, silu a / (1 + e^-a), sigmoid
    1 / (1 + e^-a), reciprocal 1 / a, multiply a b ...
    """

    fn: Function

    def __post_init__(self) -> None:
        require_word("Map.fn", self.fn, Function)


@dataclass(frozen=True)
class Norm(Rule):
    """out[..., d] = x[..., d] / sqrt(mean_j x[..., j]^2 + eps) gain[d], of x and gain."""

    eps: float


@dataclass(frozen=True)
class Contract(Rule):
    """scale times the sum of the products of its operands, over what is not in the result.

    `index` says which number of each operand meets which, in the manner of einsum: in
    `h t i, h//2 s i -> h t s` query head h meets key head floor(h / 2), and i is summed over. Axis
    expressions are written without blanks from names, whole numbers, `+ - * // % ( )`, and reads of
    whole numbers as in `expert[t,k]`. A name is as long as the axis on which it stands alone, of an
    operand or of a table that is read; if it stands alone nowhere, `sizes` says how long it is.
    All is alike along an axis whose name is in the result alone. Places must be inside what they
    are places of.
    """

    index: str
    scale: float = 1.0
    # Left out of the hash, since a dict has none; rules that differ in it alone are still unequal.
    sizes: Mapping[str, int] = field(default_factory=dict[str, int], hash=False)


@dataclass(frozen=True)
class Softmax(Rule):
    """e^x[..., s] / sum_j e^x[..., j]"""


@dataclass(frozen=True)
class Choose(Rule):
    """out[p] = of[by][p]: `by` tells from the place p, its axes named in `index`, which operand.

    It is an expression as in `Contract`, which counts the operands from 0, also with comparisons,
    of which a true one is 1:
    `Choose((None, x), "h t s", "s <= t")` is x where a key is no later than its query, and minus
    infinity elsewhere.
    """

    index: str
    by: str


@dataclass(frozen=True)
class Largest(Rule):
    """out[..., k] is the place, from 0, at which the k-th largest of x[..., :] stands, k < n."""

    n: int = 1


Rules = Mapping[str, Rule | None]
"""Of each activation that a part emits its rule; None where no operation says it."""

OPERATIONS: dict[str, type[Rule]] = {
    cls.__name__.lower(): cls
    for cls in (Lookup, Sum, Map, Norm, Contract, Softmax, Choose, Largest)
}


def names_in(rule: Rule) -> Iterator[str]:
    """Every name among the operands, from the first to the last."""
    for operand in rule.of:
        if isinstance(operand, Rule):
            yield from names_in(operand)
        elif operand is not None:
            yield operand


def with_names(rule: Rule, names: Mapping[str, str]) -> Rule:
    """The same of other operands: those called by a key of `names` are called by its value."""

    def operand(x: Operand) -> Operand:
        return with_names(x, names) if isinstance(x, Rule) else names.get(x or "", x)

    return replace(rule, of=tuple(operand(x) for x in rule.of))


def to_document(rule: Rule) -> dict[str, Any]:
    """A rule as plain JSON; `from_document` undoes it. What has its default is left out."""
    document: dict[str, Any] = {"op": type(rule).__name__.lower()}
    document["of"] = [to_document(x) if isinstance(x, Rule) else x for x in rule.of]
    for own in fields(rule)[1:]:
        value = getattr(rule, own.name)
        if value not in (1.0, {}):
            document[own.name] = value
    return document


def from_document(document: Mapping[str, Any]) -> Rule:
    """`KeyError` for an operation that is none of these."""
    given = dict(document)
    operation, operands = OPERATIONS[given.pop("op")], given.pop("of")
    of = tuple(from_document(x) if isinstance(x, Mapping) else x for x in operands)
    return operation(of=of, **given)
