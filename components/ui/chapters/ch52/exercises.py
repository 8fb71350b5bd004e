"""The exercises of chapter 5, third page: a rank set by hand, and a rule of one's own."""

from __future__ import annotations

import streamlit as st

from components.ui.chapter import Chapter
from components.ui.chapters.ch52 import worked
from components.ui.exercise_verdict import show_verdict
from components.ui.page_records import rows_of
from lab.experiments import warnings
from lab.experiments.warnings import Verdict
from lab.readings import join_words

WANTED, NEAR = 2.0, 0.05
"""The effective rank that is asked for, and how near is near enough."""

SIZES = tuple(range(1, 11))

MOST_MISTAKES, LEAD = 4, 1.5
"""What a reader's rule may get wrong on the seeds that it was not tried on, and how many times
earlier than the turn it is to warn."""

FIRST = "effective rank"
"""What the rule watches at first: with it no step to the side solves the exercise."""

RISES = {True: "risen", False: "fallen"}


def a_rank_by_hand(page: Chapter) -> None:
    """Two of three singular values; the third is one."""
    left, right = st.columns(2)
    with left:
        first = page.choose("sigma0", "First singular value", SIZES, 1)
    with right:
        second = page.choose("sigma1", "Second singular value", SIZES, 1)
    values = (first, second, 1)
    shares = [value / sum(values) for value in values]
    rank = worked.rank_of(shares)
    said = f"Shares of {', '.join(f'{x:.2f}' for x in shares)}: an effective rank of {rank:.2f}."
    hint = "One value must be larger." if rank > WANTED + NEAR else "They must be more alike."
    show_verdict(abs(rank - WANTED) <= NEAR, said, hint)
    page.source("lab.interp.diagnostics.effective_rank")


def a_rule_of_your_own(page: Chapter) -> None:
    """A reading, a direction and an amount; tried on some seeds, judged on the others."""
    rows = rows_of("collapse.jsonl")
    if not rows:
        return
    names = list(worked.WATCHED)
    left, middle, right = st.columns(3)
    with left:
        name = page.choose("rule", "It watches", names, FIRST, kind="list")
    with middle:
        rises = page.choose(
            "rises", "Warn once it has", list(RISES), True, kind="segments", words=RISES.__getitem__
        )
    with right:
        amount = page.choose(
            "amount", "By this share of its start", warnings.AMOUNTS, 0.5, words="{:g}".format
        )
    rule = warnings.WarningRule(*worked.WATCHED[name], rises, amount)
    tried, judged = (
        warnings.judge(rule, found, warnings.turn_of) for found in worked.fitted_and_tested(rows)
    )
    said = (
        f"Seeds {spoken(warnings.FITTED_ON)}: {describe_verdict(tried)}. "
        f"Seeds {spoken(warnings.TESTED_ON)}: {describe_verdict(judged)}."
    )
    good = judged.mistakes <= MOST_MISTAKES and judged.lead >= LEAD
    show_verdict(good, said, hint_of(judged))
    page.source("lab.experiments.warnings.WarningRule.warns", "lab.experiments.warnings.judge")


def spoken(seeds: tuple[int, ...]) -> str:
    return join_words([f"{seed}" for seed in seeds])


def describe_verdict(verdict: Verdict) -> str:
    at = f" (in the median at {1 / verdict.lead:.0%} of the turn's step)" if verdict.warned else ""
    return (
        f"it warned before {verdict.warned} of {verdict.fell} turns{at}, and in {verdict.false} "
        f"of {verdict.stood} runs that never turned"
    )


def hint_of(verdict: Verdict) -> str:
    if verdict.mistakes <= MOST_MISTAKES:
        return "It is right, but late. Ask for a slightly smaller change."
    if verdict.warned == 0 and verdict.false == 0:
        return "It hardly ever warns. Ask for a smaller change, or look at where this curve goes."
    if verdict.false:
        return "It also warns where nothing turns. Ask for more, or watch what stands still there."
    return "It comes too late for some. What moves before the cosine does?"
