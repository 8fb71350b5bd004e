"""Chapter 6, third page, as a reader sets it: books, arms and the ledger are the record's."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from statistics import median
from typing import Any

import numpy as np
import pytest
from shown import charts, text_of

from components.ui.chapters.ch62 import claims, exercises, worked
from components.ui.live.service import LiveRun
from components.ui.page_records import FORM, atlases
from components.ui.plots import colours
from lab.data.neighbours import neighbours
from lab.data.problems import split_value, two_digit_split
from lab.data.vocabulary import VOCABULARY
from lab.experiments import error_book
from lab.live.protocol import RunSpec
from lab.readings import Counts, Rows
from lab.recipes.recipe_index import recipe
from lab.records import RECORDS, ROOT, read_lines
from lab.statistics import ratio_of_medians

PAGE = "62_error_book"


def after(rows: Any, arm: str, found: Rows = claims.PAIRS) -> list[float]:
    """Test problems wrong at the end, a number a run."""
    return claims.after(found, arm).values(rows)


def counted(question: Counts, rows: Any) -> tuple[int, int]:
    """What a question counts, and of how many."""
    found = question.measure(rows)
    assert found.errors is not None and found.n is not None
    return found.errors, found.n


def bet_of(app: Any) -> dict[str, Any]:
    """What is sent of the bet."""
    sent = [json.loads(element.proto.json) for element in app.get("bidi_component")]
    (bet,) = [data for data in sent if "racers" in data]
    return bet


@pytest.fixture
def rows() -> list[dict[str, Any]]:
    return read_lines(RECORDS / "error_book_2x2.jsonl")


@pytest.fixture
def near() -> list[dict[str, Any]]:
    return read_lines(RECORDS / "error_book_4x4.jsonl")


def test_the_page_opens_whole_and_guesses_come_first(seen: Any, rows: Any, near: Any) -> None:
    app = seen(PAGE)
    assert not app.exception and not app.info and not app.warning
    assert "The answer: **" not in text_of(app)
    assert not bet_of(app)["told"]
    app = seen(PAGE, reveal="1")
    assert not app.exception and not app.info and not app.warning
    for answer in (
        worked.most_frequent(rows),
        f"median {median(after(rows, 'random_matched_anew')):,.0f}",
        f"median {median(after(near, 'own_mistakes', claims.NEAR)):,.0f}",
        "16%",
    ):
        assert f"The answer: **{answer}**" in text_of(app)
    for said in (worked.is_it_the_number(rows), worked.who_leaves_fewest(near)):
        assert said in text_of(app)
    assert counted(claims.wrong_again(claims.PAIRS, 1, 4), rows) == (31, 200)


def test_a_guess_beside_the_record_says_how_far_off_it_is(book: Any, near: Any) -> None:
    left = median(after(near, "own_mistakes", claims.NEAR))
    app = book(PAGE, ch62_near_guess=f"{left + 48:.0f}")
    assert f"**median {left:.0f}**, 48 fewer than you said." in text_of(app)
    for link in ({"ch62_near_guess": worked.LEVEL[0]}, {"ch62_near_shown": "1"}):
        assert f"The answer: **median {left:.0f}**" in text_of(book(PAGE, **link)), link


def test_each_seed_stands_beside_ordinary_training_of_the_same_seed(near: Any) -> None:
    shown = worked.left_near(near)
    pairs = {row.name: (row.dots[0], row.others[0]) for row in shown.rows if row.others}
    by_seed = {
        arm: {row["cell"]["seed"]: row["after"] for row in claims.NEAR.where(arm=arm).of(near)}
        for arm in ("own_mistakes", "random_anew")
    }
    assert pairs == {
        f"seed {seed}": (n, by_seed["random_anew"][seed])
        for seed, n in by_seed["own_mistakes"].items()
    }
    fewer = sum(own < other for own, other in pairs.values())
    assert f"fewer in {fewer} of {len(pairs)} pairs" in shown.then


def test_the_first_figure_and_its_words_need_no_torch() -> None:
    code = (
        "import sys; sys.modules['torch'] = None\n"
        "from components.ui.chapters.ch62 import claims, worked\n"
        "from lab.records import RECORDS, read_lines\n"
        "assert worked.the_bet(read_lines(RECORDS / 'error_book_2x2.jsonl'))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]


def test_the_bet_is_the_record(seen: Any, rows: Any) -> None:
    """Validation pairs at each check, test pairs at the start and the end, from the rows alone."""
    sent = bet_of(seen(PAGE, reveal="1"))
    assert sent["told"] and sent["counts"] == "in full" and not sent["again"]
    for name, racer in zip(worked.COMPARED, sent["racers"], strict=True):
        runs = [row for row in rows if (row["cell"]["part"], row["cell"]["arm"]) == ("race", name)]
        assert len(runs) == 5 and racer["name"] == claims.ARMS[name]
        for check in range(error_book.ROUNDS + 1):
            at = [run["curve"][check] for run in runs]
            assert racer["wrong"][check] == [one["wrong"] for one in at]
            assert {one["tokens"] for one in at} == {racer["studied"][check]}
            assert {one["tokens_asked"] for one in at} == {racer["evaluated"][check]}
            assert {one["n"] for one in at} == {sent["n_check"]}
        assert racer["after"] == median(run["after"] for run in runs)
        assert {(run["before"], run["n"]) for run in runs} == {(sent["before"], sent["n_test"])}
        look = colours.LOOKS[claims.ARMS[name]]
        assert (colours.NAMED[racer["hue"]], racer["shape"]) == look
    assert {row["sample"]["of"] for row in claims.PAIRS.of(rows)} == {"test pairs of 2x2 digits"}


def test_a_bet_is_kept_in_the_address_and_what_is_none_is_refused(book: Any) -> None:
    sent = bet_of(app := book(PAGE, ch62_bet_guess="26,20,15,5", ch62_counts="a third"))
    assert (sent["said"], sent["told"], sent["counts"]) == ([26, 20, 15, 5], True, "a third")
    assert sent["gap"] == "9 in 100 more than you drew" and not app.info
    app = book(PAGE, ch62_bet_guess="26,20,15,500", ch62_counts="twice")
    assert (bet_of(app)["told"], bet_of(app)["counts"]) == (False, "in full")
    said = " ".join(info.value for info in app.info)
    assert "4 whole numbers from 0 to 50, joined by commas" in said and "in full, a third" in said


def test_a_round_costs_what_prose_says(rows: Any) -> None:
    first = claims.of_book(claims.PAIRS).of(rows)[0]["curve"][1]
    assert worked.CALC["asked_round"]() == f"{first['tokens_asked']:,}"
    assert worked.CALC["studied_round"]() == f"{first['tokens']:,}"


def test_the_picture_of_a_round_is_the_record(seen: Any, rows: Any) -> None:
    """Random draws by the kinds that the split, the atlas of the run and chance alone give."""
    (found,) = charts(seen(PAGE), "way", "what", "of")
    assert found == worked.first_round(rows)
    parts = {
        name: {row["what"]: row["n"] for row in found if row["way"] == claims.ARMS[name]}
        for name in worked.COMPARED
    }
    sizes = {row["way"]: row["of"] for row in found}
    atlas, values = atlases()["few_pairs"], two_digit_split()
    new = (values < 0.3) & (values >= 0.05)
    for name, reads in parts.items():
        run = claims.PAIRS.where(arm=name).of(rows)[0]
        whole = (values < 0.3 if name == "random_anew" else new).sum()
        assert sum(reads.values()) == pytest.approx(whole) == sizes[claims.ARMS[name]]
        studied = whole - reads["not read"]
        if name == "random_anew":
            assert round(studied) == error_book.different_anew(error_book.TASKS["2x2"])
            assert reads["known"] == pytest.approx(studied * (values < 0.05).sum() / whole)
            once = run["curve"][1]["tokens"] / FORM.length * (1 - 1 / whole) ** 1919
            assert studied / 2 < once < studied
        else:
            assert studied == run["curve"][1]["distinct"]
        if name != "own_mistakes":
            of_new = reads["wrong"] / (reads["wrong"] + reads["right"])
            assert of_new == pytest.approx((atlas.wrong_at[new] >= 0).mean(), abs=0.01)
    first = [run["curve"][1]["mistakes"] for run in claims.of_book(claims.PAIRS).of(rows)]
    assert len(first) == 5 and len(set(first)) == 1
    assert parts["own_mistakes"].keys() == {"wrong", "not read"}
    said = worked.first_round_said(found)
    assert "its mistakes 160 of 2,535: 160 wrong;" in said and "random pairs 160 of 2,535" in said


def test_runs_err_on_the_same_pairs_more_often_than_by_chance(rows: Any) -> None:
    """Of the mistakes that two runs list, each looked up in both."""
    books = [run["book"] for run in claims.of_book(claims.PAIRS).of(rows)]
    pairs = [
        (one["again"][-1], next(m["again"][-1] for m in other if (m["a"], m["b"]) == pair))
        for i, other in enumerate(books)
        for book in books[i + 1 :]
        for pair, one in {(m["a"], m["b"]): m for m in book}.items()
        if pair in {(m["a"], m["b"]) for m in other}
    ]
    both, alone = sum(x and y for x, y in pairs), sum(x != y for x, y in pairs)
    asked = (f"same_{name}" for name in ("both", "one", "chance"))
    said = [claims.CLAIMS[f"error_book.{name}"].question.measure(rows).shown for name in asked]
    assert said[:2] == [f"{both} of {len(pairs)}", f"{alone}"]
    assert float(said[2]) < 0.7 * both < both < alone


def test_what_prose_says_of_one_budget(rows: Any) -> None:
    """Where the other two end: by what an evaluated token counts, the check of the book by then."""
    book, random, anew = (claims.PAIRS.where(arm=arm).of(rows) for arm in worked.COMPARED)
    budget = random[0]["curve"][-1]["tokens"]
    ends = [median(run["curve"][-1]["wrong"] for run in runs) for runs in (random, anew)]
    for counts, check, behind in ((1, 1, True), (1 / 3, 2, False), (0, 4, False)):
        spent = [at["tokens"] + counts * at["tokens_asked"] for at in book[0]["curve"]]
        assert max(i for i, tokens in enumerate(spent) if tokens <= budget + 0.5) == check
        left = median(run["curve"][check]["wrong"] for run in book)
        assert ends[1] < left and (left > ends[0]) is behind
    assert claims.ON_BUDGET == {"own_mistakes": 1, "random_matched": -1, "random_anew": -1}


def test_ordinary_training_leads_at_every_rate_that_was_tried(rows: Any) -> None:
    best = tuple(error_book.best_rate(rows, "2x2", arm) for arm in ("own_mistakes", "random_anew"))
    assert best == claims.TRIED
    tried = {
        arm: {row["rate"]: row["after"] for row in claims.RATES.where(arm=arm).of(rows)}
        for arm in ("own_mistakes", "random_anew")
    }
    leads = [tried["own_mistakes"][rate] - tried["random_anew"][rate] for rate in best]
    assert 0 < leads[0] < tried["own_mistakes"][best[0]] - tried["random_anew"][best[1]]
    assert leads[1] > 0
    (chosen,) = [n for rate, n in tried["own_mistakes"].items() if rate == best[0]]
    ends = [run["curve"][-1]["wrong"] for run in claims.of_book(claims.PAIRS).of(rows)]
    assert chosen < min(ends) and len(ends) == 5


def test_the_row_that_is_read_aloud_stands_in_the_notebook(rows: Any) -> None:
    row = worked.row_read_aloud()
    assert row in worked.notebook(rows)
    a, b = (int(side) for side in row.sum[:-1].split("*"))
    assert worked.CALC["row_text"]() == f"{a * (b % 10):03d}"[::-1]
    assert worked.CALC["row_product"]() == f"{a} × {b % 10} = {a * (b % 10)}"


def test_the_notebook_is_the_record_in_proportion(rows: Any) -> None:
    found = worked.notebook(rows)
    noted = [mistake.noted for mistake in found]
    assert noted == [n for n in range(1, error_book.ROUNDS + 1) for _ in range(worked.IN_NOTEBOOK)]
    listed = [m for run in claims.of_book(claims.PAIRS).of(rows) for m in run["book"]]
    for wrong, all_wrong in (
        ([m.wrong_after[-1] for m in found], [m["again"][-1] > 0 for m in listed]),
        (
            [m.wrong_after[-1] and False in m.wrong_after for m in found],
            [m["again"][-1] > 0 and 0 in m["again"] for m in listed],
        ),
    ):
        assert abs(sum(wrong) - len(found) * sum(all_wrong) / len(listed)) < 1
    texts = {(m["round"], m["a"], m["b"], m["slot"]): m for m in worked.book_of(rows)}
    for mistake in found:
        a, b = (int(side) for side in mistake.sum[:-1].split("*"))
        assert mistake.sum + mistake.before + mistake.right + mistake.after == FORM.text(a, b)
        slot = len(mistake.sum + mistake.before)
        assert VOCABULARY[texts[mistake.noted, a, b, slot]["written"]] == mistake.written
        assert mistake.written != mistake.right
        assert split_value(a, b) < 0.3 and len(mistake.wrong_after) == 5 - mistake.noted


def arms_of(race: Rows, rows: Any) -> set[str]:
    return {row["cell"]["arm"] for row in race.of(rows)}


def test_arms_are_read_on_test_by_as_many_seeds() -> None:
    assert set(claims.ARMS) == set(error_book.ARMS)
    races: dict[error_book.TaskName, Rows] = {"2x2": claims.PAIRS, "4x4": claims.NEAR}
    for task, race in races.items():
        rows = read_lines(error_book.record_of(task))
        arms = error_book.TASKS[task].arms
        assert arms and arms_of(race, rows) == set(arms)
        for arm in arms:
            grid = error_book.rates_of(task, arm)
            assert grid[0] < error_book.best_rate(rows, task, arm) < grid[-1], (task, arm)
            found = race.where(arm=arm).of(rows)
            assert sorted(row["cell"]["seed"] for row in found) == list(error_book.SEEDS)
            assert len({row["rate"] for row in found}) == 1, (task, arm)
            asked = {row["sample"]["of"] for row in found}
            assert asked == {f"test pairs of {task} digits"}, (task, arm)


def test_what_prose_concludes_of_a_network_near_its_end(near: Any) -> None:
    ends = {arm: after(near, arm, claims.NEAR) for arm in arms_of(claims.NEAR, near)}
    before = claims.NEAR.of(near)[0]["before"]
    assert max(ends["own_mistakes"]) < min(ends["random_matched"])
    level = ratio_of_medians(ends["own_mistakes"], ends["random_anew"])
    assert level.low < 1 < level.high
    assert worked.who_leaves_fewest(near) == worked.LEVEL[2]
    assert max(ends["random_anew_same_work"]) < min(
        min(ends[arm]) for arm in ends if "work" not in arm
    )
    assert min(ends["long_carries"]) > before
    (chosen,) = [
        row
        for row in near
        if row["cell"]["part"] == "rate"
        and row["cell"]["arm"] == "long_carries"
        and row["rate"] == error_book.best_rate(near, "4x4", "long_carries")
    ]
    assert chosen["after"] < chosen["before"]
    sure, noted = counted(claims.surely_wrong(claims.NEAR), near)
    assert sure < noted / 4
    doubted = ratio_of_medians(ends["least_certain"], ends["own_mistakes"])
    assert doubted.low < 1 < doubted.high
    other = read_lines(error_book.record_of("2x2"))
    assert ratio_of_medians(after(other, "own_mistakes"), after(other, "random_anew")).low > 1
    in_all = error_book.ROUNDS * error_book.TASKS["4x4"].steps * error_book.BATCH
    assert 10 * max(claims.studied_in_all(claims.NEAR).values(near)) < in_all
    asks, read = (
        claims.NEAR.where(arm=arm).of(near)[0] for arm in ("own_mistakes", "random_anew_same_work")
    )
    work = asks["curve"][-1]["tokens"] + asks["curve"][-1]["tokens_asked"] / 3
    assert read["curve"][-1]["tokens"] == pytest.approx(work, rel=0.01)


def test_the_full_network_does_as_its_twin() -> None:
    full = read_lines(error_book.record_of("full"))
    (book,), (random,), (anew,) = (
        after(full, arm, claims.FULL) for arm in ("own_mistakes", "random_matched", "random_anew")
    )
    assert max(book, anew) < random < claims.FULL.of(full)[0]["before"]
    sizes = claims.rounds(claims.FULL, "own_mistakes").numbers("mistakes").values(full)
    assert sizes == sorted(sizes, reverse=True)


def test_the_points_near_the_end_are_those_of_the_record(seen: Any, near: Any) -> None:
    app = seen(PAGE, reveal="1")
    found = [rows for rows in charts(app, "arm", "wrong", "seed") if "as much work" in str(rows)]
    (points,) = found
    assert sorted(point["wrong"] for point in points) == sorted(
        n for arm in worked.NEAR_THE_END for n in after(near, arm, claims.NEAR)
    )
    assert max(point["wrong"] for point in points) <= worked.MOST_WRONG_NEAR


def test_what_prose_concludes_is_so(rows: Any) -> None:
    """The order that sections 2 and 3 tell, and no seed of the first two arms crosses."""
    middle = {arm: median(after(rows, arm)) for arm in arms_of(claims.PAIRS, rows)}
    before = claims.PAIRS.of(rows)[0]["before"]
    assert middle["random_anew"] < middle["own_mistakes"] < middle["random_matched"] < before
    assert max(after(rows, "own_mistakes")) < min(after(rows, "random_matched"))
    assert max(after(rows, "random_anew")) < min(after(rows, "own_mistakes"))
    assert middle["own_mistakes"] < min(middle[arm] for arm in (*claims.IN_DOUBT, *claims.HALVES))
    found = ratio_of_medians(after(rows, "mistakes_and_anew"), after(rows, "random_anew"))
    assert found.low < 1 < found.high
    number = ratio_of_medians(after(rows, "random_matched_anew"), after(rows, "random_anew"))
    assert number.low < 1 < number.high
    assert worked.is_it_the_number(rows) == worked.NUMBER[2]
    for arm in ("mistakes_and_anew", "random_matched_anew"):
        assert max(after(rows, arm)) < min(after(rows, "all_own_mistakes"))
    assert middle["all_own_mistakes"] < middle["random_matched_all"]
    assert middle["own_mistakes"] < middle["least_certain"]
    sure, noted = counted(claims.surely_wrong(claims.PAIRS), rows)
    assert sure > noted / 2
    first, second, _ = worked.kinds_before(rows).values()
    n = claims.PAIRS.of(rows)[0]["n"]
    assert first / n == pytest.approx(second / (n - first), rel=0.05)
    new = [sum(claims.broken(arm).values(rows)) for arm in ("random_anew", "own_mistakes")]
    assert new[0] < new[1]
    for arm in ("random_anew", "own_mistakes"):
        assert claims.still_wrong(arm).value(rows) > middle[arm] / 2
    mended = [mistake["again"] for mistake in claims.MENDED.of(rows)]
    (soon, noted), (later, _), (late, _) = (
        counted(claims.wrong_again(claims.PAIRS, 1, round_), rows) for round_ in (1, 2, 4)
    )
    assert 0 < sum(again[1] for again in mended) < len(mended) == noted - soon
    assert late < soon < later


def test_mistakes_of_another_network_teach_less_than_random_pairs(rows: Any) -> None:
    """Those of another network, of which it gets none wrong, leave more than random pairs do."""
    own, theirs, lot = (
        after(rows, arm) for arm in ("own_mistakes", "mistakes_of_another", "random_matched")
    )
    assert max(own) < min(lot) < max(lot) < min(theirs)
    assert len(theirs) == 5
    studied = [run["curve"][1:] for run in claims.PAIRS.where(arm="mistakes_of_another").of(rows)]
    assert sum(round_["wrong_of_studied"] for run in studied for round_ in run) == 0
    before = claims.PAIRS.of(rows)[0]
    assert 0.3 < before["before"] / before["n"] < 0.36


def test_the_fewer_of_its_pairs_are_wrong_the_more_it_leaves_wrong(rows: Any) -> None:
    """The share of round 1 beside how the picture of that round and the picks have it."""
    arms = [*claims.DOSES, "mistakes_of_another"]
    left = [median(after(rows, arm)) for arm in arms]
    assert left == sorted(left) and len(set(left)) == 4
    shares = [claims.wrong_at_first(arm).measure(rows).shown for arm in arms]
    (random,) = (
        row["n"]
        for row in worked.first_round(rows)
        if (row["way"], row["what"]) == (claims.ARMS["random_matched"], "wrong")
    )
    half, third = 50 + 50 * random / error_book.MOST, 100 * random / error_book.MOST
    assert shares == ["100%", f"about {half:.0f}%", f"about {third:.0f}%", "0%"]
    assert 30 < third < 36  # "a third" in prose
    told = claims.CLAIMS["error_book.fewer_than_random"].question.measure(rows).shown
    assert told == f"{100 - 100 * left[0] / left[2]:.0f}%"


def test_most_of_what_was_wrong_and_never_studied_is_right_at_the_end(rows: Any) -> None:
    """It generalises, and what it studied is wrong less often still."""
    before = claims.PAIRS.of(rows)[0]["before"]
    for run in claims.of_book(claims.PAIRS).of(rows):
        listed = [mistake["again"][-1] > 0 for mistake in run["book"]]
        never = (run["after"] - run["broken"]) / before
        assert sum(listed) / len(listed) < never < 1 / 2


def test_lost_pairs_are_counted_run_by_run(rows: Any) -> None:
    """Never over several: there are no more than were right."""
    found = worked.lost_rows(rows)
    for arm in worked.LOSE:
        runs = claims.PAIRS.where(arm=arm).of(rows)
        said = [row["wrong"] for row in found if row["arm"] == claims.ARMS[arm]]
        assert said == [run["broken"] for run in runs]
        assert {run["n"] - run["before"] for run in runs} == {worked.right_at_first(rows)}
    assert max(row["wrong"] for row in found) < worked.LOST_MOST
    assert {row["seed"] for row in found} == set(error_book.SEEDS)


def test_the_ledger_counts_each_listed_mistake_once_a_round(rows: Any) -> None:
    cells = {(row["noted"], row["after"]): row for row in worked.ledger(rows)}
    assert len(cells) == 10
    wrong, n = counted(claims.wrong_again(claims.PAIRS, 1, 4), rows)
    assert cells["round 1", "round 4"]["errors"] == f"{wrong} of {n}"
    runs = claims.PAIRS.where(arm="own_mistakes").of(rows)
    listed = [m for row in runs for m in row["book"] if m["round"] == 1]
    assert n == len(listed) and wrong == sum(m["again"][3] for m in listed)


def test_a_missing_record_is_a_sentence(book: Any, monkeypatch: Any, tmp_path: Any) -> None:
    monkeypatch.setattr("components.ui.page_records.ROOT", tmp_path)
    app = book(PAGE, reveal="1")
    assert not app.exception
    assert any("error_book_2x2.jsonl is missing" in said.value for said in app.info)


def test_a_problem_is_shown_before_any_model_is_read_and_a_typed_one_is_written(book: Any) -> None:
    """The recorded one goes wrong once and is sure of the rest; another is the network's own."""
    wrong, others = worked.own()
    right = FORM.text(61, 76)[FORM.prompt_length :]
    assert (wrong["token"], right[wrong["at"]]) == ("4", "6") and wrong["at"] == 1
    assert wrong["p"] > claims.SURE and min(row["p"] for row in others) > wrong["p"]
    first, second, answer = worked.own_added().replace(",", "").replace("=", "+").split(" + ")
    assert int(first) + int(second) == int(answer) != 61 * 76
    app = book(PAGE, figure="own")
    assert not app.exception and "**61 × 76** is held out" in text_of(app)
    atlas = atlases()["few_pairs"]
    a, b = np.argwhere((atlas.wrong_at < 0) & ~atlas.trained_on)[5].tolist()
    app = book(PAGE, figure="own", ch62_own_a=str(a), ch62_own_b=str(b))
    assert f"**{a} × {b}**" in text_of(app) and "Every token is right" in text_of(app)


def test_the_book_read_at_one_budget_has_the_scale_of_the_bet(rows: Any) -> None:
    for arm, check in claims.ON_BUDGET.items():
        (at,) = {run["curve"][check]["n"] for run in claims.PAIRS.where(arm=arm).of(rows)}
        wrong = [run["curve"][check]["wrong"] for run in claims.PAIRS.where(arm=arm).of(rows)]
        assert claims.of_100(arm, check).value(rows) == pytest.approx(100 * median(wrong) / at)


# ---------------------------------------------------------------- live


def test_a_book_is_of_mistakes_that_may_be_studied_and_were_not() -> None:
    atlas = atlases()["few_pairs"]
    found = worked.wrong_pairs(atlas)
    assert 300 < len(found) < len(worked.new_pairs(atlas))
    for a, b in found:
        assert 0.05 <= split_value(a, b) < 0.3 and a <= b
        assert atlas.wrong_at[a, b] >= 0 or atlas.wrong_at[b, a] >= 0
    for what in worked.READS.values():
        RunSpec("study", {"pairs": worked.to_read(atlas, what, 20)}).build()
    assert len(worked.to_read(atlas, "own_mistakes", 20)) == 20
    assert worked.to_read(atlas, "random_anew", 20) == []


def test_what_is_left_of_a_book_counts_both_orders() -> None:
    run = LiveRun("x", RunSpec("study"), "me")
    run.first_wrong[[100 * 3 + 4, 100 * 4 + 3]] = (-1, 7)
    counts = {row["what"]: row["n"] for row in worked.book_rows([(3, 4), (5, 5)], [(run, "1. a")])}
    assert counts == {"still wrong": 1, "now right": 1, "not evaluated yet": 1}


def test_an_empty_book_is_a_sentence(book: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    atlas = atlases()["few_pairs"]
    right = replace(atlas, wrong_at=np.full_like(atlas.wrong_at, -1))
    monkeypatch.setattr("components.ui.page_records.atlases", lambda: {"few_pairs": right})
    app = book(PAGE, figure="live")
    assert not app.exception
    assert any("its error book is empty" in said.value for said in app.info)


def test_a_book_of_one_mistake_can_be_studied_and_none_is_refused_by_the_control() -> None:
    atlas = atlases()["few_pairs"]
    assert min(worked.BOOKS) == 1
    (pair,) = worked.to_read(atlas, "own_mistakes", 1)
    plan = RunSpec("study", {"pairs": [pair]}).build()
    assert plan.trained_on().sum() in (1, 2)


# ---------------------------------------------------------------- exercises


def test_a_neighbour_solves_the_exercise_and_others_are_told_why(book: Any) -> None:
    slot = worked.slot_of_worked()
    a, b = neighbours(FORM, worked.A, worked.B, slot)[0]
    app = book(PAGE, figure="ex_like", ch62_like_a=str(a), ch62_like_b=str(b))
    assert any(f"{a} × {b}" in said.value for said in app.success)
    held = next(
        (10 * x + 7, 40 + y)
        for x in range(1, 10)
        for y in range(10)
        if split_value(10 * x + 7, 40 + y) >= 0.3
    )
    assert "held out" in exercises.hint_of(*held)
    assert "mistake itself" in exercises.hint_of(worked.A, worked.B)
    assert "first number" in exercises.hint_of(38, 48) and "second" in exercises.hint_of(37, 58)


def test_what_the_exercises_ask_for_is_what_they_check(book: Any) -> None:
    assert (exercises.ONE_IN, exercises.WANTED) == (50, 100)
    plan = recipe(error_book.TASKS["2x2"].run)
    assert (plan.model.n_layer, plan.fraction, len(worked.LIKELY)) == (3, 1 / 20, 3)
    app = book(PAGE, figure="ex_cost", ch62_asked="5000")
    assert any("5,000" in said.value for said in app.success)
    assert not book(PAGE, figure="ex_cost", ch62_asked="2000").success
