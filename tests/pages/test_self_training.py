"""Page 31 as a reader sets it: figures are the record's own."""

from __future__ import annotations

from typing import Any

import numpy as np
from shown import charts, text_of

from components.ui.chapters.ch31 import claims, worked
from components.ui.claims.claim_index import look_up
from components.ui.drawings.sieve import Label
from lab.data.problems import Format
from lab.data.vocabulary import decode
from lab.experiments.self_evolution import TAUGHT
from lab.inference.pseudo_labels import CHECKS, write_all
from lab.records import RECORDS, read_lines, select
from lab.training.checkpoint import load_run

PAGE = "31_self_training"


def record(name: str) -> list[dict[str, Any]]:
    return read_lines(RECORDS / f"{name}.jsonl")


def networks() -> worked.Record:
    return worked.all_networks(record("self_evolution"), record("self_evolution_seeds"))


def test_the_page_opens_whole_and_guesses_come_first(seen: Any) -> None:
    app = seen(PAGE)
    assert not app.exception and not app.info and not app.warning
    assert "The answer: **" not in text_of(app)
    app = seen(PAGE, reveal="1")
    assert not app.exception and not app.info and not app.warning
    rows = networks()
    for answer in ("median 200", worked.how_it_rots(rows), "1 by 1"):
        assert f"The answer: **{answer}**" in text_of(app)


def test_links_of_before_still_open_the_page_that_had_both(book: Any) -> None:
    """What a link says of a control or a figure that moved is told in a sentence."""
    app = book("30_curriculum", ch30_round="5", ch30_trains="true labels", ch30_sieve_guess="9")
    assert not app.exception
    assert not book("30_curriculum", figure="sieve").exception


def test_the_sieve_holds_the_flags_of_the_record_and_no_wrong_label_passes_all_checks() -> None:
    rows = record("self_evolution")
    every = Label.VOTE | Label.SWAP | Label.NINE | Label.ELEVEN
    shown = worked.rounds_of_labels(rows)
    for row, (name, flags, texts) in zip(select(rows, arm=claims.SIEVED), shown, strict=True):
        assert name == f"{row['cell']['digits']} digits"
        assert tuple(row["names"]) == tuple(CHECKS)
        assert len(flags) == len(texts) == claims.DRAWN
        assert row["checks"]["all"]["wrong"] == 0
        for flag, (a, b, answer), text in zip(flags, row["sums"], texts, strict=False):
            right = bool(flag & Label.RIGHT)
            assert bool(text.wrong) == (not right and answer not in (-1, a * b))
            assert bool(flag & Label.NUMBER) == (answer >= 0)
            assert ("no number" in text.text) == (answer < 0)
            assert right or flag & every != every
            if answer >= 0:
                assert bool(flag & Label.NINE) == (answer % 9 == a * b % 9)
                assert bool(flag & Label.ELEVEN) == (answer % 11 == a * b % 11)


def test_a_link_says_which_checks_are_on(book: Any) -> None:
    assert len(set(worked.EVERY_SET)) == 16
    assert all(worked.named(worked.checks_in(said)) == said for said in worked.EVERY_SET)
    for said, told in (("swap+vote", 0), ("none", 0), ("luck", 1)):
        app = book(PAGE, figure="sieve", ch31_on=said)
        assert not app.exception and len(app.info) == told, said


def test_without_a_vote_the_other_checks_keep_wrong_workings_alone() -> None:
    alone = select(record("self_evolution"), arm="true", digits=6)[0]
    every = sum(2 << k for k in range(len(alone["names"])))
    passed = [
        (a * b, answer)
        for flag, (a, b, answer) in zip(alone["flags"], alone["sums"], strict=True)
        if flag & every == every and not flag & 1
    ]
    assert "vote" not in alone["names"] and passed
    assert all(product == answer for product, answer in passed)
    told = look_up("self_training.kept_without_vote").shown
    assert told == "{wrong} of {kept:,}".format(**alone["checks"]["all"])
    assert look_up("self_training.working_alone").shown == f"{len(passed)} of {len(passed)}"


def test_every_network_is_a_dot_and_each_arm_has_three() -> None:
    points = worked.right_after(networks(), claims.LAST, 8)
    of_true = {p["seed"]: p["wrong"] for p in points if p["arm"] == "true labels"}
    assert of_true == {0: "3 of 200", 1: "5 of 200", 2: "4 of 200"}
    assert len(points) == 3 * len(claims.TRAINS_ON)
    assert worked.networks(networks()).endswith("each bar the median of three.")
    (last,) = select(record("self_evolution"), arm="true", digits=claims.LAST)
    assert claims.rounds("true", digits=claims.LAST).of(networks()) == [last]


def test_without_a_sieve_the_taught_lengths_are_told_by_the_median_of_three() -> None:
    found = networks()
    worst = [
        max(row["shapes"][seed][f"{n}x{n}"][1] for n in (1, 2, 3)) / 200
        for row in worked.of_round(found, "unfiltered", claims.LAST)
        for seed in row["shapes"]
    ]
    assert len(worst) == 3 and worked.worst_taught(found, claims.LAST) == sorted(worst)[1]


def test_a_network_that_was_taught_short_problems_ends_a_longer_one_before_its_answer() -> None:
    """As the page shows it, the working right to its end."""
    (a, b), text = worked.NO_NUMBER
    form = Format("cot_reversed", 5, 5)
    written = write_all(load_run(TAUGHT).model, form, np.array([a]), np.array([b]))
    assert decode(written[0]) == text
    assert text[: form.answer.start] == form.text(a, b)[: form.answer.start]
    assert text[form.answer.start] == "$"
    assert [a, b, -1] in select(record("self_evolution"), arm=claims.SIEVED, digits=5)[0]["sums"]


def test_a_length_and_a_round_are_chosen_together(book: Any) -> None:
    link = {"ch31_gains_shown": "1", "ch31_gains_length": "6 × 6", "ch31_gains_round": "6"}
    app = book(PAGE, figure="gains", **link)
    assert not app.exception and not app.info
    (points,) = charts(app, "arm", "wrong")
    right = [point["share"] for point in points if point["arm"] == "any two agree"]
    assert right == [0, 1 - 64 / 200, 1 - 199 / 200]


# ---------------------------------------------------------------- exercises


def test_the_exercise_is_solved_by_thought_alone(book: Any) -> None:
    app = book(PAGE, figure="ex_label")
    for typed, said in (
        (1776, "is right"),
        (1767, "modulo 9 lets it pass"),
        (1777, "no multiple of 9 nor of 11"),
    ):
        app.text_input(key="ch31_ex_label").set_value(str(typed)).run()
        assert said in text_of(app) and not app.success, typed
    app.text_input(key="ch31_ex_label").set_value(str(1776 + 99)).run()
    assert len(app.success) == 1
    for typed in ("-1", "1e9", "1000000000", "٣*٤"):
        app.text_input(key="ch31_ex_label").set_value(typed).run()
        assert not app.exception and not app.success and len(app.warning) == 1, typed
        assert "0 to 9999" in app.warning[0].value and "is wrong" not in text_of(app), typed
