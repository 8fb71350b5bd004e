"""What browser tests and the screenshot script share: a server, a Chromium, an idle page."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import IO, cast

from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Error,
    Page,
    Playwright,
)

ROOT = Path(__file__).resolve().parents[2]

# SwiftShader gives WebGL 2 without a graphics card; the rest keeps Chromium off the network.
CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--use-gl=angle",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]

# True once the app is connected, no script runs, nothing is stale, something is on the page, and
# what is in sight is drawn: charts, and the book's own drawings, which fill `.said` as they draw.
_IDLE = """() => {
  const app = document.querySelector('[data-testid="stApp"]');
  if (!app) return false;
  const connection = app.getAttribute('data-test-connection-state');
  const script = app.getAttribute('data-test-script-state');
  if (connection && connection !== 'CONNECTED') return false;
  if (script && script !== 'notRunning') return false;
  const busy = ['stStatusWidgetRunningIcon', 'stStatusWidgetRunningManIcon', 'stAppSkeleton']
    .map(id => `[data-testid="${id}"]`).concat('[data-stale="true"]').join(',');
  if (document.querySelector(busy)) return false;
  const inSight = id => [...document.querySelectorAll(`[data-testid="${id}"]`)]
    .filter(e => e.clientWidth && e.checkVisibility());
  if (inSight('stSkeleton').length) return false;
  if (inSight('stVegaLiteChart').some(e => !e.querySelector('svg, canvas'))) return false;
  const said = e => e.shadowRoot?.querySelector('.said');
  if (inSight('stBidiComponentIsolated').some(e => said(e) && !said(e).textContent)) return false;
  const main = document.querySelector('[data-testid="stMainBlockContainer"]');
  return !!main && main.innerText.trim().length > 0 && document.fonts.status === 'loaded';
}"""

FIGURE = (
    '[data-testid="stMainBlockContainer"] :is(.wb-opener [role=img], '
    + ", ".join(
        f'[data-testid="{kind}"]'
        for kind in (
            "stBidiComponentIsolated",
            "stVegaLiteChart",
            "stPlotlyChart",
            "stCustomComponentV1",
        )
    )
    + ")"
)
"""What counts as a figure of a page; the first of them opens it."""

# [what, scrollWidth, clientWidth] of each box that must not scroll sideways.
_WIDTHS = """() => {
  const boxes = {document: document.documentElement};
  for (const id of ['stApp', 'stAppViewContainer', 'stMain', 'stMainBlockContainer'])
    boxes[id] = document.querySelector(`[data-testid="${id}"]`);
  return Object.entries(boxes).filter(([, box]) => box)
    .map(([what, box]) => [what, box.scrollWidth, box.clientWidth]);
}"""


class BookPage(Page):
    """A playwright page with the errors it has shown so far. A type only: see `watch`."""

    console_errors: list[str]


def find_chromium() -> str | None:
    """The path of Chromium or Chrome, or None where neither is installed."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if path := shutil.which(name):
            return path
    return None


def launch(playwright: Playwright, chromium: str, *, frugal: bool = False) -> Browser:
    """A headless Chromium. A frugal one puts pages together without SwiftShader, WebGL aside: that
    takes a tenth of the processor time, but the viewer's frames come less evenly."""
    flags = [*CHROMIUM_FLAGS, *(["--disable-gpu-compositing"] if frugal else [])]
    return playwright.chromium.launch(executable_path=chromium, args=flags)


def is_error(message: ConsoleMessage) -> bool:
    """An error of ours. On a deep link Streamlit's client asks for these two under the page's own
    path first, and then under the root: two misses that every Streamlit app has."""
    probes = ("/_stcore/health", "/_stcore/host-config")
    return message.type == "error" and not message.location["url"].endswith(probes)


def watch(page: Page) -> BookPage:
    """Collect console errors and uncaught exceptions into `page.console_errors`."""
    watched = cast(BookPage, page)
    watched.console_errors = []

    def note(error: str) -> None:
        watched.console_errors.append(error)

    page.on("console", lambda m: note(m.text) if is_error(m) else None)
    page.on("pageerror", lambda error: note(f"uncaught: {error}"))
    return watched


def new_context(
    browser: Browser,
    width: int = 1280,
    height: int = 900,
    *,
    dark: bool = False,
    touch: bool = False,
) -> BrowserContext:
    """A fresh visitor: own cookies and cache, own colour scheme, no animations; or a phone."""
    return browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme="dark" if dark else "light",
        reduced_motion="reduce",
        has_touch=touch,
        is_mobile=touch,
    )


# What a site can leave behind in a browser, but for the files that it fetched.
_STORAGE = "cookies,local_storage,session_storage,indexeddb,cache_storage,service_workers"


class Visitors:
    """Visitors one after another: each finds no cookie and no memory of those who came before.

    What they share is a tab, with the files that it has fetched and the scripts that it has
    compiled, since a book's scripts are the same for all: in a new one a page takes twice as long.
    Two who are there at once share nothing.
    """

    def __init__(self, browser: Browser) -> None:
        self.browser = browser
        self.away: dict[bool, list[tuple[BrowserContext, BookPage | None]]] = {}
        """By whether they touch: a context, and the tab in it."""

    @contextmanager
    def door(self) -> Generator[Callable[..., BookPage]]:
        """A function that opens an address as a new visitor; all leave when the block ends. A
        script `first` runs before those of the page."""
        here: list[tuple[bool, BookPage]] = []
        with ExitStack() as scripts:

            def enter(
                url: str,
                width: int = 1280,
                height: int = 900,
                *,
                dark: bool = False,
                touch: bool = False,
                first: str = "",
            ) -> BookPage:
                page = self.come(width, height, dark, touch)
                here.append((touch, page))
                forget(page, url)
                if first:
                    scripts.enter_context(page.add_init_script(first))
                page.goto(url, wait_until="domcontentloaded")
                return page

            try:
                yield enter
            finally:
                for touch, page in here:
                    self.go(touch, page)

    def come(self, width: int, height: int, dark: bool, touch: bool) -> BookPage:
        if waiting := self.away.get(touch):
            context, page = waiting.pop()
        else:
            context = new_context(self.browser, width, height, dark=dark, touch=touch)
            page = None
        if page is None:
            return watch(context.new_page())
        page.set_viewport_size({"width": width, "height": height})
        page.emulate_media(
            media="null", color_scheme="dark" if dark else "light", reduced_motion="reduce"
        )
        page.console_errors = []
        return page

    def go(self, touch: bool, page: BookPage) -> None:
        """The tab is left where the server says one word; it is closed if that does not come."""
        context, stays = page.context, None
        for tab in context.pages:
            if tab is not page:
                tab.close()
        with suppress(Error):
            page.mouse.up()
            page.mouse.move(0, 0)
            page.goto(f"{origin_of(page.url)}/_stcore/health")
            page.evaluate("sessionStorage.clear()")
            stays = page
        if stays is None and not page.is_closed():
            page.close()
        self.away.setdefault(touch, []).append((context, stays))


def origin_of(url: str) -> str:
    return "/".join(url.split("/", 3)[:3])


def forget(page: Page, url: str) -> None:
    """Remove all that the site of this address has stored in the page's browser."""
    session = page.context.new_cdp_session(page)
    cleared = {"origin": origin_of(url), "storageTypes": _STORAGE}
    session.send("Storage.clearDataForOrigin", cleared)
    session.detach()
    page.context.clear_cookies()


class Sent:
    """How many messages a page has sent the server since; a rerun of a script is asked for so."""

    def __init__(self, page: Page) -> None:
        self.messages = 0
        session = page.context.new_cdp_session(page)
        session.send("Network.enable")
        session.on("Network.webSocketFrameSent", lambda _: self.add())

    def add(self) -> None:
        self.messages += 1


def wait_idle(page: Page, timeout: float = 120.0, looks: int = 9) -> None:
    """Wait until the Streamlit app has been idle at so many `looks` on end, 50 ms apart and more.

    One look is not enough: between two messages of a run, and before the rerun that a click
    causes, the app looks idle for a moment. Time alone is not either: one look may take long on a
    busy machine. Keep it below 1 s, the period at which live runs poll. Raises TimeoutError after
    `timeout` seconds.
    """
    deadline = time.monotonic() + timeout
    idle = 0
    while time.monotonic() < deadline:
        idle = idle + 1 if page.evaluate(_IDLE) else 0
        if idle == looks:
            return
        page.wait_for_timeout(50)
    raise TimeoutError(f"{page.url} was not idle within {timeout:g} s")


def wait_for(page: Page, true: Callable[[], object], seconds: float = 30.0) -> None:
    """Wait until `true()` holds; fails after `seconds`."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, f"not within {seconds:g} s"
        page.wait_for_timeout(50)


def sideways_scroll(page: Page) -> list[str]:
    """The boxes wider than they show, as `box: scrollWidth > clientWidth`; empty when all fit."""
    widths = cast(list[tuple[str, int, int]], page.evaluate(_WIDTHS))
    return [f"{what}: {full} > {shown}" for what, full, shown in widths if full > shown + 1]


def no_sideways_scroll(page: Page) -> bool:
    """Whether the document and the app's main containers fit their width (1 px of tolerance)."""
    return not sideways_scroll(page)


def fit_height(page: Page, least: int = 600, most: int = 16_000) -> None:
    """Make the viewport as tall as the content: Streamlit scrolls inside a box of its own."""
    for _ in range(3):  # charts far down are drawn, and grow, only once they are in view
        size = page.viewport_size
        assert size is not None, "the page has no fixed viewport"
        tall = cast(
            int,
            page.evaluate(
                """() => Math.max(...['stMain', 'stMainBlockContainer'].map(id =>
                  document.querySelector(`[data-testid="${id}"]`)?.scrollHeight ?? 0))"""
            ),
        )
        height = max(least, min(most, tall))
        if height == size["height"]:
            return
        page.set_viewport_size({"width": size["width"], "height": height})
        wait_idle(page)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _wait_healthy(url: str, process: subprocess.Popen[bytes], timeout: float) -> None:
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"the server ended with code {process.returncode}")
        try:
            with urllib.request.urlopen(f"{url}/_stcore/health", timeout=2) as answer:
                if answer.status == 200:
                    return
        except OSError:
            pass
        time.sleep(0.1)
    raise TimeoutError(f"the server was not healthy within {timeout:g} s")


@contextmanager
def serve(
    script: Path, log: IO[bytes], *, cwd: Path = ROOT, timeout: float = 60.0
) -> Generator[str]:
    """Run `streamlit run script` on a free port of 127.0.0.1 and yield its address.

    What the server prints goes to `log`. It is ended when the block ends.
    """
    port = _free_port()
    command = [sys.executable, "-m", "streamlit", "run", str(script)]
    command += ["--server.address", "127.0.0.1", "--server.port", str(port)]
    command += ["--server.headless", "true", "--server.fileWatcherType", "none"]
    environment = os.environ | {"PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen(
        command, cwd=cwd, env=environment, stdout=log, stderr=subprocess.STDOUT
    )
    try:
        _wait_healthy(url := f"http://127.0.0.1:{port}", process, timeout)
        yield url
    finally:
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
