"""What each page weighs and how soon it stands; what the 3D viewer is sent, and what a frame costs.

python tests/browser/page_weight.py [PAGE ...] [--rounds 3]

`python -m lab bench pages` runs it and keeps the record. It prints a line a page, then one JSON
document. Nothing else should run beside it. A page is opened by a server that was started for it
and has run nothing yet (cold), and once more by the same server (warm), each time by a new visitor
whose browser has no file of the book. Seconds are by the browser's own clock, from the navigation
to the frame after the first figure is drawn; server and browser share the machine. Bytes are
counted by the browser's developer tools until the page rests: of files as they travel, packed or
not, with their headers; of the socket as the server says them.
"""

from __future__ import annotations

import argparse
import gzip
import json
import platform
import subprocess
import sys
import tempfile
from collections import Counter
from importlib.metadata import version
from statistics import median
from typing import Any

from driver import FIGURE, ROOT, find_chromium, launch, new_context, serve, wait_idle
from playwright.sync_api import Browser, Page, sync_playwright

from components.threejs_viewer import DIST
from components.ui.book import BEHIND, CONTENTS
from lab.statistics import spread

ROUNDS, IMPORTS, FRAMES = 3, 5, 120
VIEWER = "forward_pass_3d"
URLS = {entry.url: entry for entry in (*CONTENTS, *BEHIND) if entry.written}

LARGE = ("torch", "pandas", "pyarrow", "altair", "plotly.graph_objects", "numpy")
"""Packages that take long to import."""

IMPORT = f"""
import sys, time
began = time.perf_counter()
import Home
seconds = time.perf_counter() - began
import json
print(json.dumps([seconds, len(sys.modules), [m for m in {LARGE} if m in sys.modules]]))
"""

# Looks at every frame until the first figure is drawn, and notes when the next one begins.
WATCH = """figure => {
  const isDrawn = element => {
    const seen = element.checkVisibility({ visibilityProperty: true });
    if (!seen || element.getBoundingClientRect().height < 20) return false;
    switch (element.dataset.testid) {
      case 'stBidiComponentIsolated': return element.hasAttribute('data-drawn');
      case 'stVegaLiteChart': return !!element.querySelector('svg .role-mark > *, canvas');
      case 'stPlotlyChart': return !!element.querySelector('.main-svg .trace, canvas');
      case 'stCustomComponentV1':
        return !!element.contentDocument?.querySelector('.stage canvas')
          && !!element.contentDocument.querySelector('.prompt li');
      default: return true;
    }
  };
  const look = () => {
    const first = document.querySelector(figure);
    requestAnimationFrame(first && isDrawn(first)
      ? () => { window.firstFigure = performance.now(); } : look);
  };
  if (window === top) look();
}"""

# Milliseconds of frames, a turn of the screen each: what the script takes, and until the card, or
# who stands for it, has drawn. A pixel can be read only then.
DRAW = """async frames => {
  const { viewer, view } = viewer3d, gl = viewer.picture.renderer.getContext();
  const pose = { ...view.pose }, script = [], whole = [];
  const wait = () => gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, new Uint8Array(4));
  for (let i = 0; i < frames; i++) {
    await new Promise(requestAnimationFrame);
    view.set({ yaw: pose.yaw + 0.2 * Math.sin(i / 20) });
    wait(); // for the frame that the viewer has drawn by itself
    const began = performance.now();
    viewer.draw();
    script.push(performance.now() - began);
    wait();
    whole.push(performance.now() - began);
  }
  view.set(pose);
  return [script, whole];
}"""

CARD = """() => {
  const gl = viewer3d.viewer.picture.renderer.getContext();
  const names = gl.getExtension('WEBGL_debug_renderer_info');
  return gl.getParameter(names ? names.UNMASKED_RENDERER_WEBGL : gl.RENDERER);
}"""

SCENE = """() => {
  const { manifest, halves } = viewer3d.scene;
  return {
    manifest: new TextEncoder().encode(JSON.stringify(manifest)).length,
    activations: halves.activation.byteLength,
    weights: halves.weight.byteLength,
  };
}"""


class Traffic:
    """Bytes that a page gets: of files, headers and all, as they travel; and over the socket."""

    def __init__(self, page: Page) -> None:
        self.kinds: dict[str, str] = {}
        self.received = Counter[str]()
        self.finished: dict[str, float] = {}
        self.socket = 0
        session = page.context.new_cdp_session(page)
        session.send("Network.enable")
        session.on("Network.requestWillBeSent", lambda e: self.ask(e))
        session.on("Network.dataReceived", lambda e: self.come(e))
        session.on("Network.loadingFinished", lambda e: self.end(e))
        session.on("Network.webSocketFrameReceived", lambda e: self.hear(e["response"]))

    def ask(self, event: dict[str, Any]) -> None:
        if not event["request"]["url"].startswith("data:"):
            self.kinds[event["requestId"]] = event.get("type", "")

    def come(self, event: dict[str, Any]) -> None:
        self.received[event["requestId"]] += event["encodedDataLength"]

    def end(self, event: dict[str, Any]) -> None:
        self.finished[event["requestId"]] = event["encodedDataLength"]

    def hear(self, frame: dict[str, Any]) -> None:
        content = frame["payloadData"]  # base64
        self.socket += len(content) * 3 // 4 - content[-2:].count("=")

    def kilobytes(self) -> dict[str, int]:
        """A file that a frame fetches ends without a word, and of a document only the end counts
        what came: so of each the larger count."""
        sums: dict[str, float] = {"scripts": 0, "fonts": 0, "other_files": 0}
        for request, kind in self.kinds.items():
            name = {"Script": "scripts", "Font": "fonts"}.get(kind, "other_files")
            sums[name] += max(self.received[request], self.finished.get(request, 0))
        sums["socket"] = self.socket
        rounded = {name: round(n / 1000) for name, n in sums.items()}
        return {**rounded, "all": sum(rounded.values())}


def import_of_home() -> dict[str, Any]:
    """Seconds of `import Home`, which a server begins with, in an interpreter that has nothing."""
    found: list[Any] = []
    for _ in range(IMPORTS):
        done = subprocess.run(
            [sys.executable, "-c", IMPORT], cwd=ROOT, capture_output=True, text=True, check=True
        )
        found.append(json.loads(done.stdout.splitlines()[-1]))
    seconds, modules, large = zip(*found, strict=True)
    return {
        "seconds": [round(s, 3) for s in spread(seconds)],
        "modules": modules[0],
        "large_packages": large[0],
    }


def visit(browser: Browser, url: str) -> tuple[float | None, Traffic]:
    """Seconds until the first figure is drawn, None where there is none; and what came."""
    context = new_context(browser)
    page = context.new_page()
    page.add_init_script(f"({WATCH})({json.dumps(FIGURE)})")
    traffic = Traffic(page)
    page.goto(url, wait_until="commit")
    wait_idle(page)
    milliseconds = page.evaluate("window.firstFigure ?? null")
    if milliseconds is None and page.locator(FIGURE).count():
        milliseconds = page.wait_for_function("window.firstFigure", timeout=60_000).json_value()
    context.close()
    return None if milliseconds is None else milliseconds / 1000, traffic


def weigh(browser: Browser, path: str, rounds: int) -> dict[str, Any]:
    cold: list[float] = []
    warm: list[float] = []
    came: list[Traffic] = []
    for _ in range(rounds):
        with tempfile.TemporaryFile() as log, serve(ROOT / "Home.py", log) as url:
            for seconds in (cold, warm):
                first, traffic = visit(browser, f"{url}/{path}")
                came.append(traffic)
                if first is not None:
                    seconds.append(first)
    typical = sorted(came, key=lambda one: one.kilobytes()["all"])[len(came) // 2]
    return {
        "cold_s": [round(s, 2) for s in spread(cold)] if cold else None,
        "warm_s": [round(s, 2) for s in spread(warm)] if warm else None,
        "files": len(typical.kinds),
        "kilobytes": typical.kilobytes(),
    }


def of_the_viewer(browser: Browser) -> dict[str, Any]:
    """Its front end, the scene of the page, and what a frame of that takes."""
    with tempfile.TemporaryFile() as log, serve(ROOT / "Home.py", log) as url:
        context = new_context(browser)
        page = context.new_page()
        page.goto(f"{url}/{VIEWER}?test=1")
        page.locator("iframe").first.scroll_into_view_if_needed(timeout=60_000)
        wait_idle(page)
        (frame,) = [f for f in page.frames if "threejs_viewer" in f.url]
        frame.wait_for_function("window.viewer3d?.scene?.halves.weight.length > 0", timeout=60_000)
        wait_idle(page)
        script, whole = frame.evaluate(DRAW, FRAMES)
        found = {
            "front_end": front_end(),
            "scene_bytes": frame.evaluate(SCENE),
            "boxes": frame.evaluate("viewer3d.plan.boxes.length"),
            "pixels": frame.evaluate("[viewer3d.view.width, viewer3d.view.height]"),
            "frames": FRAMES,
            "draw_calls": frame.evaluate("viewer3d.drawCalls"),
            "frame_script_ms": at_percentiles(script),
            "frame_drawn_ms": at_percentiles(whole),
            "drawn_by": frame.evaluate(CARD),
        }
        context.close()
    return found


def front_end() -> dict[str, int]:
    """What a reader's browser fetches of the viewer: the handle of the tests is not among it."""
    files = [DIST / "index.html", *sorted((DIST / "assets").glob("index-*"))]
    content = [file.read_bytes() for file in files]
    return {
        "files": len(files),
        "bytes": sum(map(len, content)),
        "gzipped": sum(len(gzip.compress(one, 9, mtime=0)) for one in content),
    }


def at_percentiles(milliseconds: list[float]) -> dict[str, float]:
    ordered = sorted(milliseconds)
    return {
        "p50": round(median(ordered), 2),
        "p95": round(ordered[int(0.95 * (len(ordered) - 1))], 2),
    }


def main() -> int:
    say = argparse.ArgumentParser(description="Bytes and seconds of every page.")
    say.add_argument("pages", nargs="*", metavar="PAGE", help="home, rope, ...; default: all")
    say.add_argument("--rounds", type=int, default=ROUNDS, help="servers started for each page")
    said = say.parse_args()
    if unknown := {*said.pages} - {"home", *URLS}:
        say.error(f"no such page: {', '.join(sorted(unknown))}; there are home, {', '.join(URLS)}")
    chromium = find_chromium()
    if chromium is None:
        print("Chromium is not installed.", file=sys.stderr)
        return 2
    home = import_of_home()
    print("import of Home", home, flush=True)
    pages: dict[str, Any] = {}
    with sync_playwright() as playwright:
        browser = launch(playwright, chromium)
        weigh(browser, "", 1)  # the browser's own first page takes it seconds longer
        for name in said.pages or ("home", *URLS):
            pages[name] = weigh(browser, "" if name == "home" else name, said.rounds)
            print(name, pages[name], flush=True)
        viewer = of_the_viewer(browser)
        print("viewer", viewer, flush=True)
        versions = {"chromium": browser.version, "python": platform.python_version()}
        browser.close()
    versions |= {name: version(name) for name in ("streamlit", "playwright")}
    document = {"import_of_home": home, "rounds": said.rounds, "pages": pages, "viewer": viewer}
    print(json.dumps({**document, "versions": versions}))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
