"""Multiplication written as text: the formats, their loss masks, the one split and its samplers.

Shapes: `N` problems, `L` tokens of one text. Operands `a` have `p` digits and `b` has `q`.

The working lists the partial products a x (digit of b), units first, each already shifted to its
place, and from the second on the running sum after it: `12*34=840+0630=8040$` reads, back to
front, 48 + 360 = 408. A field's width follows from p and q alone, so every text of one shape has
one length.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from reprlib import repr as shown
from typing import Any, Literal, TypeVar, get_args

import numpy as np
from numpy.typing import NDArray

from lab.data.vocabulary import DOT, END, EQUALS, PADDING, PLUS, TIMES, Tokens, decode

Style = Literal["plain", "reversed", "cot", "cot_reversed", "dots"]
STYLES: tuple[Style, ...] = get_args(Style)
Kind = Literal["a", "*", "b", "=", "partial product", "+", "sum", "dots", "answer", "$"]
Role = Literal["operand", "operator", "working", "answer"]
Integers = NDArray[np.int64]
"""Of `number_type`: numbers of more than `FITS_64_BITS` digits are Python's own, as objects."""

Change = TypeVar("Change", int, Integers)

MAX_DIGITS = 50

FITS_64_BITS = 18
"""Numbers of so many digits fit a 64-bit integer; longer ones are Python's own, and slower."""


def number_type(digits: int) -> type[Any]:
    """What an array of numbers of so many digits holds."""
    return np.int64 if digits <= FITS_64_BITS else object


HELDOUT_FROM, TEST_FROM = 0.30, 0.40
"""Train on u < f <= 0.30; validation 0.30 <= u < 0.40; test 0.40 <= u."""


# ---------------------------------------------------------------- the text of one shape

ROLES: dict[Kind, Role] = {
    "a": "operand",
    "*": "operator",
    "b": "operand",
    "=": "operator",
    "partial product": "working",
    "+": "operator",
    "sum": "working",
    "dots": "working",
    "answer": "answer",
    "$": "operator",
}
WRITTEN: tuple[Kind, ...] = ("partial product", "sum", "answer")
"""The numbers that a model writes itself."""
NUMBERS: tuple[Kind, ...] = ("a", "b", *WRITTEN)


@dataclass(frozen=True)
class Field:
    """A run of tokens with one meaning: `text[start:stop]`, of place value 10**k if `backwards`.

    `number`: of a partial product, which digit of b it is of, units first; of a running sum, which
    partial product was added last.
    """

    kind: Kind
    start: int
    stop: int
    number: int = 0
    backwards: bool = False

    @property
    def label(self) -> str:
        """What people read: 'answer', 'partial product 1'."""
        numbered = self.kind in ("partial product", "sum")
        return f"{self.kind} {self.number}" if numbered else self.kind

    @property
    def role(self) -> Role:
        return ROLES[self.kind]

    @property
    def holds_number(self) -> bool:
        """Does it consist of digits, not of signs or dots?"""
        return self.kind in NUMBERS

    @property
    def positions(self) -> range:
        """The tokens of the field."""
        return range(self.start, self.stop)

    @property
    def width(self) -> int:
        return self.stop - self.start

    def place(self, position: int) -> int:
        """The power of ten that the digit at token `position` counts."""
        return position - self.start if self.backwards else self.stop - 1 - position


@dataclass(frozen=True)
class Format:
    """How a problem of `p` x `q` digits is written.

    `style`: plain `12*34=0408$`, reversed `12*34=8040$`, cot `12*34=048+0360=0408$`,
    cot_reversed `12*34=840+0630=8040$`, dots `12*34=.........8040$`.
    `padded`: operands keep leading zeros. Unpadded, every width follows the operands' own lengths
    and the text is filled up with `_` to one length.
    """

    style: Style = "cot_reversed"
    p: int = 2
    q: int = 2
    padded: bool = True

    def __post_init__(self) -> None:
        if self.style not in STYLES:
            raise ValueError(f"style={shown(self.style)} is not one of {', '.join(STYLES)}")
        for name in ("p", "q"):
            digits = getattr(self, name)
            if type(digits) is not int or not 1 <= digits <= MAX_DIGITS:
                raise ValueError(f"{name}={shown(digits)} digits; allowed are 1 to {MAX_DIGITS}")
        if type(self.padded) is not bool:
            raise ValueError(f"padded={shown(self.padded)} must be true or false")

    @property
    def prompt_length(self) -> int:
        """Tokens up to and including the first `=` (and, for dots, the dots)."""
        return self.written[0].start

    @property
    def length(self) -> int:
        return self.fields[-1].stop

    @property
    def fields(self) -> tuple[Field, ...]:
        """All that stands in a text, in order and without a gap."""
        return fields_of(self.style, self.p, self.q)

    @property
    def written(self) -> tuple[Field, ...]:
        """The numbers that the model writes, in order: the working, and the answer at its end."""
        return fields_of_kinds(self.style, self.p, self.q, WRITTEN)

    @property
    def partial_products(self) -> tuple[Field, ...]:
        """In the order of the digits of b, units first; none where no working is written."""
        return fields_of_kinds(self.style, self.p, self.q, ("partial product",))

    @property
    def answer(self) -> Field:
        (answer,) = fields_of_kinds(self.style, self.p, self.q, ("answer",))
        return answer

    def field_at(self, position: int) -> Field:
        """The field that token `position` is in; `ValueError` if the text has no such token."""
        for field in self.fields:
            if position in field.positions:
                return field
        raise ValueError(f"token {position} is not in a text of {self.length} tokens")

    def check_operands(self, a: Integers, b: Integers) -> None:
        """`ValueError` for too many digits, and for numbers that numpy has rounded already."""
        for name, values, digits in (("a", a, self.p), ("b", b, self.q)):
            if values.dtype.kind not in "iuO":
                raise ValueError(f"{name} holds {values.dtype}; needs whole numbers")
            if values.size and (values.min() < 0 or values.max() >= 10**digits):
                wrong = values[(values < 0) | (values >= 10**digits)][0]
                raise ValueError(f"{name}={wrong} is outside 0 to {10**digits - 1}")

    def render(self, a: Integers | int, b: Integers | int) -> tuple[Tokens, NDArray[np.bool_]]:
        """The texts and their loss masks, both (N, L). A masked token is one to be predicted.

        The prompt, dots and padding bear no loss.
        """
        a, b = np.broadcast_arrays(np.atleast_1d(a), np.atleast_1d(b))
        self.check_operands(a, b)
        a = a.astype(number_type(self.p), copy=False)
        b = b.astype(number_type(self.q), copy=False)
        if self.padded:
            return render_shape(self.style, self.p, self.q, a, b)
        tokens = np.full((len(a), self.length), PADDING, dtype=np.uint8)
        mask = np.zeros(tokens.shape, dtype=bool)
        digits_a, digits_b = count_digits(a), count_digits(b)
        for p, q in np.unique(np.stack([digits_a, digits_b], axis=1), axis=0):
            rows = np.flatnonzero((digits_a == p) & (digits_b == q))
            some, its_mask = render_shape(self.style, int(p), int(q), a[rows], b[rows])
            tokens[rows, : some.shape[1]] = some
            mask[rows, : some.shape[1]] = its_mask
        return tokens, mask

    def text(self, a: int, b: int) -> str:
        return decode(self.render(a, b)[0][0])

    def text_implied(self, text: str, a: int, b: int) -> str:
        """What is right at each token of a x b, given the tokens of `text` before it.

        Each partial product is that of the operands; a sum is that of the numbers which the text
        has written, so an error in the working moves it. Padded formats only.
        """
        right = self.text(a, b)
        added: int | None = 0
        for field in self.written:
            if field.kind == "partial product":
                number = number_in(text, field)
                added = None if added is None or number is None else added + number
            elif field.kind == "sum" or self.partial_products:
                if added is not None:
                    digits = digits_of(added, field)
                    right = right[: field.start] + digits + right[field.stop :]
                if field.kind == "sum":
                    added = number_in(text, field)
        return right

    def prompt(self, a: Integers | int, b: Integers | int) -> Tokens:
        """What the model is given, (N, prompt_length): up to the first `=`, dots included.

        Unpadded operands must all have one shape, since prompts of two lengths fill no array.
        """
        tokens, mask = self.render(a, b)
        first = mask.argmax(axis=1)
        if len(set(first.tolist())) > 1:
            raise ValueError(
                f"prompts have lengths {sorted(set(first.tolist()))}; pass one at a time"
            )
        return tokens[:, : first[0]]

    def text_from(self, given: str) -> str:
        """The right text of the problem with which `given` begins, but for `given` itself.

        `WrongToken` where that is no problem of this format.
        """
        return given + self.text(*read_operands(given, self))[len(given) :]

    def parse(self, text: str) -> Problem:
        """Read a text back. `WrongToken` names the first token that is not what it must be."""
        a, b = read_operands(text, self)
        shape = self.shape_of(text)
        right = self.text(a, b)
        for position, expected in enumerate(right):
            found = text[position] if position < len(text) else "the end"
            if found != expected:
                raise WrongToken(position, found, expected, name_of_place(shape, position))
        if len(text) > len(right):
            raise WrongToken(len(right), text[len(right)], "the end", "after the end")
        return Problem(a, b, partial_products(a, b, shape.q), a * b)

    def shape_of(self, text: str) -> Format:
        """The padded format whose fields describe this text: its operands' own lengths."""
        if self.padded:
            return self
        left, _, right = text.partition("=")[0].partition("*")
        return Format(self.style, len(left), len(right))


@dataclass(frozen=True)
class Problem:
    """What a text says: the operands, a x each digit of b (unshifted), and the product."""

    a: int
    b: int
    partial_products: tuple[int, ...]
    product: int


class WrongToken(ValueError):
    """The first token of a text that is not what it must be."""

    def __init__(self, position: int, found: str, expected: str, place: str) -> None:
        super().__init__(f"token {position} ({place}) is {found!r}, expected {expected!r}")
        self.position, self.found, self.expected, self.place = position, found, expected, place


@lru_cache
def fields_of(style: Style, p: int, q: int) -> tuple[Field, ...]:
    """The fields of a p x q text, in order. One `=` ends the prompt, one leads to each sum."""
    # Carries run from the units up: in that order a digit needs only what is written already.
    backwards = style in ("reversed", "cot_reversed", "dots")
    out: list[Field] = []

    def add(kind: Kind, width: int, number: int = 0) -> None:
        start = out[-1].stop if out else 0
        out.append(Field(kind, start, start + width, number, backwards and kind in WRITTEN))

    add("a", p)
    add("*", 1)
    add("b", q)
    add("=", 1)
    if style in ("cot", "cot_reversed"):
        for j in range(q - 1):
            if j == 0:
                # As wide as the largest, 99 x 9 = 891: all texts of a shape then have one length.
                add("partial product", p + 1, 0)
            add("+", 1)
            add("partial product", p + 2 + j, j + 1)
            add("=", 1)
            if j + 2 < q:
                add("sum", p + 2 + j, j + 1)
    elif style == "dots":
        # As many tokens as the working has: the same time to compute, and nothing written down.
        add("dots", Format("cot_reversed", p, q).answer.start - out[-1].stop)
    add("answer", p + q)
    add("$", 1)
    return tuple(out)


@lru_cache
def fields_of_kinds(style: Style, p: int, q: int, kinds: tuple[Kind, ...]) -> tuple[Field, ...]:
    return tuple(field for field in fields_of(style, p, q) if field.kind in kinds)


def implied_move(change: Change, place: int) -> Change:
    """How far the answer moves if a digit of 10^`place` in the working changes by `change`: the
    rest of the working stays as it is, and the sum is taken of what stands there."""
    return change * 10**place


def name_of_place(shape: Format, position: int) -> str:
    if position >= shape.length:
        return "padding"
    field = shape.field_at(position)
    if not field.holds_number:
        return field.label
    return f"{field.label}, {PLACE_NAMES[field.place(position)]}"


PLACE_NAMES = (
    "units",
    "tens",
    "hundreds",
    "thousands",
    *(f"10^{k}" for k in range(4, 2 * MAX_DIGITS)),
)


def read_operands(text: str, form: Format) -> tuple[int, int]:
    """a and b of a text; `WrongToken` where they are not written as `form` writes them."""
    widths = (form.p, form.q)
    position = 0
    values: list[int] = []
    for name, most, closer in (("a", widths[0], "*"), ("b", widths[1], "=")):
        start = position
        while position < len(text) and position - start < most and text[position] in "0123456789":
            position += 1
        found = text[position] if position < len(text) else "the end"
        if position == start or (form.padded and position - start < most):
            raise WrongToken(position, found, "a digit", name)
        if not form.padded and position - start > 1 and text[start] == "0":
            raise WrongToken(start, "0", "no leading zero", name)
        if found != closer:
            raise WrongToken(position, found, closer, closer)
        values.append(int(text[start:position]))
        position += 1
    return values[0], values[1]


def operands_in(texts: Sequence[str]) -> tuple[Integers, Integers]:
    """What each text multiplies, (N,) each, with zeros in front or without."""
    written = [text.partition("=")[0].split("*") for text in texts]
    a, b = np.array(written, dtype=np.int64).T
    return a, b


def number_in(text: str, field: Field) -> int | None:
    """The number in a field of one text; None where a token there is no digit, or is not there."""
    digits = text[field.start : field.stop]
    if len(digits) < field.width or not (digits.isascii() and digits.isdigit()):
        return None
    return int(digits[::-1] if field.backwards else digits)


def digits_of(number: int, field: Field) -> str:
    """A number as a field holds it; what is too long for it loses its first digits."""
    digits = str(number).zfill(field.width)[-field.width :]
    return digits[::-1] if field.backwards else digits


def read_number(texts: Tokens, field: Field) -> Integers:
    """The number in a field of each text, (N,); -1 where a token there is no digit."""
    digits = texts[:, field.start : field.stop].astype(np.int64)
    return np.where((digits < 10).all(axis=1), digits @ place_values(field), -1)


def place_values(field: Field) -> NDArray[Any]:
    """What each digit of a field counts, (width,)."""
    values = [10 ** field.place(t) for t in range(field.start, field.stop)]
    return np.array(values, dtype=number_type(field.width))


def read_operand(text: str, digits: int) -> int:
    """A reader's own operand. `ValueError` says in one sentence what is allowed."""
    most = 10**digits - 1
    span = f"from 0 to {most}" if digits <= FITS_64_BITS else f"of at most {digits} places"
    allowed = f"write a whole number {span} with the digits 0 to 9"
    text = text.strip()
    if not text:
        raise ValueError(f"The box is empty; {allowed}.")
    shown = text if len(text) <= 12 else text[:12] + "…"
    if not (text.isascii() and text.isdigit()):
        raise ValueError(f"{shown!r} is not a number this model can read; {allowed}.")
    if len(text) > 100 or int(text) > most:
        raise ValueError(f"{shown} is larger than the model can read here; {allowed}.")
    return int(text)


def partial_products(a: int, b: int, q: int) -> tuple[int, ...]:
    """a x each digit of b, units first, not shifted."""
    return tuple(a * (b // 10**j % 10) for j in range(q))


# ---------------------------------------------------------------- vectorised writing


def count_digits(values: Integers) -> Integers:
    """How many digits each number has; zero has one. (N,) -> (N,)"""
    most = 2 * MAX_DIGITS if values.dtype == object else FITS_64_BITS + 1
    powers = 10 ** np.arange(1, most, dtype=values.dtype)
    return np.searchsorted(powers, values, side="right") + 1


def write_number(out: Tokens, field: Field, values: Integers) -> None:
    """Put the digits of `values` (N,) into columns `field` of `out` (N, L)."""
    out[:, field.start : field.stop] = values[:, None] // place_values(field) % 10


@lru_cache
def blank_text(style: Style, p: int, q: int) -> tuple[Tokens, NDArray[np.bool_]]:
    """One text with its operators and dots in place and its loss mask, both (L,)."""
    fields = fields_of(style, p, q)
    text = np.zeros(fields[-1].stop, dtype=np.uint8)
    mask = np.zeros(fields[-1].stop, dtype=bool)
    signs: dict[Kind, int] = {"*": TIMES, "+": PLUS, "=": EQUALS, "$": END, "dots": DOT}
    for field in fields:
        text[field.start : field.stop] = signs.get(field.kind, 0)
    # Operands are drawn at random and dots are given: nothing about either can be learned.
    mask[p + q + 2 :] = text[p + q + 2 :] != DOT
    return text, mask


def render_shape(
    style: Style, p: int, q: int, a: Integers, b: Integers
) -> tuple[Tokens, NDArray[np.bool_]]:
    """Texts of padded p x q problems and their masks, (N, L) each."""
    text, mask = blank_text(style, p, q)
    a, b = (x.astype(number_type(p + q), copy=False) for x in (a, b))
    tokens = np.repeat(text[None], len(a), axis=0)
    for field in fields_of_kinds(style, p, q, NUMBERS):
        write_number(tokens, field, value_of_field(field, a, b))
    return tokens, np.repeat(mask[None], len(a), axis=0)


def value_of_field(field: Field, a: Integers, b: Integers) -> Integers:
    """The number a field holds: an operand, the answer, a partial product or a sum."""
    unit = 10**field.number
    match field.kind:
        case "a":
            return a
        case "b":
            return b
        case "partial product":
            return a * (b // unit % 10) * unit
        case "sum":
            return a * (b % (10 * unit))
        case "answer":
            return a * b
        case _:
            raise ValueError(f"{field.label!r} holds no number")


# ---------------------------------------------------------------- the one split


@lru_cache(maxsize=32_768)  # twice the two-digit pairs, which pages ask for again and again
def split_value(a: int, b: int) -> float:
    """u in [0, 1) of the unordered pair: blake2b of 'min x max'. Both orders share one fate."""
    # A hash and no generator: u is the same in every run, in any order, with no list to keep.
    text = f"{min(a, b)} x {max(a, b)}".encode()
    return int.from_bytes(blake2b(text, digest_size=8).digest(), "big") / 2**64


def split_values(a: Integers, b: Integers) -> NDArray[np.float64]:
    """`split_value` of every pair, (N,) -> (N,); below 100 x 100 it is a look-up."""
    if a.size and max(a.max(), b.max()) < 100:
        return two_digit_split()[a.astype(np.int64), b.astype(np.int64)]
    pairs = zip(np.minimum(a, b).tolist(), np.maximum(a, b).tolist(), strict=True)
    hashes = (blake2b(f"{x} x {y}".encode(), digest_size=8).digest() for x, y in pairs)
    return np.frombuffer(b"".join(hashes), dtype=">u8") / 2**64


@lru_cache(maxsize=1)
def two_digit_split() -> NDArray[np.float64]:
    """u of all pairs up to 99, (100, 100), symmetric."""
    table = np.zeros((100, 100))
    for a in range(100):
        for b in range(a, 100):
            table[a, b] = table[b, a] = split_value(a, b)
    return table


def require_fraction(fraction: float) -> None:
    if type(fraction) not in (int, float) or not 0 < fraction <= HELDOUT_FROM:
        raise ValueError(
            f"fraction={shown(fraction)} of the pairs; training takes more than 0 and at most "
            f"{HELDOUT_FROM}, since u from {HELDOUT_FROM} on is held out"
        )


SplitName = Literal["train", "validation", "test", "heldout"]
BOUNDS: dict[SplitName, tuple[float, float]] = {
    "train": (0.0, HELDOUT_FROM),
    "validation": (HELDOUT_FROM, TEST_FROM),
    "test": (TEST_FROM, 1.0),
    "heldout": (HELDOUT_FROM, 1.0),
}


def sample_pairs(
    rng: np.random.Generator, n: int, p: int, q: int, low: float = 0.0, high: float = 1.0
) -> tuple[Integers, Integers]:
    """`n` ordered pairs, uniform among those with low <= u < high, (n,) each; with replacement."""
    parts_a, parts_b, have = [], [], 0
    while have < n:
        # A few more than are kept on average, so that one round is mostly enough.
        draw = max(64, int(1.2 * (n - have) / max(high - low, 1e-3)))
        a, b = draw_numbers(rng, draw, p), draw_numbers(rng, draw, q)
        u = split_values(a, b)
        keep = (low <= u) & (u < high)
        parts_a.append(a[keep])
        parts_b.append(b[keep])
        have += int(keep.sum())
    return np.concatenate(parts_a)[:n], np.concatenate(parts_b)[:n]


def draw_numbers(rng: np.random.Generator, n: int, digits: int) -> Integers:
    """`n` numbers of up to so many digits, each number as likely, (n,); long ones by the digit."""
    if digits <= FITS_64_BITS:
        return rng.integers(0, 10**digits, n)
    number = Field("a", 0, digits)
    return read_number(rng.integers(0, 10, (n, digits), dtype=np.uint8), number)


def sample_shapes(
    rng: np.random.Generator, n: int, shapes: tuple[tuple[int, int], ...], low: float, high: float
) -> tuple[Integers, Integers]:
    """`n` pairs with low <= u < high whose numbers of digits are one of `shapes`, each as likely.

    No operand has a leading zero; a one-digit operand may be 0. (n,) each.
    """
    longest_a, longest_b = map(max, zip(*shapes, strict=True))
    a, b = np.empty(n, number_type(longest_a)), np.empty(n, number_type(longest_b))
    # First the shape: among numbers drawn at random, nine in ten have all their digits.
    chosen = rng.integers(0, len(shapes), n)
    for index in np.unique(chosen):
        (p, q), rows = shapes[index], np.flatnonzero(chosen == index)
        a[rows], b[rows] = sample_exact(rng, len(rows), p, q, low, high)
    return a, b


def sample_exact(
    rng: np.random.Generator, n: int, p: int, q: int, low: float = 0.0, high: float = 1.0
) -> tuple[Integers, Integers]:
    """As `sample_pairs`, of numbers that have p and q digits without leading zeros."""
    parts: list[tuple[Integers, Integers]] = []
    while sum(len(a) for a, _ in parts) < n:
        a, b = sample_pairs(rng, n, p, q, low, high)
        keep = (count_digits(a) == p) & (count_digits(b) == q)
        parts.append((a[keep], b[keep]))
    if not parts:
        return np.empty(0, number_type(p)), np.empty(0, number_type(q))
    a, b = (np.concatenate(side)[:n] for side in zip(*parts, strict=True))
    return a, b


def sample_listed(
    rng: np.random.Generator, n: int, pairs: tuple[tuple[int, int], ...]
) -> tuple[Integers, Integers]:
    """`n` ordered pairs, uniform among the listed unordered ones, either way round. (n,) each."""
    longest = len(str(max(map(max, pairs))))
    drawn = np.array(pairs, dtype=number_type(longest))[rng.integers(0, len(pairs), n)]
    swap = rng.integers(0, 2, n).astype(bool)
    return np.where(swap, drawn[:, 1], drawn[:, 0]), np.where(swap, drawn[:, 0], drawn[:, 1])


def all_pairs(p: int = 2, q: int = 2) -> tuple[Integers, Integers]:
    """Every ordered pair, a major; for up to 2 x 2 digits. (N,) each."""
    if p + q > 4:
        raise ValueError(
            f"all pairs of {p}x{q} digits are {10 ** (p + q):,}; at most 2x2 are listed"
        )
    a, b = np.divmod(np.arange(10 ** (p + q), dtype=np.int64), 10**q)
    return a, b


def pairs_of(split: SplitName, p: int = 2, q: int = 2) -> tuple[Integers, Integers]:
    """Every ordered pair of one part of the split, for up to 2 x 2 digits."""
    a, b = all_pairs(p, q)
    low, high = BOUNDS[split]
    u = split_values(a, b)
    keep = (low <= u) & (u < high)
    return a[keep], b[keep]
