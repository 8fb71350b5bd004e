"""The small pictures on Home's cards: each page's first figure, light and dark. A script, not a test.

python tests/browser/cards.py            writes components/ui/cards/PAGE-THEME.webp
"""

import io
import sys
import tempfile

from driver import FIGURE, ROOT, find_chromium, launch, new_context, serve, wait_idle
from PIL import Image
from playwright.sync_api import Browser, sync_playwright

from components.ui.book import CONTENTS, Entry

WIDE, HIGH = 320, 160
QUALITY = 70


def picture_of(browser: Browser, url: str, entry: Entry, dark: bool) -> Image.Image:
    """The top of the figure, as wide as it is and half as high."""
    context = new_context(browser, dark=dark)
    page = context.new_page()
    page.goto(f"{url}/{entry.url}", wait_until="domcontentloaded")
    wait_idle(page)
    box = page.locator(FIGURE).first.bounding_box()
    assert box is not None, entry.slug
    high = min(box["height"], box["width"] * HIGH / WIDE)
    clip = {"x": box["x"], "y": box["y"], "width": high * WIDE / HIGH, "height": high}
    shot = page.screenshot(clip=clip)  # pyright: ignore[reportArgumentType]
    context.close()
    return (
        Image.open(io.BytesIO(shot)).convert("RGB").resize((WIDE, HIGH), Image.Resampling.LANCZOS)
    )


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
        for entry in (entry for entry in CONTENTS if entry.written):
            for theme in ("light", "dark"):
                target = folder / f"{entry.slug}-{theme}.webp"
                picture_of(browser, url, entry, theme == "dark").save(target, quality=QUALITY)
                print(target)
        browser.close()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
