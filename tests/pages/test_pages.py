"""Every page runs, alone as it opens and by the router with its guesses told."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable, Generator, Iterator
from typing import Any

import pytest
from shown import is_a_page_s
from streamlit.testing.v1 import AppTest
from torch.nn import Module
from torch.nn.modules.module import register_module_forward_pre_hook

from components.ui.claims.claim import MISSING, NO_MODEL
from components.ui.plots import colours
from components.ui.plots.colours import Tone
from lab.model.gpt import GPT
from lab.records import ROOT

PAGES = sorted(path.stem for path in (ROOT / "pages").glob("[0-9]*.py"))


def test_sections_are_numbered_without_a_gap() -> None:
    found = {
        page: [
            int(n)
            for n in re.findall(
                r"^## (\d+)\. ", (ROOT / f"pages/{page}.md").read_text(), re.MULTILINE
            )
        ]
        for page in PAGES
    }
    assert any(found.values())
    gaps = {page: ns for page, ns in found.items() if ns != list(range(1, len(ns) + 1))}
    assert not gaps


@pytest.fixture
def forwards() -> Generator[list[str]]:
    """A line for each forward that a page itself runs."""
    ran: list[str] = []

    def count(module: Module, _given: Any) -> None:
        if isinstance(module, GPT) and is_a_page_s():
            ran.append(str(module.config))

    hook = register_module_forward_pre_hook(count)
    yield ran
    hook.remove()


@pytest.mark.parametrize("page", PAGES)
def test_every_page_file_runs_alone(
    file_alone: Callable[[str], AppTest], page: str, forwards: list[str]
) -> None:
    """As the very first request of a server may ask for it, no guess told."""
    app = file_alone(f"pages/{page}.py").run()
    assert not app.exception
    assert app.title
    assert unfilled(app) == []
    assert forwards == []


@pytest.mark.parametrize("page", PAGES)
def test_every_page_runs_revealed_and_its_charts_look_like_the_book(
    seen: Any, page: str, forwards: list[str]
) -> None:
    app = seen(page, reveal="1")
    assert forwards == []
    assert not app.exception
    assert app.title
    assert unfilled(app) == []
    looks = [
        (chart.proto.alt or "no description", wrong)
        for chart in app.get("vega_lite_chart")
        if (wrong := amiss(chart))
    ]
    assert not looks
    assert exchanged(app) == {}


def unfilled(app: AppTest) -> list[str]:
    """Figures that a reader sees by their names, wherever they stand, and those that are missing,
    though records and weights are whole."""
    seen = [element.value for element in (*app.markdown, *app.caption, *app.info)]
    seen += [element.proto.body for element in app.get("html")]
    seen += [element.proto.json for element in app.get("bidi_component")]
    missing = "|".join(map(re.escape, (MISSING, NO_MODEL)))
    return re.findall(rf"\{{(?:calc|claim|table):[^}}]*\}}|{missing}", "\n".join(seen))


BOOKS_OWN = {
    tone.lower() for pair in vars(colours).values() if isinstance(pair, Tone) for tone in pair
}
"""Every colour that has a meaning in the book, light and dark."""


def exchanged(app: Any) -> dict[str, set[str]]:
    """Names that have two colours on a page, or another than that of their kind; a run's name
    counts without its number, a recorded run as the same as a reader's, and a colour that lets the
    paper through as the colour that it is."""
    found: dict[str, set[str]] = {}
    for chart in app.get("vega_lite_chart"):
        for colour in encoded_colours(json.loads(chart.proto.spec)):
            scale = colour.get("scale") or {}
            if colour["type"] == "nominal" and "range" in scale:
                for name, tone in zip(scale["domain"], scale["range"], strict=True):
                    found.setdefault(colours.stem(str(name)), set()).add(tone[:7])
    own = {name: colours.KINDS[kind].light for name in found if (kind := colours.kind_of(name))}
    return {name: used for name, used in found.items() if used != {own.get(name, min(used))}}


def encoded_colours(node: Any) -> Iterator[dict[str, Any]]:
    """Wherever a chart's colour comes from a field."""
    if isinstance(node, dict):
        colour = node.get("color")
        if isinstance(colour, dict) and "field" in colour:
            yield colour
        for child in node.values():
            yield from encoded_colours(child)
    elif isinstance(node, list):
        for child in node:
            yield from encoded_colours(child)


def is_a_ramp(colour: dict[str, Any]) -> bool:
    """Its legend is filled by a gradient, which is gone once the page's address changes."""
    legend = colour.get("legend", {})
    return colour["type"] == "quantitative" and legend is not None and "type" not in legend


def amiss(chart: Any) -> list[str]:
    """What of a chart as it is drawn is not the book's: description, theme, size or colour."""
    spec = json.loads(chart.proto.spec)
    kinds = {mark["type"] for mark in marks_of(spec)}
    lowest = 260 if "line" in kinds else 180 if "bar" in kinds else 0
    height = spec.get("height", spec.get("spec", {}).get("height", 0))
    colours_in = set(re.findall(r"#[0-9a-f]{6}", json.dumps(spec).lower()))
    return [
        *([] if chart.proto.alt else [f"no description: {json.dumps(spec)[:200]}"]),
        *([f"autosize {spec.get('autosize')}"] if not fits_the_width(spec) else []),
        *([] if spec["config"]["axis"]["labelFontSize"] == 13 else ["labels are not 13 px"]),
        *([] if spec["config"]["axis"]["labelFlush"] is False else ["labels are shifted"]),
        *([f"{height} px high"] if isinstance(height, int) and height < lowest else []),
        *(["a ramp"] if any(map(is_a_ramp, encoded_colours(spec))) else []),
        *sorted(f"{colour} means nothing" for colour in colours_in - BOOKS_OWN),
    ]


def fits_the_width(spec: dict[str, Any]) -> bool:
    """By its width alone, so that the height is the plot's, or of a width of its own."""
    return spec.get("autosize", {}).get("type") == "fit-x" or isinstance(spec.get("width"), int)


def marks_of(spec: dict[str, Any]) -> list[dict[str, Any]]:
    own = [spec["mark"]] if "mark" in spec else []
    parts = [*spec.get("layer", []), *([spec["spec"]] if "spec" in spec else [])]
    return own + [mark for part in parts for mark in marks_of(part)]


def test_no_amount_is_told_by_dark_or_light() -> None:
    """A scale runs from the page's own colour: what is more is darker on paper, and lighter in the
    dark. Its colour is stronger in both."""
    said = {
        path.name: found
        for folder in ("pages", "components/ui")
        for path in sorted((ROOT / folder).rglob("*"))
        if path.suffix in (".md", ".py")
        if (found := re.findall(r"\b(?:dark|light|pal|bright)er\b.*", path.read_text()))
    }
    assert said == {}


MOST_WALKED = 10_000
"""Objects that a collection may walk when the pages have run: about 4,000, of 300,000 in all."""


def test_the_garbage_collector_stays_out_of_the_way_of_a_slider() -> None:
    """A collection holds the GIL, so that fifty readers wait for it: none comes after each run, and
    what pages brought along is frozen, so that none walks it."""
    code = (
        "import gc\n"
        "from streamlit.testing.v1 import AppTest\n"
        f"app = AppTest.from_file({str(ROOT / 'Home.py')!r}, default_timeout=300).run()\n"
        "app.switch_page('pages/10_chain_of_thought.py').run()\n"
        "assert not app.exception, app.exception\n"
        "from streamlit import config\n"
        "assert not config.get_option('runner.postScriptGC')\n"
        "del app; gc.collect()\n"
        "print(len(gc.get_objects()), gc.get_freeze_count())\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    walked, frozen = map(int, done.stdout.split()[-2:])
    assert walked < MOST_WALKED < frozen
