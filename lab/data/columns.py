"""What each digit that is written has to be worked out from: counted by hand, and not from a model.

`steps` are those of two digits times two, as plain, cot or cot_reversed. A digit needs those of its
own column. It also needs the columns before it that make its carry, worked out once more, since no
carry is written. Where the column before has been written already, its digit tells the carry: 3 x 8
= 24 and a 9 written say that 5 was carried in, and 2 goes on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lab.data.problems import Field, Format, Integers, value_of_field


@dataclass(frozen=True)
class Step:
    """A written token: the tokens of its `own` column, and those of columns worked out `again`.

    `results`: products and sums of two digits to work out, `carries`: carries to work out, for this
    token alone. `before`, `carry` and `now`: the column before, what it carries, and this column,
    on paper; no words where there is none.
    """

    own: tuple[int, ...] = ()
    again: tuple[int, ...] = ()
    results: int = 0
    carries: int = 0
    before: str = ""
    carry: int | None = None
    now: str = ""


def steps(form: Format, a: int, b: int) -> list[Step]:
    """A step for each token that is written. `ValueError` for another shape or style."""
    if (form.p, form.q) != (2, 2) or form.style not in ("plain", "cot", "cot_reversed"):
        raise ValueError(f"{form.style} of {form.p}x{form.q} digits; it takes 2x2 with or without")
    return [step(form, a, b, slot) for slot in range(form.prompt_length, form.length)]


def step(form: Format, a: int, b: int, slot: int) -> Step:
    field = form.field_at(slot)
    if not field.holds_number:
        return Step()
    place = field.place(slot)
    if field.kind == "partial product":
        shift = field.number
        return Step() if place < shift else of_product(form, field, a, b, place - shift)
    if form.style == "plain":
        return of_plain(form, a, b, place)
    return of_sum(form, a, b, place)


def of_product(form: Format, field: Field, a: int, b: int, i: int) -> Step:
    """Digit `i` of a number times one digit, units first."""
    times = digit(b, field.number)
    by = digit_token(form, "b", field.number)
    first = digit(a, 0) * times
    second = digit(a, 1) * times + first // 10
    lines = [
        f"{digit(a, 0)} × {times} = {first}",
        f"{digit(a, 1)} × {times} + {first // 10} = {second}",
    ]
    units, tens = (digit_token(form, "a", k) for k in (0, 1))
    if i == 0:
        return Step((units, by), results=1, now=lines[0])
    if i == 1:
        return Step((tens, by), (units,), 2, 1, lines[0], first // 10, lines[1])
    if field.backwards:
        again, results, carries = (tens, by, token_of(field, field.number + 1)), 1, 1
    else:
        again, results, carries = (tens, units, by), 2, 2
    return Step((), again, results, carries, lines[1], second // 10, f"the carry, {second // 10}")


def of_sum(form: Format, a: int, b: int, place: int) -> Step:
    """A digit of the sum of both partial products. Its units are those of the first, so that
    nothing is carried before the hundreds."""
    parts, answer = form.partial_products, form.answer
    columns = [number_tokens(parts, k) for k in range(place + 1)]
    lines: list[str] = []
    carry, carried = 0, 0
    for k in range(place + 1):
        carried = carry
        numbers = [n for n, part in enumerate(parts) if k < part.width]
        digits = [digit(a * digit(b, n) * 10**n, k) for n in numbers]
        line, carry = added(digits, carried)
        lines.append(line)
    behind = list(range(1, place))[-1 if answer.backwards else 0 :]
    again = [token for k in behind for token in columns[k]]
    if answer.backwards and behind:
        again.append(token_of(answer, place - 1))
    return Step(
        tuple(columns[place]),
        tuple(again),
        len(behind) + (len(columns[place]) > 1),
        len(behind),
        lines[place - 1] if behind else "",
        carried if behind else None,
        lines[place],
    )


def of_plain(form: Format, a: int, b: int, place: int) -> Step:
    """A digit of the product at once: all columns up to its own."""
    pairs = [[(i, k - i) for i in (1, 0) if 0 <= k - i <= 1] for k in range(place + 1)]
    lines: list[str] = []
    carry, carried = 0, 0
    for column in pairs:
        carried = carry
        products = [f"{digit(a, i)} × {digit(b, j)}" for i, j in column]
        total = sum(digit(a, i) * digit(b, j) for i, j in column) + carried
        line = f"{' + '.join([*products, *([str(carried)] if lines else [])])} = {total}"
        lines.append(line if column else f"the carry, {total}")
        carry = total // 10

    def tokens_of(column: list[tuple[int, int]]) -> set[int]:
        return {
            digit_token(form, kind, k)
            for pair in column
            for kind, k in zip("ab", pair, strict=True)
        }

    own = tokens_of(pairs[place])
    every = tokens_of([pair for column in pairs for pair in column])
    return Step(
        tuple(sorted(own)),
        tuple(sorted(every - own)),
        sum(map(len, pairs)),
        place,
        lines[place - 1] if place else "",
        carried if place else None,
        lines[place],
    )


def digit_and_carry(form: Format, slot: int, a: Integers, b: Integers) -> tuple[Integers, Integers]:
    """What is right at token `slot` of a x b, and what its column carries to the next, (N,) each.

    All that lies in the columns up to its own is added: a partial product of a digit of b, the two
    numbers of a sum, or, where no working is written, every product of two digits: the running
    carry of arXiv:2510.00184. Any shape and style, padded. `ValueError` for a token that is no
    digit which a model writes.
    """
    field = form.field_at(slot)
    if field not in form.written:
        raise ValueError(f"token {slot} is no digit that is written, but of {field.label!r}")
    place, own = field.place(slot), form.written.index(field)
    if field.kind == "partial product" or not form.partial_products:
        lines = [field.number] if form.partial_products else range(form.q)
        terms = [a % 10 ** (place - j + 1) * (b // 10**j % 10) * 10**j for j in lines if j <= place]
    else:
        terms = [value_of_field(f, a, b) % 10 ** (place + 1) for f in form.written[own - 2 : own]]
    total = sum(terms, start=0 * a)
    return total // 10**place % 10, total // 10 ** (place + 1)


# ---------------------------------------------------------------- digits and where they stand


def digit(number: int, place: int) -> int:
    return number // 10**place % 10


def digit_token(form: Format, kind: str, place: int) -> int:
    """The token of an operand's digit."""
    return token_of(next(field for field in form.fields if field.kind == kind), place)


def token_of(field: Field, place: int) -> int:
    return next(token for token in field.positions if field.place(token) == place)


def number_tokens(fields: Sequence[Field], place: int) -> list[int]:
    """Of each number that has a digit at this place: its token."""
    return [token_of(field, place) for field in fields if place < field.width]


def added(digits: Sequence[int], carry: int) -> tuple[str, int]:
    """A column of a sum in words, and its carry."""
    total, alone = sum(digits) + carry, len(digits) == 1
    numbers = [*digits, *([carry] if carry or alone else [])]
    return f"{' + '.join(map(str, numbers))} = {total}", total // 10
