"""What a visit costs: bytes that come, and seconds until a page's first figure stands. A script.

python tests/browser/first_figure.py > records/bench_first_figure.json

A warm server, a new visitor with an empty cache for each visit; nothing else should run beside it.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Callable
from typing import Any

from driver import FIGURE, ROOT, find_chromium, launch, new_context, serve, wait_for, wait_idle
from playwright.sync_api import Browser, Page, sync_playwright

from components.ui.book import CONTENTS
from lab.records import provenance
from lab.statistics import spread

VISITS = 3


def count_bytes(page: Page) -> Callable[[], int]:
    """Of files as they travel, and of what the server says over its socket."""
    found: list[float] = []
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    session.on("Network.loadingFinished", lambda e: found.append(e["encodedDataLength"]))
    session.on(
        "Network.webSocketFrameReceived",
        lambda e: found.append(0.75 * len(e["response"]["payloadData"])),  # base64 of bytes
    )
    return lambda: round(sum(found))


def visit(browser: Browser, url: str) -> tuple[float, int]:
    """Seconds until the first figure has a height, and the bytes of the whole page."""
    context = new_context(browser)
    page = context.new_page()
    so_far = count_bytes(page)
    began = time.perf_counter()
    page.goto(url, wait_until="commit")
    figure = page.locator(FIGURE).first
    figure.wait_for(timeout=60_000)
    wait_for(page, lambda: (figure.bounding_box() or {"height": 0})["height"] > 20)
    seconds = time.perf_counter() - began
    wait_idle(page)
    total = so_far()
    context.close()
    return seconds, total


def main() -> int:
    chromium = find_chromium()
    if chromium is None:
        print("Chromium is not installed.", file=sys.stderr)
        return 2
    pages: dict[str, Any] = {}
    with (
        tempfile.TemporaryFile() as log,
        serve(ROOT / "Home.py", log) as url,
        sync_playwright() as playwright,
    ):
        browser = launch(playwright, chromium)
        for path in ("", *(entry.url for entry in CONTENTS if entry.written)):
            visit(browser, f"{url}/{path}")  # the first reader warms the server
            visits = [visit(browser, f"{url}/{path}") for _ in range(VISITS)]
            seconds, sizes = zip(*visits, strict=True)
            found = {
                "seconds": [round(s, 2) for s in spread(seconds)],
                "kilobytes": round(spread(sizes).median / 1000),
            }
            pages[path or "home"] = found
            print(path or "home", found, file=sys.stderr, flush=True)
        browser.close()
    document = {"visits": VISITS, "pages": pages, "seeds": [0]}
    command = "python tests/browser/first_figure.py"
    print(json.dumps({**document, **provenance(command)}, indent=2))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
