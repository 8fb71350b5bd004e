"""Chapter 3 as a reader sets it: figures are the records' own, and bad input gets a sentence."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from shown import charts, text_of

from components.ui.chapters.ch30 import claims, probes, worked
from components.ui.claims.claim_index import look_up
from lab.data.problems import BOUNDS, Format, split_value
from lab.experiments import curriculum_ablations as twins
from lab.experiments import pockets
from lab.recipes.curriculum import BLEND, COURSE
from lab.recipes.recipe_index import recipe, rows_read
from lab.records import RECORDS, ROOT, read_lines, select

PAGE = "30_curriculum"
PROSE = (ROOT / "pages" / f"{PAGE}.md").read_text()


def record(name: str) -> list[dict[str, Any]]:
    return read_lines(RECORDS / f"{name}.jsonl")


def html_of(app: Any) -> str:
    return " ".join(element.proto.body for element in app.get("html"))


def test_the_page_opens_whole_and_guesses_come_first(seen: Any) -> None:
    app = seen(PAGE)
    assert not app.exception and not app.info and not app.warning
    assert "Four digits, your numbers" in text_of(app)
    assert "The answer: **" not in text_of(app)
    app = seen(PAGE, reveal="1")
    assert not app.exception and not app.info and not app.warning
    answers = (
        worked.worst(record("course")),
        "9",
        "0.8%",
        "1%",
        worked.fewest_that_do(record("fewest") + record("course")),
        worked.what_is_lost(record("stage_heads")),
    )
    for answer in answers:
        assert f"The answer: **{answer}**" in text_of(app)
    assert worked.what_far_carries_do(record("mistakes")) in text_of(app)


def test_a_guess_of_a_count_says_how_far_off_it_is(book: Any) -> None:
    shown = text_of(book(PAGE, ch30_four_guess="90", ch30_errors_guess="2.8"))
    assert "You said **90**. The answer: **9**, 10 times fewer than you said." in shown
    assert "You said **2.8%**. The answer: **0.8%**, 2.0 points lower than you said." in shown


def test_the_climb_is_the_history_of_both_runs() -> None:
    histories = {
        run: read_lines(ROOT / "checkpoints" / run / "history.jsonl")
        for run in (claims.BEFORE, claims.AFTER)
    }
    read, right, bands = worked.climbed(histories)
    plans = [recipe(run) for run in histories]
    assert read[-1] == bands[-1].end == sum(plan.steps * plan.batch_size for plan in plans)
    assert read[-1] == rows_read(claims.AFTER) <= 150_000
    assert [band.name for band in bands] == list(COURSE)
    n, errors = histories[claims.AFTER][-1]["by_shape"]["4x4"]
    assert right[-1, -1] == pytest.approx(1 - errors / n)
    assert len(read) == len(right) == sum(map(len, histories.values()))


def test_a_readers_own_sum_is_written_and_every_partial_product_checked(book: Any) -> None:
    for a, b in ((4837, 2916), (7, 8), (0, 9999), (1000, 1)):
        app = book(PAGE, figure="four", ch30_a=str(a), ch30_b=str(b))
        assert not app.exception and not app.warning, (a, b)
        assert f"{a} × {b} = {a * b}" in html_of(app)
        products = len(str(b)) if b > 9 else 0  # by one digit, the product is the answer
        assert html_of(app).count("✓ right") == products + 1, (a, b)


def test_a_bad_operand_keeps_the_last_sum(book: Any) -> None:
    app = book(PAGE, figure="four", ch30_a="58", ch30_b="76")
    for typed in ("", "-1", "1e9", "10000", "٣", "x"):
        app.text_input(key="ch30_a").set_value(typed).run()
        assert not app.exception and len(app.warning) == 1, typed
        assert "0 to 9999" in app.warning[0].value
        assert "58 × 76 = 4408" in html_of(app)


# ---------------------------------------------------------------- the mix of a stage


def test_a_mix_of_one_heap_holds_that_heap_alone() -> None:
    nothing = dict.fromkeys(probes.blend_parts(), 0)
    for stage in ("3x3", "4x4"):
        random, carries, rehearsed, padded = (
            probes.read_in(stage, nothing | {part: 1})
            for part in ("random", "carries", "rehearsed", "padded")
        )
        _, a, b = probes.sums_of(random, 0)
        new = set(COURSE[stage])
        assert {(len(str(x)), len(str(y))) for x, y in zip(a, b, strict=True)} <= new
        count = probes.MEASURED["columns that a carry passes"]
        assert count(*probes.sums_of(carries, 0)[1:]).mean() > count(a, b).mean() + 0.3
        _, a, b = probes.sums_of(rehearsed, 0)
        shapes = {(len(str(x)), len(str(y))) for x, y in zip(a, b, strict=True)}
        assert shapes and not shapes & new
        lines, *_ = probes.sums_of(padded, 0)
        assert any(line.startswith("0") or "*0" in line for line in lines)
        assert all(split_value(int(x), int(y)) < 0.3 for x, y in zip(a, b, strict=True))


def test_the_weights_in_the_prose_are_those_of_the_course() -> None:
    code = "".join(PROSE[PROSE.index("Mix(\n") :].split("```")[0].split())
    parts = "".join(f"({part},{x:g})," for part, x in vars(BLEND).items())
    assert code == f"Mix(({parts}))"
    assert {part: float(amount) for part, (_, amount) in probes.blend_parts().items()} == vars(
        BLEND
    )


def test_a_mix_of_nothing_is_refused_and_the_last_one_stays(book: Any) -> None:
    app = book(PAGE, figure="mix")
    before = lines_drawn(app)
    for part in probes.blend_parts():
        app.slider(key=f"ch30_blend_{part}").set_value(0)
    app.run()
    assert not app.exception
    assert "a mix with all its parts 0" in app.warning[0].value.lower()
    assert lines_drawn(app) == before
    app.slider(key="ch30_blend_rehearsed").set_value(5).run()
    assert not app.warning and lines_drawn(app) != before


def test_a_mix_is_drawn_against_random_problems(book: Any) -> None:
    weights = {f"ch30_blend_{part}": "0" for part in probes.blend_parts()}
    app = book(PAGE, figure="mix", **weights | {"ch30_blend_zeros": "100"})
    _, zeros = (
        {(row["sums"], row["amount"]): row["share"] for row in rows}
        for rows in charts(app, "sums", "amount", "share")
    )
    for sums in ("this mix", "random problems"):
        assert sum(zeros[key] for key in zeros if key[0] == sums) == pytest.approx(1)
    assert zeros["this mix", 0] < zeros["random problems", 0] - 0.3


def lines_drawn(app: Any) -> str:
    """Of the mix of section 2, which comes first."""
    return next(code.value for code in app.code if code.value.endswith("$"))


# ---------------------------------------------------------------- the course


def test_a_map_shows_the_errors_of_its_stage(seen: Any) -> None:
    app = seen(PAGE, reveal="1")
    row = worked.first_row(record("course"), "rehearsal_0")
    left, right = charts(app, "p", "q", "wrong")
    course = worked.first_row(record("course"), "the_course")
    for cells, expected in ((left, course), (right, row)):
        found = {f"{cell['p']}x{cell['q']}": [cell["n"], cell["wrong"]] for cell in cells}
        assert found == expected["stages"][-1]["shapes"]


def test_two_courses_lie_on_one_side_with_every_seed_as_the_page_says() -> None:
    def wrong(arm: str) -> list[int]:
        return [errors for _, errors, _ in claims.after_course(arm).points(record("course"))]

    usual = wrong("the_course")
    others = [arm for arm in claims.ARMS if arm not in ("the_course", "from_two_digits")]
    sides = {
        arm: {mine > theirs for mine, theirs in zip(wrong(arm), usual, strict=True)}
        for arm in others
    }
    assert len(others) == 6 and len(usual) == 3
    assert {arm for arm, side in sides.items() if side == {True}} == {"reversed"}
    assert {arm for arm, side in sides.items() if side == {False}} == {"rehearsal_0"}


def test_a_course_has_its_stages(book: Any) -> None:
    course = worked.first_row(record("course"), "the_course")["stages"]
    for arm in ("rehearsal_0", "reversed", "all_at_once", "from_two_digits"):
        app = book(PAGE, figure="stages", ch30_arm=claims.ARMS[arm])
        assert not app.exception, arm
        row = worked.first_row(record("course"), arm)
        names = worked.names_of_stages(arm, len(row["stages"]))
        assert len(names) == len(row["stages"]), arm
        app.segmented_control(key="ch30_after").set_value(names[0]).run()
        assert not app.exception, arm
        beside = course[len(course) - len(row["stages"])]  # as many stages are left
        maps = charts(app, "p", "q", "wrong")
        for cells, expected in zip(maps, (beside, row["stages"][0]), strict=True):
            found = {f"{cell['p']}x{cell['q']}": [cell["n"], cell["wrong"]] for cell in cells}
            assert found == expected["shapes"], arm


def test_every_beginning_has_its_rates_and_the_courses_took_the_best(seen: Any) -> None:
    rows, (points,) = record("bases"), charts(seen(PAGE, reveal="1"), "begins", "rate")
    assert len(points) == len(rows) == len(twins.base_cells())
    for base, rate in (
        ("nothing", twins.COURSE_RATE),
        ("nothing_all_at_once", twins.AT_ONCE_RATE),
        ("coupled", twins.TAUGHT_RATE),
    ):
        best, errors, n = claims.best_begun(base, rows)
        assert best["cell"]["rate"] == rate
        rates = sorted(row["cell"]["rate"] for row in select(rows, base=base))
        assert rates[0] < rate < rates[-1]
        words = claims.BEGINNINGS[base]
        shares = [point["share"] for point in points if point["begins"] == words]
        assert min(shares) == errors / n


def test_a_way_to_draw_problems_is_a_point_a_seed(seen: Any) -> None:
    (points,) = charts(seen(PAGE, reveal="1"), "drawn", "problems")
    course = select(record("course"), arm="the_course")
    assert len(points) == len(record("fewest")) + len(course)
    read = {row["problems"] for row in course}
    shares = [p["share"] for p in points if p["drawn"] == "in stages" and p["problems"] in read]
    ends = [row["stages"][-1]["shapes"]["4x4"] for row in course]
    assert shares == [errors / n for n, errors in ends]


def test_the_frontier_counts_validation_sums_alone(seen: Any) -> None:
    (points,) = charts(seen(PAGE, reveal="1"), "digits", "tokens")
    rows = select(record("frontier"), split="validation")
    assert [(p["digits"], p["share"]) for p in points] == [
        (row["cell"]["digits"], row["wrong"] / row["n"]) for row in rows
    ]


# ---------------------------------------------------------------- heads and mistakes


def test_a_head_that_is_pulled_out_changes_what_is_written(book: Any) -> None:
    run = claims.LAST_TWIN
    whole = probes.write_without_head(run, *probes.SUM).text
    head = worked.A_HEAD
    looks = probes.fetched(run, *probes.SUM, "product")[probes.heads_of(run).index(head)]
    assert looks.argmax() == worked.short_sources("product").index("a") and looks.max() > 0.5
    assert probes.write_without_head(run, *probes.SUM, without=head).text != whole
    app = book(PAGE, figure="pull")
    app.selectbox(key="ch30_pulled").set_value(head).run()
    assert not app.exception and "wb-bad" in html_of(app)


def test_errors_are_counted_and_one_is_opened(book: Any) -> None:
    asked = [
        *((claims.BEFORE, by) for by in worked.BY),
        *((run, "by_carry") for run in worked.NETWORKS if run != claims.BEFORE),
    ]
    assert len(asked) > len(worked.BY) > 0
    for run, by in asked:
        link = {"ch30_network": worked.NETWORKS[run], "ch30_by": worked.BY[by]}
        app = book(PAGE, figure="errors", **link)
        assert not app.exception, (run, by)
        (row,) = select(record("mistakes"), model=run)
        found = charts(app, "amount", "wrong", "n")
        if row["wrong"] == 0:
            assert not found and "none of its problems wrong" in app.info[0].value, (run, by)
            continue
        bars = found[0]
        wrong = sum(bar["wrong"] for bar in bars)
        if by == "place":
            assert wrong == len(row["failures"]), run
        elif by == "by_chain":
            assert wrong == sum(bool(failure["company"]) for failure in row["failures"]), run
        else:
            assert (wrong, sum(bar["n"] for bar in bars)) == (row["wrong"], row["n"]), (run, by)


def test_a_listed_mistake_is_one_when_it_is_written(book: Any) -> None:
    """Whatever the network writes by itself goes wrong where the record says."""
    (row,) = select(record("mistakes"), model=claims.BEFORE)
    for failure in row["failures"][:3]:
        a, b = int(failure["a"]), int(failure["b"])
        text, right = (
            probes.write_without_head(claims.BEFORE, a, b).text,
            Format("cot_reversed", 4, 4),
        )
        slot = failure["slot"]
        assert text[:slot] == right.text(a, b)[:slot]
        assert (text[slot], right.text(a, b)[slot]) == (failure["written"], failure["right"])
        assert split_value(a, b) < BOUNDS["test"][0]


def test_a_product_fails_in_the_first_line_alone_and_the_page_says_for_which_operands() -> None:
    """Whatever the other digits of b are; not as the second factor, nor with the 9 elsewhere."""
    rng = np.random.default_rng(0)
    for b in rng.integers(100, 1000, 6).tolist():
        for a, last, right in (
            (9299, 9, False),
            (7299, 9, False),
            (9299, 8, True),
            (9298, 9, True),
            (8299, 9, True),
        ):
            pair = a, 10 * b + last
            said = probes.write_without_head(claims.AFTER, *pair).text
            assert (said == Format("cot_reversed", 4, 4).text(*pair)) is right, pair
            if a == 9299 and not right:  # as if the nine of its tens were an eight, with a carry
                assert said[11] == str((9 * 8 + 8) % 10)
    for pair, right in (((2626, 7819), False), ((9299, 9998), True), ((1239, 9299), True)):
        said = probes.write_without_head(claims.AFTER, *pair).text
        assert (said == Format("cot_reversed", 4, 4).text(*pair)) is right, pair


def test_a_pocket_is_called_what_its_experiment_calls_it() -> None:
    """The table of claims repeats the words, since the experiment needs torch."""
    words = {name: pocket.words for name, pocket in pockets.POCKETS.items()}
    assert words == claims.NAMES_OF_POCKETS
    for row in select(record("pockets"), asked="pocket"):
        assert f", a {words[row['cell']['pocket']]}, " in row["sample"]["of"]


def test_every_error_is_written_as_recorded_and_comes_right_with_the_head_aimed() -> None:
    errors = claims.ERRORS.of(record("pockets"))
    headline = look_up("curriculum.wrong_4x4").measured
    assert headline and len(errors) == headline.errors
    slips = [error for error in errors if claims.is_slip(error)]
    (other,) = [error for error in errors if error not in slips]
    assert other["kind"] == "sum"
    for error in errors:
        a, b = int(error["a"]), int(error["b"])
        right, slot = Format("cot_reversed", 4, 4).text(a, b), error["slot"]
        text = probes.write_without_head(claims.AFTER, a, b).text
        assert text[:slot] == right[:slot]
        assert (text[slot], right[slot]) == (error["written"], error["right"])
        if error in slips:
            aimed = error["place"], error["number"]
            assert probes.write_without_head(claims.AFTER, a, b, aimed=aimed).text == right, (a, b)
            made = error["company"]
            taken = {6: 2, 9: 8}[made["x"]]
            assert (9 * taken + made["carry"]) % 10 == int(error["written"]), (a, b)


def test_the_head_can_be_aimed_where_an_error_is_a_slip(book: Any) -> None:
    errors = claims.ERRORS.of(record("pockets"))
    for error in errors:
        name = f"{error['a']} × {error['b']}"
        app = book(PAGE, figure="pockets", ch30_error=name)
        assert not app.exception and "wrong" in html_of(app), name
        offered = [box for box in app.get("button_group") if box.key == "ch30_looks"]
        assert len(offered) == claims.is_slip(error), name
    slip = next(error for error in errors if claims.is_slip(error))
    name = f"{slip['a']} × {slip['b']}"
    app = book(PAGE, figure="pockets", ch30_error=name, ch30_looks=worked.LOOKS[1])
    assert not app.exception and 'class="wrong' not in html_of(app)


def test_weight_put_on_the_neighbour_is_a_point_for_each_place(seen: Any) -> None:
    (points,) = charts(seen(PAGE, reveal="1"), "place", "weight")
    rows = select(record("pockets"), asked="blended")
    assert [(p["weight"], p["share"]) for p in points] == [
        (row["cell"]["share"], wrong / row["n"]) for row in rows for wrong in row["wrong"]
    ]


# ---------------------------------------------------------------- exercises


def test_the_exercise_is_solved_by_thought_alone(book: Any) -> None:
    app = book(PAGE, figure="ex_far")
    for a, b, solved in (("12", "34", False), ("8185", "11", True)):
        app.text_input(key="ch30_ex_far_a").set_value(a)
        app.text_input(key="ch30_ex_far_b").set_value(b).run()
        assert not app.exception and len(app.success) == solved, (a, b)


def test_what_answers_the_question_of_the_courses_is_drawn_once_it_is_answered(
    book: Any, seen: Any
) -> None:
    for figure, columns in (("worth", ("arm", "share", "seed")), ("bases", ("begins", "rate"))):
        assert charts(seen(PAGE), *columns) == []
        assert len(charts(seen(PAGE, reveal="1"), *columns)) == 1
        assert len(charts(book(PAGE, figure=figure), *columns)) == 1
