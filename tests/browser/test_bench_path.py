"""A newcomer in chapter 8: a preset, one part changed, a few steps of a tiny network to their end,
back to an earlier step; on the next page its attention, a head of it ablated, and the patch that
turns 56 into 63; and the same bench in another tab."""

from __future__ import annotations

import re

import pytest
from driver import wait_for, wait_idle
from playwright.sync_api import Page, expect

PAGE = "/bench"


def choose(page: Page, control: str, words: str, nth: int = 0) -> None:
    """By typing, since a long list draws those alone that are in sight."""
    box = page.get_by_role("combobox", name=control).nth(nth)
    box.click()
    box.fill(words)
    page.get_by_role("option", name=words, exact=True).first.click()
    wait_idle(page)


def parameters(page: Page) -> str:
    """And what else a variant costs, but the seconds, which the server measures meanwhile."""
    return " ".join(page.locator(".st-key-ch80_costs p").all_inner_texts()[:3])


def in_the_link(page: Page) -> str:
    found = re.search(r"ch80_bench=([\w-]+)", page.url)
    return found[1] if found else ""


def trained(page: Page, step: str, seconds: float) -> None:
    page.get_by_role("button", name="Train this variant").click()
    line = page.get_by_text(f"step {step}").first
    line.wait_for(timeout=1000 * seconds)
    page.get_by_text(re.compile(r"of the processor.*Done\.")).first.wait_for(timeout=60_000)
    wait_idle(page)


def scrubbed_to_the_first_step(page: Page) -> None:
    slider = page.locator("[class*=st-key-ch80_step_]").get_by_role("slider")
    slider.scroll_into_view_if_needed()
    slider.press("Home")
    expect(page.get_by_text(re.compile("After step 0, 7 × 8: first wrong"))).to_be_visible()
    slider.press("End")
    expect(page.get_by_text(re.compile("After step 20, 7 × 8"))).to_be_visible()


def taken_to_the_next_page(page: Page) -> str:
    """The name under which it is found there."""
    page.get_by_role("button", name="Take it to the next pages").click()
    kept = page.get_by_text("On this visit:").first
    name = kept.inner_text().removeprefix("On this visit:").strip()
    page.get_by_role("link", name="Look, break, patch").first.click()
    page.get_by_role("heading", name="1. Look").wait_for()
    wait_idle(page)
    return f"yours: {name}"


def own_problem(page: Page, nth: int) -> None:
    for box, digit in (("First number", "7"), ("Second number", "8")):
        field = page.get_by_label(box).nth(nth)
        field.fill(digit)
        field.press("Enter")
    wait_idle(page)


def turned_from_56_to_63(page: Page) -> None:
    """By what two cells of 7 x 9 hold, copied into 7 x 8."""
    figure = page.locator(".drawing.cut")
    figure.locator(".reset").click()
    expect(figure.locator(".answer")).to_have_text("56")
    for name in ("tens", "units"):
        cell = f"FFN 0, where it writes the {name}"
        figure.locator(".target").get_by_role("button", name=cell, exact=False).click()
    expect(figure.locator(".answer")).to_have_text("63")


@pytest.mark.slow
def test_a_newcomer_composes_trains_looks_ablates_patches_and_shares_the_bench(open_page) -> None:
    page = open_page(PAGE)
    usual = parameters(page)
    choose(page, "Begin with", "Chapter 2: nothing is said of positions")
    page.get_by_text("All other parts, the text, the training").click()
    page.get_by_role("combobox", name="Width").first.wait_for()
    wait_idle(page)
    for control, words in (("Width", "32"), ("Digits", "1 × 1"), ("Steps", "20")):
        choose(page, control, words)
    assert parameters(page) != usual
    link = in_the_link(page)
    trained(page, "20 of 20", 120)
    matrix = page.locator(".composed .matrix").first
    matrix.focus()
    expect(page.locator(".composed .told")).to_contain_text("parameters")
    assert page.locator(".composed figure").count() == 2
    scrubbed_to_the_first_step(page)
    assert in_the_link(page) == link and link
    built = parameters(page)
    other = open_page(f"{PAGE}?ch80_bench={link}")
    assert parameters(other) == built and in_the_link(other) == link
    assert not other.console_errors
    name = taken_to_the_next_page(page)
    choose(page, "View", "attention")
    own_problem(page, 0)
    choose(page, "Network", name)
    expect(page.get_by_role("img", name="Which tokens one head looks at").first).to_be_visible()
    own_problem(page, 1)
    choose(page, "Network", name, 1)
    page.get_by_role("radio", name="head").first.click()
    expect(page.get_by_text("Head 0 of layer 1 set to zero, at every token.")).to_be_visible()
    turned_from_56_to_63(page)
    assert not page.console_errors


@pytest.mark.slow
def test_the_usual_variant_is_trained_to_99_in_100_held_out_pairs(open_page) -> None:
    page = open_page(PAGE)
    trained(page, "400 of 400", 580)
    figure = page.locator(".composed figure.own .held")
    wait_for(page, lambda: "wrong" in figure.inner_text())
    wrong, n = (
        int(found.replace(",", "")) for found in re.findall(r"[\d,]+", figure.inner_text())[:2]
    )
    assert wrong <= 0.01 * n and n == 6949
