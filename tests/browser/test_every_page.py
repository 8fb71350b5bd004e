"""Every page of the book, visited once: whatever its link says it opens with its figure, fits a
phone, answers, and what it says can be read and what it offers has a name."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlencode

import pytest
from axe import OPEN_ALL, read_by_axe
from driver import FIGURE, BookPage, sideways_scroll, wait_for, wait_idle
from openers import TOUCHES
from playwright.sync_api import Error

from components.ui.book import BEHIND, CONTENTS
from tools.reader import Reader

BOOK = "The White-Box Transformer"
ENTRIES = {entry.slug: entry for entry in [*CONTENTS, *BEHIND] if entry.written}
PAGES = ["home", *ENTRIES]
WORDS_ALONE = {entry.slug for entry in BEHIND}

HIGHEST, SCREEN, LEAST = 600, 900, 150
"""Where a first figure begins at the latest, the height of the first screen at 1280 pixels, and how
much of a figure stands on it at least."""

WHOLE = {"30_curriculum": ".climb .plot", "40_kv_cache": ".growing .maps"}
"""Pictures that stand on the first screen from top to bottom."""

MOVES = 0.1
"""What may move while a page opens: the share of the screen times how far, as browsers count it."""

PHONE = 390
ENDLESS = {"00_numpy_mlp": 17_200}
LONGEST = 16_000
"""Pixels of a page's length on a phone, its guesses not told: nobody scrolls to the end of more.
Chapter 0's first page, with all that it trains, is let a little further."""

MOST_VARIED = ("home", "00_numpy_mlp", "02_attention_by_hand", "10_chain_of_thought")
"""Between them they hold nearly every colour of text in the book: all their guesses are told, and
they are read in both themes. The slow tests do so with every page."""


@dataclass
class Visit:
    """What the checks of one visit look at."""

    page: BookPage
    slug: str
    axe: str


Check = Callable[[Visit], Iterable[str]]


@pytest.fixture(scope="module")
def opened_before(server: str) -> None:
    """The very first request to a server runs a page without its router, and once more."""
    with Reader(server):
        pass


@pytest.mark.usefixtures("opened_before")
@pytest.mark.parametrize("slug", PAGES)
def test_a_page_stands_whatever_its_link_says_fits_a_phone_and_answers(
    open_page, axe: str, nonsense: list[str], keys_of, slug: str
) -> None:
    """Another kind of nonsense on each key; tests/pages has every kind on every key."""
    link = {key: nonsense[i % len(nonsense)] for i, key in enumerate(keys_of(slug))}
    path = ENTRIES[slug].url if slug in ENTRIES else ""
    page = open_page(f"/{path}?{urlencode(link)}&broken=%ff%00%", first=WITHOUT_REFUSALS)
    assert [*offences(Visit(page, slug, axe))] == []


def offences(visit: Visit) -> Iterator[str]:
    """What every check finds; one that breaks off is an offence too, and the visit goes on."""
    for check in CHECKS:
        try:
            for what in check(visit):
                yield f"{check.__name__}: {what}"
        except (AssertionError, Error, TimeoutError) as error:
            yield f"{check.__name__} broke off, {type(error).__name__}: {error}"


# ---------------------------------------------------------------- as it opens


def hardly_anything_moves(visit: Visit) -> Iterator[str]:
    """Chromium remembers what moved from frame to frame. All of it is added up, whenever it was, so
    that a slow machine counts as a fast one does; and nobody wants motion here."""
    shifts = visit.page.evaluate(SHIFTS)
    visit.page.evaluate("document.adoptedStyleSheets = []")
    if sum(value for value, _ in shifts) > MOVES:
        yield f"{[[round(value, 3), what] for value, what in shifts]}"


def its_head_stood_where_it_stands(visit: Visit) -> Iterator[str]:
    """The page that is served shows title and question at once, and Streamlit draws them there."""
    served = visit.page.request.get(visit.page.url.split("?")[0]).text()
    head = served.split('<div id="wb-first"')[1].split("<script>")[0]
    off = visit.page.evaluate(HEAD, f'<div id="wb-first"{head}')
    yield from (f"{name} is {by} px off" for name, by in off.items() if abs(by) > 1)


SHIFTS = """() => new Promise(resolve => new PerformanceObserver(list => resolve(
    list.getEntries().filter(e => !e.hadRecentInput).map(e => [e.value, e.sources.map(s =>
      s.node?.parentElement?.closest('[class*=st-key], [data-testid]')?.className ?? 'gone')])))
  .observe({type: 'layout-shift', buffered: true})
  || setTimeout(resolve, 1000, []))"""

HEAD = """html => {
  document.body.insertAdjacentHTML('beforeend', html);
  const first = document.getElementById('wb-first');
  const foot = e => e.getBoundingClientRect().bottom;
  const off = {};
  for (const [ours, theirs] of [['.wb-kicker', '.wb-kicker'], ['.wb-title', 'h1'],
                                ['.wb-question', '.wb-question']]) {
    const there = document.querySelector(`[data-testid="stMain"] ${theirs}`);
    if (there) off[ours] = foot(first.querySelector(ours)) - foot(there);
  }
  first.remove();
  return off;
}"""


def one_heading(visit: Visit) -> Iterator[str]:
    if (count := visit.page.locator("h1").count()) != 1:
        yield f"{count} of the first rank"


def its_own_title(visit: Visit) -> Iterator[str]:
    name = f"{ENTRIES[visit.slug].title} · {BOOK}" if visit.slug in ENTRIES else BOOK
    if (title := visit.page.title()) != name:
        yield f"{title!r} in place of {name!r}"


def a_figure_on_the_first_screen(visit: Visit) -> Iterator[str]:
    if visit.slug in WORDS_ALONE:
        return
    with without_refusals(visit.page):
        box = visit.page.locator(FIGURE).first.bounding_box()
        if not box or not box["height"]:
            yield "it has no height"
        elif box["y"] >= HIGHEST or box["y"] + min(LEAST, box["height"]) > SCREEN:
            yield f"it lies too low: {box}"
        if picture := WHOLE.get(visit.slug):
            whole = visit.page.locator(picture).bounding_box()
            if not whole or whole["y"] + whole["height"] >= SCREEN:
                yield f"its end is out of sight: {whole}"


def nothing_folded_before_it(visit: Visit) -> Iterator[str]:
    if visit.slug in WORDS_ALONE:
        return
    first = visit.page.locator(f"{FIGURE}, [data-testid=stExpander]").first
    if first.evaluate("e => e.dataset.testid") == "stExpander":
        yield "something folded comes first"


def no_plotly_yet(visit: Visit) -> Iterator[str]:
    """A large script; a page with a figure of it fetches it when that is opened."""
    if visit.page.evaluate(PLOTLY):
        yield "it was fetched"


PLOTLY = "() => performance.getEntries().some(e => e.name.includes('PlotlyChart'))"


@contextmanager
def without_refusals(page: BookPage) -> Generator[None]:
    """A link that says what the page does not allow is told so on top, a box for each value: what
    is looked at here is the page below, as any other link opens it."""
    hidden = page.add_style_tag(content=REFUSALS)
    try:
        yield
    finally:
        hidden.evaluate("e => e.remove()")


REFUSALS = """[data-testid="stElementContainer"]:has([data-testid="stAlert"])
{ display: none !important; }"""

WITHOUT_REFUSALS = f"""(() => {{
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`{REFUSALS}`);
  document.adoptedStyleSheets = [sheet];
}})()"""
"""From before the page opens: what a link may not say is told on top, and moves all below."""


# ---------------------------------------------------------------- on a phone


def a_phone_is_wide_enough(visit: Visit) -> Iterator[str]:
    visit.page.set_viewport_size({"width": PHONE, "height": SCREEN})
    wait_idle(visit.page)
    yield from sideways_scroll(visit.page)


def no_option_of_a_guess_is_cut_off(visit: Visit) -> Iterator[str]:
    yield from visit.page.locator('[data-testid="stButtonGroup"] button').evaluate_all(
        f"all => all.filter(e => e.checkVisibility() && e.getBoundingClientRect().right > {PHONE})"
        ".map(e => e.innerText)"
    )


def it_ends_on_a_phone(visit: Visit) -> Iterator[str]:
    with without_refusals(visit.page):
        box = visit.page.get_by_test_id("stMainBlockContainer").bounding_box()
        if box is None or box["height"] >= ENDLESS.get(visit.slug, LONGEST):
            yield f"{box}"


# ---------------------------------------------------------------- in a reader's hands


def the_next_input_answers(visit: Visit) -> Iterator[str]:
    """A page that shows no guess gets what its first boxes ask for."""
    page = visit.page
    page.set_viewport_size({"width": 1280, "height": SCREEN})
    waiting = page.get_by_role("button", name="show me")
    if not waiting.count():
        for number, box in zip(("37", "48"), boxes(visit), strict=False):
            box.fill(number)
            box.press("Enter")
            wait_idle(page)
            if (now := box.input_value()) != number:
                yield f"the box holds {now!r}"
    if waiting.count():
        tell_the_first(visit)


def boxes(visit: Visit):
    return visit.page.locator('[data-testid="stTextInput"] input').all()


def tell_the_first(visit: Visit) -> None:
    waiting = visit.page.get_by_role("button", name="show me")
    before = waiting.count()
    waiting.first.click()
    wait_for(visit.page, lambda: waiting.count() < before)
    wait_idle(visit.page)


def its_drawing_follows_the_hand(visit: Visit) -> Iterator[str]:
    if visit.slug in TOUCHES:
        TOUCHES[visit.slug](visit.page)
    yield from ()


def it_can_be_read_and_its_controls_have_names(visit: Visit) -> Iterator[str]:
    varied = visit.slug in MOST_VARIED
    while varied and visit.page.get_by_role("button", name="show me").count():
        tell_the_first(visit)
    yield from read_by_axe(visit.page, visit.axe, ("light", "dark") if varied else ("light",))


def no_chart_is_empty(visit: Visit) -> Iterator[str]:
    """Every fold is open now."""
    yield from visit.page.evaluate(EMPTY)


EMPTY = """() => [...document.querySelectorAll('[data-testid="stVegaLiteChart"]')]
  .filter(e => e.checkVisibility() && e.querySelector('svg'))
  .filter(e => !e.querySelector('svg .role-mark > *')).map(e => e.innerText || 'no name')"""


def no_colour_hangs_on_the_address(visit: Visit) -> Iterator[str]:
    """A gradient of SVG is looked up under the address that the page had when it was drawn, and a
    guess or a control changes that: what it fills is empty from then on."""
    yield from visit.page.evaluate(GRADIENTS)


GRADIENTS = """() => {
  const inside = root => [...root.querySelectorAll('*')].flatMap(e =>
    [...(/Gradient$/.test(e.localName) ? [e] : []), ...(e.shadowRoot ? inside(e.shadowRoot) : [])]);
  return inside(document).filter(e => e.closest('svg').checkVisibility())
    .map(e => `${e.localName} ${e.id} in ${e.closest('[data-testid]')?.dataset.testid}`);
}"""


def plotly_where_it_draws_and_nowhere_else(visit: Visit) -> Iterator[str]:
    """Every fold is open now."""
    drawn = visit.page.get_by_test_id("stPlotlyChart").count()
    if drawn:
        wait_for(visit.page, lambda: visit.page.evaluate(PLOTLY))
    elif visit.page.evaluate(PLOTLY):
        yield "it was fetched"
    if not drawn and visit.slug == "00_numpy_mlp":
        yield "the valley is not drawn"


def nor_does_what_was_opened_scroll_sideways(visit: Visit) -> Iterator[str]:
    """Every fold is open now: in the wide window, and on a phone."""
    visit.page.evaluate(OPEN_ALL)
    for width in (1280, PHONE):
        visit.page.set_viewport_size({"width": width, "height": SCREEN})
        wait_idle(visit.page)
        yield from sideways_scroll(visit.page)


# ---------------------------------------------------------------- at any moment


def nothing_scrolls_sideways(visit: Visit) -> Iterator[str]:
    yield from sideways_scroll(visit.page)


def no_exception(visit: Visit) -> Iterator[str]:
    yield from visit.page.get_by_test_id("stException").all_inner_texts()


def no_error_in_the_console(visit: Visit) -> Iterator[str]:
    yield from visit.page.console_errors


CHECKS: tuple[Check, ...] = (
    hardly_anything_moves,
    its_head_stood_where_it_stands,
    one_heading,
    its_own_title,
    a_figure_on_the_first_screen,
    nothing_folded_before_it,
    no_plotly_yet,
    nothing_scrolls_sideways,
    no_exception,
    a_phone_is_wide_enough,
    no_option_of_a_guess_is_cut_off,
    it_ends_on_a_phone,
    the_next_input_answers,
    its_drawing_follows_the_hand,
    it_can_be_read_and_its_controls_have_names,
    no_chart_is_empty,
    no_colour_hangs_on_the_address,
    plotly_where_it_draws_and_nowhere_else,
    nor_does_what_was_opened_scroll_sideways,
    no_exception,
    no_error_in_the_console,
)
