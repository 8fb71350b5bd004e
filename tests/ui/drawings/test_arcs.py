"""components.ui.drawings.arcs: a sum travels with its numbers named; what is none is refused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from drawing_cases import Case, case

from components.ui.drawings import arcs
from components.ui.drawings.arcs import WrittenSum, arcs_data, read_head
from lab.data.problems import Format

# ---------------------------------------------------------------- what the front end is tried on


def arcs_of_a_sum() -> Case:
    """A sum with one wrong token, written without head 1 of two."""
    form = Format("cot_reversed", 1, 1)
    text = form.text(7, 8)[:-2] + "4$"
    n, given = len(text), form.prompt_length
    weights = np.tril(np.random.default_rng(7).dirichlet(np.full(n, 0.2), size=(2, n)))
    weights /= weights.sum(axis=2, keepdims=True)
    written = arcs.WrittenSum(7, 8, form, text, weights.round(3), layer=3, pulled=1)
    heads = [
        {"head": 0, "from": j, "to": t + 1, "weight": written.weights[0, t, j]}
        for t in range(given - 1, n - 1)
        for j in range(n)
        if written.weights[0, t, j] >= 0.08
    ]
    return case(
        arcs,
        lambda: arcs.show_arcs("k", written, alt="A sum"),
        {"arcs": heads, "wrong": [n - 2], "text": text},
    )


CASES = {"arcs": arcs_of_a_sum}


# ---------------------------------------------------------------- what Python sends

FORM = Format("cot_reversed")
TEXT = FORM.text(37, 48)
EVEN = np.tril(np.ones((4, len(TEXT), len(TEXT))))
WRITTEN = WrittenSum(37, 48, FORM, TEXT, EVEN / EVEN.sum(axis=2, keepdims=True))


def test_rows_are_those_before_each_written_token() -> None:
    data = arcs_data(WRITTEN)
    rows = np.array(data["weights"])
    assert rows.shape == (4, len(TEXT) - FORM.prompt_length, len(TEXT))
    assert rows[0, 0, :7].tolist() == pytest.approx([1 / 6] * 6 + [0], abs=1e-3)
    assert "".join(data["right"]) == TEXT


def test_every_number_is_named_and_the_first_says_its_order() -> None:
    groups = arcs_data(WRITTEN)["groups"]
    assert [group["label"] for group in groups] == [
        *("you typed", "37 × 8", "37 × 40", "product, 1776")
    ]
    assert [group["note"] for group in groups] == ["", "back to front", "", ""]


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="20 tokens"):
        arcs_data(replace(WRITTEN, weights=EVEN[:, :5, :5]))
    with pytest.raises(ValueError, match="from 0 to 3"):
        arcs_data(replace(WRITTEN, pulled=4))


@pytest.mark.parametrize(
    ("sent", "head"), [(2, 2), (-1, None), (4, None), ("0", None), (1.5, None)]
)
def test_whatever_the_browser_sends_is_a_head_or_none(sent: object, head: int | None) -> None:
    assert read_head(sent, 4) == head
