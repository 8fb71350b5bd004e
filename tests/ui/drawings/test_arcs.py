"""components.ui.drawings.arcs: a sum travels with its numbers named; what is none is refused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from drawing_cases import Case, case

from components.ui import home, page_records
from components.ui.drawings import arcs
from components.ui.drawings.arcs import Theatre, WrittenSum, arcs_data, read_number, theatre_data
from components.ui.loaded_models import BOOK_RUN
from lab.data.problems import Format

# ---------------------------------------------------------------- what the front end is tried on


def arcs_of_a_sum() -> Case:
    """A sum with one wrong token, written without head 1 of two."""
    form = Format("cot_reversed", 1, 1)
    text = form.text(7, 8)[:-2] + "4$"
    n, given = len(text), form.prompt_length
    weights = np.tril(np.random.default_rng(7).dirichlet(np.full(n, 0.2), size=(2, n)))
    weights /= weights.sum(axis=2, keepdims=True)
    written = arcs.WrittenSum(7, 8, form, text, weights.round(3), 3, 1, "7 goes wrong first.")
    heads = [
        {"head": 0, "from": j, "to": t + 1, "weight": written.weights[0, t, j]}
        for t in range(given - 1, n - 1)
        for j in range(n)
        if written.weights[0, t, j] >= 0.08
    ]
    return case(
        arcs,
        lambda: arcs.show_arcs("k", written, alt="A sum", layers=4),
        {"arcs": heads, "wrong": [n - 2], "text": text},
    )


def the_theatre_of_home() -> Case:
    """What its record says of the explained token, and of both texts."""
    played = home.theatre()
    assert played is not None
    row, broken = (
        page_records.opening_row(BOOK_RUN),
        page_records.opening_row(BOOK_RUN, without=True),
    )
    looks = np.array(row["patterns"])[:, played.token - 1]
    said = [
        f"head {head} at {row['text'][weights.argmax()]}, {weights.max():.0%}"
        for head, weights in enumerate(looks)
    ]
    return case(
        arcs,
        lambda: arcs.show_arcs("k", played.whole, alt="A sum", layers=6, theatre=played),
        {
            "looks": said,
            "whole": row["text"],
            "broken": broken["text"],
            "head": broken["cell"]["without"][1],
        },
    )


CASES = {"arcs": arcs_of_a_sum, "arcs_theatre": the_theatre_of_home}


# ---------------------------------------------------------------- what Python sends

FORM = Format("cot_reversed")
TEXT = FORM.text(37, 48)
EVEN = np.tril(np.ones((4, len(TEXT), len(TEXT))))
WRITTEN = WrittenSum(37, 48, FORM, TEXT, EVEN / EVEN.sum(axis=2, keepdims=True))


def test_rows_are_those_before_each_written_token() -> None:
    data = arcs_data(WRITTEN)
    rows = np.array(data["weights"]) / 1000
    assert rows.shape == (4, len(TEXT) - FORM.prompt_length, len(TEXT))
    assert rows[0, 0, :7].tolist() == pytest.approx([1 / 6] * 6 + [0], abs=1e-3)
    assert "".join(data["right"]) == TEXT


def test_every_number_is_read_the_right_way_round_and_says_its_order() -> None:
    broken = TEXT.replace("0841=6771", "0341=6271")
    for text, labels in (
        (TEXT, ["you typed", "37 × 8 = 296", "37 × 40 = 1480", "product, 1776"]),
        (broken, ["you typed", "37 × 8 = 296", "1430, not 1480", "1726, not 1776"]),
    ):
        groups = arcs_data(replace(WRITTEN, text=text))["groups"]
        assert [group["label"] for group in groups] == labels
        names = [group["name"] for group in groups]
        assert names == ["you typed", "37 × 8", "37 × 40", "product"]
        assert all(group["label"].endswith(group["read"]) for group in groups)
        assert [group["note"] for group in groups] == ["", *3 * ["back to front"]]
        assert [group["wrong"] for group in groups] == ["not" in label for label in labels]


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="20 tokens"):
        arcs_data(replace(WRITTEN, weights=EVEN[:, :5, :5]))
    with pytest.raises(ValueError, match="from 0 to 3"):
        arcs_data(replace(WRITTEN, pulled=4))
    with pytest.raises(ValueError, match="from 6 to 19"):
        theatre_data(Theatre(WRITTEN, replace(WRITTEN, pulled=0), 5, ""), WRITTEN)
    with pytest.raises(ValueError, match="without a head"):
        theatre_data(Theatre(WRITTEN, WRITTEN, 7, ""), WRITTEN)


@pytest.mark.parametrize(
    ("sent", "head"), [(2, 2), (-1, None), (4, None), ("0", None), (1.5, None)]
)
def test_whatever_the_browser_sends_is_a_number_of_theirs_or_none(
    sent: object, head: int | None
) -> None:
    assert read_number(sent, 4) == head
