"""Every page of the book, visited once: whatever its link says it opens with its figure, fits a
phone, answers, and what it says can be read and what it offers has a name."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlencode
from urllib.request import urlopen

import pytest
from axe import open_all, read_by_axe
from driver import FIGURE, BookPage, sideways_scroll, wait_for, wait_idle
from openers import TOUCHES
from playwright.sync_api import Error

from components.ui.book import BEHIND, CONTENTS
from tools.reader import Reader

BOOK = "The White-Box Transformer"
ENTRIES = {entry.slug: entry for entry in [*CONTENTS, *BEHIND] if entry.written}
PAGES = ["home", *ENTRIES]
WORDS_ALONE = {"91_claims", "94_glossary"}

HIGHEST, SCREEN, LEAST = 600, 900, 150
"""Where a first figure begins at the latest, the height of the first screen at 1280 pixels, and how
much of a figure stands on it at least."""

WHOLE = {"30_curriculum": ".courses .plot", "40_kv_cache": ".growing .maps"}
"""Pictures that stand on the first screen from top to bottom."""

MOVES = 0.1
"""What may move while a page opens: the share of the screen times how far, as browsers count it."""

SLACK = 1.2
WEIGHTS = {
    "home": (2_212, 171),
    "00_numpy_mlp": (3_240, 1_035),
    "01_from_table_to_text": (2_696, 205),
    "02_attention_by_hand": (2_905, 359),
    "03_one_block": (2_732, 185),
    "10_chain_of_thought": (2_735, 491),
    "20_rope": (3_210, 559),
    "30_curriculum": (3_206, 317),
    "31_self_training": (2_646, 262),
    "40_kv_cache": (3_206, 280),
    "50_flash_attention": (3_251, 239),
    "51_attention_residuals": (3_206, 179),
    "52_feature_collapse": (2_725, 355),
    "60_mla": (3_276, 270),
    "61_moe": (3_281, 232),
    "62_error_book": (2_811, 266),
    "70_forward_pass_3d": (2_467, 1_075),
    "80_bench": (3_284, 206),
    "81_look_inside": (2_768, 440),
    "82_where_is_the_carry": (2_456, 235),
    "91_claims": (2_334, 43),
    "93_speedrun": (2_633, 66),
    "94_glossary": (2_229, 42),
}
NOT_WEIGHED = (3_300, 300)
"""Kilobytes of each page's first view when this was set, or of a page that is not named: of files,
nearly all of them Streamlit's scripts and fonts, as they travel, and of what the server said, but
for the weights that the viewer asks for. A page may weigh a fifth more: room for a library's next
release or a section, and none for scripts that are not packed or a drawing that comes twice."""

FILES = """() => ['navigation', 'resource'].flatMap(kind => performance.getEntriesByType(kind))
  .reduce((sum, one) => sum + one.encodedBodySize, 0) / 1000"""

PHONE = 390
ENDLESS = {"00_numpy_mlp": 16_500, "30_curriculum": 17_000}
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
    found = [*offences(Visit(page, slug, axe))]
    assert found == [], "\n".join(found)


def test_the_server_says_hardly_more_on_a_page_than_it_did(server: str) -> None:
    """To who opens it by its plain address, and had the style with the page, as browsers have."""
    with urlopen(server) as served:
        assert served.status == 200
    said = dict[str, float]()
    for slug in PAGES:
        with Reader(server, ENTRIES[slug].url if slug in ENTRIES else "") as reader:
            said[slug] = reader.received / 1000
    most = {slug: SLACK * WEIGHTS.get(slug, NOT_WEIGHED)[1] for slug in PAGES}
    assert {slug: kb for slug, kb in said.items() if not 0 < kb <= most[slug]} == {}


def offences(visit: Visit) -> Iterator[str]:
    """What every check finds; one that breaks off is an offence too, and the visit goes on."""
    for check in CHECKS:
        try:
            for what in check(visit):
                yield f"{check.__name__}: {what}"
        except (AssertionError, Error, TimeoutError) as error:
            yield f"{check.__name__} broke off, {type(error).__name__}: {error}"


# ---------------------------------------------------------------- as it opens


def its_files_weigh_what_they_did(visit: Visit) -> Iterator[str]:
    """As they travel, whether they came for this page or for one before it."""
    usual = WEIGHTS.get(visit.slug, NOT_WEIGHED)[0]
    if not 0 < (found := visit.page.evaluate(FILES)) <= SLACK * usual:
        yield f"{found:.0f} KB, {usual} when this was set"


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
    first = visit.page.locator(f"{FIGURE}, [data-testid=stMain] [data-testid=stExpander]").first
    if first.evaluate("e => e.dataset.testid") == "stExpander":
        yield "something folded comes first"


def its_words_come_before_what_is_folded(visit: Visit) -> Iterator[str]:
    if visit.slug not in WORDS_ALONE and visit.page.evaluate(FOLDED_FIRST):
        yield "a fold comes before the first sentence"


FOLDED_FIRST = """() => {
  const all = what => [...document.querySelectorAll(`[data-testid="stMain"] ${what}`)];
  const fold = all('[data-testid="stExpander"]').find(e => !e.closest('[class*="st-key-source_"]'));
  const words = all('[data-testid="stMarkdown"] p')
    .find(e => e.textContent.length > 80 && !e.closest('[data-testid="stExpander"]'));
  return fold && words && fold.compareDocumentPosition(words) & Node.DOCUMENT_POSITION_FOLLOWING;
}"""


def its_lines_hold_65_to_75_characters(visit: Visit) -> Iterator[str]:
    """Of its first eight paragraphs of words alone, on the mean; the last lines do not count."""
    lines = visit.page.evaluate(LINES)
    if len(lines) >= 6 and not 65 <= sum(lines) / len(lines) <= 75:
        yield f"{sum(lines) / len(lines):.1f}, in lines of {lines}"


LINES = """() => [...document.querySelectorAll('[data-testid="stMain"] .stMarkdown p')]
  .filter(p => p.checkVisibility() && !p.querySelector('.katex, code, .wb-term'))
  .filter(p => !p.closest('[class*="st-key-asks_"], [class*="st-key-aside_"], '
    + '[data-testid="stExpander"], [data-testid="stColumn"], [data-testid="stCaptionContainer"]'))
  .map(p => {
    const lines = [], range = document.createRange();
    const words = document.createTreeWalker(p, NodeFilter.SHOW_TEXT);
    while (words.nextNode()) {
      const text = words.currentNode;
      if (text.parentElement.closest('.wb-aside')) continue;
      for (let i = 0; i < text.length; i++) {
        range.setStart(text, i);
        range.setEnd(text, i + 1);
        const box = range.getClientRects()[0];
        if (!box) continue;
        if (!lines.length || box.top > lines.at(-1).top + 12) lines.push({top: box.top, n: 0});
        lines.at(-1).n++;
      }
    }
    return lines.slice(0, -1).map(line => line.n);
  })
  .filter(lines => lines.length > 1).slice(0, 8).flat()"""


def notes_stand_in_the_margin(visit: Visit) -> Iterator[str]:
    """Beside their paragraph, over nothing else, within the page."""
    yield from visit.page.evaluate(NOTES)


NOTES = """() => {
  const box = e => e.getBoundingClientRect();
  const page = box(document.querySelector('[data-testid="stMainBlockContainer"]'));
  const notes = [...document.querySelectorAll('[data-testid="stMain"] .wb-noted')]
    .filter(e => e.closest('p').checkVisibility());
  return notes.filter(e => box(e.closest('[data-testid="stMarkdown"]')).width > 840)
    .filter(e => !e.checkVisibility() || box(e).left < box(e.closest('p')).right
      || box(e).right > page.right
      || box(e).bottom > box(e.closest('[data-testid="stElementContainer"]')).bottom + 1)
    .map(e => e.id);
}"""


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


def the_sidebar_marks_this_page_and_lists_its_sections(visit: Visit) -> Iterator[str]:
    current = visit.page.locator('[data-testid="stSidebar"] [aria-current="page"]')
    name = ENTRIES[visit.slug].title if visit.slug in ENTRIES else BOOK
    if (said := current.all_inner_texts()) != [name]:
        yield f"{said} in place of {name!r}"
    headings = visit.page.locator('[data-testid="stMain"] h2').all_inner_texts()
    listed = visit.page.locator(".contents button").all_inner_texts()
    if visit.slug in ENTRIES and not {*listed} <= {text.strip() for text in headings}:
        yield f"no headings: {sorted({*listed} - {*headings})}"


def what_streamlit_leaves_nameless_has_a_name_and_one_stop(visit: Visit) -> Iterator[str]:
    yield from visit.page.evaluate(SILENT)


SILENT = """() => {
  const all = (what, root = document) => [...root.querySelectorAll(what)];
  const stops = bar => all('button', bar).filter(b => b.checkVisibility() && b.tabIndex === 0);
  return [
    ...all('main').filter(e => e.tabIndex === 0).map(() => 'main takes a stop'),
    ...all('[data-testid="stHeaderActionElements"] a')
      .filter(a => a.ariaLabel !== 'Link to ' + a.closest('h1, h2, h3, h4').textContent.trim())
      .map(a => `a link called ${a.ariaLabel}`),
    ...all('[data-testid="stVegaLiteChart"] > :is(svg, canvas)')
      .filter(e => e.getAttribute('role') !== 'img' || !e.ariaLabel).map(() => 'a chart, no name'),
    ...all('[data-testid="stElementToolbar"]').filter(bar => stops(bar).length > 1)
      .map(bar => `${stops(bar).length} stops at ${stops(bar)[0].ariaLabel}`),
  ];
}"""


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
    yield from visit.page.locator(".guess button, .guess .lane > *").evaluate_all(
        f"all => all.filter(e => e.checkVisibility() && e.getBoundingClientRect().right > {PHONE})"
        ".map(e => e.className || e.innerText)"
    )


def a_strip_takes_two_rows_on_a_phone(visit: Visit) -> Iterator[str]:
    for height in visit.page.locator(STRIP).evaluate_all(
        "all => all.filter(e => e.checkVisibility()).map(e => e.getBoundingClientRect().height)"
    ):
        if height > TWO_ROWS:
            yield f"{height} pixels"


STRIP, TWO_ROWS = ".reel:has(.play)", 84
"""What plays a drawing, and as high as it may be on a phone."""


def a_note_opens_on_a_phone_by_the_keyboard(visit: Visit) -> Iterator[str]:
    mark = visit.page.locator(".wb-mark:visible").first
    if not mark.count():
        return
    note = mark.locator("xpath=following-sibling::*")
    if note.is_visible():
        yield "it is open before"
    mark.focus()
    if not note.is_visible():
        yield "it stays closed"
    mark.blur()


def it_ends_on_a_phone(visit: Visit) -> Iterator[str]:
    with without_refusals(visit.page):
        box = visit.page.get_by_test_id("stMainBlockContainer").bounding_box()
        if box is None or box["height"] >= ENDLESS.get(visit.slug, LONGEST):
            yield f"{box}"


# ---------------------------------------------------------------- in a reader's hands


def a_mark_moves_by_keys_and_enter_answers(visit: Visit) -> Iterator[str]:
    page = visit.page
    marks = page.locator(".guess .knob").filter(visible=True)
    if not marks.count():
        return
    mark, before = marks.last, marks.count()  # behind the first of page 01 plotly is fetched
    stood = mark.get_attribute("aria-valuetext")
    mark.press("ArrowRight")
    if mark.get_attribute("aria-valuetext") == stood:  # at the end of its axis
        mark.press("ArrowLeft")
    if (stands := mark.get_attribute("aria-valuetext")) == stood:
        yield f"it stays at {stands}"
    mark.press("Enter")
    wait_for(page, lambda: marks.count() < before)
    wait_idle(page)
    if not page.get_by_text(f"You said {stands}").count():
        yield f"no verdict on {stands}"
    page.get_by_role("button", name="Guess again").first.click()
    wait_for(page, lambda: marks.count() == before)
    wait_idle(page)


def the_next_input_answers(visit: Visit) -> Iterator[str]:
    """A page that shows no guess gets what its first boxes ask for."""
    page = visit.page
    page.set_viewport_size({"width": 1280, "height": SCREEN})
    waiting = page.get_by_role("button", name="Show", exact=True)
    if not waiting.count():
        for number, box in zip(("37", "48"), boxes(visit), strict=False):
            box.fill(number)
            box.press("Enter")
            wait_idle(page)
            if (now := box.input_value()) != number:
                yield f"the box holds {now!r}"
            if visit.slug in WORDS_ALONE:  # a search that finds little leaves little to look at
                box.fill("")
                box.press("Enter")
                wait_idle(page)
    if waiting.count():
        tell_the_first(visit)


def boxes(visit: Visit):
    return visit.page.locator('[data-testid="stTextInput"] input').all()


def tell_the_first(visit: Visit) -> None:
    """What is told may lead to a further guess, so that as many wait as before."""
    first = visit.page.get_by_role("button", name="Show", exact=True).first.element_handle()
    first.click()
    wait_for(visit.page, lambda: not first.is_visible())
    wait_idle(visit.page)


def its_strip_hands_on_a_moment(visit: Visit) -> Iterator[str]:
    """Its sentence and address, or on a page that is not secure the text of both to select; and the
    card, whose size its file says."""
    strip = visit.page.locator(STRIP).first
    if not strip.count() or not strip.is_visible():
        return
    strip.locator(".scrub").fill("1")
    strip.locator(".copy").click()
    wait_for(visit.page, lambda: strip.locator(".handed").inner_text() != "")
    said = strip.evaluate("e => e.closest('.drawing').querySelector('.said').textContent.trim()")
    text = strip.locator(".copied").input_value()
    if not text.startswith(said) or not text.endswith(".1"):
        yield f"copied {text!r} of {said!r}"
    with visit.page.expect_download() as coming:
        strip.locator(".shot").click()
    file = coming.value.path().read_bytes()
    size = tuple(int.from_bytes(file[i : i + 4]) for i in (16, 20))
    if file[1:4] != b"PNG" or size != (1200, 630):
        yield f"a card of {size}"
    strip.locator(".scrub").press("End")


def its_drawing_follows_the_hand(visit: Visit) -> Iterator[str]:
    if visit.slug in TOUCHES:
        TOUCHES[visit.slug](visit.page)
    yield from ()


def it_can_be_read_and_its_controls_have_names(visit: Visit) -> Iterator[str]:
    varied = visit.slug in MOST_VARIED
    if varied and visit.page.get_by_role("button", name="Show", exact=True).count():
        yield from what_is_printed_has_all_answers(visit)
    yield from read_by_axe(visit.page, visit.axe, ("light", "dark") if varied else ("light",))


def what_is_printed_has_all_answers(visit: Visit) -> Iterator[str]:
    """And the link keeps them."""
    visit.page.emulate_media(media="print")
    wait_for(visit.page, lambda: "reveal=1" in visit.page.url)
    wait_idle(visit.page)
    visit.page.emulate_media(media="screen")
    wait_idle(visit.page)
    if left := visit.page.get_by_role("button", name="Show", exact=True).count():
        yield f"{left} guesses are not told"


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
    open_all(visit.page)
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
    its_files_weigh_what_they_did,
    hardly_anything_moves,
    its_head_stood_where_it_stands,
    one_heading,
    its_own_title,
    a_figure_on_the_first_screen,
    nothing_folded_before_it,
    its_words_come_before_what_is_folded,
    its_lines_hold_65_to_75_characters,
    notes_stand_in_the_margin,
    no_plotly_yet,
    the_sidebar_marks_this_page_and_lists_its_sections,
    what_streamlit_leaves_nameless_has_a_name_and_one_stop,
    nothing_scrolls_sideways,
    no_exception,
    a_phone_is_wide_enough,
    a_strip_takes_two_rows_on_a_phone,
    no_option_of_a_guess_is_cut_off,
    a_note_opens_on_a_phone_by_the_keyboard,
    it_ends_on_a_phone,
    a_mark_moves_by_keys_and_enter_answers,
    the_next_input_answers,
    its_strip_hands_on_a_moment,
    its_drawing_follows_the_hand,
    it_can_be_read_and_its_controls_have_names,
    no_chart_is_empty,
    no_colour_hangs_on_the_address,
    plotly_where_it_draws_and_nowhere_else,
    nor_does_what_was_opened_scroll_sideways,
    no_exception,
    no_error_in_the_console,
)
