"""How long a reader waits for what the pages promise, beside what they promise. A script.

python tests/browser/waits.py > records/bench_waits.json

Nothing else should run beside it. The tests count what causes these times; here they are measured.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

from driver import (
    ROOT,
    BookPage,
    Visitors,
    find_chromium,
    launch,
    new_context,
    serve,
    wait_for,
    wait_idle,
    watch,
)
from playwright.sync_api import Browser, Frame, sync_playwright

from lab.records import provenance

PROMISED = {
    "home_stands_s": 2.0,
    "home_answers_own_numbers_s": 1.0,
    "first_sum_of_a_cold_server_s": 5.0,
    "share_of_the_writing_before_the_first_arc": 0.5,
    "network_drawings_a_second": 5.0,
    "network_stops_s": 1.0,
    "picture_frame_p95_ms": 4.0,
    "picture_pick_p95_ms": 1.0,
    "first_picture_ms": 1000.0,
    "part_switched_off_ms": 300.0,
    "collector_ms": 20.0,
}
"""Each at most so much, but for the drawings a second: so many at least."""

VISITS = 3

COUNT_CHANGES = """(element, milliseconds) => new Promise((done) => {
  let changes = 0;
  const watch = new MutationObserver(() => changes++);
  watch.observe(element, { childList: true, characterData: true, subtree: true });
  setTimeout(() => (watch.disconnect(), done(changes)), milliseconds);
})"""

# A click on a switch, until the scene holds other numbers.
TOGGLE = """async label => {
  const before = viewer3d.scene.manifest.activations_digest;
  const button = [...document.querySelectorAll('.break button')]
    .find(b => b.getAttribute('aria-label') === label);
  const began = performance.now();
  button.click();
  while (viewer3d.scene.manifest.activations_digest === before) {
    if (performance.now() - began > 20000) throw new Error('no answer came');
    await new Promise(done => setTimeout(done, 2));
  }
  return performance.now() - began;
}"""

COLLECT = """
import gc, time
from streamlit.testing.v1 import AppTest
app = AppTest.from_file("Home.py", default_timeout=60).run()
app.switch_page("pages/10_chain_of_thought.py").run()
assert not app.exception, app.exception
del app
gc.collect()
began = time.perf_counter()
gc.collect(2)
print(1000 * (time.perf_counter() - began))
"""


def seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def see_home(page: BookPage, url: str) -> float:
    """Seconds from the address until the opening problem stands."""

    def open_it() -> None:
        page.goto(url, wait_until="commit")
        page.locator(".arcs .sign").first.wait_for(timeout=60_000)

    return seconds(open_it)


def multiply(page: BookPage, a: int, b: int) -> None:
    for label, number in (("First number", a), ("Second number", b)):
        page.get_by_label(label).fill(str(number))
        page.get_by_label(label).press("Enter")
    page.get_by_text(f"{a} × {b} = {a * b}").first.wait_for(timeout=60_000)


def of_home(page: BookPage, url: str) -> dict[str, float]:
    see_home(page, url)
    stands = min(see_home(page, url) for _ in range(VISITS))
    wait_idle(page)
    multiply(page, 12, 34)
    pairs = ((58, 7), (99, 99), (6, 80))
    answers = min(seconds(lambda: multiply(page, a, b)) for a, b in pairs)  # noqa: B023
    return {"home_stands_s": stands, "home_answers_own_numbers_s": answers}


def of_the_first_motion(browser: Browser, url: str) -> dict[str, float]:
    """Of the seconds that the opening problem is being written, the share before its first arc."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page, shares = context.new_page(), list[float]()
    for _ in range(VISITS):
        see_home(watch(page), url)
        began = time.perf_counter()
        page.locator(".arcs .arc:not(.later)").first.wait_for(timeout=60_000)
        moved = time.perf_counter() - began
        page.locator(".arcs .token.later").last.wait_for(state="detached", timeout=60_000)
        shares.append(moved / (time.perf_counter() - began))
    context.close()
    return {"share_of_the_writing_before_the_first_arc": min(shares)}


def of_a_cold_server(browser: Browser) -> dict[str, float]:
    with tempfile.TemporaryFile() as log, serve(ROOT / "Home.py", log) as url:
        context = new_context(browser)
        page = watch(context.new_page())
        see_home(page, url)
        found = seconds(lambda: multiply(page, 58, 48))
        context.close()
    return {"first_sum_of_a_cold_server_s": found}


def of_the_network(page: BookPage, url: str) -> dict[str, float]:
    """Chapter 0's longest run: how often it is drawn in a second, and how soon it stops. A fast
    machine is done with it within a few seconds."""
    page.goto(f"{url}/numpy_mlp?ch00_epochs=2000&ch00_width=64&ch00_depth=3")
    wait_idle(page)
    page.get_by_role("slider", name="Learning rate").press("ArrowLeft")
    stop = page.get_by_role("button", name="Stop", exact=True)
    stop.wait_for()
    said = page.locator(".st-key-ch00_live_film .said")
    said.wait_for(state="attached")
    drawn = said.evaluate(COUNT_CHANGES, 1000)
    began = time.perf_counter()
    stop.click()
    page.get_by_text("Stopped.").wait_for()
    return {"network_drawings_a_second": drawn, "network_stops_s": time.perf_counter() - began}


def viewer_of(page: BookPage) -> Frame:
    page.locator("iframe").first.scroll_into_view_if_needed(timeout=60_000)
    wait_for(page, lambda: any("threejs_viewer" in f.url for f in page.frames), 60)
    (frame,) = [f for f in page.frames if "threejs_viewer" in f.url]
    frame.wait_for_function("window.viewer3d?.scene?.halves.weight.length > 0", timeout=60_000)
    wait_idle(page)
    return frame


def of_the_picture(page: BookPage, url: str) -> dict[str, float]:
    """JavaScript a frame and a pick, the first picture after its data, a part switched off."""
    pictures = list[float]()
    for _ in range(VISITS):
        with page.expect_console_message(
            lambda m: m.text.startswith("bench "), timeout=60_000
        ) as m:
            page.goto(f"{url}/forward_pass_3d?bench=1")
        pictures.append(json.loads(m.value.text.removeprefix("bench "))["picture"]["p95"])
    times = viewer_of(page).evaluate("viewer3d.bench(120, 400)")
    page.goto(f"{url}/forward_pass_3d?test=1")
    return {
        "picture_frame_p95_ms": times["frame"]["p95"],
        "picture_pick_p95_ms": times["pick"]["p95"],
        "first_picture_ms": min(pictures),
        "part_switched_off_ms": min(switched(page, viewer_of(page))),
    }


def switched(page: BookPage, frame: Frame) -> Iterator[float]:
    frame.evaluate("viewer3d.pin(viewer3d.find('blocks.5.ffn_out', [3, 2]))")
    wait_idle(page)
    for _ in range(VISITS):
        for scale in (0, 1):
            label = f"scale all of ffn_out of blocks.5.ffn_out by {scale}"
            yield frame.evaluate(TOGGLE, label)
            wait_idle(page)


def of_the_collector() -> dict[str, float]:
    """A collection holds the interpreter's lock."""
    command = [sys.executable, "-c", COLLECT]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return {"collector_ms": float(done.stdout.split()[-1])}


def measured(browser: Browser) -> Iterator[dict[str, float]]:
    with ExitStack() as stack:
        log = stack.enter_context(tempfile.TemporaryFile())
        url = stack.enter_context(serve(ROOT / "Home.py", log))
        enter = stack.enter_context(Visitors(browser).door())
        yield of_home(enter(url), url)
        yield of_the_first_motion(browser, url)
        yield of_the_network(enter(url), url)
        yield of_the_picture(enter(url), url)
    yield of_a_cold_server(browser)
    yield of_the_collector()


def main() -> int:
    chromium = find_chromium()
    if chromium is None:
        print("Chromium is not installed.", file=sys.stderr)
        return 2
    found: dict[str, Any] = {}
    with sync_playwright() as playwright:
        browser = launch(playwright, chromium)
        for part in measured(browser):
            for name, value in part.items():
                found[name] = {"measured": round(value, 3), "promised": PROMISED[name]}
                print(f"{name:45} {value:9.3f}   promised {PROMISED[name]}", file=sys.stderr)
        browser.close()
    command = "python tests/browser/waits.py"
    print(
        json.dumps(
            {"visits": VISITS, "waits": found, "seeds": [0], **provenance(command)}, indent=2
        )
    )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
