"""frontier: counts against one forward, the company of a digit by hand and against the texts."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from tiny import BASE, tiny_model

from lab.data.problems import Format, Integers, read_number, sample_pairs, split_value
from lab.data.vocabulary import VOCABULARY
from lab.experiments import frontier
from lab.experiments.frontier import (
    Column,
    carried,
    chain,
    columns,
    company,
    evaluate_forced,
    failure,
    frontier_cells,
    measure_frontier,
    zeros_near,
)
from lab.inference.scoring import teacher_forced
from lab.model.config import ClippedCoupledRotaryPositionsConfig
from lab.model.gpt import GPT

FORM = Format("cot_reversed", 3, 3)
POSITION = ClippedCoupledRotaryPositionsConfig(10.0, 1.0, 2, 1)


@pytest.fixture(scope="module")
def model() -> GPT:
    return tiny_model(replace(BASE, position=POSITION), dtype=torch.float32)


def some_pairs(n: int, digits: int) -> tuple[Integers, Integers]:
    return sample_pairs(np.random.default_rng(n), n, digits, digits)


# ---------------------------------------------------------------- what is counted


def test_every_wrong_token_that_bears_loss_is_counted(
    model: GPT, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Against one forward of all texts, though they are asked in batches of three, in chunks."""
    a, b = some_pairs(10, 3)
    texts, mask = FORM.render(a, b)
    wrong = (teacher_forced(model, texts) != texts) & mask
    monkeypatch.setattr(frontier, "TOKENS_AT_ONCE", 3 * FORM.length + 1)
    monkeypatch.setattr(frontier, "CHUNK", 5)
    found = evaluate_forced(model, FORM, a, b)
    assert found["wrong"] == len(found["failures"]) == wrong.any(axis=1).sum() == 10
    assert found["wrong_tokens"] == wrong.sum() == sum(f["wrong_tokens"] for f in found["failures"])
    assert (found["tokens"], found["tokens_a_text"]) == (mask.sum(), mask[0].sum())
    assert [(int(f["a"]), int(f["b"])) for f in found["failures"]] == [
        *zip(a.tolist(), b.tolist(), strict=True)
    ]
    assert [f["slot"] for f in found["failures"]] == wrong.argmax(axis=1).tolist()


def test_a_model_that_is_never_wrong_has_no_failures(
    model: GPT, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(frontier, "teacher_forced_in_chunks", lambda model, texts, chunk: texts)
    found = evaluate_forced(model, FORM, *some_pairs(4, 3))
    assert (found["wrong"], found["wrong_tokens"], found["failures"]) == (0, 0, [])


def test_a_cell_asks_its_split_and_says_its_sample(
    model: GPT, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(frontier, "model_called", {"some": model}.__getitem__)
    row = measure_frontier({"model": "some", "digits": 12, "split": "validation", "n": 3})
    assert row["n"] == row["wrong"] == 3 and row["seeds"] == [0]
    assert row["sample"] == {
        "drawn": "generator",
        "of": "validation pairs of 12x12 digits, each once",
        "n": 3,
        "seed": 0,
    }
    for one in row["failures"]:
        assert len(one["a"]) == len(one["b"]) == 12
        assert 0.3 <= split_value(int(one["a"]), int(one["b"])) < 0.4


def test_the_test_part_is_asked_last_and_no_cell_twice() -> None:
    cells = frontier_cells()
    assert cells[-1] == {"model": "far_clipped", "digits": 20, "split": "test", "n": 1000}
    assert all(cell["split"] == "validation" for cell in cells[:-1])
    assert [c["digits"] for c in cells[:-1]] == [12, 14, 16, 18, 20, 25, 30, 40, 50]


def test_fifty_by_fifty_digits_are_asked_without_a_table_of_all_tokens(model: GPT) -> None:
    """One table of 7,699 x 7,699 scores alone has 237 MB a head in fp32."""
    form = Format("cot_reversed", 50, 50)
    peak = peak_bytes(lambda: evaluate_forced(model, form, *some_pairs(1, 50)))
    assert 1_000_000 < peak < 150_000_000


def peak_bytes(work: Any) -> int:
    """The most that torch holds on top of what it held, from its own record of allocations."""
    from torch.profiler import ProfilerActivity, profile

    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as seen:
        work()
    held = most = 0
    events = [e for e in seen.profiler.kineto_results.events() if e.name() == "[memory]"]  # pyright: ignore
    for event in sorted(events, key=lambda e: e.start_ns()):
        held += event.nbytes()  # pyright: ignore
        most = max(most, held)
    return most


# ---------------------------------------------------------------- where a text fails


def forged(a: int, b: int, slot: int, token: str, form: Format = FORM) -> dict[str, Any]:
    """The failure of a text with some tokens wrong, first that in `slot`."""
    (right,), _ = form.render(a, b)
    guesses = right.copy()
    guesses[slot], guesses[-1] = VOCABULARY.index(token), VOCABULARY.index("_")
    return failure(form, a, b, right, guesses)


def test_a_failure_by_hand() -> None:
    """6888 + 49200 = 56088, back to front: the digit of 10^3 is 6 + 9 and 1 from 8 + 2."""
    text = FORM.text(123, 456)
    answer = FORM.answer
    found = forged(123, 456, answer.start + 3, "9")
    assert text[answer.start : answer.stop] == str(123 * 456).zfill(6)[::-1]
    assert found == {
        "a": "123",
        "b": "456",
        "wrong_tokens": 2,
        "slot": answer.start + 3,
        "kind": "answer",
        "number": 2,
        "place": 3,
        "right": "6",
        "written": "9",
        "company": {
            "made_by": "plus",
            "x": 6,
            "y": 9,
            "carry": 1,
            "chain": 1,
            "zeros": 2,  # of 056088 the digit of 10^2 and that of 10^5
            "zeros_a": 0,
            "zeros_b": 0,
        },
    }


def test_a_wrong_sign_has_no_company() -> None:
    slot = FORM.text(123, 456).index("+")
    found = forged(123, 456, slot, "7")
    assert (found["kind"], found["right"], found["written"]) == ("+", "+", "7")
    assert found["place"] is None and found["company"] is None
    short = forged(123, 456, slot - 1, "+")
    assert (short["kind"], short["place"], short["written"]) == ("partial product", 3, "+")


# ---------------------------------------------------------------- carries


def test_the_columns_of_every_number_add_up_to_it() -> None:
    """Against the text: each digit is that of its column, in all numbers the model writes."""
    rng = np.random.default_rng(0)
    for p, q in ((3, 3), (4, 1), (1, 4), (20, 20)):
        form = Format("cot_reversed", p, q)
        drawn = zip(*(x.tolist() for x in sample_pairs(rng, 9, p, q)), strict=True)
        for a, b in [(10**p - 1, 10**q - 1), *drawn]:
            tokens, _ = form.render(a, b)
            for field in form.written:
                made = columns(form, field, a, b)
                digits = tokens[0, field.start : field.stop].tolist()
                assert [column.digit for column in made] == digits
                assert made[-1].carry_out == 0
                number = sum(column.digit * 10**k for k, column in enumerate(made))
                assert [number] == read_number(tokens, field).tolist()


def added(x: str, y: str) -> list[Column]:
    """The columns of a sum, written as one writes it: units last."""
    digits = [(int(d), int(e)) for d, e in zip(reversed(x), reversed(y), strict=True)]
    return carried((d, e, d + e) for d, e in digits)


def test_a_carry_runs_through_nines_from_the_column_that_starts_it() -> None:
    """Of the first sum the 13 of the units starts a carry that comes through five nines."""
    made = added("0954998", "0045005")
    assert [column.digit for column in made] == [3, 0, 0, 0, 0, 0, 1]
    assert [chain(made, place) for place in range(7)] == [0, 1, 2, 3, 4, 5, 6]
    without_start = added("190594", "101505")
    assert [column.digit for column in without_start] == [9, 9, 0, 2, 9, 2]
    assert [chain(without_start, place) for place in range(6)] == [0, 0, 0, 1, 0, 0]


def test_a_carry_of_a_product_is_handed_on_where_it_makes_another_carry() -> None:
    """667 x 6 = 4002: 42, then 36 + 4 = 40 where 36 alone would carry 3, then 36 + 4 again."""
    made = carried((x, 6, x * 6) for x in (7, 6, 6, 0))
    assert made[1] == Column(6, 6, 36, 4)
    assert [column.hands_on for column in made] == [False, True, True, False]
    assert [chain(made, place) for place in range(4)] == [0, 1, 2, 3]


def test_the_company_of_a_partial_product_is_its_digit_of_a_and_its_digit_of_b() -> None:
    field = FORM.partial_products[1]  # 807 x 5 shifted by one: 040350
    found = company(FORM, field, 2, 807, 456)
    assert (found.made_by, found.x, found.y, found.carry) == ("times", 0, 5, 3)
    assert (found.zeros, found.zeros_a, found.zeros_b) == (2, 0, 0)
    alone = Format("cot_reversed", 3, 1)  # 4035, and no sum: the answer is the product
    assert company(alone, alone.answer, 1, 807, 5) == replace(found, zeros=1)


def test_zeros_are_counted_around_a_digit_and_not_in_it() -> None:
    assert zeros_near(100_000_000_001, 6, 12) == 8
    assert zeros_near(100_000_000_001, 0, 12) == 4
    assert zeros_near(7, 0, 1) == 0
    assert zeros_near(5, 5, 3) == 2  # past the number: its places up to four away
