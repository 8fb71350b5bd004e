"""Chapter 5, third page, as a reader sets it: curves, pulls and verdicts are the record's and
lab's."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from shown import charts, text_of

from components.ui.chapters.ch52 import claims, exercises, probes, worked
from lab.experiments import collapse, collapse_texts, warnings
from lab.recipes.feature_collapse import STEPS
from lab.records import RECORDS, ROOT, read_lines

PAGE = "52_feature_collapse"


@pytest.fixture
def rows() -> list[dict[str, Any]]:
    return read_lines(RECORDS / "collapse.jsonl")


def test_the_page_opens_whole_and_guesses_come_first(seen: Any, rows: Any) -> None:
    app = seen(PAGE)
    assert not app.exception and not app.info and not app.warning
    assert "The answer: **" not in text_of(app)
    app = seen(PAGE, reveal="1")
    assert not app.exception and not app.info and not app.warning
    for answer in (
        "median 373",
        worked.how_they_turn(rows),
        "1%",
        "103%",
        "median step 364",
        worked.where_it_is(rows),
    ):
        assert f"The answer: **{answer}**" in text_of(app)
    for said in (
        worked.how_it_falls(rows),
        worked.still_turn(rows).capitalize(),
        worked.what_the_push_costs(rows),
    ):
        assert said in text_of(app)


def test_a_missing_record_or_picture_is_a_sentence(
    book: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    monkeypatch.setattr(collapse_texts, "RECORDS", tmp_path)
    probes.picture_of.cache_clear()
    app = book(PAGE, figure="cloud")
    probes.picture_of.cache_clear()
    assert not app.exception
    assert any("its picture" in said.value for said in app.info)


def test_the_first_figure_and_its_words_need_no_torch() -> None:
    code = (
        "import sys; sys.modules['torch'] = None\n"
        "from components.ui.chapters.ch52 import probes, worked\n"
        "assert probes.picture_of('plain', 0.0).points.any()\n"
        "assert worked.CALC['few']() and worked.CALC['times_read']()\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]


def test_curves_are_those_of_the_record(seen: Any, rows: Any) -> None:
    (found,) = charts(seen(PAGE, reveal="1"), "run", "decay", "seed", "value")
    assert len(found) == 24 * (len(collapse.moments()) - 1)
    last = [row["value"] for row in found if row["step"] == STEPS]
    wrong = [row["looks"][-1]["wrong"] / row["n"] for row in claims.GRID.of(rows)]
    assert sorted(last) == pytest.approx(sorted(wrong))


def test_ways_to_go_on_are_compared_on_the_same_seeds(rows: Any) -> None:
    """And every base had learned to multiply, as the page says."""
    for kinds in (claims.ROUNDED, claims.CAUSES):
        found = worked.kind_rows(rows, "token cosine", kinds)
        seeds = {kind: {r["seed"] for r in found if r["run"] == kind} for kind in kinds}
        assert {frozenset(s) for s in seeds.values()} == {frozenset(collapse.SEEDS)}
    assert all(row["looks"][0]["wrong"] < row["n"] / 10 for row in rows)


def test_what_prose_concludes_of_the_push_is_so(rows: Any) -> None:
    def median_of(kind: str, name: str, step: int = STEPS) -> float:
        return claims.reading(claims.KINDS[kind], name, step).value(rows)

    def since(kind: str, step: int) -> float:
        return median_of(kind, "wrong") - median_of(kind, "wrong", step)

    lost = {k: since(k, 0) for k in claims.CAUSES}
    moved = {k: median_of(k, "moved") for k in claims.CAUSES}
    for kind in (claims.CENTRED, claims.BALANCED):
        assert lost[kind] > 0.9 * lost[claims.FEW]
    assert max(lost[claims.EXACT], lost[claims.LARGE_EPS]) < 0.6 * lost[claims.FEW]
    assert moved[claims.CENTRED] < moved[claims.SMALL_EPS]
    assert lost[claims.CENTRED] > lost[claims.SMALL_EPS]

    late = {kind: since(kind, claims.PARTED) for kind in claims.CAUSES}
    both = (claims.FEW, claims.CENTRED, claims.BALANCED)  # float32 and the usual eps
    assert max(late[claims.EXACT], late[claims.LARGE_EPS]) < min(late[k] for k in both) / 5
    assert late[claims.SMALL_EPS] < min(late[k] for k in both) / 2
    early = [median_of(kind, "wrong", claims.PARTED) for kind in (*both, claims.EXACT)]
    assert max(early) < 1.15 * min(early)
    farthest = claims.farthest_turned(claims.KINDS[claims.ALL].of(rows))
    assert claims.seen(claims.COSINE)(farthest) > 0.4
    assert claims.seen("wrong")(farthest) == 0


def test_pulls_are_those_of_softmax() -> None:
    """Against p and 1 - p in closed form, in 64 bits; and in 32 bits one of them is gone."""
    for lead in worked.LEADS:
        others = 15 * np.exp(-lead)
        found = probes.pulls(lead, 64)
        assert found.up == pytest.approx(others / (1 + others), rel=1e-6)
        assert found.down == pytest.approx(others / (1 + others), rel=1e-6)
    assert probes.pulls(worked.LEAD, 32).up == 0 < probes.pulls(worked.LEAD, 32).down
    assert np.float32(0.99999999) == 1 and np.float32(0.00000001) > 0


def test_each_kind_of_reading_of_the_table_has_one_rule_and_the_clock_another(rows: Any) -> None:
    found = warnings.best_rules(claims.JUDGED.of(rows))
    names = [getattr(rule, "name", worked.CLOCK) for rule, _, _ in found]
    assert sorted(names) == sorted([*worked.READINGS, worked.CLOCK])


def test_changes_begin_at_nothing_and_reach_the_whole(rows: Any) -> None:
    found = worked.change_rows(claims.RUNS.of(rows)[0])
    for reading in worked.INSIDE:
        values = [row["value"] for row in found if row["reading"] == reading]
        assert values[0] == 0 and max(map(abs, values)) == pytest.approx(1)


# ---------------------------------------------------------------- exercises


def test_a_rank_of_two_needs_one_large_value(book: Any) -> None:
    solved = {
        (x, y)
        for x in exercises.SIZES
        for y in exercises.SIZES
        if abs(worked.rank_of([z / (x + y + 1) for z in (x, y, 1)]) - exercises.WANTED)
        <= exercises.NEAR
    }
    assert solved and (1, 1) not in solved
    assert len(solved) < len(exercises.SIZES) ** 2 / 4
    x, y = min(solved)
    app = book(PAGE, figure="ex_rank", ch52_sigma0=str(x), ch52_sigma1=str(y))
    assert any("an effective rank of" in said.value for said in app.success)


def test_some_rules_solve_the_last_exercise_and_most_do_not(rows: Any) -> None:
    _, tested = worked.fitted_and_tested(rows)
    good: list[tuple[str, bool, float]] = []
    tried = [
        (name, rises, amount)
        for name in worked.WATCHED
        for rises in (True, False)
        for amount in warnings.AMOUNTS
    ]
    for name, rises, amount in tried:
        rule = warnings.WarningRule(*worked.WATCHED[name], rises, amount)
        found = warnings.judge(rule, tested, warnings.turn_of)
        if found.mistakes <= exercises.MOST_MISTAKES and found.lead >= exercises.LEAD:
            good.append((name, rises, amount))
    assert good and len(good) < len(tried) / 5
    assert ("token cosine", True, 0.5) not in good


def test_what_the_exercises_ask_for_is_what_they_check() -> None:
    assert (exercises.WANTED, exercises.NEAR) == (2, 1 / 20)
    assert (exercises.MOST_MISTAKES, exercises.LEAD) == (4, 1.5)
    assert warnings.FALL == 5 / 100
    base = worked.recipes.knows_two_digits().model
    assert (base.n_layer, base.d_model) == (3, 64)


def test_a_rule_that_is_right_and_late_is_told_to_ask_for_less(rows: Any) -> None:
    """As it stands at first, it makes few mistakes and is not early enough."""
    _, tested = worked.fitted_and_tested(rows)
    found = warnings.judge(
        warnings.WarningRule(*worked.WATCHED["token cosine"], True, 0.5), tested, warnings.turn_of
    )
    assert found.mistakes <= exercises.MOST_MISTAKES and found.lead < exercises.LEAD
    assert exercises.hint_of(found) == "It is right, but late. Ask for a slightly smaller change."
