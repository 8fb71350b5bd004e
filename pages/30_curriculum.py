"""Chapter 3: longer numbers. A course of stages, and what each part of it is worth."""

from __future__ import annotations

import streamlit as st

from components.ui import tokens
from components.ui.chapter import Chapter
from components.ui.chapters.ch30 import (
    claims,
    exercises,
    figures,
    probes,
    worked,
)
from components.ui.chapters.ch30.claims import AFTER, ARMS, BEFORE, LAST_TWIN, TWINS
from components.ui.chapters.ch30.worked import CALC, NETWORKS, SQUARES
from components.ui.drawings.climb import show_climb
from components.ui.lazily import lazily
from components.ui.operand_boxes import last_allowed
from components.ui.page_records import rows_of
from components.ui.plots import dots, maps
from components.ui.plots.ends import shares
from lab.data import coverage, difficulty
from lab.data.problems import Problem, partial_products

curriculum = lazily("lab.recipes.curriculum")
twins = lazily("lab.experiments.curriculum_ablations")
fetching = lazily("lab.interp.fetching")
intervene = lazily("lab.interp.intervene")
stage_heads = lazily("lab.experiments.stage_heads")
mistakes = lazily("lab.experiments.mistakes")
pockets = lazily("lab.experiments.pockets")
frontier = lazily("lab.experiments.frontier")
fine_tuned = lazily("lab.recipes.live")

OF_A_SUM = ("four", "heads", "pull")
"""Sections that show the reader's own sum."""

page = Chapter("30_curriculum", CALC)
page.open()


@page.section("climb", told=False)
def the_climb() -> None:
    histories = {run: rows_of("history.jsonl", f"checkpoints/{run}") for run in (BEFORE, AFTER)}
    if not all(histories.values()):
        return
    read, right, bands = worked.climbed(histories)
    show_climb(
        f"{page.prefix}climb",
        SQUARES,
        read,
        right,
        bands,
        alt="The share of problems right in every token as training goes on, a curve a length",
    )
    page.numbers(
        "The share right of each length, by the problems trained on",
        [
            {"problems": n, **dict(zip(SQUARES, map(float, shares), strict=True))}
            for n, shares in zip(read, right, strict=True)
        ],
    )
    page.source(curriculum.course, curriculum.lesson)


page.prose("opening")
page.three_from_before("before_working", "before_length", "before_cover")

# ---------------------------------------------------------------- 1. four digits

page.prose("four")
pair = probes.SUM
if page.draws(*OF_A_SUM):
    typed = page.pair(digits=probes.MOST_DIGITS, a=str(pair[0]), b=str(pair[1]))
    pair = last_allowed(f"{page.prefix}last", typed, pair)


@page.section("four", needs=[AFTER], told=False)
def four_digits() -> None:
    options = ("fewer than 1 in 1,000", "about 1 in 100", "about 1 in 10")
    wrong = worked.wrong_of_four()
    if wrong is not None and not page.guess(
        "Of 100,000 problems of four by four digits that it never trained on, how many are wrong?",
        options,
        lambda: worked.four_wrong(wrong),
        frame=worked.four_to_be_wrong(wrong),
    ):
        return
    page.prose("four_controls")
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
    page.notice()
    page.source(coverage.steps_of_multiplication, coverage.columns_of_addition)


# ---------------------------------------------------------------- 2. what a stage adds


@page.section("stage")
def what_a_stage_adds() -> None:
    page.draw(
        figures.parts_of_a_text(worked.parts_of_texts()),
        alt="The tokens of the longest problem of each stage: typed, products, sums, the answer",
    )
    page.prose("stage_facts")
    page.table("What is new in each stage", worked.rows_of_facts())
    page.notice()
    page.source(coverage.steps_of_multiplication, coverage.columns_of_addition)


@page.section("mix")
def the_mix_of_a_stage() -> None:
    probes.of_a_stage(page)
    page.notice()
    page.source(curriculum.lesson, difficulty.longest_carry, difficulty.zeros)


# ---------------------------------------------------------------- 3. watch it climb


def tell_the_training() -> None:
    """What the guess is about is drawn below as well; if the page stands there already without it,
    draw it again."""
    st.session_state["ch30_training_told"] = True
    if st.session_state.pop("ch30_worth_untold", False):
        st.rerun()


def training_is_told() -> bool:
    """A figure that stands alone asks for no guess, and so does one that a link leads to."""
    if page.alone is not None or page.sought in ("worth", "bases"):
        return True
    if st.session_state.get("ch30_training_told", False):
        return True
    st.session_state["ch30_worth_untold"] = True
    st.caption("The figure answers the question above; it is drawn once that is answered.")
    return False


@page.section("stages")
def as_stages_pass() -> None:
    rows = rows_of("course.jsonl")
    if not rows or not page.guess(
        "Which training ends with the most four-digit problems wrong?",
        worked.WORST_OPTIONS,
        lambda: worked.worst(rows),
        frame=worked.courses(rows),
    ):
        return
    tell_the_training()
    page.prose("stages_controls")
    arm = page.choose(
        "arm", "Training", worked.COURSES, "rehearsal_0", words=ARMS.__getitem__, kind="list"
    )
    row = worked.first_row(rows, arm)
    names = worked.names_of_stages(arm, len(row["stages"]))
    stage = page.choose("after", "After stage", names, names[-1], kind="segments")
    left = len(names) - 1 - names.index(stage)
    with st.container(horizontal=True, gap="large"):
        for name in ("the_course", arm):
            with st.container(width=maps.LENGTH_MAP, gap="small"):
                st.html(f'<div class="wb-map-title">{ARMS[name]}</div>')
                page.draw(
                    maps.length_map(
                        worked.map_after(worked.first_row(rows, name), left), probes.MOST_DIGITS
                    ),
                    width="content",
                    alt=f"{ARMS[name]}: the share of wrong problems by the digits of both numbers",
                )
    page.notice()
    page.source(twins.train_course, twins.evaluate_shapes)


with page.deeper("what each part is worth, where to begin, and how few problems do"):

    @page.section("worth")
    def what_each_part_is_worth() -> None:
        rows = rows_of("course.jsonl")
        if not rows or not training_is_told():
            return
        page.draw(
            dots.seeds(
                points := worked.seeds_of(rows), "4 by 4 digits right in every token", shares()
            ),
            alt="Share of four-digit problems right at the end, a point a seed, by training",
        )
        st.caption(dots.in_pairs(points, ARMS["the_course"], more=True))
        page.notice()
        page.source(twins.control, twins.reversed_course, twins.at_once)

    @page.section("bases")
    def where_to_begin() -> None:
        rows = rows_of("bases.jsonl")
        if not rows or not training_is_told():
            return
        page.draw(
            figures.wrong_by_rate(worked.rates_of(rows)),
            alt="Share of four-digit problems wrong by learning rate, a line for each beginning",
        )
        page.notice()
        page.source(twins.measure_base, curriculum.course_of_twin)

    @page.section("fewest")
    def how_few() -> None:
        few, course = rows_of("fewest.jsonl"), rows_of("course.jsonl")
        rows = [*few, *course]
        if not (few and course) or not page.guess(
            "How many different problems does it take, for 95 in 100 to be right?",
            worked.FEWEST_OPTIONS,
            lambda: worked.problems_that_do(rows),
            frame=worked.PROBLEMS,
        ):
            return
        page.draw(
            figures.wrong_by_problems(worked.fewest_points(rows)),
            alt="Share of four-digit problems wrong, by how many different ones were trained on",
        )
        page.notice()
        page.source(twins.fewest, difficulty.rarest_step)


# ---------------------------------------------------------------- 4. your own mix


@page.section("live")
def your_own_mix() -> None:
    probes.fine_tuning(page)
    page.notice()
    page.source(fine_tuned.fine_tune)


# ---------------------------------------------------------------- 5. heads


@page.section("heads", needs=[*TWINS])
def which_heads_fetch() -> None:
    page.prose("heads_controls")
    left, right = st.columns(2)
    with left:
        names = list(TWINS.values())
        stage = page.choose("twin", "After stage", names, names[-1], kind="segments")
    with right:
        kind = page.choose("digit", "Digits of", ("product", "sum"), words=worked.KINDS.__getitem__)
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
                alt=f"After {name}: how much of each head's weight lies on what a digit is made of",
            )
    page.notice()
    page.source(fetching.weight_on_sources, fetching.product_sources, fetching.sum_sources)


@page.section("pull", needs=[*TWINS])
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
                    maps.table_map(shares, names, list(TWINS.values()), "without", "after stage"),
                    alt=f"Share of the digits of {words} wrong without each head, by stage",
                )
    page.notice()
    page.source(intervene.ablate_head, stage_heads.measure_stage_head)


# ---------------------------------------------------------------- 6. where the errors live


@page.section("errors", needs=[BEFORE])
def where_errors_live() -> None:
    rows = rows_of("mistakes.jsonl")
    if not rows or not page.guess(
        "How often do problems with a far carry go wrong?",
        worked.CARRY_OPTIONS,
        lambda: worked.wrong_with_far_carries(rows),
        frame=worked.far_carries(rows),
    ):
        return
    page.prose("errors_controls")
    left, right = st.columns(2)
    with left:
        run = page.choose(
            "network", "Network", list(NETWORKS), BEFORE, words=NETWORKS.__getitem__, kind="list"
        )
    with right:
        by = page.choose("by", "Count", list(worked.BY), words=worked.BY.__getitem__, kind="list")
    (row,) = claims.MISTAKES.where(model=run).of(rows)
    if row["wrong"] == 0:
        st.info("This network gets none of its problems wrong. Choose another.")
        return
    counted = worked.wrong_by_place(row) if by == "place" else worked.wrong_by(row, by)
    page.draw(
        figures.wrong_by(counted, worked.BY[by]),
        alt=f"The share that is wrong of {worked.BY[by]}",
    )
    failures = {f"{one['a']} × {one['b']}": one for one in row["failures"]}
    sums = list(failures)
    page.link.knows(*(f"{page.prefix}failure_{other}" for other in NETWORKS))
    failure = failures[page.choose(f"failure_{run}", "A problem it gets wrong", sums, kind="list")]
    a, b = int(failure["a"]), int(failure["b"])
    form = probes.form_of(a, b)
    text = probes.write_without_head(run, a, b).text
    wrong = tokens.marks_of(text, form, a, b)
    st.html(tokens.strip(text, form, a, b, marks=wrong, small=True))
    page.notice()
    page.source(mistakes.measure_mistakes, difficulty.longest_carry)


@page.section("pockets", needs=[AFTER])
def errors_that_are_left() -> None:
    rows = rows_of("pockets.jsonl")
    if not rows:
        return
    errors = {f"{error['a']} × {error['b']}": error for error in claims.ERRORS.of(rows)}
    left, right = st.columns(2)
    with left:
        name = page.choose("error", "An error on a test problem", list(errors), kind="list")
    error = errors[name]
    aimed = None
    if claims.is_slip(error):
        with right:
            looks = page.choose("looks", f"Head {claims.FETCHES_A} looks", worked.LOOKS)
        if looks == worked.LOOKS[1]:
            aimed = error["place"], error["number"]
    a, b = int(error["a"]), int(error["b"])
    form = probes.form_of(a, b)
    text = probes.write_without_head(AFTER, a, b, aimed=aimed).text
    wrong = tokens.marks_of(text, form, a, b)
    st.html(tokens.strip(text, form, a, b, marks=wrong, small=True))
    page.notice()
    page.source(pockets.share_out, pockets.at_the_head)


with page.deeper("which operands fail, problems that are hard on purpose, and fifty digits"):

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
        page.source(pockets.share_out, pockets.transplants, pockets.written_with_z_of)

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
        page.source(mistakes.measure_suite)

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
        page.source(frontier.evaluate_forced, frontier.company)


# ---------------------------------------------------------------- exercises

page.prose("exercises")


@page.section("ex_far", needs=[AFTER])
def far_carry() -> None:
    exercises.far_carry(page)


page.close("end", "read")
