"""The small pictures on Home's cards, each a page's first figure. A script, not a test.

python tests/browser/cards.py            writes components/ui/cards/PAGE-THEME.webp, and share.png,
                                         the picture beside a link to the book
"""

import io
import sys
import tempfile
from typing import Any, cast

from driver import FIGURE, ROOT, find_chromium, launch, new_context, serve, wait_idle
from PIL import Image
from playwright.sync_api import Browser, sync_playwright

from components.ui.book import CONTENTS, Entry
from components.ui.served import PICTURE, PICTURE_SIZE

WIDE, HIGH = 320, 160
NARROW = 560
LEAST = 9
"""Pixels of a window in which a figure is drawn large for its size; and of text on a card: what
would be smaller is left out, with all that a hand moves, so that a card is an emblem."""
QUALITY = 70
COLOURS = 64
LANCZOS = Image.Resampling.LANCZOS


EMBLEM = """([wide, least]) => {
  const inside = root => [...root.querySelectorAll('*')]
    .flatMap(e => [e, ...(e.shadowRoot ? inside(e.shadowRoot) : [])]);
  const all = inside(document.querySelector('main') ?? document.body);
  for (const e of all) {
    if (e.matches('button, input, .controls, .reel, .said, .legend, figcaption'))
      e.style.setProperty('display', 'none', 'important');
    const own = [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim());
    if (own && parseFloat(getComputedStyle(e).fontSize) * wide < least)
      e.style.setProperty('visibility', 'hidden', 'important');
  }
}"""


def picture_of(browser: Browser, url: str, entry: Entry, dark: bool) -> Image.Image:
    """The figure in its whole width: the top of a high one, a low one with air around it."""
    context = new_context(browser, NARROW, dark=dark)
    page = context.new_page()
    page.goto(f"{url}/{entry.url}", wait_until="domcontentloaded")
    wait_idle(page)
    figure = page.locator(FIGURE).first
    before = figure.bounding_box()
    assert before is not None, entry.slug
    for frame in page.frames:
        frame.evaluate(EMBLEM, [WIDE / before["width"], LEAST])
    page.wait_for_timeout(300)  # a drawing takes its new height
    box = figure.bounding_box()
    assert box is not None, entry.slug
    high = min(box["height"], box["width"] * HIGH / WIDE)
    clip: Any = {**box, "height": high}
    drawn = Image.open(io.BytesIO(page.screenshot(clip=clip))).convert("RGB")
    context.close()
    drawn = drawn.resize((WIDE, round(WIDE * drawn.height / drawn.width)), resample=LANCZOS)
    out = Image.new("RGB", (WIDE, HIGH), cast(Any, drawn.getpixel((0, 0))))
    out.paste(drawn, (0, (HIGH - drawn.height) // 2))
    return out


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


ALONE = """:is([data-testid="stSidebar"], [data-testid="stHeader"]) { display: none !important; }
[data-testid="stMainBlockContainer"] { padding-top: 4.4rem !important; }"""


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
        picture_of_the_book(browser, url).save(PICTURE, optimize=True)
        print(PICTURE)
        for entry in (entry for entry in CONTENTS if entry.written):
            for theme in ("light", "dark"):
                target = folder / f"{entry.slug}-{theme}.webp"
                picture_of(browser, url, entry, theme == "dark").save(target, quality=QUALITY)
                print(target)
        browser.close()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
