"""The small pictures on Home's cards, each a page's first figure. A script, not a test.

python tests/browser/cards.py            writes components/ui/cards/PAGE-THEME.webp, and share.png,
                                         the picture beside a link to the book
python tests/browser/cards.py PAGE ...   only of these pages, such as 20_rope
"""

import io
import sys
import tempfile
from math import log
from typing import Any, cast

from driver import FIGURE, ROOT, find_chromium, launch, new_context, serve, wait_idle
from PIL import Image, ImageChops
from playwright.sync_api import Browser, sync_playwright

from components.ui.book import CONTENTS, Entry
from components.ui.plots import colours
from components.ui.served import PICTURE, PICTURE_SIZE

WIDE, HIGH = 320, 160
AIR = 8
WINDOWS = (560, 1280)
LEAST = 9
"""Pixels of text on a card: what would be smaller is left out, with all that a hand moves, so that
a card is an emblem."""

WRITTEN: set[str] = set()
"""Pictures that consist of writing, and keep it."""
QUALITY = 70
COLOURS = 64
LANCZOS = Image.Resampling.LANCZOS


EMBLEM = """([wide, least]) => {
  const inside = root => [...root.querySelectorAll('*')]
    .flatMap(e => [e, ...(e.shadowRoot ? inside(e.shadowRoot) : [])]);
  const all = inside(document.querySelector('main') ?? document.body);
  for (const e of all) {
    if (e.matches('button, input, select, .controls, .reel, .said, .headline, .legend, figcaption,'
      + ' .walk, .upcoming, .reading, .opened, .tiles > .moved, .pair > span, .bracket .signs'))
      e.style.setProperty('display', 'none', 'important');
    const own = [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim());
    if (own && parseFloat(getComputedStyle(e).fontSize) * wide < least)
      for (const ink of ['color', 'fill', 'text-decoration-color'])
        e.style.setProperty(ink, 'transparent', 'important');
  }
}"""


def emblem_of(browser: Browser, url: str, entry: Entry, window: int, dark: bool) -> Image.Image:
    """A page's first figure in a window so wide, without its controls and the paper around it."""
    context = new_context(browser, window, dark=dark)
    page = context.new_page()
    page.goto(f"{url}/{entry.url}", wait_until="domcontentloaded")
    wait_idle(page)
    figure = page.locator(FIGURE).first
    before = figure.bounding_box()
    assert before is not None, entry.slug
    for frame in page.frames:
        least = 0 if entry.slug in WRITTEN else LEAST
        frame.evaluate(EMBLEM, [WIDE / before["width"], least])
    page.wait_for_timeout(300)  # a drawing takes its new height
    drawn = Image.open(io.BytesIO(figure.screenshot())).convert("RGB")
    context.close()
    paper = Image.new("RGB", drawn.size, cast(Any, drawn.getpixel((0, 0))))
    return drawn.crop(ImageChops.difference(drawn, paper).getbbox())


def picture_of(browser: Browser, url: str, entry: Entry, window: int, dark: bool) -> Image.Image:
    """The whole emblem, as large as it fits, with some air around it."""
    drawn = emblem_of(browser, url, entry, window, dark)
    scale = min((WIDE - 2 * AIR) / drawn.width, (HIGH - 2 * AIR) / drawn.height)
    drawn = drawn.resize((round(scale * drawn.width), round(scale * drawn.height)), LANCZOS)
    out = Image.new("RGB", (WIDE, HIGH), colours.PAPER[1 if dark else 0])
    out.paste(drawn, ((WIDE - drawn.width) // 2, (HIGH - drawn.height) // 2))
    return out


def best_window(browser: Browser, url: str, entry: Entry) -> int:
    """The window in which the figure has the shape of a card most nearly."""

    def unlike(window: int) -> float:
        drawn = emblem_of(browser, url, entry, window, dark=False)
        return abs(log(drawn.width / drawn.height * HIGH / WIDE))

    return min(WINDOWS, key=unlike)


def picture_of_the_book(browser: Browser, url: str) -> Image.Image:
    """Its title and the arcs below, with no bar and no line that is cut in two."""
    context = new_context(browser, *PICTURE_SIZE)
    page = context.new_page()
    page.goto(f"{url}/?embed=true", wait_until="domcontentloaded")
    wait_idle(page)
    page.add_style_tag(content=ALONE)
    wait_idle(page)
    picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    context.close()
    return picture.quantize(COLOURS)


ALONE = """:is([data-testid="stSidebar"], [data-testid="stHeader"],
  .st-key-home_opening strong:not(.st-key-home_measured strong),
  [data-testid="stHorizontalBlock"]:has([data-testid="stTextInput"])) { display: none !important; }
:root { --wb-calls: none; }
[data-testid="stMainBlockContainer"] { padding-top: 1.6rem !important; }"""


def main() -> int:
    chromium = find_chromium()
    if chromium is None:
        print("Chromium is not installed.", file=sys.stderr)
        return 2
    folder = ROOT / "components/ui/cards"
    folder.mkdir(exist_ok=True)
    with (
        tempfile.TemporaryFile() as log,
        serve(ROOT / "Home.py", log) as url,
        sync_playwright() as playwright,
    ):
        browser = launch(playwright, chromium)
        asked = sys.argv[1:]
        if not asked:
            picture_of_the_book(browser, url).save(PICTURE, optimize=True)
            print(PICTURE)
        for entry in CONTENTS:
            if not entry.written or (asked and entry.slug not in asked):
                continue
            window = best_window(browser, url, entry)
            for theme in ("light", "dark"):
                target = folder / f"{entry.slug}-{theme}.webp"
                picture = picture_of(browser, url, entry, window, theme == "dark")
                picture.save(target, quality=QUALITY)
                print(target)
        browser.close()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
