"""Full-page screenshots of the book, light and dark, wide and narrow. A script, not a test.

python tests/browser/screenshots.py --url http://127.0.0.1:8501 --out screenshots / /rope
"""

import argparse
import sys
from pathlib import Path

from driver import find_chromium, fit_height, launch, new_context, sideways_scroll, wait_idle, watch
from playwright.sync_api import Browser, sync_playwright

WIDTHS = (1280, 390)


def shoot(browser: Browser, url: str, path: str, width: int, dark: bool, out: Path) -> bool:
    """Save one screenshot and print what is wrong with the page; True when nothing is."""
    context = new_context(browser, width, dark=dark)
    page = watch(context.new_page())
    page.goto(f"{url.rstrip('/')}/{path.lstrip('/')}", wait_until="domcontentloaded")
    wait_idle(page)
    fit_height(page)
    slug = path.strip("/").replace("/", "-").partition("?")[0] or "home"
    target = out / f"{slug}-{'dark' if dark else 'light'}-{width}.png"
    page.screenshot(path=target)
    complaints = page.console_errors + [f"scrolls sideways, {box}" for box in sideways_scroll(page)]
    print(target)
    for complaint in complaints:
        print(f"  {complaint}")
    context.close()
    return not complaints


def main() -> int:
    parser = argparse.ArgumentParser(description="Full-page screenshots of the book.")
    parser.add_argument("--url", default="http://127.0.0.1:8501", help="where the book is served")
    parser.add_argument("--out", type=Path, default=Path("screenshots"), help="folder for the PNGs")
    parser.add_argument("paths", nargs="*", default=["/"], metavar="path", help="such as /rope")
    wanted = parser.parse_args()
    chromium = find_chromium()
    if chromium is None:
        print("Chromium is not installed.", file=sys.stderr)
        return 2
    wanted.out.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = launch(playwright, chromium)
        fine = [
            shoot(browser, wanted.url, path, width, dark, wanted.out)
            for path in wanted.paths
            for width in WIDTHS
            for dark in (False, True)
        ]
        browser.close()
    return 0 if all(fine) else 1


if __name__ == "__main__":
    raise SystemExit(main())
