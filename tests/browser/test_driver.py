"""The helpers themselves: a check that cannot fail would guard nothing."""

import pytest
from driver import Visitors, no_sideways_scroll, sideways_scroll, wait_idle, watch
from playwright.sync_api import Browser

APP = """<div data-testid="stApp" data-test-connection-state="CONNECTED"
 data-test-script-state="{state}"><div data-testid="stMainBlockContainer">
 <p style="width: {width}px">text</p></div></div>"""


def test_sideways_scroll_is_found_and_absent_where_all_fits(browser: Browser) -> None:
    page = browser.new_page(viewport={"width": 390, "height": 600})
    page.set_content(APP.format(state="notRunning", width=100))
    assert no_sideways_scroll(page)
    page.set_content(APP.format(state="notRunning", width=800))
    assert not no_sideways_scroll(page)
    assert any(box.startswith("document") for box in sideways_scroll(page))
    page.close()


def test_a_running_script_is_not_idle(browser: Browser) -> None:
    page = browser.new_page()
    page.set_content(APP.format(state="notRunning", width=100))
    wait_idle(page, timeout=5)
    page.set_content(APP.format(state="running", width=100))
    with pytest.raises(TimeoutError, match="not idle"):
        wait_idle(page, timeout=0.5)
    page.close()


UNDRAWN = {
    "a chart": (
        '<div data-testid="stVegaLiteChart">loading</div>',
        "e => e.append(document.createElement('canvas'))",
    ),
    "a drawing": (
        '<div data-testid="stBidiComponentIsolated"><template shadowrootmode="open">'
        '<div class="said"></div>the drawing</template></div>',
        "e => e.shadowRoot.querySelector('.said').textContent = 'drawn'",
    ),
    "a skeleton": ('<div data-testid="stSkeleton">loading</div>', "e => e.remove()"),
}
"""What is not drawn yet, and what draws it."""


def test_what_is_not_drawn_yet_is_not_idle(browser: Browser) -> None:
    idle_too_soon: list[str] = []
    for what, (undrawn, draw) in UNDRAWN.items():
        page = browser.new_page()
        page.goto("about:blank")
        page.evaluate(
            "html => document.body.setHTMLUnsafe(html)",
            APP.format(state="notRunning", width=100) + undrawn,
        )
        try:
            wait_idle(page, timeout=1.0)
            idle_too_soon.append(what)
        except TimeoutError as error:
            assert "not idle" in str(error)
        page.locator("[data-testid]").last.evaluate(draw)
        wait_idle(page, timeout=5)
        page.close()
    assert idle_too_soon == []


def test_errors_of_the_console_and_of_scripts_are_collected(browser: Browser) -> None:
    page = watch(browser.new_page())
    page.goto("data:text/html,<script>console.error('seen'); throw new Error('raised')</script>")
    assert any("seen" in text for text in page.console_errors)
    assert any("raised" in text for text in page.console_errors)
    page.close()


LOOK = """[innerWidth, ...['print', '(prefers-color-scheme: dark)',
  '(prefers-reduced-motion: reduce)'].map(asked => matchMedia(asked).matches)]"""


def test_a_visitor_finds_nothing_of_the_one_before_nor_of_who_is_there(
    server: str, visitors: Visitors
) -> None:
    url = f"{server}/_stcore/health"
    left = "[localStorage.length, sessionStorage.length, document.cookie.includes('name')]"
    leave = (
        "localStorage.setItem('name', 'ann'); sessionStorage.setItem('name', 'ann');"
        "document.cookie = 'name=ann'; console.error('ann was here')"
    )
    with visitors.door() as enter:
        page = enter(url)
        page.set_viewport_size({"width": 390, "height": 800})
        page.emulate_media(media="print", color_scheme="dark", reduced_motion="no-preference")
        page.evaluate(leave)
        assert page.evaluate(left) == [1, 1, True] and page.console_errors == ["ann was here"]
        page.context.new_page()
        before = page.context
    with visitors.door() as enter:
        page = enter(url)
        assert page.context is before and before.pages == [page]
        assert page.evaluate(left) == [0, 0, False] and page.console_errors == []
        assert page.evaluate(LOOK) == [1280, False, False, True]
        page.evaluate(leave)
        assert enter(url).evaluate(left) == [0, 0, False]
