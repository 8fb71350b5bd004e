"""A colour is written down once: what Streamlit reads agrees with it, and all else asks for it."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from components.ui.look import style
from components.ui.plots import colours
from components.ui.plots.colours import FILE, GROUPS, Tone

ROOT = Path(__file__).parents[2]
SCALES = json.loads(FILE.read_text())["scales"]
NAMED = {name: tone for group in GROUPS.values() for name, tone in group.items()}

PAGE = {
    "primaryColor": "accent",
    "backgroundColor": "paper",
    "secondaryBackgroundColor": "panel",
    "textColor": "ink",
    "linkColor": "accent",
    "borderColor": "line",
    "codeTextColor": "ink",
    "codeBackgroundColor": "code",
    "dataframeHeaderBackgroundColor": "panel",
}
SIDEBAR = {
    "backgroundColor": "sidebar",
    "secondaryBackgroundColor": "sidebar-panel",
    "borderColor": "line",
}

WORDS = (
    r"(?-i:aqua|azure|beige|black|blue|brown|coral|crimson|cyan|fuchsia|gold|gray|green|grey|indigo"
    r"|ivory|khaki|lime|magenta|maroon|navy|olive|orange|orchid|pink|plum|purple|red|salmon|silver"
    r"|tan|teal|tomato|turquoise|violet|wheat|white|yellow)"
)
LITERAL = re.compile(
    r"(?<![\w&#])#(?:[0-9a-f]{8}|[0-9a-f]{6}|[0-9a-f]{3,4})\b"
    r"|\b0x[0-9a-f]{6}\b"
    r"|\b(?:rgb|hsl|hwb|lab|lch|oklab|oklch)a?\(\s*[\d.][^)]*\)"
    rf"|(?:(?<=: )|(?<=[:(])){WORDS}(?=\s*[;,)!}}])"  # in a style sheet
    rf"|(?<!\[[\"'])(?<=[\"']){WORDS}(?=[\"'])",  # in a program, but not as a key
    re.IGNORECASE,
)
CLEAR = re.compile(r"rgba\(0, ?0, ?0, ?0\)")
"""No colour: what lies behind is seen."""

AS_IT_IS = re.compile(r"alt\.value\([\"'](\w+)[\"']\)")

EXCEPTIONS = {
    "components/threejs_viewer/frontend/src/viewer/render.ts": {
        "#000": "the digits are a stencil for the shader, which gives them their ink",
        "#fff": "as above",
    },
}


def sources() -> Iterator[Path]:
    """What the book shows is made by these; a built front end repeats its sources."""
    yield ROOT / "Home.py"
    for folder in ("components", "pages"):
        for path in (ROOT / folder).rglob("*"):
            inside = path.relative_to(ROOT).parts
            passed_over = {"node_modules", "dist", "test", "__pycache__"} & set(inside)
            if path.suffix in (".css", ".ts", ".js", ".py", ".html") and not passed_over:
                yield path


def literals(text: str, python: bool = False) -> set[str]:
    """Colours that are written out. A name that a program in Python says asks for the book's own
    colour of that name, but where it goes to a chart as it is."""
    found = set(LITERAL.findall(CLEAR.sub("", text)))
    if python:
        found -= set(NAMED) - set(AS_IT_IS.findall(text))
    return found


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_streamlit_is_told_the_colours_of_the_book(theme: str) -> None:
    told = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text())["theme"][theme]
    assert told.pop("sidebar") == {key: getattr(NAMED[n], theme) for key, n in SIDEBAR.items()}
    assert told == {
        **{key: getattr(NAMED[name], theme) for key, name in PAGE.items()},
        "chartCategoricalColors": [getattr(hue, theme) for hue in colours.HUES],
        "chartSequentialColors": SCALES["sequential"][theme],
        "chartDivergingColors": SCALES["diverging"][theme],
    }


def test_streamlit_is_told_colours_by_theme_only() -> None:
    settings = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text())
    del settings["theme"]["light"], settings["theme"]["dark"]
    assert not literals(json.dumps(settings))


def test_a_colour_has_one_name_and_two_values() -> None:
    assert len(NAMED) == sum(len(group) for group in GROUPS.values())
    values: list[Any] = [value for tone in NAMED.values() for value in tone]
    values += [value for scale in SCALES.values() for theme in scale.values() for value in theme]
    assert all(re.fullmatch("#[0-9a-f]{6}", value) for value in values)
    assert all(set(scale) == set(Tone._fields) for scale in SCALES.values())


def test_no_colour_is_written_anywhere_else() -> None:
    paths = {path.relative_to(ROOT).as_posix(): path for path in sources()}
    found = {name: literals(path.read_text(), path.suffix == ".py") for name, path in paths.items()}
    assert {name: some for name, some in found.items() if some} == {
        name: set(reasons) for name, reasons in EXCEPTIONS.items()
    }


def test_a_written_colour_is_seen() -> None:
    texts = [
        *("a { color: #2f86ba; }", "a { background: white; }", "light-dark(white, black)"),
        *("light-dark(#2f86ba80, #000)", "rgb(47, 134, 186)", "rgba(0, 0, 0, 0.5)"),
        *("hsl(20 50% 40%)", 'pen.fillStyle = "#fff"', "setClearColor(0x2f86ba, 1)"),
        'alt.value("white")',
    ]
    assert [text for text in texts if not literals(text)] == []
    in_python = ('alt.value("teal")', 'color="tomato"', '("#2f86ba",)')
    assert [text for text in in_python if not literals(text, python=True)] == []


def test_what_is_no_colour_is_passed_over() -> None:
    texts = [
        *("a { white-space: nowrap; }", 'HUE["violet"]', "rgba(0, 0, 0, 0)", "&#8722;", "#link"),
        *("`rgb(${red}, ${green}, ${blue})`", "# right is green, wrong red", "0x7f800000u"),
    ]
    assert [text for text in texts if literals(text)] == []
    assert not literals('Line("sum", 1, hue="teal")', python=True)


def test_every_variable_that_is_asked_for_is_in_the_style_sheet() -> None:
    given = set(re.findall(r"--wb-([a-z-]+): light-dark", style()))
    assert given == set(NAMED)
    asked = {name for path in sources() for name in re.findall(r"--wb-([a-z-]+)", path.read_text())}
    measures = {"measure", "margin", "head", "bar", "calls"}  # of a page, and what stands on it
    assert asked - given == {"tone", *measures}  # a tone is a class's own for what stands in it
