"""What a link may say, in a real browser: a moment comes back, a reload keeps what the reader
guessed. That nonsense breaks no page is seen in test_every_page."""

from __future__ import annotations

from driver import wait_for, wait_idle
from own_sum import stays_at_the_top_and_leaves_the_buttons_free


def top(page) -> float:
    return page.evaluate("document.getElementById('sought').getBoundingClientRect().top")


def test_a_moment_comes_back_where_it_was_copied_and_a_reload_keeps_the_guesses(open_page) -> None:
    page = open_page("/chain_of_thought?at=forge&ch10_a=12&ch10_b=34&ch10_forge_to=9")
    assert 0 < top(page) < 300
    assert page.get_by_text("The forgery implies").first.is_visible()
    assert page.get_by_role("button", name="show me").count() > 0
    page.mouse.move(600, 400)
    page.mouse.wheel(0, -600)
    wait_for(page, lambda: top(page) > 300)

    pill = page.locator(".st-key-ch10_forge_guess button").last
    said = pill.inner_text()
    pill.click()
    page.get_by_role("button", name="show me").first.click()
    page.get_by_text(f"You said {said}").wait_for()
    wait_for(page, lambda: "_shown=1" in page.url and "_guess=" in page.url)
    wait_idle(page)
    left = page.get_by_role("button", name="show me").count()
    page.reload()
    wait_idle(page)
    assert page.get_by_text(f"You said {said}").count() == 1
    assert page.get_by_role("button", name="show me").count() == left
    links = [
        text for text in page.locator('[data-testid="stCode"]').all_inner_texts() if "?" in text
    ]
    assert [text for text in links if "at=forge" in text]
    assert not [text for text in links if "_guess=" in text or "_shown=" in text]
    stays_at_the_top_and_leaves_the_buttons_free(page)
    assert page.console_errors == []
