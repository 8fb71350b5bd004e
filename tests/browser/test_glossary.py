"""A term in prose opens its meaning in place: by the pointer, the keyboard or a tap, on the screen,
and without the server."""

from __future__ import annotations

from driver import BookPage, Sent, new_context, no_sideways_scroll, wait_idle, watch
from playwright.sync_api import Locator, expect

from components.ui.glossary import by_form

PHONE = 390
ON_A_PHONE = {"/mla": ("latent", "low rank", "MLA"), "/chain_of_thought": ("partial product",)}
"""The last stands right above the strip that follows down its page."""


def term(page: BookPage, word: str) -> tuple[Locator, Locator]:
    """The word, and what it opens."""
    whole = page.locator(".wb-term").filter(has=page.get_by_role("button", name=word, exact=True))
    return whole.locator("strong"), whole.locator(".wb-means")


def test_a_term_opens_by_pointer_and_keyboard_asks_nobody_and_prints_as_bold(open_page) -> None:
    page = open_page("/mla")
    sent = Sent(page)
    word, means = term(page, "latent")
    expect(means).to_be_hidden()
    word.hover()
    expect(means).to_contain_text("A short vector")
    expect(means).to_be_visible()
    means.hover()
    expect(means).to_be_visible()
    page.mouse.move(0, 0)
    expect(means).to_be_hidden()
    word.focus()
    expect(means).to_be_visible()
    expect(word).to_have_accessible_description(by_form()["latent"].means)
    page.keyboard.press("Tab")
    expect(means.get_by_role("link")).to_be_focused()
    with page.expect_popup() as opened:
        means.get_by_role("link").click()
    wait_idle(opened.value)
    expect(opened.value.locator(".wb-here dt")).to_have_text("latent")
    expect(opened.value.locator(".wb-here dt")).to_be_in_viewport()
    assert sent.messages == 0
    word.focus()
    page.emulate_media(media="print")
    expect(means).to_be_hidden()
    expect(word).to_have_css("text-decoration-line", "none")
    assert page.console_errors == []


def test_a_tap_opens_a_term_within_the_screen_of_a_phone_and_above_all_else(
    server: str, browser
) -> None:
    context = new_context(browser, PHONE, 800, touch=True)
    page = watch(context.new_page())
    for path, names in ON_A_PHONE.items():
        page.goto(f"{server}{path}")
        wait_idle(page)
        for name in names:
            word, means = term(page, name)
            word.scroll_into_view_if_needed()
            word.tap()
            expect(means).to_be_in_viewport(ratio=1)
            means.get_by_role("link").tap(trial=True)  # nothing lies over it
            assert no_sideways_scroll(page), name
        assert page.locator(".wb-means:visible").count() == 1
    context.close()
