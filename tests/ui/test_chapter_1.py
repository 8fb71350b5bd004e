"""Chapter 1: the sum that follows, the turns, the lines to what is fetched, and what is said."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from components.ui.chapters.ch10 import claims, figures, probes, worked
from components.ui.claims.claim_index import look_up
from lab.data.problems import Format, Style
from lab.exercises.chain_of_thought_exercises import FORM
from lab.readings import Measured
from lab.records import RECORDS, read_lines
from lab.statistics import lower_bound_95


@pytest.mark.parametrize(("style", "n"), [("plain", 5), ("cot_reversed", 14)])
def test_a_turn_is_a_column_and_its_head_is_the_foot_of_the_next(style: Style, n: int) -> None:
    body = figures.turns(37, 48, Format(style), style, worked.n_layer())
    shown = re.findall(r'wb-token wb-\w+">(.)</span>', body)
    heads, feet = shown[::2], shown[1::2]
    form, text = Format(style), Format(style).text(37, 48)
    assert "".join(heads) == text[form.prompt_length :] and len(heads) == n == worked.turns(style)
    assert feet == ["=", *heads[:-1]]
    assert body.count("<i></i>") == n * worked.n_layer() == n * 6


def test_a_line_runs_from_the_digit_to_the_token_where_a_head_looks_hardest() -> None:
    weights = np.zeros((4, 20, 20))
    place = FORM.answer.start + 2
    weights[3, place - 1, 12], weights[2, place - 1, 8] = 0.9, 0.8
    found = probes.fetched(weights, place)
    assert [(f.head, f.source, f.share) for f in found] == [(3, 12, 0.9), (2, 8, 0.8)]
    body = figures.fetches(FORM.text(37, 48), place, found)
    assert "grid-column:13/19" in body and "grid-column:9/19" in body
    said = probes.fetched_in_words(found, place, 37, 48)
    assert "head 0.3 looks at **37 × 40: hundreds** (0.90" in said and "37 × 8: hundreds" in said


def test_what_the_page_says_two_heads_fetch_is_so_in_every_sum_that_was_asked() -> None:
    rows = read_lines(RECORDS / "fetched.jsonl")
    found = {(at["head"], figures.digit_name(at["slot"])): at for at in claims.at_digits(rows)}
    n = rows[0]["n"]

    def source(head: int, digit: str) -> str:
        at = found[head, digit]
        assert at["times"] == n, (head, digit)
        return figures.source_name(at["source"])

    first, second = figures.NUMBERS[:2]
    for number, places in ((first, ("units", "tens")), (second, ("tens", "hundreds"))):
        for of_a, place in zip(("units", "tens"), places, strict=True):
            assert source(3, f"{number}, {place}") == f"first number, {of_a}"
        assert source(2, f"{number}, {places[1]}") == "first number, units"
    assert source(2, f"{first}, hundreds") == "second number, units"
    assert source(2, f"{second}, thousands") == "second number, tens"
    for place, upper, lower in (("tens", 3, 2), ("hundreds", 2, 3)):
        assert source(upper, f"product, {place}") == f"{first}, {place}"
        assert source(lower, f"product, {place}") == f"{second}, {place}"
    assert source(3, "product, units") == f"{first}, units"
    assert source(3, "product, thousands") == f"{second}, thousands"
    most = [at["wrong_without"] for at in found.values() if claims.fetches_a_digit(at)]
    assert min(most) > n / 2


def test_the_heads_above_the_first_two_layers_can_go_and_those_below_cannot() -> None:
    wrong = worked.without_layers(read_lines(RECORDS / "silenced.jsonl"))
    assert wrong["layers 2 to 5"] == 0 < wrong["layer 1"] < wrong["layers 1 to 5"] < 200


def test_a_pair_read_the_other_way_round_is_known_better_in_every_seed() -> None:
    from lab.experiments import mirrored

    rows = read_lines(RECORDS / "mirrored.jsonl")
    assert claims.ONE_OF_EACH == mirrored.ONE_OF_EACH
    assert mirror_helps(rows) == "fewer"
    assert len(claims.ONE_ORDER.of(rows)) == len(claims.HALF_OF_ORDERS.of(rows)) == 3
    even = {"n_mirror_shown": 10, "n_mirror_not_shown": 10, "cell": {}}
    level = [{**even, "errors_mirror_shown": x, "errors_mirror_not_shown": 5} for x in (4, 6)]
    assert mirror_helps(level) == "about as many as of the others"
    fewer = [{**even, "errors_mirror_shown": x, "errors_mirror_not_shown": 3} for x in (4, 6)]
    assert mirror_helps(fewer) == "more"


def mirror_helps(rows: list[dict[str, Any]]) -> str:
    return worked.fewer_wrong(worked.MIRRORED, rows, worked.MIRROR_HELPS)


def test_where_seeds_were_asked_unlike_numbers_the_median_share_is_told() -> None:
    def row(seed: int, errors: int, n: int) -> dict[str, Any]:
        return {"cell": {"seed": seed}, "errors_some": errors, "n_some": n}

    rows = [row(0, 30, 60), row(1, 70, 100), row(2, 9, 10)]
    told = claims.of_unlike_n(claims.STRANGE, "some").measure(rows)
    assert told == Measured("70 in 100", 9, 10, lower_bound_95(9, 10))


def test_a_strict_count_is_at_least_that_of_the_product() -> None:
    for run in ("plain", "few_pairs", "chain_of_thought"):
        strict, answer = (
            look_up(f"chain_of_thought.{run}_{kind}").measured for kind in ("strict", "answer")
        )
        assert strict and answer and strict.n == answer.n == 10_000
        assert (strict.errors or 0) >= (answer.errors or 0)
    twin = look_up("chain_of_thought.few_pairs_answer").measured
    assert twin and twin.shown == "3,066"


def strip() -> None:
    import streamlit as st

    from components.ui import own_sum
    from components.ui.chapter import Chapter
    from lab.data.problems import Format

    page = Chapter("10_chain_of_thought")
    with own_sum.follow(page, Format(), "ways") as pair:
        st.text(f"{pair[0]} and {pair[1]}")


def test_a_number_over_99_says_so_and_leaves_the_last_sum_standing() -> None:
    app = AppTest.from_function(strip, default_timeout=30)
    app.query_params["figure"] = "ways"
    app.run()
    app.text_input(key="ch10_a").set_value("58").run()
    assert app.text[0].value == "58 and 48" and not app.warning
    app.text_input(key="ch10_a").set_value("148").run()
    assert app.text[0].value == "58 and 48"
    assert "0 to 99" in app.warning[0].value and not app.exception
