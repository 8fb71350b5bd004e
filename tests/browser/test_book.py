"""The book in a real browser: Home answers, its map leads on, a figure stands alone."""

from __future__ import annotations

import re

import pytest
from driver import Sent, no_sideways_scroll, sideways_scroll, wait_idle
from playwright.sync_api import expect

BOOK = "The White-Box Transformer"
PATHS = {
    "/": BOOK,
    "/chain_of_thought?reveal=1": f"Chain of thought · {BOOK}",
    "/claims": f"Claims · {BOOK}",
}
"""Where the book is opened, and what its tab is called there."""


@pytest.mark.slow  # test_every_page opens them at 1280 in light, and goes on to a phone
@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(("width", "dark"), [(390, True), (1280, True), (390, False)])
def test_every_page_draws_without_error(open_page, path: str, width: int, dark: bool) -> None:
    page = open_page(path, width, dark)
    assert page.console_errors == []
    assert no_sideways_scroll(page), sideways_scroll(page)
    assert page.locator('[data-testid="stException"]').count() == 0
    expect(page).to_have_title(PATHS[path])


def test_one_figure_stands_alone_with_its_controls_and_a_line_to_the_book(open_page) -> None:
    page = open_page("/rope?figure=kinds&embed=true&ch20_size=5")
    expect(page.locator('[data-testid="stVegaLiteChart"]')).to_have_count(1)
    expect(page.get_by_text("Digits of both numbers")).to_be_visible()
    expect(page.get_by_role("link", name="Positions that turn")).to_be_visible()
    expect(page.locator('[data-testid="stSidebar"]')).to_have_count(0)
    assert page.locator("h1, h2, h3").count() == 0
    chosen = page.locator('[data-testid="stButtonGroup"] [aria-checked="true"]')
    expect(chosen).to_have_text("5")


# ---------------------------------------------------------------- Home


def test_home_multiplies_answers_every_number_and_its_link_reproduces_a_head_pulled_out(
    open_page,
) -> None:
    page = open_page("/")
    sent = Sent(page)
    it_shows_the_working_of_37_times_48(page)
    a_digit_shows_its_own_arcs(page)
    assert sent.messages == 0, "a digit under the mouse asks the server"
    for a, b in ((12, 34), (58, 7)):
        before = sent.messages
        multiply(page, a, b)
        assert sent.messages - before <= 2, "each number that is typed is one message"
    a_bad_number_is_explained(page)
    multiply(page, 37, 48)
    said, link = without_head_3(page)
    another_visitor_finds_the_same_and_puts_the_head_back(open_page, link, said)
    a_head_stays_under_the_pointer(page)
    assert page.console_errors == []


def it_shows_the_working_of_37_times_48(page) -> None:
    signs = page.locator(".arcs .token:not(.later) .sign")
    assert "".join(signs.all_text_contents()) == "37*48=692+0841=6771$"
    expect(page.locator(".arcs .said")).to_contain_text("37 × 48 = 1776, and every token")


def a_digit_shows_its_own_arcs(page) -> None:
    page.locator(".arcs .token.answer").first.hover()
    expect(page.locator(".arcs .said")).to_contain_text("Most attention: head 0 at")
    strong = page.locator(".arcs .arc.strong").count()
    assert 0 < strong == page.locator(".arcs .names text").filter(has_text="%").count()
    page.mouse.move(0, 0)
    expect(page.locator(".arcs .said")).to_contain_text("every token")


def multiply(page, a: int, b: int) -> None:
    for label, number in (("First number", a), ("Second number", b)):
        page.get_by_role("textbox", name=label).fill(str(number))
        page.get_by_role("textbox", name=label).press("Enter")
    page.get_by_text(f"{a} × {b} = {a * b}").first.wait_for(timeout=30_000)
    wait_idle(page)


def a_bad_number_is_explained(page) -> None:
    """Beside its box, which says so; with the next allowed one it is as before."""
    box, other = (
        page.get_by_role("textbox", name="First number"),
        page.get_by_role("textbox", name="Second number"),
    )
    box.fill("٣٤")
    box.press("Enter")
    said = page.get_by_text("write a whole number from 0 to 99")
    said.wait_for()
    expect(box).to_have_attribute("aria-invalid", "true")
    told = page.locator(f"#{box.get_attribute('aria-describedby')}")
    expect(told).to_contain_text("write a whole number from 0 to 99")
    below = told.bounding_box()["y"] - box.bounding_box()["y"]
    assert abs(below) < 60, f"it is told {below} pixels below"
    assert other.get_attribute("aria-invalid") is None
    box.fill("34")
    box.press("Enter")
    expect(said).to_have_count(0)
    expect(box).not_to_have_attribute("aria-invalid", "true")


def without_head_3(page) -> tuple[str, str]:
    """What Home says when the head is pulled out, and the link to that."""
    page.get_by_role("button", name="head 3", exact=True).press("Enter")
    page.get_by_text("goes wrong first").wait_for(timeout=30_000)
    wait_idle(page)
    assert page.locator(".arcs .token.wrong").count() > 0
    page.locator(".arcs .copy").click()
    copied = page.locator(".arcs .copied")  # shown where the clipboard takes nothing
    expect(copied).not_to_have_value("")
    return page.get_by_text("goes wrong first").inner_text(), copied.input_value().split("\n")[-1]


def another_visitor_finds_the_same_and_puts_the_head_back(open_page, link: str, said: str) -> None:
    again = open_page("/" + link.split("/", 3)[3])
    again.get_by_text("goes wrong first").wait_for(timeout=30_000)
    assert again.get_by_text("goes wrong first").inner_text() == said
    again.get_by_role("button", name="head 3", exact=True).click()
    again.get_by_text("37 × 48 = 1776").wait_for(timeout=30_000)
    wait_idle(again)
    assert "pull" not in again.url
    assert again.console_errors == []


def a_head_stays_under_the_pointer(page) -> None:
    """A second press at the same place undoes the first."""
    heads = page.locator(".arcs .heads button")
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 900})
        wait_idle(page)
        heads.last.scroll_into_view_if_needed()
        pressed = page.locator(".arcs .heads [aria-pressed=true]")
        places = [(pressed.count(), boxes_of(heads))]
        for _ in range(2):
            heads.last.click()
            expect(pressed).to_have_count(1 - places[-1][0])
            wait_idle(page)
            places.append((pressed.count(), boxes_of(heads)))
        assert places[0][1] == places[1][1] == places[2][1], (width, places)


def test_what_a_reader_may_do_stands_on_the_first_screen_of_home(open_page) -> None:
    page = open_page("/", height=800)
    for width, height in ((1280, 800), (390, 844)):
        page.set_viewport_size({"width": width, "height": height})
        wait_idle(page)
        told = page.get_by_text("Type a problem")
        boxes = [box.bounding_box() for box in page.get_by_test_id("stTextInputField").all()]
        heads = boxes_of(page.locator(".arcs .heads button"))
        digits = page.locator(".arcs .picture").bounding_box()
        assert told.bounding_box()["y"] < boxes[0]["y"] < digits["y"] < heads[0]["y"]
        counted = page.get_by_text("0 errors in 10,000").first.bounding_box()
        seen = [counted, *boxes, *heads]
        assert max(box["y"] + box["height"] for box in seen) <= height, width


WHERE = """() => {
  let here = document.activeElement;
  while (here?.shadowRoot?.activeElement) here = here.shadowRoot.activeElement;
  if (!here || here === document.body) return null;
  const grey = colour => { const [r, g, b] = colour.match(/[\\d.]+/g).map(Number)
    .map(v => v / 255).map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const around = e => { for (; e; e = e.parentElement ?? e.getRootNode().host) {
    const colour = getComputedStyle(e).backgroundColor;
    if (!/, 0\\)$|transparent/.test(colour)) return colour; } };
  const rings = [];
  for (let e = here, n = 0; e instanceof Element && n < 3; e = e.parentElement, n++) {
    const style = getComputedStyle(e);
    if (style.outlineStyle === 'solid' && parseFloat(style.outlineWidth) >= 2) {
      const [a, b] = [style.outlineColor, around(e.parentElement ?? e)].map(grey)
        .sort((x, y) => y - x);
      rings.push((a + 0.05) / (b + 0.05));
    }
  }
  const drawn = here.querySelector('.reach');
  if (drawn && getComputedStyle(drawn).stroke !== 'none') rings.push(3);
  const name = here.ariaLabel || here.innerText || here.textContent;
  return [name?.trim().slice(0, 60) || here.outerHTML.slice(0, 80), Math.max(0, ...rings)];
}"""


@pytest.mark.parametrize("dark", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_the_hand_is_seen_wherever_tab_brings_it(open_page, dark: bool) -> None:
    """At each stop of a page one ring, at least 3:1 against what is around it."""
    page = open_page("/mla", dark=dark)
    stops = []
    while len(stops) < 200:
        page.keyboard.press("Tab")
        stop = page.evaluate(WHERE)
        if stop is None:
            break
        stops.append(stop)
    assert len(stops) > 40
    assert [name for name, contrast in stops if contrast < 3] == []


def test_on_a_phone_the_sidebar_is_closed_opens_over_the_page_and_leaves_with_a_link(
    open_page,
) -> None:
    page = open_page("/mla", 390)
    sidebar = page.get_by_test_id("stSidebar")
    wide = page.get_by_test_id("stMain").bounding_box()["width"]
    expect(sidebar).to_have_attribute("data-collapsed", "true")
    for goes in (".contents button >> nth=2", ".st-key-wb_sidebar a >> text=Mixture of experts"):
        page.get_by_test_id("stExpandSidebarButton").click()
        expect(sidebar).to_have_attribute("data-collapsed", "false")
        assert page.get_by_test_id("stMain").bounding_box()["width"] == wide
        page.locator(goes).click()
        expect(sidebar).to_have_attribute("data-collapsed", "true")
    page.wait_for_url("**/moe")


def test_a_page_is_found_by_keyboard_and_what_it_held_is_there_on_the_way_back(open_page) -> None:
    page = open_page("/mla?ch60_a=12")
    fold = page.locator(".st-key-wb_sidebar summary", has_text="Foundations")
    fold.focus()
    fold.press("Enter")
    link = page.locator(".st-key-wb_sidebar a", has_text="From table to text")
    link.wait_for()
    link.press("Enter")
    page.wait_for_url("**/from_table_to_text")
    wait_idle(page)
    page.locator(".st-key-wb_sidebar summary", has_text="Architecture").press("Enter")
    page.locator(".st-key-wb_sidebar a", has_text="Latent attention").press("Enter")
    page.wait_for_url(re.compile(r"/mla\?.*ch60_a=12"))


def boxes_of(found) -> list[dict[str, float]]:
    return [box.bounding_box() for box in found.all()]


# ---------------------------------------------------------------- from Home on


def test_the_map_leads_to_a_chapter_its_squares_open_a_pair_and_its_end_leads_on(open_page) -> None:
    page = open_page("/")
    page.locator("a.wb-card", has_text="Chain of thought").click()
    page.wait_for_url("**/chain_of_thought")
    wait_idle(page)
    assert page.locator("h1").first.inner_text() == "Chain of thought"
    a_click_in_the_squares_opens_that_pair(page)
    the_sidebar_goes_to_a_section(page)
    page.locator(".wb-way-on a").click()
    page.wait_for_url("**/rope")
    assert page.console_errors == []


def a_click_in_the_squares_opens_that_pair(page) -> None:
    squares = page.locator(".squares")
    said, written = squares.locator(".said"), squares.locator(".texts")
    squares.locator(".scrub").fill("0")
    canvas = squares.locator("canvas").last
    box = canvas.bounding_box()
    canvas.click(position={"x": box["width"] * 0.405, "y": box["height"] * 0.755})
    expect(written).to_contain_text("75*40=", timeout=30_000)
    page.keyboard.press("ArrowRight")
    expect(written).to_contain_text("75*41=", timeout=30_000)
    assert "ch10_cell=75x41" in page.url and said.inner_text().startswith("Before training")


def the_sidebar_goes_to_a_section(page) -> None:
    sections = page.locator(".contents button")
    assert sections.first.inner_text().startswith("1. ")
    sections.nth(2).click()
    current = page.locator('.contents [aria-current="location"]')
    current.filter(has_text="3. ").wait_for()
