"""Page 31 as a reader sets it: figures are the record's own."""

from __future__ import annotations

from typing import Any

from shown import text_of

from components.ui.chapters.ch31 import claims, worked
from components.ui.claims.claim_index import look_up
from components.ui.drawings.sieve import Label
from lab.inference.pseudo_labels import CHECKS
from lab.records import RECORDS, read_lines, select

PAGE = "31_self_training"


def record(name: str) -> list[dict[str, Any]]:
    return read_lines(RECORDS / f"{name}.jsonl")


def test_the_page_opens_whole_and_guesses_come_first(seen: Any) -> None:
    app = seen(PAGE)
    assert not app.exception and not app.info and not app.warning
    assert "The answer: **" not in text_of(app)
    app = seen(PAGE, reveal="1")
    assert not app.exception and not app.info and not app.warning
    assert f"The answer: **{worked.how_it_rots(record('self_evolution'))}**" in text_of(app)
    kept = [row["checks"]["all"]["wrong"] for row in claims.rounds().of(record("self_evolution"))]
    assert kept and not any(kept)


def test_links_of_before_still_open_the_page_that_had_both(book: Any) -> None:
    """What a link says of a control or a figure that moved is told in a sentence."""
    app = book("30_curriculum", ch30_round="5", ch30_trains="true labels", ch30_sieve_guess="9")
    assert not app.exception
    assert not book("30_curriculum", figure="sieve").exception


def test_the_sieve_holds_the_flags_of_the_record() -> None:
    rows = record("self_evolution")
    for row in [row for arm in worked.WITH_VOTE for row in select(rows, arm=arm)]:
        flags, texts = worked.flags_of(row), worked.texts_of(row)
        assert tuple(row["names"]) == tuple(CHECKS) and len(flags) == len(texts)
        for flag, (a, b, answer), text in zip(flags, row["sums"], texts, strict=True):
            right = bool(flag & Label.RIGHT)
            assert not (right and text.wrong)
            if answer >= 0:
                assert bool(flag & Label.NINE) == (answer % 9 == a * b % 9)
                assert bool(flag & Label.ELEVEN) == (answer % 11 == a * b % 11)


def test_without_a_vote_the_other_checks_keep_wrong_labels() -> None:
    rows = record("self_evolution")
    alone = worked.round_of(rows, "true", 6)
    kept, wrong = worked.kept_of(alone)
    assert "vote" not in alone["names"] and 0 < wrong < kept
    assert look_up("self_training.kept_without_vote").shown == f"{wrong} of {kept:,}"
    voted = [row for arm in worked.WITH_VOTE for row in select(rows, arm=arm)]
    assert sum(worked.kept_of(row)[1] for row in voted) == 0 < len(voted)


def test_a_strip_of_rounds_counts_every_label() -> None:
    rows = record("self_evolution")
    for arm in worked.LABELLING:
        strip = worked.strip_of_rounds(rows, arm)
        for row in select(rows, arm=arm):
            name = f"{row['cell']['digits']} digits"
            parts = {bar["label"]: bar["n"] for bar in strip if bar["round"] == name}
            assert min(parts.values()) >= 0 and sum(parts.values()) == row["labels"]
            assert parts["kept, right"] + parts["thrown away, right"] == row["right"]
            if arm == "unfiltered":
                assert parts["thrown away, right"] == parts["thrown away, wrong"] == 0


def test_every_arm_shows_what_it_can_do(book: Any) -> None:
    for words in claims.TRAINS_ON.values():
        app = book(PAGE, figure="rounds", ch31_trains=words)
        assert not app.exception and not app.info


# ---------------------------------------------------------------- exercises


def test_the_exercise_is_solved_by_thought_alone(book: Any) -> None:
    app = book(PAGE, figure="ex_label")
    for typed, said in (
        (1776, "is right"),
        (1767, "modulo 9 lets it pass"),
        (1777, "no multiple of 9 nor of 11"),
    ):
        app.number_input(key="ch31_ex_label").set_value(typed).run()
        assert said in text_of(app) and not app.success, typed
    app.number_input(key="ch31_ex_label").set_value(1776 + 99).run()
    assert len(app.success) == 1
