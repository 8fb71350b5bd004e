"""problems against a second, slow renderer in plain Python, and a second hash of the split."""

import hashlib
import re
from itertools import product
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny import calls_in, refusal, refused_otherwise, wrong_values

from lab.data.problems import (
    STYLES,
    Format,
    Problem,
    WrongToken,
    all_pairs,
    count_digits,
    implied_move,
    number_type,
    operands_in,
    pairs_of,
    read_number,
    read_operand,
    require_fraction,
    sample_exact,
    sample_listed,
    sample_pairs,
    sample_shapes,
    split_value,
    split_values,
)
from lab.data.vocabulary import VOCABULARY, decode, encode
from lab.records import ROOT, read_lines

# ---------------------------------------------------------------- the reference


def reference_text(form: Format, a: int, b: int) -> str:
    p, q = (form.p, form.q) if form.padded else (len(str(a)), len(str(b)))
    text = prompt(a, b, p, q) + after_prompt(form.style, a, b, p, q)
    longest = len(prompt(0, 0, form.p, form.q) + after_prompt(form.style, 0, 0, form.p, form.q))
    return text + "_" * (longest - len(text))


def prompt(a: int, b: int, p: int, q: int) -> str:
    return str(a).zfill(p) + "*" + str(b).zfill(q) + "="


def after_prompt(style: str, a: int, b: int, p: int, q: int) -> str:
    working, answer = "", str(a * b).zfill(p + q)
    if q > 1:
        working, total = str(a * (b % 10)).zfill(p + 1), a * (b % 10)
        written = [working]
        for j in range(1, q):
            shifted = a * int(str(b).zfill(q)[-1 - j]) * 10**j
            total += shifted
            written += ["+", str(shifted).zfill(p + 1 + j), "="]
            if j < q - 1:
                written.append(str(total).zfill(p + 1 + j))
        if style != "cot":
            written = [part[::-1] for part in written]
        working = "".join(written)
    if style in ("plain", "reversed"):
        working = ""
    if style == "dots":
        working = "." * len(working)
    return working + (answer if style in ("plain", "cot") else answer[::-1]) + "$"


def reference_mask(form: Format, text: str) -> list[bool]:
    prompt_length = text.index("=") + 1
    return [i >= prompt_length and c not in "._" for i, c in enumerate(text)]


def first_wrong(form: Format, text: str) -> int | None:
    """Where a reader who reads `text` from the left must stop; None for a right text."""
    operands: list[str] = []
    position = 0
    for digits, closer in ((form.p, "*"), (form.q, "=")):
        number = ""
        while position < len(text) and text[position].isdigit() and len(number) < digits:
            number += text[position]
            position += 1
        if not number or (form.padded and len(number) < digits):
            return position
        if not form.padded and len(number) > 1 and number[0] == "0":
            return position - len(number)
        if text[position : position + 1] != closer:
            return position
        operands.append(number)
        position += 1
    right = reference_text(form, *map(int, operands))
    for position, (found, expected) in enumerate(zip(text, right, strict=False)):
        if found != expected:
            return position
    return min(len(text), len(right)) if len(text) != len(right) else None


@st.composite
def problems(draw: Any) -> tuple[Format, int, int]:
    form = Format(
        draw(st.sampled_from(STYLES)),
        draw(st.integers(1, 6)),
        draw(st.integers(1, 6)),
        draw(st.booleans()),
    )
    return form, draw(operands_of(form.p)), draw(operands_of(form.q))


def operands_of(digits: int) -> st.SearchStrategy[int]:
    """Any length of operand as likely as any other, zero and powers of ten among them."""
    return st.integers(1, digits).flatmap(lambda d: st.integers(0, 10**d - 1))


# ---------------------------------------------------------------- writing


@given(problems())
@settings(max_examples=300, deadline=None)
def test_a_text_and_its_mask_are_those_of_the_reference(problem: tuple[Format, int, int]) -> None:
    form, a, b = problem
    tokens, mask = form.render(a, b)
    assert decode(tokens[0]) == form.text(a, b) == reference_text(form, a, b)
    assert mask[0].tolist() == reference_mask(form, form.text(a, b))


@pytest.mark.parametrize("padded", [True, False])
@pytest.mark.parametrize("style", STYLES)
def test_many_problems_at_once_are_written_as_one_at_a_time(style: Any, padded: bool) -> None:
    form = Format(style, 3, 2, padded)
    rng = np.random.default_rng(0)
    a, b = rng.integers(0, 10 ** rng.integers(1, 4, 200)), rng.integers(0, 100, 200)
    tokens, mask = form.render(a, b)
    texts = [reference_text(form, int(x), int(y)) for x, y in zip(a, b, strict=True)]
    assert [decode(row) for row in tokens] == texts
    assert mask.tolist() == [reference_mask(form, text) for text in texts]


@pytest.mark.parametrize(
    ("style", "text"),
    [
        ("plain", "12*34=0408$"),
        ("reversed", "12*34=8040$"),
        ("cot", "12*34=048+0360=0408$"),
        ("cot_reversed", "12*34=840+0630=8040$"),
        ("dots", "12*34=.........8040$"),
    ],
)
def test_the_texts_are_those_of_the_book(style: Any, text: str) -> None:
    assert Format(style).text(12, 34) == text
    assert Format(style, padded=False).text(12, 34) == text


def test_small_integer_arrays_do_not_overflow() -> None:
    form = Format("cot_reversed")
    small, _ = form.render(np.array([99], np.uint8), np.array([98], np.uint8))  # pyright: ignore
    assert decode(small[0]) == reference_text(form, 99, 98)


@pytest.mark.parametrize(("digits", "length"), [(2, 20), (4, 64), (6, 132), (8, 224)])
def test_lengths_are_the_published_ones(digits: int, length: int) -> None:
    assert Format("cot_reversed", digits, digits).length == length
    assert Format("cot", digits, digits).length == Format("dots", digits, digits).length == length


@given(problems())
@settings(deadline=None)
def test_fields_tile_the_text_and_their_places_give_their_numbers(
    problem: tuple[Format, int, int],
) -> None:
    style, a, b = problem[0].style, problem[1], problem[2]
    form = Format(style, problem[0].p, problem[0].q)
    fields, tokens = form.fields, form.render(a, b)[0]
    assert [f.start for f in fields] == [0] + [f.stop for f in fields[:-1]]
    assert fields[-1].stop == form.length == tokens.shape[1]
    shifted = [a * (b // 10**j % 10) * 10**j for j in range(form.q)]
    for field in fields:
        if field.holds_number:
            assert (
                read_number(tokens, field)[0]
                == {
                    "a": a,
                    "b": b,
                    "partial product": shifted[field.number],
                    "sum": sum(shifted[: field.number + 1]),
                    "answer": a * b,
                }[field.kind]
            )


def labels_by_reading(text: str) -> list[str]:
    """What every token belongs to, told from the signs around it alone."""
    labels: list[str] = []
    runs = re.findall(r"\d+|\.+|[*+=$]", text)
    n_added = 0
    for before, run, after in zip(["", *runs], runs, [*runs[1:], ""], strict=False):
        n_added += run == "+"
        if run in "*+=$":
            label = run
        elif run[0] == ".":
            label = "dots"
        elif after == "$":
            label = "answer"
        elif before in ("", "*"):
            label = "b" if before else "a"
        elif before == "+" or not n_added:
            label = f"partial product {n_added}"
        else:
            label = f"sum {n_added}"
        labels += [label] * len(run)
    return labels


@given(problems())
@settings(max_examples=300, deadline=None)
def test_the_field_of_every_token_is_found(problem: tuple[Format, int, int]) -> None:
    form, a, b = problem
    text = reference_text(form, a, b).rstrip("_")
    shape = form.shape_of(text)
    assert [shape.field_at(i).label for i in range(len(text))] == labels_by_reading(text)
    for outside in (-1, len(text)):
        with pytest.raises(ValueError, match=f"token {outside} is not in a text of {len(text)} "):
            shape.field_at(outside)


@given(problems())
@settings(deadline=None)
def test_the_answer_is_the_product_that_the_prompt_asks_for(
    problem: tuple[Format, int, int],
) -> None:
    form, a, b = problem
    text = reference_text(form, a, b).rstrip("_")
    answer = form.shape_of(text).answer
    left, right = text[: text.index("=")].split("*")
    digits = text[answer.start : answer.stop]
    assert int(digits if form.style in ("plain", "cot") else digits[::-1]) == int(left) * int(right)
    assert text[answer.start - 1] in "=." and text[answer.stop :] == "$"


@given(problems())
@settings(deadline=None)
def test_the_partial_products_are_those_of_the_working_in_order(
    problem: tuple[Format, int, int],
) -> None:
    """In the working one begins, and then one stands behind every plus."""
    form, a, b = problem
    text = reference_text(form, a, b).rstrip("_")
    found = form.shape_of(text).partial_products
    first = re.findall(r"=(\d+)\+", text)[:1]
    assert [text[f.start : f.stop] for f in found] == first + re.findall(r"\+(\d+)", text)
    assert [field.number for field in found] == list(range(len(found)))


@given(problems())
@settings(deadline=None)
def test_what_is_written_is_every_digit_that_bears_loss(problem: tuple[Format, int, int]) -> None:
    form, a, b = problem
    text = reference_text(form, a, b)
    written = [i for field in form.shape_of(text).written for i in field.positions]
    mask = reference_mask(form, text)
    assert written == [i for i, c in enumerate(text) if mask[i] and c.isdigit()]


def test_fields_are_called_as_the_records_call_them() -> None:
    form = Format("cot_reversed")
    cells = [row["cell"] for row in read_lines(ROOT / "records/tamper.jsonl")]
    assert cells
    for cell in cells:
        assert form.field_at(cell["position"]).label == cell["field"]


def test_a_field_with_a_sign_in_it_is_no_number() -> None:
    form = Format("plain")
    tokens = encode("12*34=0+08$")[None]
    assert read_number(tokens, form.answer).tolist() == [-1]


@given(problems())
@settings(deadline=None)
def test_the_prompt_ends_where_the_loss_begins(problem: tuple[Format, int, int]) -> None:
    form, a, b = problem
    given_, (tokens, mask) = form.prompt(a, b), form.render(a, b)
    first = mask[0].tolist().index(True)
    assert given_[0].tolist() == tokens[0, :first].tolist()
    if form.padded:
        assert first == form.prompt_length


def test_prompts_of_two_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match=r"lengths \[4, 5\]"):
        Format("plain", padded=False).prompt(np.array([1, 12]), np.array([2, 3]))


# ---------------------------------------------------------------- reading


@given(problems())
@settings(max_examples=300, deadline=None)
def test_parsing_gives_back_every_number(problem: tuple[Format, int, int]) -> None:
    form, a, b = problem
    digits_of_b = str(b).zfill(form.q if form.padded else 1)[::-1]
    partials = tuple(a * int(digit) for digit in digits_of_b)
    assert form.parse(form.text(a, b)) == Problem(a, b, partials, a * b)


def test_the_right_text_goes_on_from_any_beginning_as_it_stands() -> None:
    form = Format("cot_reversed")
    for begun in ("12*34=", "12*34=84", "12*34=77", form.text(12, 34)):
        assert form.text_from(begun) == begun + form.text(12, 34)[len(begun) :]
    for begun in ("12", "12+34=", ""):
        with pytest.raises(WrongToken):
            form.text_from(begun)


@given(problems(), st.data())
@settings(max_examples=500, deadline=None)
def test_one_changed_token_is_found_where_a_reader_must_stop(
    problem: tuple[Format, int, int], data: Any
) -> None:
    form, a, b = problem
    text = form.text(a, b)
    place = data.draw(st.integers(0, len(text) - 1))
    other = data.draw(st.sampled_from([c for c in VOCABULARY if c != text[place]]))
    changed = text[:place] + other + text[place + 1 :]
    where = first_wrong(form, changed)
    if text[:place].count("=") and form.style != "dots":
        assert where == place  # the operands still stand, so the change itself is the first wrong
    if where is None:  # another operand, and the same working: 12*00 against 13*00
        assert form.parse(changed).product == a * b
        return
    with pytest.raises(WrongToken) as error:
        form.parse(changed)
    assert (error.value.position, error.value.found) == (where, changed[where])
    assert error.value.expected != changed[where]


@given(problems(), st.data())
@settings(deadline=None)
def test_a_text_cut_short_or_too_long_is_found_at_its_end(
    problem: tuple[Format, int, int], data: Any
) -> None:
    form, a, b = problem
    text = form.text(a, b)
    cut = data.draw(st.integers(0, len(text) - 1))
    with pytest.raises(WrongToken) as error:
        form.parse(text[:cut])
    assert (error.value.position, error.value.found) == (cut, "the end")
    with pytest.raises(WrongToken) as error:
        form.parse(text + "$")
    assert (error.value.position, error.value.found) == (len(text), "$")


WRONG_TOKENS: list[tuple[Any, str, str]] = [
    ("cot_reversed", "12*34=840+0640=8040$", "token 12 (partial product 1, hundreds) is '4'"),
    ("cot_reversed", "12*34=840*0630=8040$", "token 9 (+) is '*', expected '+'"),
    ("cot", "12*34=049+0360=0408$", "token 8 (partial product 0, units) is '9', expected '8'"),
    ("plain", "12*34=1408$", "token 6 (answer, thousands) is '1', expected '0'"),
    ("dots", "12*34=........08040$", "token 14 (dots) is '0', expected '.'"),
    ("plain", "1x*34=0408$", "token 1 (a) is 'x', expected 'a digit'"),
    ("plain", "1²*34=0408$", "token 1 (a) is '²', expected 'a digit'"),
]


def test_a_wrong_token_is_named_by_its_place() -> None:
    cases = [
        (text, lambda style=style, text=text: Format(style).parse(text), re.escape(words))
        for style, text, words in WRONG_TOKENS
    ]
    assert refused_otherwise(cases, WrongToken) == []


def test_unpadded_operands_have_no_leading_zero() -> None:
    for text in ("02*3=6$__", "02+3=6$__"):
        with pytest.raises(WrongToken, match=r"token 0 .a. is '0', expected 'no leading zero'"):
            Format("plain", padded=False).parse(text)


# ---------------------------------------------------------------- bad input


NO_OPERANDS = [
    *("", "  ", "-7", "+7", "7.0", "7,5", "٣", "²", "1e9", "0x10", "100", "9" * 400),
    *("0" * 400, "1 2", "7\n8", "seven", "37*48", "𝟕", "7\0", "<b>7</b>"),
]


def test_the_operands_of_texts_are_those_they_were_written_from() -> None:
    """Of every style, with zeros in front and without, right answers and padding behind them."""
    a, b = np.array([0, 7, 37, 374, 9999]), np.array([5, 80, 48, 6, 9999])
    for style, padded in product(STYLES, (True, False)):
        texts = [decode(row) for row in Format(style, 4, 4, padded).render(a, b)[0]]
        read = operands_in(texts)
        assert [x.tolist() for x in read] == [a.tolist(), b.tolist()], (style, padded)


def test_a_bad_operand_gets_one_sentence_with_what_is_allowed() -> None:
    def is_one_sentence(said: str) -> bool:
        allowed = "whole number from 0 to 99 with the digits 0 to 9" in said
        ends = said.count(". ") == 0 and said.endswith(".") and "\n" not in said
        return allowed and ends and len(said) < 120

    told = [(text, refusal(lambda text=text: read_operand(text, 2))) for text in NO_OPERANDS]
    assert [one for one in told if not is_one_sentence(one[1])] == []


def test_a_good_operand_is_read() -> None:
    good = {" 7 ": 7, "0": 0, "07": 7, "99": 99}
    assert {text: read_operand(text, 2) for text in good} == good


@given(st.text(max_size=8))
def test_an_operand_is_read_as_written_or_refused(text: str) -> None:
    try:
        value = read_operand(text, 3)
    except ValueError:
        assert not (text.isascii() and text.isdigit() and int(text) < 1000)
    else:
        assert text.strip().lstrip("0") in (str(value), "" if value == 0 else None)


NO_FORMATS: list[tuple[Any, str]] = [
    (("backwards", 2, 2), "style='backwards' is not one of plain, reversed"),
    (("plain", 0, 2), "p=0 digits; allowed are 1 to 50"),
    (("plain", 2, 51), "q=51 digits; allowed are 1 to 50"),
    *((("plain", value), "^p=.* digits; allowed are 1 to 50") for value in wrong_values(2)),
    *((("plain", 2, value), "^q=.* digits; allowed are") for value in wrong_values(2)),
    *(((value,), "^style=.* is not one of plain") for value in wrong_values("plain")),
    *((("plain", 2, 2, value), "^padded=.* true or false") for value in wrong_values(True)),
]


def test_a_format_nobody_writes_is_refused() -> None:
    assert refused_otherwise((x, lambda x=x: Format(*x), words) for x, words in NO_FORMATS) == []


@pytest.mark.parametrize(
    ("a", "b", "words"),
    [(100, 1, "a=100 is outside 0 to 99"), (1, -1, "b=-1 is outside 0 to 999")],
)
def test_operands_that_do_not_fit_are_refused(a: int, b: int, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Format("plain", 2, 3).render(np.array([1, a]), np.array([1, b]))


# ---------------------------------------------------------------- the split


def hash_of_pair(a: int, b: int) -> float:
    """u, from the words of the book: blake2b (8 bytes, big end first) of "smaller x larger"."""
    small, large = sorted((a, b))
    digest = hashlib.blake2b(f"{small} x {large}".encode("ascii"), digest_size=8).hexdigest()
    return int(digest, 16) / 16**16


def test_the_split_is_the_hash_of_the_unordered_pair() -> None:
    a, b = all_pairs()
    assert list(zip(a.tolist(), b.tolist(), strict=True)) == [
        (i, j) for i in range(100) for j in range(100)
    ]
    u = split_values(a, b)
    assert u.tolist() == [hash_of_pair(int(x), int(y)) for x, y in zip(a, b, strict=True)]
    assert (u == split_values(b, a)).all()


@given(st.integers(0, 10**9 - 1), st.integers(0, 10**9 - 1))
def test_one_split_holds_for_all_lengths(a: int, b: int) -> None:
    u = split_value(a, b)
    assert u == split_value(b, a) == hash_of_pair(a, b)
    assert split_values(np.array([a]), np.array([b])).tolist() == [u]
    assert 0 <= u < 1


def test_the_parts_of_the_split_share_nothing_and_leave_nothing_out() -> None:
    parts = {
        name: set(zip(*(x.tolist() for x in pairs_of(name)), strict=True))
        for name in ("train", "validation", "test", "heldout")
    }
    assert not parts["train"] & parts["heldout"]
    assert not parts["validation"] & parts["test"]
    assert parts["validation"] | parts["test"] == parts["heldout"]
    assert len(parts["train"] | parts["heldout"]) == 10_000
    assert all(hash_of_pair(a, b) < 0.30 for a, b in parts["train"])
    assert all(0.30 <= hash_of_pair(a, b) < 0.40 for a, b in parts["validation"])
    assert all((b, a) in part for part in parts.values() for a, b in part)


@pytest.mark.parametrize("fraction", [0.05, 0.10, 0.30])
def test_sampling_draws_every_pair_below_the_fraction_and_no_other(fraction: float) -> None:
    a, b = sample_pairs(np.random.default_rng(0), 60_000, 2, 2, 0.0, fraction)
    drawn = set(zip(a.tolist(), b.tolist(), strict=True))
    allowed = {(i, j) for i in range(100) for j in range(100) if hash_of_pair(i, j) < fraction}
    assert len(a) == len(b) == 60_000
    assert drawn == allowed  # both orders of each; a smaller fraction is a part of a larger


def test_sampling_is_uniform_over_its_pairs() -> None:
    a, b = sample_pairs(np.random.default_rng(1), 50_000, 2, 2, 0.0, 0.05)
    counts = np.bincount(a * 100 + b)
    counts = counts[counts > 0]
    expected = 50_000 / len(counts)
    chi_squared = ((counts - expected) ** 2 / expected).sum()
    degrees = len(counts) - 1
    assert abs(chi_squared - degrees) < 5 * (2 * degrees) ** 0.5


def test_training_on_held_out_pairs_is_refused() -> None:
    said = r"more than 0 and at most 0\.3"
    fractions = [0.0, -0.1, 0.31, 1.0, *wrong_values(0.3)]
    assert refused_otherwise((x, lambda x=x: require_fraction(x), said) for x in fractions) == []


def test_a_million_pairs_are_not_listed() -> None:
    with pytest.raises(ValueError, match="3x2 digits are 100,000"):
        all_pairs(3, 2)


# ---------------------------------------------------------------- speed


def calls_to_draw(form: Format, n: int) -> int:
    def draw() -> None:
        a, b = sample_pairs(np.random.default_rng(0), n, 2, 2, 0.0, 0.3)
        tokens, _ = form.render(a, b)
        assert len(tokens) == n and a.dtype == b.dtype == np.int64 and tokens.dtype == np.uint8

    split_values(np.array([0]), np.array([0]))  # the table of the split is made once
    return calls_in(draw)


@pytest.mark.parametrize("padded", [True, False])
@pytest.mark.parametrize("style", STYLES)
def test_ten_thousand_problems_take_no_more_calls_than_a_hundred(style: Any, padded: bool) -> None:
    """They are drawn and written as arrays, none by itself."""
    few, many = (calls_to_draw(Format(style, padded=padded), n) for n in (100, 10_000))
    assert 0 < many <= 1.2 * few < 1000


# ---------------------------------------------------------------- lengths


def test_ten_digits_by_ten_are_written_to_the_last_digit() -> None:
    """Beyond what 64 bits hold; reference: Python's own integers."""
    form = Format("cot_reversed", 10, 10)
    numbers = [9_999_999_999, 9_876_543_210, 1_000_000_000, 1_234_567_891]
    a, b = np.array(numbers), np.array(numbers[::-1])
    tokens, _ = form.render(a, b)
    answer = form.answer
    for row, x, y in zip(tokens, numbers, numbers[::-1], strict=True):
        text = decode(row)
        assert text[answer.start : answer.stop] == str(x * y).zfill(20)[::-1]
        assert form.parse(text).product == x * y
    assert read_number(tokens, answer).tolist() == [
        x * y for x, y in zip(numbers, numbers[::-1], strict=True)
    ]


LONG = [(18, 1), (1, 19), (18, 18), (19, 18), (20, 20), (50, 3), (50, 50)]
"""On both sides of what 64 bits hold."""


def long_operands(p: int, q: int) -> tuple[list[int], list[int]]:
    """Nines, a power of ten, zero, and others by Python's own generator."""
    random = Random(p * 100 + q)
    a = [10**p - 1, 10 ** (p - 1), 0, *(random.randrange(10**p) for _ in range(5))]
    b = [10**q - 1, 10 ** (q - 1), 10**q - 1, *(random.randrange(10**q) for _ in range(5))]
    return a, b


@pytest.mark.parametrize(("p", "q"), LONG)
def test_long_sums_are_written_and_read_to_the_last_digit(p: int, q: int) -> None:
    a, b = long_operands(p, q)
    for style, padded in product(STYLES, (True, False)):
        form = Format(style, p, q, padded)
        tokens, mask = form.render(np.array(a, number_type(p)), np.array(b, number_type(q)))
        for row, its_mask, x, y in zip(tokens, mask, a, b, strict=True):
            text = decode(row)
            assert text == form.text(x, y) == reference_text(form, x, y)
            assert its_mask.tolist() == reference_mask(form, text)
            partials = [x * int(digit) for digit in str(y).zfill(q if padded else 1)[::-1]]
            assert form.parse(text) == Problem(x, y, tuple(partials), x * y)
            shape = form.shape_of(text)
            assert read_number(row[None], shape.answer).tolist() == [x * y]


def test_the_last_wrong_digit_of_a_long_answer_is_named() -> None:
    form, (a, b) = Format("cot_reversed", 50, 50), (10**50 - 1, 10**49)
    text, last = form.text(a, b), form.answer.stop - 1
    with pytest.raises(WrongToken, match=rf"token {last} .answer, 10\^99. is '8', expected '0'"):
        form.parse(text[:last] + "8" + text[last + 1 :])


def test_numbers_that_numpy_has_rounded_are_refused() -> None:
    rounded = np.array([10**19 - 1, 5])
    with pytest.raises(ValueError, match="a holds float64; needs whole numbers"):
        Format("plain", 20, 2).render(rounded, 1)


def test_long_and_short_sums_stand_in_one_batch() -> None:
    form = Format("cot_reversed", 50, 20, padded=False)
    a, b = [7, 10**49, 123, 10**18], [10**19, 3, 45, 10**18 - 1]
    tokens, _ = form.render(np.array(a, object), np.array(b, object))
    assert [decode(row) for row in tokens] == [
        reference_text(form, x, y) for x, y in zip(a, b, strict=True)
    ]


def test_digits_are_counted_on_both_sides_of_64_bits() -> None:
    numbers = [0, 9, *(10**k + d for k in range(1, 50) for d in (-1, 0)), 10**50 - 1]
    expected = [len(str(x)) for x in numbers]
    assert count_digits(np.array(numbers, object)).tolist() == expected
    short = [x for x in numbers if x < 2**63]
    assert count_digits(np.array(short, np.int64)).tolist() == expected[: len(short)]


@pytest.mark.parametrize(("p", "q"), [(20, 20), (50, 50), (3, 50)])
def test_long_numbers_are_drawn_from_one_part_of_the_split_digit_by_digit_alike(
    p: int, q: int
) -> None:
    a, b = sample_exact(np.random.default_rng(0), 400, p, q, 0.3, 0.4)
    assert (count_digits(a) == p).all() and (count_digits(b) == q).all()
    pairs = list(zip(a.tolist(), b.tolist(), strict=True))
    assert all(type(x) is type(y) is int and 0.3 <= hash_of_pair(x, y) < 0.4 for x, y in pairs)
    assert len(set(pairs)) == 400
    inner = np.array([[int(digit) for digit in str(y)[1:]] for y in b])
    assert inner.mean() == pytest.approx(4.5, abs=0.15) and set(inner.ravel()) == set(range(10))
    again = sample_exact(np.random.default_rng(0), 400, p, q, 0.3, 0.4)
    assert again[0].tolist() == a.tolist() and again[1].tolist() == b.tolist()
    with_zeros, _ = sample_pairs(np.random.default_rng(0), 400, p, q)
    assert 10 < (count_digits(with_zeros) < p).sum() < 80


def test_the_generator_is_asked_for_whole_numbers_as_long_as_64_bits_hold_them() -> None:
    a, b = sample_pairs(np.random.default_rng(3), 5, 18, 2)
    rng = np.random.default_rng(3)
    assert a.tolist() == rng.integers(0, 10**18, 64)[:5].tolist()
    assert b.tolist() == rng.integers(0, 100, 64)[:5].tolist()
    assert a.dtype == b.dtype == np.int64


def test_shapes_and_listed_pairs_may_be_long() -> None:
    shapes = ((1, 1), (20, 2), (50, 50))
    a, b = sample_shapes(np.random.default_rng(0), 60, shapes, 0.0, 0.3)
    found = list(zip(count_digits(a).tolist(), count_digits(b).tolist(), strict=True))
    assert set(found) == set(shapes)
    form = Format("cot_reversed", 50, 50, padded=False)
    assert [decode(row) for row in form.render(a, b)[0]] == [
        reference_text(form, x, y) for x, y in zip(a.tolist(), b.tolist(), strict=True)
    ]
    listed = ((10**20, 7), (3, 10**49))
    drawn = sample_listed(np.random.default_rng(0), 50, listed)
    pairs = set(zip(*(x.tolist() for x in drawn), strict=True))
    assert pairs == {*listed, *((b, a) for a, b in listed)}


def test_a_long_operand_is_read_or_told_how_long_it_may_be() -> None:
    assert read_operand("9" * 50, 50) == 10**50 - 1
    with pytest.raises(ValueError, match="of at most 50 places with the digits 0 to 9") as error:
        read_operand("1" + "0" * 50, 50)
    assert len(str(error.value)) < 120
    with pytest.raises(ValueError, match=r"a=1000.* is outside 0 to 9999"):
        Format("plain", 50, 2).render(10**50, 1)


def test_every_shape_is_as_likely_and_no_number_has_a_leading_zero() -> None:
    shapes, n = ((1, 1), (1, 3), (3, 2)), 3000
    a, b = sample_shapes(np.random.default_rng(0), n, shapes, 0.0, 0.3)
    found = list(zip(count_digits(a).tolist(), count_digits(b).tolist(), strict=True))
    assert set(found) == set(shapes)
    assert all(900 < found.count(shape) < 1100 for shape in shapes)
    assert (split_values(a, b) < 0.3).all()
    assert (a == 0).any()


def test_exact_digits_of_one_part_of_the_split() -> None:
    a, b = sample_exact(np.random.default_rng(0), 500, 6, 4, 0.4, 1.0)
    assert len(a) == len(b) == 500
    assert a.min() >= 100_000 and a.max() < 1_000_000 and b.min() >= 1000 and b.max() < 10_000
    assert (split_values(a, b) >= 0.4).all()


def test_a_forged_digit_moves_the_answer_by_what_the_forged_working_adds_up_to() -> None:
    form = Format("cot_reversed")
    working = form.partial_products
    for a, b in ((37, 48), (99, 99), (5, 60)):
        right = form.text(a, b)
        for field in working:
            for position in field.positions:
                for digit in "0123456789":
                    forged = right[:position] + digit + right[position + 1 :]
                    total = sum(int(forged[f.start : f.stop][::-1]) for f in working)
                    change = int(digit) - int(right[position])
                    assert implied_move(change, field.place(position)) == total - a * b


def test_moves_are_implied_for_many_at_once() -> None:
    changes = np.array([-9, 0, 1])
    assert implied_move(changes, 3).tolist() == [-9000, 0, 1000]


# ---------------------------------------------------------------- what follows from an error


def implied(text: str) -> str:
    return Format("cot_reversed").text_implied(text, 37, 48)


def test_a_right_text_implies_itself() -> None:
    for style in ("plain", "reversed", "cot", "cot_reversed", "dots"):
        for p, q in ((2, 2), (1, 3), (3, 1)):
            form = Format(style, p, q)  # pyright: ignore[reportArgumentType]
            text = form.text(7, 8)
            assert form.text_implied(text, 7, 8) == text


def test_a_sum_is_that_of_what_is_written_and_a_product_that_of_the_operands() -> None:
    # 296 + 1430 = 1726, in place of 1480 and 1776.
    assert implied("37*48=692+0341=6271$") == "37*48=692+0841=6271$"
    # Added wrongly besides: 1736 for 1726.
    assert implied("37*48=692+0341=6371$") == "37*48=692+0841=6271$"


def test_a_running_sum_carries_an_error_on() -> None:
    form = Format("cot", 1, 3)
    right = form.text(7, 123)
    sums = [field for field in form.written if field.kind == "sum"]
    wrong = right[: sums[0].stop - 1] + "9" + right[sums[0].stop :]
    held = int(wrong[sums[0].start : sums[0].stop])
    told = form.text_implied(wrong, 7, 123)
    assert told[: form.answer.start] == right[: form.answer.start]
    assert int(told[form.answer.start : form.answer.stop]) == held + 700


def test_a_sign_among_the_digits_leaves_the_sum_as_it_is_and_a_short_text_too() -> None:
    right = Format("cot_reversed").text(37, 48)
    assert implied("37*48=6+2+0341=6271$") == right
    assert implied("37*48=692+03") == right
