"""Chapter 3: longer numbers. A course of stages, and what each part of it is worth."""

from __future__ import annotations

import streamlit as st

from components.ui import courses_in_training, tokens
from components.ui.chapter import Chapter
from components.ui.chapters.ch30 import (
    claims,
    exercises,
    figures,
    probes,
    worked,
)
from components.ui.chapters.ch30.claims import AFTER, BEFORE, LAST_TWIN, TWINS
from components.ui.chapters.ch30.worked import CALC
from components.ui.drawings.courses import show_courses
from components.ui.operand_boxes import last_allowed
from components.ui.page_records import rows_of
from components.ui.plots import maps
from lab.data.problems import Problem, partial_products

OF_A_SUM = ("four", "heads", "pull")
"""Sections that show the reader's own sum."""

page = Chapter("30_curriculum", CALC)
page.open()


@page.section("courses", told=False, was=("climb",))
def five_trainings() -> None:
    rows = rows_of("course_looks.jsonl")
    if not rows:
        return
    key = f"{page.prefix}course"
    said = page.kept(key, courses_in_training.is_asked, "a training and two numbers up to 9999")
    asked = courses_in_training.read_asked(said)
    found, n = courses_in_training.courses(rows, asked)

    def ask(chosen: int, pair: courses_in_training.Pair) -> None:
        st.session_state[key] = courses_in_training.said_of(chosen, pair)

    show_courses(
        f"{page.prefix}courses",
        found,
        n,
        [*courses_in_training.NAMES].index(asked.arm),
        asked.pair,
        headline=page.text("courses_headline"),
        alt="The share of problems right, by the digits of both numbers",
        ask=ask,
    )
    page.numbers("Right of each shape at the looks", courses_in_training.numbers_of(found, n))
    st.caption(page.text("courses"))
    page.source(
        "lab.experiments.course_looks.look_at", "lab.experiments.course_looks.errors_by_shape"
    )


page.prose("opening")
page.three_from_before("before_working", "before_length", "before_cover")

# ---------------------------------------------------------------- 1. what is taught


@page.section("stage", was=("mix",))
def what_is_taught() -> None:
    page.notice()
    page.source("lab.data.coverage.steps_of_multiplication", "lab.recipes.curriculum.lesson")


# ---------------------------------------------------------------- 2. the plans


@page.section("worth", was=("stages", "bases"))
def what_each_plan_gains() -> None:
    if not (course := rows_of("course.jsonl")):
        return
    page.link.knows(*(f"{page.prefix}{name}" for name in ("arm", "after", "stages_guess")))
    page.draw(
        figures.ends_of_plans(worked.ends_of_plans(course)),
        alt="Share of test problems of four by four digits wrong at the end, a numbered point a "
        "seed, by plan, with a line from the point of the plan in stages",
    )
    page.notice()
    page.source(
        "lab.experiments.curriculum_ablations.control",
        "lab.experiments.curriculum_ablations.evaluate_shapes",
    )


# ---------------------------------------------------------------- 3. and 4. two lessons

page.prose("forgotten")


@page.section("begin")
def begin_with_two_digits() -> None:
    if not (rows_of("other_bases.jsonl") and rows_of("course.jsonl")):
        return
    page.draw(
        figures.ends_of_plans(worked.points_of_bases()),
        alt="Share of test problems of four by four digits wrong at the end, a point a seed, by "
        "base and processor",
    )
    page.notice()
    page.source("lab.experiments.curriculum_ablations.control")


@page.section("live")
def your_own_mix() -> None:
    probes.fine_tuning(page)
    page.notice()
    page.source("lab.recipes.live.fine_tune")


# ---------------------------------------------------------------- 5. how long a stage

page.prose("moving_on")

# ---------------------------------------------------------------- 6. how few


def how_few_by_length(rows: worked.Record) -> None:
    page.prose("by_length")
    page.draw(
        figures.problems_by_length(worked.problems_by_length(rows)),
        alt="By length: how many problems there are, and the fewest that bring 95 and 99 in 100",
    )
    st.caption(worked.growth(rows))
    page.notice("by_length_notice")
    page.source(
        "lab.experiments.fewest_by_length.find_fewest", "lab.experiments.fewest_by_length.plan_of"
    )


@page.section("fewest", was=("by_length",))
def how_few() -> None:
    few, course = rows_of("fewest.jsonl"), rows_of("course.jsonl")
    rows = [*few, *course]
    if not (few and course) or not page.guess(
        "How many different problems were enough for 95 in 100 of four by four digits to be "
        "right, drawn in the best of the three ways?",
        worked.FEWEST_OPTIONS,
        lambda: worked.problems_that_do(rows),
        frame=worked.PROBLEMS,
    ):
        return
    page.draw(
        figures.wrong_by_problems(worked.fewest_points(rows), worked.DONE),
        alt="Share of four-digit problems wrong, by how many different ones were trained on",
    )
    page.notice()
    page.source("lab.experiments.curriculum_ablations.fewest", "lab.data.difficulty.rarest_step")
    if searched := worked.searches():  # it would tell the guess
        how_few_by_length(searched)


# ---------------------------------------------------------------- 7. how sure


def last_good(key: str, typed: probes.Pair | None, default: probes.Pair) -> probes.Pair:
    """The pair typed, or the last that was allowed, and which that is."""
    found = last_allowed(key, typed, default)
    if typed is None:
        st.caption("What stands below is still {} × {}.".format(*found))
    return found


page.prose("four")
pair = probes.SUM
if page.draws(*OF_A_SUM):
    typed = page.pair(digits=probes.MOST_DIGITS, a=str(pair[0]), b=str(pair[1]))
    pair = last_good(f"{page.prefix}last", typed, pair)


@page.section("four", told=False)
def four_digits() -> None:
    form = probes.form_of(*pair)
    said = probes.write_without_head(AFTER, *pair)
    marks = tokens.marks_of(said.text, form, *pair)
    st.html(tokens.key())
    st.html(
        tokens.strip(
            said.text,
            form,
            *pair,
            marks=marks,
            written_from=said.given,
            probabilities=said.probabilities,
            small=True,
        )
    )
    a, b = pair
    problem = Problem(a, b, partial_products(a, b, form.q), a * b)
    st.html(tokens.checks(tokens.check_working(said.text, form, problem), said.given))
    page.prose("four_bound")
    options = ("fewer than 1 in 1,000", "about 1 in 100", "about 1 in 10")
    wrong = worked.wrong_of_four()
    if wrong is not None and not page.guess(
        "Of 100,000 problems of four by four digits that it never trained on, how many are wrong?",
        options,
        lambda: worked.four_wrong(wrong),
        frame=worked.four_to_be_wrong(wrong),
    ):
        return
    page.source(
        "lab.data.coverage.steps_of_multiplication", "lab.data.coverage.columns_of_addition"
    )


@page.section("pockets")
def errors_that_are_left() -> None:
    page.link.knows(f"{page.prefix}error")
    typed = page.pair("pocket", probes.MOST_DIGITS, *map(str, probes.POCKET))
    a, b = last_good(f"{page.prefix}last_pocket", typed, probes.POCKET)
    form = probes.form_of(a, b)
    place = probes.slip_of(form, a, b, probes.write_without_head(AFTER, a, b).text)
    aimed = None
    if place is not None:
        looks_at = page.choose("looks", f"Head {claims.FETCHES_A} looks", worked.LOOKS)
        aimed = (place, 0) if looks_at == worked.LOOKS[1] else None
    else:
        st.caption(
            f"The first product of {a} × {b} holds no error for head {claims.FETCHES_A} to mend."
        )
    text = probes.write_without_head(AFTER, a, b, aimed=aimed).text
    st.html(tokens.strip(text, form, a, b, marks=tokens.marks_of(text, form, a, b), small=True))
    problem = Problem(a, b, partial_products(a, b, form.q), a * b)
    st.html(tokens.checks(tokens.check_working(text, form, problem)))
    page.notice()
    page.source("lab.experiments.pockets.share_out", "lab.experiments.pockets.at_the_head")


# ---------------------------------------------------------------- 8. and 9. the end

page.prose("five")
page.prose("lesson")

# ---------------------------------------------------------------- deeper

with page.deeper("where errors live, and which heads fetch digit and carry"):

    @page.section("errors")
    def where_errors_live() -> None:
        rows = rows_of("mistakes.jsonl")
        if not rows or not page.guess(
            "How often do problems go wrong in which a carry goes through two columns or more?",
            worked.CARRY_OPTIONS,
            lambda: worked.wrong_with_far_carries(rows),
            frame=worked.far_carries(rows),
        ):
            return
        page.prose("errors_controls")
        page.link.knows(f"{page.prefix}network")
        left, right = st.columns(2)
        with left:
            by = page.choose(
                "by", "Count", list(worked.BY), words=worked.BY.__getitem__, kind="list"
            )
        (row,) = claims.UNFINISHED.of(rows)
        failures = {f"{one['a']} × {one['b']}": one for one in row["failures"]}
        page.link.knows(f"{page.prefix}failure_{LAST_TWIN}")
        with right:
            name = page.choose(
                f"failure_{BEFORE}", "A problem it gets wrong", list(failures), kind="list"
            )
        counted = worked.wrong_by_place(row) if by == "place" else worked.wrong_by(row, by)
        page.draw(
            figures.wrong_by(counted, worked.BY[by]),
            alt=f"The share that is wrong of {worked.BY[by]}",
        )
        failure = failures[name]
        a, b = int(failure["a"]), int(failure["b"])
        form = probes.form_of(a, b)
        text = probes.write_without_head(BEFORE, a, b).text
        wrong = tokens.marks_of(text, form, a, b)
        st.html(tokens.strip(text, form, a, b, marks=wrong, small=True))
        page.notice()
        page.source(
            "lab.experiments.mistakes.measure_mistakes", "lab.data.difficulty.longest_carry"
        )

    @page.section("better")
    def the_better_mix() -> None:
        if not (rows := rows_of("far_products.jsonl")):
            return
        points = worked.wrong_by_mix(rows)
        page.draw(
            figures.wrong_by_mix(points),
            alt="Share wrong at the end with either mix: problems, digits of products with a far "
            "carry, and their other digits, a point a seed",
        )
        page.notice()
        page.source(
            "lab.experiments.better_mix.picked_by_products",
            "lab.experiments.better_mix.digits_wrong",
        )

    @page.section("heads")
    def which_heads_fetch() -> None:
        page.prose("heads_controls")
        left, right = st.columns(2)
        with left:
            names = list(TWINS.values())
            stage = page.choose("twin", "After stage", names, names[-1], kind="segments")
        with right:
            kind = page.choose(
                "digit", "Digits of", ("product", "sum"), words=worked.KINDS.__getitem__
            )
        mapped = probes.long_enough(pair, kind)
        if mapped != pair:
            st.caption("Your problem is too short. The maps are those of {} × {}.".format(*mapped))
        shown = [names[max(0, names.index(stage) - 1)], stage]
        run_of = {name: run for run, name in TWINS.items()}
        for column, name in zip(st.columns(2), dict.fromkeys(shown), strict=False):
            with column:
                st.html(f'<div class="wb-map-title">after {name}</div>')
                page.draw(
                    maps.table_map(
                        probes.fetched(run_of[name], *mapped, kind),
                        probes.heads_of(run_of[name]),
                        worked.short_sources(kind),
                        "head",
                        "looks at",
                    ),
                    alt=f"After {name}: each head's weight on what a digit is made of",
                )
        page.notice()
        page.source(
            "lab.interp.fetching.weight_on_sources",
            "lab.interp.fetching.product_sources",
            "lab.interp.fetching.sum_sources",
        )

    @page.section("pull")
    def pull_each_out() -> None:
        rows = rows_of("stage_heads.jsonl")
        if rows and not page.guess(
            f"Head {worked.A_HEAD} looks at the digit of a. Ablate it: which digits go wrong?",
            worked.LOST_OPTIONS,
            lambda: worked.what_is_lost(rows),
        ):
            return
        page.prose("pull_controls")
        heads = ["none", *probes.heads_of(LAST_TWIN)]
        head = page.choose("pulled", "Head ablated", heads, worked.A_HEAD, kind="list")
        form = probes.form_of(*pair)
        text = probes.write_without_head(LAST_TWIN, *pair, without=head).text
        marks = tokens.marks_of(text, form, *pair)
        st.html(tokens.strip(text, form, *pair, marks=marks, small=True))
        if rows:
            for column, (kind, words) in zip(st.columns(2), worked.KINDS.items(), strict=True):
                shares, names = worked.pulled_out(rows, kind)
                with column:
                    st.html(f'<div class="wb-map-title">digits of {words}</div>')
                    page.draw(
                        maps.table_map(
                            shares, names, list(TWINS.values()), "without", "after stage"
                        ),
                        alt=f"Share of the digits of {words} wrong without each head, by stage",
                    )
        page.notice()
        page.source("lab.interp.intervene.ablate", "lab.experiments.stage_heads.measure_stage_head")

    @page.section("slips")
    def where_the_head_slips() -> None:
        rows = rows_of("pockets.jsonl")
        if not rows:
            return
        page.draw(
            figures.wrong_by_share(worked.wrong_by_share(rows)),
            alt="How many digits go wrong as the head's weight is moved to the digit on the left, "
            "by their place in a: none up to a fifth, most from six tenths on",
        )
        page.notice()
        page.source(
            "lab.experiments.pockets.share_out",
            "lab.experiments.pockets.transplants",
            "lab.experiments.pockets.written_with_z_of",
        )


with page.deeper("problems that are hard on purpose, and fifty digits"):

    @page.section("suites")
    def stress_suites() -> None:
        rows = rows_of("suites.jsonl")
        if not rows:
            return
        page.draw(
            figures.wrong_suites(worked.suite_points(rows)),
            alt="Share wrong of each stress suite, by network",
        )
        page.notice()
        page.source("lab.experiments.mistakes.measure_suite")

    @page.section("frontier")
    def past_the_training() -> None:
        rows = rows_of("frontier.jsonl")
        options = ("about 1 in 100", "about 1 in 10", "more than half")
        if not rows or not page.guess(
            "Trained on up to four digits, how many of twenty by twenty does it get wrong?",
            options,
            lambda: worked.wrong_at_twenty(rows),
            frame=worked.AT_TWENTY,
        ):
            return
        page.draw(
            figures.wrong_tokens(worked.frontier_points(rows)),
            alt="Share of problems wrong by the digits of both numbers, twelve to fifty",
        )
        page.notice()
        page.source("lab.experiments.frontier.evaluate_forced", "lab.experiments.frontier.company")


# ---------------------------------------------------------------- exercises

page.prose("exercises")


@page.section("ex_far")
def far_carry() -> None:
    exercises.far_carry(page)


page.close("end", "read")
