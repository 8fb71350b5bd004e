"""Begin a chapter: `python -m tools.new_chapter 95_example` writes a page of one section that runs.

It writes `pages/NN_slug.py` and `.md`, a chart in `components/ui/chapters/chNN/figures.py`, and the
page's line in `components/ui/book.py`. What is there already is never written over. Then replace
the question, the prose and the chart, and keep the shape.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

PAGE = '''"""TITLE: how sure can one be?"""

from __future__ import annotations

from components.ui.chapter import Chapter
from components.ui.chapters.chNN import figures
from components.ui.words import one_in
from lab.statistics import CHANCE, lower_bound_95

COUNTS = (10, 100, 1000, 10_000)

CALC = {
    "n": lambda: f"{COUNTS[1]}",
    "bound": lambda: f"{lower_bound_95(0, COUNTS[1]):.3f}",
    "chance": lambda: one_in(CHANCE),
}

page = Chapter("SLUG", CALC)
page.open()
page.prose("opening")


@page.section("sure")
def how_sure() -> None:
    if not page.guess(
        f"Not one of {COUNTS[1]} problems is wrong. How many of all are right, at least?",
        ("90 in 100", "97 in 100", "all of them"),
        lambda: f"{100 * lower_bound_95(0, COUNTS[1]):.0f} in 100",
    ):
        return
    errors = page.number("errors", "Problems that are wrong", 0, 5, 0)
    bounds = {n: lower_bound_95(errors, n) for n in COUNTS}
    page.draw(figures.bound_by_sample(bounds), alt="How many are right at least, by problems tried")
    page.notice()
    page.source("lab.statistics.lower_bound_95")


page.close("end")
'''

PROSE = """<!-- opening -->
You try some problems, and count what goes wrong. What do you know then of all the others?

<!-- sure -->
## How sure can one be?

A sample is a few of many. Take {calc:n} problems, drawn by a seed, and let the model work them out.

<!-- sure_why -->
At least {calc:bound} of all problems are right. Were it fewer, a sample like this would turn up
less than once in {calc:chance} tries.

<!-- sure_notice -->
Let a problem go wrong above, and look how much of what you knew is gone.

<!-- end -->
## What you have seen

No count of right answers says *all*. It says how many at least, and how sure that is.
"""

FIGURES = '''"""Charts of page NN."""

from __future__ import annotations

from collections.abc import Mapping

import altair as alt
import pandas as pd

from components.ui.plots.chart_parts import CURVE, Chart, finished


def bound_by_sample(bounds: Mapping[int, float]) -> Chart:
    """What a sample of n proves: n -> the share that is right at least."""
    data = pd.DataFrame({"n": list(bounds), "bound": list(bounds.values())})
    chart = (
        alt.Chart(data)
        .mark_line(point=True)
        .encode(
            x=alt.X("n:Q", title="problems tried", scale=alt.Scale(type="log")),
            y=alt.Y("bound:Q", title="right at least", scale=alt.Scale(domain=[0, 1])),
            tooltip=["n", alt.Tooltip("bound", format=".4f")],
        )
    )
    return finished(chart.properties(height=CURVE))
'''

LINE = """    Entry("{slug}", "", "{title}", "How sure can one be?", 5),
"""


def begin(slug: str, root: Path = ROOT) -> list[Path]:
    """The files written. `ValueError` for a name that is no page's, or is one's already."""
    if not re.fullmatch(r"\d\d(_[a-z0-9]+)+", slug):
        raise ValueError(f"{slug!r} is no page: two digits and a name, such as 95_example")
    number, _, name = slug.partition("_")
    title = name.replace("_", " ").capitalize()
    chapter = root / "components" / "ui" / "chapters" / f"ch{number}"
    texts = {
        root / "pages" / f"{slug}.py": PAGE,
        root / "pages" / f"{slug}.md": PROSE,
        chapter / "__init__.py": "",
        chapter / "figures.py": FIGURES,
    }
    there = [path for path in texts if path.exists()]
    if there:
        raise ValueError(f"{there[0].relative_to(root)} is there already; nothing was written")
    chapter.mkdir(parents=True, exist_ok=True)
    for path, text in texts.items():
        filled = text.replace("TITLE", title).replace("SLUG", slug).replace("NN", number)
        path.write_text(filled)
    list_in_contents(root / "components" / "ui" / "book.py", slug, title)
    return list(texts)


def list_in_contents(book: Path, slug: str, title: str) -> None:
    """Put the page at the end of the table of contents, unless it is promised there."""
    text = book.read_text()
    if f'"{slug}"' not in text:
        start = text.index("CONTENTS = (")
        end = text.index("\n)\n", start) + 1
        book.write_text(text[:end] + LINE.format(slug=slug, title=title) + text[end:])


def main() -> None:
    if len(sys.argv) != 2:
        sys.exit("usage: python -m tools.new_chapter NN_slug, such as 95_example")
    try:
        for path in begin(sys.argv[1]):
            print(path.relative_to(ROOT))
    except ValueError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
