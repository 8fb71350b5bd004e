"""What a run trains on: a source of texts, which also says what it shows and what it holds out.

Each source is a frozen dataclass and has: `format`, what its texts look like; `fraction`, the u
from which on no pair is ever shown; `tokens_per_row`; `draw(rng, n)`, fresh rows and their loss
masks; `trained_on()`, the pairs that it shows; `problems(split, most)`, what a run on it is
evaluated on. A draw makes the same calls of the generator in the same order, so that a run can be
trained again.

Shapes: `N` rows of a batch, `L` tokens of a row.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, fields
from functools import lru_cache
from reprlib import repr as shown
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from lab.data.difficulty import MEASURES, Measure
from lab.data.packing import pack, texts_in
from lab.data.problems import (
    BOUNDS,
    HELDOUT_FROM,
    Format,
    Integers,
    SplitName,
    all_pairs,
    count_digits,
    pairs_of,
    read_operands,
    require_fraction,
    sample_exact,
    sample_listed,
    sample_pairs,
    sample_shapes,
    split_value,
    split_values,
)
from lab.data.vocabulary import PADDING, VOCABULARY, Tokens, encode
from lab.fields import build, object_of, require_number, require_whole, require_word

PairList = tuple[tuple[int, int], ...]
Drawn = tuple[Tokens, NDArray[np.bool_]]
"""Texts and their loss masks, (N, L) each."""

Problems = list[tuple[Format, Integers, Integers]]
"""Problems a, b, (N,) each, by the format of their text."""


# ---------------------------------------------------------------- texts of one length


@dataclass(frozen=True)
class Pairs:
    """Every pair with u < `fraction`, written in one format. Raises `ValueError` from 0.30 on."""

    format: Format = field(default_factory=Format)
    fraction: float = HELDOUT_FROM

    def __post_init__(self) -> None:
        require_format(self.format)
        require_fraction(self.fraction)

    @property
    def tokens_per_row(self) -> int:
        return self.format.length

    def draw(self, rng: np.random.Generator, n: int) -> Drawn:
        """`n` texts, every ordered pair as likely."""
        form = self.format
        return form.render(*sample_pairs(rng, n, form.p, form.q, 0.0, self.fraction))

    def trained_on(self) -> NDArray[np.bool_]:
        """True for the pairs [a, b] that it shows, (10^p, 10^q); at most 2 x 2 digits are told."""
        p, q = self.format.p, self.format.q
        return (split_values(*all_pairs(p, q)) < self.fraction).reshape(10**p, 10**q)

    def problems(self, split: SplitName, most: int) -> Problems:
        """Problems of a split; of "train" those it shows. All, or drawn as `some_of` draws."""
        if split != "train":
            return [held_out(self.format, split, most)]
        if can_be_listed(self.format):
            a, b = np.nonzero(self.trained_on())
            return [(self.format, *some_of(a, b, most))]
        return [drawn_between(self.format, 0.0, self.fraction, most)]


@dataclass(frozen=True)
class ListedPairs:
    """These unordered pairs alone, either way round, all of them with u < `fraction`."""

    format: Format
    pairs: PairList
    fraction: float = HELDOUT_FROM

    def __post_init__(self) -> None:
        require_format(self.format)
        require_fraction(self.fraction)
        require_pairs("pairs", self.pairs)
        form = self.format
        if form.p != form.q:
            raise ValueError(f"pairs are written both ways round; p={form.p} and q={form.q} differ")
        for pair in self.pairs:
            if max(pair) >= 10**form.p:
                raise ValueError(f"pairs holds {pair}; the format has {form.p} digits")
            if split_value(*pair) >= self.fraction:
                raise ValueError(
                    f"pairs holds {pair}, whose u={split_value(*pair):.3f} is not below "
                    f"fraction={self.fraction}: it is held out"
                )

    @property
    def tokens_per_row(self) -> int:
        return self.format.length

    def draw(self, rng: np.random.Generator, n: int) -> Drawn:
        """`n` texts, every listed pair as likely, and either way round."""
        return self.format.render(*sample_listed(rng, n, self.pairs))

    def trained_on(self) -> NDArray[np.bool_]:
        """True for the pairs [a, b] that it shows, (10^p, 10^q); at most 2 x 2 digits are told."""
        shown_pairs = no_pairs(self.format)
        shown_pairs[self.both_ways()] = True
        return shown_pairs

    def both_ways(self) -> tuple[Integers, Integers]:
        """The ordered pairs, a major, none twice. (N,) each."""
        ordered = {pair for a, b in self.pairs for pair in ((a, b), (b, a))}
        a, b = np.array(sorted(ordered), dtype=np.int64).T
        return a, b

    def problems(self, split: SplitName, most: int) -> Problems:
        """Problems of a split; of "train" the listed ones. All, or drawn as `some_of` draws."""
        if split != "train":
            return [held_out(self.format, split, most)]
        return [(self.format, *some_of(*self.both_ways(), most))]


@dataclass(frozen=True)
class WholeTable:
    """All 100 one-digit products, held-out ones included: the one exception to the split.

    Such a run learns them by heart, so no score of it says anything of pairs it has not seen.
    """

    format: Format = field(default_factory=lambda: Format("plain", p=1, q=1))

    def __post_init__(self) -> None:
        require_format(self.format)
        if (self.format.p, self.format.q) != (1, 1):
            raise ValueError(
                f"only the one-digit products may be shown as a whole: p={self.format.p} and "
                f"q={self.format.q} must be 1"
            )

    @property
    def fraction(self) -> float:
        return 1.0

    @property
    def tokens_per_row(self) -> int:
        return self.format.length

    def draw(self, rng: np.random.Generator, n: int) -> Drawn:
        """`n` texts, every product as likely."""
        return self.format.render(*sample_pairs(rng, n, 1, 1))

    def trained_on(self) -> NDArray[np.bool_]:
        """True for all of them, (10, 10)."""
        return np.ones((10, 10), dtype=bool)

    def problems(self, split: SplitName, most: int) -> Problems:
        """All products, or some; none of any other split than "train"."""
        return [(self.format, *some_of(*all_pairs(1, 1), most))] if split == "train" else []


# ---------------------------------------------------------------- texts of several lengths


@dataclass(frozen=True)
class Shapes:
    """Pairs with u < `fraction` that have (p, q) digits.

    Each of `shapes` is as likely as it is often listed. `format` has room for the longest. A
    shorter text is filled up with `_`; in a padded format its numbers get leading zeros.
    """

    format: Format
    shapes: PairList
    fraction: float = HELDOUT_FROM

    def __post_init__(self) -> None:
        require_format(self.format)
        require_fraction(self.fraction)
        require_pairs("shapes", self.shapes)
        form = self.format
        for p, q in self.shapes:
            if not (1 <= p <= form.p and 1 <= q <= form.q):
                raise ValueError(f"shapes holds {(p, q)}; the format allows up to {form.p, form.q}")

    @property
    def tokens_per_row(self) -> int:
        return self.format.length

    def draw(self, rng: np.random.Generator, n: int) -> Drawn:
        """`n` texts: first the shape of each, then its pair."""
        return self.format.render(*sample_shapes(rng, n, self.shapes, 0.0, self.fraction))

    def trained_on(self) -> NDArray[np.bool_]:
        """True for the pairs [a, b] that it shows, (10^p, 10^q); at most 2 x 2 digits are told."""
        a, b = all_pairs(self.format.p, self.format.q)
        digits_a, digits_b = count_digits(a), count_digits(b)
        shape = np.any([(digits_a == p) & (digits_b == q) for p, q in set(self.shapes)], axis=0)
        shown_pairs = no_pairs(self.format)
        shown_pairs[a, b] = shape & (split_values(a, b) < self.fraction)
        return shown_pairs

    def problems(self, split: SplitName, most: int) -> Problems:
        """As many of each shape, `most` in all, drawn by a seed."""
        shapes, form = sorted(set(self.shapes)), self.format
        low, high = (0.0, self.fraction) if split == "train" else BOUNDS[split]
        rng, n = np.random.default_rng(0), most // len(shapes)
        if form.padded:
            return [(form, *sample_shapes(rng, n * len(shapes), tuple(shapes), low, high))]
        return [
            (Format(form.style, p, q), *sample_exact(rng, n, p, q, low, high)) for p, q in shapes
        ]


class Derived:
    """A source made of another, `of`: what it does not say itself, that one says."""

    of: Any

    @property
    def format(self) -> Format:
        return self.of.format

    @property
    def fraction(self) -> float:
        return self.of.fraction

    @property
    def tokens_per_row(self) -> int:
        return self.of.tokens_per_row

    def trained_on(self) -> NDArray[np.bool_]:
        """True for the pairs [a, b] that `of` may show; at most 2 x 2 digits are told."""
        return self.of.trained_on()

    def problems(self, split: SplitName, most: int) -> Problems:
        """Those of `of`."""
        return self.of.problems(split, most)


@dataclass(frozen=True)
class Picked(Derived):
    """Of every `among` random pairs of one shape the one with the most of `by`, the first of such.

    So hard problems come more often, and every problem still may come. `by` is one of `MEASURES`.
    It is evaluated on what `of` is evaluated on.
    """

    of: Shapes
    by: Measure
    among: int = 8

    def __post_init__(self) -> None:
        if not isinstance(cast(object, self.of), Shapes):
            raise ValueError(f"of={shown(self.of)} must be Shapes")
        require_word("Picked.by", self.by, Measure)
        require_whole("Picked.among", self.among, least=2, most=1000)

    def draw(self, rng: np.random.Generator, n: int) -> Drawn:
        """`n` texts: first the shape of each, then its candidates, then the one that is taken."""
        shapes = self.of.shapes
        chosen = rng.integers(0, len(shapes), n)
        a, b = np.empty(n, dtype=np.int64), np.empty(n, dtype=np.int64)
        for index, shape in enumerate(shapes):
            rows = np.flatnonzero(chosen == index)
            drawn = sample_exact(rng, len(rows) * self.among, *shape, 0.0, self.fraction)
            each_a, each_b = (side.reshape(-1, self.among) for side in drawn)
            amount = MEASURES[self.by](*drawn).reshape(-1, self.among)
            taken = amount.argmax(axis=1)[:, None]
            a[rows] = np.take_along_axis(each_a, taken, axis=1)[:, 0]
            b[rows] = np.take_along_axis(each_b, taken, axis=1)[:, 0]
        return self.format.render(a, b)


@dataclass(frozen=True)
class WrittenTexts:
    """These very texts, right or wrong: what something has written, and nobody has corrected.

    A shorter text is filled up with `_`. `ValueError` for a text whose operands are held out, or
    which is longer than `format` allows.
    """

    format: Format
    texts: tuple[str, ...]
    fraction: float = HELDOUT_FROM

    def __post_init__(self) -> None:
        require_format(self.format)
        require_fraction(self.fraction)
        listed = cast(object, self.texts)
        if not isinstance(listed, tuple) or not listed or not all(map(is_text, self.texts)):
            raise ValueError(f"texts={shown(listed)} must be texts")
        for text in self.texts:
            a, b = read_operands(text, self.format)
            if len(text) > self.format.length:
                raise ValueError(f"{text!r} is longer than {self.format.length} tokens")
            if split_value(a, b) >= self.fraction:
                raise ValueError(f"{text!r} is held out: u is not below {self.fraction}")

    @property
    def tokens_per_row(self) -> int:
        return self.format.length

    def draw(self, rng: np.random.Generator, n: int) -> Drawn:
        """`n` texts, every one as likely. All behind the first `=` counts in the loss."""
        tokens, mask = encoded(self)
        rows = rng.integers(0, len(tokens), n)
        return tokens[rows], mask[rows]

    def trained_on(self) -> NDArray[np.bool_]:
        """True for the pairs [a, b] that it shows, (10^p, 10^q); at most 2 x 2 digits are told."""
        shown_pairs = no_pairs(self.format)
        for text in self.texts:
            shown_pairs[read_operands(text, self.format)] = True
        return shown_pairs

    def problems(self, split: SplitName, most: int) -> Problems:
        """None: it says what was written, not what is right."""
        return []


@lru_cache(maxsize=16)
def encoded(written: WrittenTexts) -> Drawn:
    """The texts of a source and their masks, (N, L) each."""
    tokens = np.full((len(written.texts), written.tokens_per_row), PADDING, dtype=np.uint8)
    mask = np.zeros(tokens.shape, dtype=bool)
    for row, text in enumerate(written.texts):
        tokens[row, : len(text)] = encode(text)
        mask[row, text.index("=") + 1 : len(text)] = True
    return tokens, mask


def is_text(value: object) -> bool:
    return type(value) is str


@dataclass(frozen=True)
class PackedStream(Derived):
    """Another source, problem after problem; a row is `length` tokens, cut at random."""

    of: Pairs | ListedPairs
    length: int

    def __post_init__(self) -> None:
        if not isinstance(self.of, Pairs | ListedPairs):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise ValueError(f"of={shown(self.of)} must be Pairs or ListedPairs")
        require_whole("PackedStream.length", self.length)
        if not self.format.padded or self.length <= self.format.length:
            raise ValueError(
                f"a stream of length={self.length} needs a padded format and more than its "
                f"{self.format.length} tokens (padded={self.format.padded})"
            )

    @property
    def tokens_per_row(self) -> int:
        return self.length

    def draw(self, rng: np.random.Generator, n: int) -> Drawn:
        """`n` streams. A problem whose beginning was cut off bears no loss."""
        texts = self.of.draw(rng, n * texts_in(self.length, self.format))
        tokens, mask, _ = pack(*texts, n, self.length, rng)
        return tokens, mask


@dataclass(frozen=True)
class Marked(Derived):
    """Another source with one token before every text, which is given and not predicted.

    A run on it is evaluated by what trained it: a format has no room for the mark.
    """

    of: Pairs | ListedPairs
    mark: str

    def __post_init__(self) -> None:
        if not isinstance(self.of, Pairs | ListedPairs):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise ValueError(f"of={shown(self.of)} must be Pairs or ListedPairs")
        if not is_text(self.mark) or len(self.mark) != 1 or self.mark not in VOCABULARY:
            raise ValueError(f"mark={shown(self.mark)} must be one of the tokens {VOCABULARY}")

    @property
    def tokens_per_row(self) -> int:
        return self.of.tokens_per_row + 1

    def draw(self, rng: np.random.Generator, n: int) -> Drawn:
        """`n` texts of the other source behind the mark."""
        tokens, mask = self.of.draw(rng, n)
        return behind(self.mark, tokens), np.pad(mask, ((0, 0), (1, 0)))

    def problems(self, split: SplitName, most: int) -> Problems:
        """None, since no format says where the mark stands."""
        return []


def behind(mark: str, tokens: Tokens) -> Tokens:
    """Texts (N, L) with the token `mark` before each, (N, L + 1); without a mark, as they are."""
    before = np.broadcast_to(encode(mark), (len(tokens), len(mark)))
    return np.concatenate([before, tokens], axis=1)


Member = Pairs | ListedPairs | Shapes | Picked | WrittenTexts | PackedStream | Marked


@dataclass(frozen=True)
class Mix:
    """Several sources, (source, weight) each: a row comes from one with chance weight / sum.

    A row that is shorter than the longest is filled up with `_`, which bears no loss. What such a
    run is taken to write, its `format`, is that of the first source.
    """

    sources: tuple[tuple[Member, float], ...]

    def __post_init__(self) -> None:
        listed = cast(object, self.sources)
        if not isinstance(listed, tuple) or not listed or not all(map(is_weighted, self.sources)):
            raise ValueError(
                f"sources={shown(listed)} must be (source, weight) pairs, each source one of "
                f"{', '.join(cls.__name__ for cls in MEMBERS)}"
            )
        for _, weight in self.sources:
            require_number("the weight of a source", weight, above=0, most=1e6)

    @property
    def members(self) -> tuple[Member, ...]:
        return tuple(source for source, _ in self.sources)

    @property
    def format(self) -> Format:
        return self.members[0].format

    @property
    def fraction(self) -> float:
        return max(source.fraction for source in self.members)

    @property
    def tokens_per_row(self) -> int:
        return max(source.tokens_per_row for source in self.members)

    def draw(self, rng: np.random.Generator, n: int) -> Drawn:
        """`n` rows: first the source of each, then source by source its texts."""
        weights = np.array([weight for _, weight in self.sources])
        chosen = rng.choice(len(weights), n, p=weights / weights.sum())
        tokens = np.full((n, self.tokens_per_row), PADDING, dtype=np.uint8)
        mask = np.zeros(tokens.shape, dtype=bool)
        for number, source in enumerate(self.members):
            rows = np.flatnonzero(chosen == number)
            if len(rows):
                width = source.tokens_per_row
                tokens[rows, :width], mask[rows, :width] = source.draw(rng, len(rows))
        return tokens, mask

    def trained_on(self) -> NDArray[np.bool_]:
        """True for the pairs [a, b] that any source shows; at most 2 x 2 digits are told."""
        return either(source.trained_on() for source in self.members)

    def problems(self, split: SplitName, most: int) -> Problems:
        """Of "train" an equal share from each source. Of what is held out as much of each format,
        as the first source with it gives them."""
        if split == "train":
            share = most // len(self.members)
            return [row for source in self.members for row in source.problems(split, share)]
        asked: dict[Format, tuple[Integers, Integers]] = {}
        for source in self.members:
            for form, a, b in source.problems(split, most):
                asked.setdefault(form, (a, b))
        return [(form, *some_of(*pairs, most // len(asked))) for form, pairs in asked.items()]


@dataclass(frozen=True)
class Pool(Derived):
    """`n` different texts of another source, drawn once by `seed`: these alone, again and again.

    A run on it is evaluated on problems of `of`, also such as the pool does not hold.
    """

    of: Member | Mix
    n: int
    seed: int = 0

    def __post_init__(self) -> None:
        if not isinstance(cast(object, self.of), Member | Mix):
            raise ValueError(f"of={shown(self.of)} is not a source that a pool can be drawn of")
        require_whole("Pool.n", self.n, most=MOST_POOLED)
        require_whole("Pool.seed", self.seed, least=0)

    def draw(self, rng: np.random.Generator, n: int) -> Drawn:
        """`n` texts, every one of the pool as likely."""
        tokens, mask = pooled(self)
        rows = rng.integers(0, self.n, n)
        return tokens[rows], mask[rows]


@lru_cache(maxsize=8)
def pooled(pool: Pool) -> Drawn:
    """The texts of a pool and their masks, (n, L) each. `ValueError` if there are not so many."""
    rng = np.random.default_rng(pool.seed)
    tokens, mask = pool.of.draw(rng, pool.n)
    for _ in range(POOL_DRAWS):
        _, first = np.unique(tokens, axis=0, return_index=True)
        # np.unique sorts the texts; these are in the order in which they were drawn.
        first.sort()
        if len(first) >= pool.n:
            return tokens[first[: pool.n]], mask[first[: pool.n]]
        more = pool.of.draw(rng, pool.n)
        tokens, mask = (
            np.concatenate([tokens[first], more[0]]),
            np.concatenate([mask[first], more[1]]),
        )
    raise ValueError(f"n={pool.n} different texts were not found in {shown(pool.of)}")


Source = (
    Pairs
    | ListedPairs
    | WholeTable
    | Shapes
    | Picked
    | WrittenTexts
    | PackedStream
    | Marked
    | Mix
    | Pool
)

MOST_POOLED, POOL_DRAWS = 1_000_000, 50

MEMBERS: tuple[type[Member], ...] = (
    Pairs,
    ListedPairs,
    Shapes,
    Picked,
    WrittenTexts,
    PackedStream,
    Marked,
)
KINDS: dict[str, type[Source]] = {
    "pairs": Pairs,
    "listed_pairs": ListedPairs,
    "whole_table": WholeTable,
    "shapes": Shapes,
    "picked": Picked,
    "written": WrittenTexts,
    "packed_stream": PackedStream,
    "marked": Marked,
    "mix": Mix,
    "pool": Pool,
}


# ---------------------------------------------------------------- which problems


def can_be_listed(form: Format) -> bool:
    return form.p + form.q <= 4


def no_pairs(form: Format) -> NDArray[np.bool_]:
    """A table of pairs [a, b], all False, (10^p, 10^q). `ValueError` past 2 x 2 digits."""
    if not can_be_listed(form):
        raise ValueError(f"pairs of p={form.p} and q={form.q} digits; at most 2x2 are listed")
    return np.zeros((10**form.p, 10**form.q), dtype=bool)


def some_of(a: Integers, b: Integers, most: int) -> tuple[Integers, Integers]:
    """All of the problems, or some drawn by a seed: `most`, and fewer than twice as many."""
    n = len(a) // max(1, len(a) // most)
    # By a permutation, never every k-th: the list has an order, and a stride would follow it.
    drawn = np.sort(np.random.default_rng(0).permutation(len(a))[:n])
    return a[drawn], b[drawn]


def held_out(form: Format, split: SplitName, most: int) -> tuple[Format, Integers, Integers]:
    if can_be_listed(form):
        return form, *some_of(*pairs_of(split, form.p, form.q), most)
    return drawn_between(form, *BOUNDS[split], most)


def drawn_between(
    form: Format, low: float, high: float, n: int
) -> tuple[Format, Integers, Integers]:
    """`n` problems with low <= u < high, too many to be listed, drawn by a seed."""
    return form, *sample_pairs(np.random.default_rng(0), n, form.p, form.q, low, high)


def either(tables: Iterable[NDArray[np.bool_]]) -> NDArray[np.bool_]:
    """True for the pairs [a, b] of any table; each lies in the corner of the largest."""
    each = list(tables)
    out = np.zeros(np.max([table.shape for table in each], axis=0), dtype=bool)
    for table in each:
        out[: table.shape[0], : table.shape[1]] |= table
    return out


# ---------------------------------------------------------------- what a field may hold


def require_format(value: object) -> None:
    if not isinstance(value, Format):
        raise ValueError(f"format={shown(value)} must be a Format")


def require_pairs(name: str, value: object) -> None:
    pairs = cast(PairList, value)
    if not isinstance(value, tuple) or not pairs or not all(is_pair(pair) for pair in pairs):
        raise ValueError(f"{name}={shown(value)} must be pairs of whole numbers from 0 on")


def is_pair(pair: object) -> bool:
    if not isinstance(pair, tuple):
        return False
    numbers = cast(tuple[int, ...], pair)
    return [type(x) for x in numbers] == [int, int] and min(numbers) >= 0


def is_weighted(pair: object) -> bool:
    if not isinstance(pair, tuple) or len(cast(tuple[object, ...], pair)) != 2:
        return False
    return isinstance(cast(tuple[object, object], pair)[0], MEMBERS)


def require_source(name: str, value: object) -> None:
    if not isinstance(value, Source):
        names = ", ".join(cls.__name__ for cls in KINDS.values())
        raise ValueError(f"{name}={shown(value)} is not one of {names}")


# ---------------------------------------------------------------- a source as a document


def source_to_dict(source: Source) -> dict[str, Any]:
    """A document that carries the `kind` of each source in it."""
    kind = next(kind for kind, cls in KINDS.items() if cls is type(source))
    match source:
        case Picked() | PackedStream() | Marked() | Pool():
            of, *rest = (f.name for f in fields(source))
            own = {name: getattr(source, name) for name in rest}
            return {"kind": kind, of: source_to_dict(source.of), **own}
        case Mix(sources):
            return {"kind": kind, "sources": [[source_to_dict(s), w] for s, w in sources]}
        case _:
            return {"kind": kind, **asdict(source)}


def source_from_dict(document: object) -> Source:
    """Undoes `source_to_dict`. `ValueError` names an unknown kind or field."""
    kinds = ", ".join(KINDS)
    values = dict(object_of("data", document, f"whose kind is one of {kinds}"))
    kind = values.pop("kind", None)
    if not isinstance(kind, str) or kind not in KINDS:
        raise ValueError(f"data.kind={shown(kind)} is not known; allowed: {kinds}")
    if "format" in values:
        values["format"] = build(Format, values["format"])
    if isinstance(values.get("texts"), list):
        values["texts"] = tuple(cast(list[Any], values["texts"]))
    for name in {"pairs", "shapes"} & values.keys():
        values[name] = pairs_from(name, values[name])
    if "of" in values:
        values["of"] = source_from_dict(values["of"])
    if "sources" in values:
        values["sources"] = tuple(
            (source_from_dict(source), weight)
            for source, weight in twos_from("sources", values["sources"])
        )
    return build(KINDS[kind], values)


def pairs_from(name: str, listed: Any) -> PairList:
    """Pairs as JSON has them, lists of two."""
    return tuple((a, b) for a, b in twos_from(name, listed))


def twos_from(name: str, listed: Any) -> list[tuple[Any, Any]]:
    try:
        return [(a, b) for a, b in listed]
    except (TypeError, ValueError):
        raise ValueError(f"{name}={shown(listed)} must be a list of pairs") from None
