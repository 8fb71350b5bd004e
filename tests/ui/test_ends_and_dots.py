"""Names stand at the ends of lines and apart; seeds are dots, and their pairs are counted."""

from __future__ import annotations

import itertools
import json
import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from components.threejs_viewer import FRONTEND
from components.ui.plots import colours, curves, dots, maps
from components.ui.plots.chart_parts import DASHED, Chart
from components.ui.plots.drawn_once import DrawnChart
from components.ui.plots.ends import GAP, LINE, by_signs, from_zero, named, powers, pushed_apart
from lab.readings import seeds_ahead

ROOT = Path(__file__).parents[2]

SEEDS = [
    {"group": group, "arm": arm, "seed": seed, "steps": steps, "came": came}
    for group in ("one width", "a stream")
    for arm, found in (("rotary", (5, 7, 90)), ("learned table", (6, 6, 90)))
    for seed, steps in enumerate(found)
    for came in ["never" if steps == 90 and arm == "learned table" else "arrived"]
]


def parts(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        yield node
    for child in (
        node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    ):
        yield from parts(child)


def drawn_rows(chart: Chart | DrawnChart, layer: int) -> list[dict[str, Any]]:
    """What a layer draws."""
    spec = (chart.chart if isinstance(chart, DrawnChart) else chart).to_dict()
    data = spec["layer"][layer].get("data", spec.get("data"))
    return spec["datasets"][data["name"]]


@pytest.mark.parametrize("seed", range(20))
def test_names_are_pushed_apart_and_stay_in_order_and_in_the_plot(seed: int) -> None:
    rng = np.random.default_rng(seed)
    wanted = rng.uniform(0, 300, 7).round().tolist()
    high = [LINE * int(n) + GAP for n in rng.integers(1, 3, 7)]
    at = pushed_apart(wanted, high, 300)
    order = sorted(range(7), key=lambda i: at[i])
    assert sorted(wanted) == [wanted[i] for i in order]
    for above, below in itertools.pairwise(order):
        assert at[below] - at[above] >= (high[above] + high[below]) / 2 - 1e-9
    assert all(h / 2 - 1e-9 <= y <= 300 - h / 2 + 1e-9 for y, h in zip(at, high, strict=True))
    far = [50.0, 150.0, 250.0]
    assert pushed_apart(far, [19.0] * 3, 300) == far  # what does not overlap stays


def test_a_line_is_named_at_the_height_at_which_it_ends() -> None:
    axis = from_zero([0, 100])
    chart = named({"rotary": 25.0, "learned table": 75.0}, axis, colours.POSITIONS, height=200)
    marks, words = (drawn_rows(chart, layer) for layer in (0, 1))
    assert [(one["name"], one["pixel"]) for one in marks] == [
        ("rotary", 150),
        ("learned table", 50),
    ]
    assert [one["line"] for one in words] == ["rotary", "learned table"]


def test_axes_have_a_few_round_ticks_that_hold_all_values() -> None:
    assert from_zero([0.37]).ticks == pytest.approx((0, 0.1, 0.2, 0.3, 0.4))
    assert from_zero([1462]).ticks == (0, 500, 1000, 1500)
    assert by_signs([-0.9, 2.2]).ticks == (-1, 0, 1, 2, 3)
    assert powers([0.002, 30]).ticks == (0.001, 0.01, 0.1, 1, 10, 100)
    assert len(powers([1e-14, 1]).ticks) <= 6
    for values in ([3.0, 3.0], [0.0], [-2.0, -2.0]):
        axis = by_signs(values)
        assert axis.low <= min(values) <= max(values) <= axis.high and axis.low < axis.high
    rng = np.random.default_rng(0)
    for most in (10 ** rng.uniform(-6, 6, 200)).tolist():
        axis = from_zero([most])
        assert 2 <= len(axis.ticks) <= 7 and axis.high >= most * (1 - 1e-6)


def test_numbers_are_written_with_commas_and_without_exponents() -> None:
    assert from_zero([10_000]).axis().to_dict()["format"] == ",~f"
    assert "10⁻¹²" in powers([1e-12, 1]).axis().to_dict()["labelExpr"]
    for path in (ROOT / "components/ui").rglob("figures.py"):
        assert 'e"' not in [part[-2:] for part in path.read_text().split("format=")], path
        assert 'format=".0e"' not in path.read_text() and 'format=".2e"' not in path.read_text()
        assert "labelAngle=-45" not in path.read_text()


def test_a_seed_is_a_dot_and_the_median_a_mark_and_never_is_behind_all() -> None:
    chart = dots.layers_of_seeds(SEEDS, "steps", from_zero([100]), "steps", never="never").to_dict()
    spots, marks = chart["layer"]
    data = {name: rows for name, rows in chart["datasets"].items()}
    assert len(data[spots["data"]["name"]]) == len(SEEDS)
    medians = {row["row"]: row["steps"] for row in data[marks["data"]["name"]]}
    assert medians["one width: rotary"] == 7 and medians["a stream: learned table"] == 6
    assert spots["encoding"]["x"]["title"] == "steps (hollow: never)"
    drawn = {layer["mark"]["type"] for layer in chart["layer"]}
    assert drawn == {"point", "tick"}  # no bar of error, no band
    lost = [{**row, "came": "never"} for row in SEEDS]
    chart = dots.layers_of_seeds(lost, "steps", from_zero([100]), "steps", never="never").to_dict()
    assert chart["datasets"][chart["layer"][1]["data"]["name"]] == []


def test_pairs_are_counted_by_seed() -> None:
    assert seeds_ahead({1: 3, 2: 5, 4: 0}, {1: 4, 2: 5, 3: 9}) == (1, 2)
    assert seeds_ahead({1: 3, 2: 5}, {1: 4, 2: 4}, more=True) == (1, 2)
    assert seeds_ahead({1: math.inf}, {1: math.inf}) == (0, 1)
    assert dots.in_pairs(SEEDS, "learned table", "steps", never="never") == (
        "Compared seed by seed, better than *learned table* in 2 of 3: "
        "*rotary* (one width and a stream)."
    )
    thrice = [{**row, "group": n} for n in ("a", "b", "c") for row in SEEDS[:6]]
    assert dots.in_pairs(thrice, "learned table", "steps").endswith(": *rotary* (in all three).")
    assert dots.in_pairs([SEEDS[0]], "rotary", "steps") == ""


def test_dashes_say_recorded_and_nothing_else() -> None:
    source = [
        *(ROOT / "components/ui/chapters").rglob("*.py"),
        *(ROOT / "components/ui/plots").glob("*.py"),
    ]
    told = {
        p.relative_to(ROOT / "components/ui").as_posix()
        for p in source
        if "strokeDash=" in p.read_text() or "StrokeDash(" in p.read_text()
    }
    assert told == {"chapters/ch40/figures.py", "plots/curves.py"}
    (dashed,) = [
        part["strokeDash"]
        for part in parts(
            curves.exactness_curves(
                [
                    {"run": "plain, recorded", "step": step, "what": "held out", "value": 0.5}
                    for step in (1, 2)
                ]
            ).to_dict()["layer"][0]["encoding"]
        )
        if "strokeDash" in part
    ]
    assert dashed["scale"]["range"] == [DASHED]


RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)

WHAT_IS_DASHED = {
    ("swaps.css", ".chip.missed"): "not there: a carry that was predicted and did not come",
    ("arrows.css", ".plane .wanted"): "still to come: where the query should point",
    ("arrows.css", ".tokens .ahead"): "not there yet: tokens behind the one that asks",
    ("network.css", ".grid > .hidden"): "left out of training",
    ("bracket.css", ".before"): "as it was: the room of keys and values",
    ("bracket.css", ".gone .map"): "gone: keys that are made and thrown away",
    ("bracket.css", ".other i"): "still to come: where the bracket is dragged to",
    ("bracket.css", ".vacant i"): "still to come: the rotated key",
    ("connections.css", ".kinds .cut"): "cut",
    ("connections.css", ".far"): "cut",
    ("guess.css", ".empty"): "still to come: the bar of an answer",
    ("guess.css", ".lines .ahead"): "still to come: the rest of a line",
    ("bet.css", ".guessed"): "still to come: how the runs will go, as a reader says",
    ("tiles.css", ".let_go rect"): "gone: a tile whose scores are let go",
    ("tiles.css", ".bar .end"): "still to come: the value at the end",
    ("tiles.css", ".legend .end"): "still to come: the value at the end",
    ("ledger.css", ".ghost"): "taken out of the sum",
    ("ledger.css", ".out .button"): "taken out of the sum",
    ("waves.css", ".stem.ghost"): "as it was before the shift",
    ("waves.css", ".hand.ghost"): "as it was before the shift",
    ("clocks.css", ".ghost"): "as it stood at the start",
    ("clocks.css", ".was :is(line, circle)"): "where they stood at the start",
    ("clocks.css", ".scores .before"): "where they stood at the start",
    ("clocks.css", ".note i"): "at the start",
    (
        "courses.css",
        ".number code .late, .legend .late i",
    ): "not in its place: written late",
    ("experts.css", ".taken"): "taken off",
    ("experts.css", ".legend .taken"): "taken off",
    ("sieve.css", ".mesh"): "off: a check that lets all through",
    ("lanes.css", ".paper .carry"): "not there: a carry that no token holds",
}
"""By style sheet and selector: why what is drawn is not there now."""


def test_dashes_in_drawings_have_one_pattern_and_say_that_something_is_not_there() -> None:
    source = FRONTEND / "src"
    sheets = [*source.rglob("*.css"), ROOT / "components/ui/style.css"]
    dashed = {
        (sheet.name, " ".join(selector.split())): body
        for sheet in sheets
        for selector, body in RULE.findall(COMMENT.sub("", sheet.read_text()))
        if "dashed" in body or ("stroke-dasharray" in body and "dashoffset" not in body)
    }
    assert set(dashed) == set(WHAT_IS_DASHED)
    patterns = {x for body in dashed.values() for x in re.findall("dasharray: (.*);", body)}
    assert patterns == {"var(--dash)"}
    drawn = (source / "drawings/shared/drawing.css").read_text()
    assert f"--dash: {' '.join(map(str, DASHED))};" in drawn
    assert [p.name for p in source.rglob("*.ts") if "setLineDash" in p.read_text()] == []


def test_an_arm_has_one_colour_and_one_shape_in_all_tables() -> None:
    """Whichever of the book's tables names it, and however its name goes on."""
    written = json.loads(colours.FILE.read_text())["arms"]
    found: dict[str, set[tuple[str, str]]] = {}
    for table in written.values():
        for arm, (tone, shape) in table.items():
            found.setdefault(arm, set()).add((tone, shape))
    assert {arm: looks for arm, looks in found.items() if len(looks) > 1} == {}
    assert {"plain sum", "attention over depth", "rotary", "learned table", "no positions"} < set(
        found
    )
    assert {"dense", "8 experts"} < set(found)
    looks = {name: (colours.tone_of(name), colours.shape_of(name)) for name in found}
    for name, look in looks.items():
        for other in (f"2. {name}", f"{name}, recorded", f"1. {name}, width 32"):
            assert (colours.tone_of(other), colours.shape_of(other)) == look, other
    for table in written.values():  # told apart by shape where the colour differs
        shapes = {tone: {s for t, s in table.values() if t == tone} for tone, _ in table.values()}
        for one in shapes:
            for other in shapes:
                if one != other and table is not written["feed-forward"]:
                    assert not shapes[one] & shapes[other], (one, other)


def test_a_map_of_noughts_shows_only_what_is_not() -> None:
    def said(values: Any) -> list[str]:
        chart = maps.table_map(values, [*"abc"], [*"wxyz"], "row", "column")
        return [row["said"] for row in drawn_rows(chart, 1)]

    sparse = np.zeros((3, 4))
    sparse[1, 2] = 0.26
    assert [text for text in said(sparse) if text] == ["0.26"]
    assert said(sparse + 0.5).count("0.50") == 11 and "0.76" in said(sparse + 0.5)
    few = np.full((3, 4), 0.2)
    few[0, 0] = 0
    assert "0.00" in said(few)  # where noughts are few, they are told
