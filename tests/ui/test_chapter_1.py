"""Chapter 1: the sum that follows, the two lanes, and what is said of their records."""

from __future__ import annotations

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from components.ui.chapters.ch10 import claims, probes, worked
from components.ui.claims.claim_index import look_up
from lab.exercises.chain_of_thought_exercises import FORM
from lab.readings import Measured
from lab.records import RECORDS, read_lines, select
from lab.statistics import lower_bound_95


def test_what_the_page_says_of_heads_and_carries_is_in_their_records() -> None:
    fetched, carried = (read_lines(RECORDS / f"{name}.jsonl") for name in ("fetched", "carried"))
    text = FORM.text(37, 48)

    def source(head: int, digit: int) -> str:
        row, *_ = select(fetched, head=head)
        at = row["written"][digit]
        assert at["times"] == row["n"], (head, digit)
        return text[at["source"]]

    assert source(2, 1) == "7" and source(2, 0) == "="
    assert {source(head, digit) for head in (0, 1) for digit in (0, 1)} == {"8"}
    assert {row["neither"] for row in carried} == {0}
    zero, mean, resample = (claims.wrong_without(fetched, "0.2", by)[0] for by in claims.BY)
    assert mean == resample == 0 < zero
    one, other, both = (claims.wrong_without(fetched, x, "mean")[0] for x in claims.ROWS[2:])
    assert one + other < both


def test_what_the_page_says_of_parts_above_layer_0_is_in_their_record() -> None:
    found = worked.stand_in_points(read_lines(RECORDS / "stand_ins.jsonl"))
    wrong = {(row["part"], row["by"]): row["wrong"] for row in found}
    zero, mean, other = claims.BY.values()
    assert wrong["heads, layers 2 to 5", zero] == wrong["heads, layers 2 to 5", mean] == 0
    assert min(wrong[f"FFN, layer {layer}", by] for layer in (1, 2) for by in (zero, mean)) > 500
    assert wrong["FFN, layer 4", mean] == 0 < wrong["FFN, layer 4", zero]
    assert 10 * wrong["FFN, layer 3", mean] < wrong["FFN, layer 3", other]


def test_the_lanes_of_the_records_ask_no_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(probes, "write_sum")
    found = probes.two_lanes(37, 48)
    assert found and (found.plain_text, found.working_text) == ("37*48=1776$", FORM.text(37, 48))


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
