"""Chapter 5, third page, as a reader sets it: arrows, dots, pulls and verdicts are the record's and
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
    for answer in (worked.wrong_on_all(rows).words, "19", "0"):
        assert f"The answer: **{answer}**" in text_of(app)


def test_missing_arrows_are_a_sentence(
    book: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    monkeypatch.setattr(collapse_texts, "RECORDS", tmp_path)
    probes.arrows_of.cache_clear()
    app = book(PAGE, figure="spheres")
    probes.arrows_of.cache_clear()
    assert not app.exception
    assert any("its arrows" in said.value for said in app.info)


def test_the_first_figure_and_its_words_need_no_torch() -> None:
    code = (
        "import sys; sys.modules['torch'] = None\n"
        "from components.ui.chapters.ch52 import probes, worked\n"
        "assert len(probes.arrows_of('usual', 'fp64').ends) == 2\n"
        "assert worked.CALC['few']() and worked.CALC['past']()\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]


def test_what_stands_below_a_sphere_is_its_row(rows: Any) -> None:
    """And the mean of its square follows the cosine that the row says."""
    found = probes.arrows_of(*(claims.ARM_OF[kind] for kind in worked.DRAWN))
    assert found is not None
    arms = worked.arms_drawn(rows, found)
    for kind, arm in zip(worked.DRAWN, arms, strict=True):
        looks = worked.pictured(rows, kind)["looks"]
        assert [*arm.wrong] == [look["wrong"] for look in looks]
        assert [*arm.few_wrong] == [look["few_wrong"] for look in looks] == [0] * len(looks)
        assert [*arm.token_cosine] == [look["token_cosine"][-1] for look in looks]
        off = ~np.eye(arm.cosines.shape[-1], dtype=bool)
        mean = arm.cosines[:, off].mean(1)
        assert abs(mean - arm.token_cosine).max() < 0.1
    at, _ = worked.folding_begins(rows)
    turned = [cosine - arms[0].token_cosine[0] > warnings.TURN for cosine in arms[0].token_cosine]
    assert turned.index(True) == at


def test_dots_are_the_runs_of_the_record(seen: Any, rows: Any) -> None:
    found = charts(seen(PAGE, reveal="1"), "arm", "seed", "more")[0]
    usual = {row["cell"]["seed"]: row["looks"][-1]["wrong"] for row in claims.RUNS.of(rows)}
    assert len(found) == (len(worked.ARMS_COMPARED) - 1) * len(collapse.SEEDS)
    for name, runs in worked.ARMS_COMPARED.items():
        drawn = {row["seed"]: row["more"] for row in found if row["arm"] == name}
        ends = {row["cell"]["seed"]: row["looks"][-1]["wrong"] for row in runs.of(rows)}
        more = {seed: wrong - usual[seed] for seed, wrong in ends.items()}
        assert drawn == ({} if name == claims.FEW else more), name
    folded = {row["arm"] for row in found if row["group"] == worked.FOLDS}
    assert folded == set(claims.OTHERS)


def test_no_marked_run_but_the_usual_moves_the_mean_logit() -> None:
    rows = read_lines(RECORDS / "collapse_push.jsonl")
    went = {row["cell"]["arm"]: row["mean_logit"][-1] - row["mean_logit"][0] for row in rows}
    assert max(abs(went[arm]) for arm in ("fp64", "centred", "balanced")) < 0.1


def test_ways_to_go_on_are_compared_on_the_same_seeds(rows: Any) -> None:
    """And every base had learned to multiply, as the page says."""
    found = worked.kind_rows(rows, "token cosine", claims.CAUSES)
    seeds = {kind: {r["seed"] for r in found if r["run"] == kind} for kind in claims.CAUSES}
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
    for found in claims.OTHERS.values():  # float32 and the usual eps too: five kinds in all
        assert claims.wrong_more(found, claims.PARTED).value(rows) > 0.8 * late[claims.FEW]
    assert late[claims.SMALL_EPS] > max(late[claims.EXACT], late[claims.LARGE_EPS])
    by_then = {kind: lost[kind] - late[kind] for kind in claims.CAUSES}
    assert max(by_then, key=by_then.__getitem__) == claims.SMALL_EPS
    early = [median_of(kind, "wrong", claims.PARTED) for kind in (*both, claims.EXACT)]
    assert max(early) < 1.15 * min(early)
    farthest = claims.farthest_turned(claims.KINDS[claims.ALL].of(rows))
    assert claims.seen(claims.COSINE)(farthest) > 0.4
    assert claims.seen("wrong")(farthest) == 0
    first, last = (median_of(claims.FEW, "token_cosine.2", step) for step in (0, STEPS))
    assert abs(last - first) < 0.1  # after layer 1


def test_what_prose_concludes_of_parts_put_back_is_so(rows: Any) -> None:
    """Layer 2 mends most, folded or not; and no fewer are wrong without the mean feature."""
    for kind in (claims.FEW, claims.EXACT):
        runs = claims.KINDS[kind]
        left = {part: claims.put_back(runs, part).value(rows) for part in collapse.PARTS}
        assert min(left, key=left.__getitem__) == "block_2"
        without = np.median([row["wrong_without_mean"] / row["n"] for row in runs.of(rows)])
        assert without >= claims.wrong(runs).value(rows)


def test_pulls_are_those_of_softmax() -> None:
    """Against p and 1 - p in closed form, in 64 bits; and in either format they end at a lead."""
    for lead in worked.LEADS[:21]:
        others = 15 * np.exp(-lead)
        found = probes.pulls(lead, 64)
        assert found.up == pytest.approx(others / (1 + others), rel=1e-6)
        assert found.down == pytest.approx(others / (1 + others), rel=1e-6)
    assert {18.0, 19.0} < {*worked.LEADS}
    assert np.float32(0.99999999) == 1 and np.float32(0.00000001) > 0


def test_what_is_left_of_the_pulls_has_either_sign_below_the_edge_and_one_from_it() -> None:
    for bits in (32, 64):
        edge = worked.lead_that_rounds(bits)
        below, above = (
            [probes.pulls(lead, bits).left for lead in worked.LEADS if (lead >= edge) is side]
            for side in (False, True)
        )
        assert min(below) < 0 < max(below) and max(above) < 0
    largest = [max(abs(probes.pulls(x, bits).left) for x in worked.LEADS[:15]) for bits in (32, 64)]
    assert largest[0] > 1e6 * largest[1]


def test_the_shift_goes_as_far_as_the_mean_logit_went() -> None:
    rows = read_lines(RECORDS / "collapse_push.jsonl")
    went = {row["cell"]["arm"]: row["mean_logit"][-1] - row["mean_logit"][0] for row in rows}
    (far, _), (near, _) = worked.marks_of_shift(rows)
    assert (far, near) == pytest.approx((went["usual"], went["centred"]), abs=0.06)
    assert far < -30 and abs(near) < 1
    assert np.mean([*worked.SHIFTED.values()]) == pytest.approx(rows[0]["mean_logit"][0], abs=0.01)


def test_a_reader_is_asked_of_as_many_kinds_of_readings_as_prose_says(rows: Any) -> None:
    found = warnings.best_rules(claims.JUDGED.of(rows))
    assert worked.N_KIND == len(found) - 1 == 8
    assert worked.useful_readings(rows).value == len(claims.useful_kinds(claims.JUDGED.of(rows)))


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
    assert exercises.FIRST not in {name for name, _, _ in good}


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
