"""components.ui.drawings.weighing: every ratio has its place on one scale of powers of ten."""

from __future__ import annotations

import pytest
from drawing_cases import Case, case

from components.ui.chapters.ch10.worked import KIND_HUES, by_kind
from components.ui.claims.comparisons import CHANGES, Weighed, drawn, weighed
from components.ui.drawings import weighing
from components.ui.drawings.weighing import HIGH, LOW, TICKS, weighing_data
from lab.records import ROOT, read_lines

KINDS = ("data", "architecture")
HUES = {"data": "violet", "architecture": "teal"}


def all_weighed() -> list[Weighed]:
    return weighed(lambda path: read_lines(ROOT / path))


def grouped(found: list[Weighed]) -> dict[str, list]:
    return {kind: [x for x in drawn(found) if x["kind"] == kind] for kind in KINDS}


# ---------------------------------------------------------------- what the front end is tried on


def weighed_changes() -> Case:
    some = [one for one in all_weighed() if one.change.page == "chain_of_thought"]
    groups = by_kind(some)
    return case(
        weighing,
        lambda: weighing.show_weighing("k", groups, KIND_HUES, alt="Changes on one scale"),
        None,
    )


CASES = {"weighing": weighed_changes}


# ---------------------------------------------------------------- what Python sends


def test_every_change_is_weighed_and_each_ratio_stands_where_its_power_of_ten_is() -> None:
    found = all_weighed()
    assert len(found) == len(CHANGES) == len({one.change.name for one in found})
    sent = weighing_data(grouped(found), HUES)
    places = [x for g in sent["groups"] for row in g["rows"] for x in (*row["dots"], row["median"])]
    ratios = [x for one in found for x in (*one.ratios, one.ratio)]
    assert [10 ** (LOW + (HIGH - LOW) * x) for x in places] == pytest.approx(ratios, rel=0.002)
    assert [words for _, words in sent["ticks"]][2] == TICKS[0] == "alike"
    with pytest.raises(ValueError, match="off the scale"):
        weighing.at(10**HIGH * 2)


def test_an_arm_of_the_race_is_weighed_as_its_record_counts_it() -> None:
    race = read_lines(ROOT / "records/race.jsonl")
    wrong = {(row["cell"]["style"], row["cell"]["seed"]): row["errors_heldout"] for row in race}
    (one,) = (one for one in all_weighed() if one.change.name == "working is written")
    assert one.ratios == pytest.approx(
        [wrong["plain", seed] / wrong["cot_reversed", seed] for seed in range(5)]
    )


def test_arms_that_differ_in_size_or_tokens_say_so() -> None:
    for one in all_weighed():
        for arm in (one.change.before[1], one.change.after[1]):
            sizes = {row.get("parameters") for row in arm.of(read_lines(ROOT / arm.path))}
            assert len(sizes) == 1, one.change.name
    said = {row["name"]: row["said"] for row in drawn(all_weighed())}
    assert "Parameters: 102,720, then 1,590,528." in said["width 256, not 64, plain"]
    assert "arameters" not in said["working is written"]
