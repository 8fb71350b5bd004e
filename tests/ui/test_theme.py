"""Every chart wears the theme of the book, and each colour means one thing."""

from __future__ import annotations

import re
import runpy
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from functools import cache
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
from altair.utils import schemapi

from components.ui.chapters.ch00 import figures as ch00
from components.ui.chapters.ch01 import figures as ch01
from components.ui.chapters.ch02 import figures as ch02
from components.ui.chapters.ch03 import figures as ch03
from components.ui.chapters.ch10 import figures as ch10
from components.ui.chapters.ch20 import claims as ch20_claims
from components.ui.chapters.ch20 import figures as ch20
from components.ui.chapters.ch30 import figures as ch30
from components.ui.chapters.ch50 import figures as ch50
from components.ui.chapters.ch51 import claims as ch51_claims
from components.ui.chapters.ch51 import figures as ch51
from components.ui.chapters.ch52 import figures as ch52
from components.ui.chapters.ch52 import worked as ch52_worked
from components.ui.chapters.ch60 import figures as ch60
from components.ui.chapters.ch60 import worked as ch60_worked
from components.ui.chapters.ch61 import figures as ch61
from components.ui.chapters.ch62 import figures as ch62
from components.ui.chapters.ch62 import worked as ch62_worked
from components.ui.chapters.ch80 import figures as ch80
from components.ui.chapters.ch81 import figures as ch81
from components.ui.chapters.ch82 import figures as ch82
from components.ui.plots import (
    bars,
    chart_parts,
    colours,
    curves,
    dots,
    drawn_once,
    maps,
    vectors,
)
from components.ui.plots.chart_parts import BARS, Chart, finished
from components.ui.plots.colours import Tone
from components.ui.plots.drawn_once import DrawnChart
from components.ui.plots.ends import shares
from components.ui.plots.theme import LABEL

pytestmark = pytest.mark.xdist_group("theme")
"""On one worker: what is drawn is kept."""

SHARES = np.array([[0.2, 0.8], [1.0, 0.0]])
SIGNED = np.array([[1.0, -0.5], [-0.5, 1.0]])
TEN = np.full(10, 0.1)
RUN = [
    {"run": run, "step": step, "tokens": step, "what": what, "value": 0.5}
    for run in ("cot, reversed", "a run of yours")
    for step in (1, 2)
    for what in ("loss", "held out", "trained on")
]
SEEDS = [
    {"arm": arm, "share": 0.5, "seed": seed, "errors": "1 of 2"}
    for arm in ("plain, 0.1M", "300 chosen pairs")
    for seed in (0, 1)
]

FATES = {"right": (colours.RIGHT, "R"), "wrong": (colours.WRONG, "W")}

SOME_PAIRS = np.full((100, 100), maps.NOT_ASKED)
SOME_PAIRS[0, :2] = (-1, 6)

PATCHED = [
    {
        **{"row": f"layer {layer}", "column": f"{slot:02} 7", "layer": layer, "part": None},
        **{"slot": slot, "restored": slot - 0.5, "preview": 0.5 * layer, "chosen": slot == layer},
    }
    for layer in (1, 0)
    for slot in (0, 1)
]

CHARTS: dict[str, Callable[[], Chart | DrawnChart]] = {
    "atlas": lambda: maps.atlas(SOME_PAIRS, np.ones((100, 100), dtype=bool)),
    "attention_map": lambda: maps.attention_map(SHARES, "7*"),
    "count_bars": lambda: bars.count_bars({"FFN 0": 3, "FFN 1": 4}, "part", "errors"),
    "seeds": lambda: dots.seeds(SEEDS, "wrong", shares(), said=["errors"]),
    "fate_bars": lambda: bars.fate_bars(
        [{"arm": "rotary", "fate": fate, "rank": rank, "n": 4} for rank, fate in enumerate(FATES)],
        "arm",
        "fate",
        FATES,
    ),
    "loss_curves": lambda: curves.loss_curves(RUN),
    "exactness_curves": lambda: curves.exactness_curves(RUN),
    "error_surface": lambda: ch00.error_surface(
        SHARES, np.array([0.0, 1.0]), np.array([0.0, 1.0]), [(0, 0), (0.5, 0)], (1, 1)
    ),
    "cosine_map": lambda: ch01.cosine_map(SIGNED, ["0", "1"]),
    "waves": lambda: vectors.waves(TEN[:5], 0.2),
    "loss_and_perplexity": lambda: ch01.loss_and_perplexity([{"tokens": 1, "loss": 2.0}]),
    "two_sets_of_bars": lambda: ch01.two_sets_of_bars(TEN[:2], TEN[:2], "7*"),
    "chain": lambda: ch01.chain(4, (0.9, 0.6)),
    "blend_map": lambda: ch02.blend_map({"7*8=": TEN}, [*"0123456789"], "digit"),
    "weight_bars": lambda: ch02.weight_bars(dict.fromkeys(ch02.RULES, TEN[:3])),
    "largest_weights": lambda: ch02.largest_weights(
        [{"d": d, "rule": rule, "mean": 0.5} for rule in ch02.RULES for d in (1, 2)], 2
    ),
    "importance": lambda: ch02.importance(
        [{"head": "0.0", "largest": 0.5, "share": 0.9, "errors": "9 of 10"}], "a model"
    ),
    "pair_layouts": lambda: ch20.pair_layouts(
        [
            {"read": "as trained", "order": [0, 1], "pairs": [(0, 1)], "kept": kept}
            for kept in (1, 0)
        ]
    ),
    "missed_without": lambda: ch20.missed_without([1, 4], 4, 9, "7*"),
    "line_lengths": lambda: ch03.line_lengths(["token", "FFN 0"], TEN[:2], TEN[:2]),
    "before_and_after": lambda: ch03.before_and_after(SIGNED[0], SIGNED[1], 1000.0),
    "neuron_curve": lambda: ch03.neuron_curve(TEN),
    "early_reading": lambda: maps.early_reading(["95", "97"], SHARES, ["a", "b"], "97", 3),
    "table_map": lambda: maps.table_map(SHARES, ["a", "b"], ["c", "d"], "rows", "columns"),
    "beliefs": lambda: ch10.beliefs([0.1, 0.9], "78", "7", "8"),
    "by_stand_in": lambda: ch10.by_stand_in(
        [{"part": "FFN of layer 1", "by": "zeros", "wrong": 3}], "wrong texts of 9", 9
    ),
    "outcomes": lambda: ch10.outcomes(
        [{"digit": "units", "outcome": "stays true", "share": 1, "label": "all", "order": 0}]
    ),
    "over_seeds": lambda: ch10.over_seeds(
        [{"arm": "plain", "seed": seed, "x": x, "share": 0.2} for seed in (0, 1) for x in (1, 2)],
        "x",
        "y",
    ),
    "changes": lambda: ch20.changes([{"model": "rotary", "layer": "layer 0", "change": 0.5}]),
    "scores_by_place": lambda: ch20.scores_by_place(SIGNED),
    "by_distance": lambda: ch20.by_distance({"10": TEN, "100": TEN}, "10"),
    "steps_to_goal": lambda: ch20.steps_to_goal(
        ch20.goal_points(
            [
                {"setting": "a", "encoding": "rotary", "seed": 0, "steps": steps, "ended": 90}
                for steps in (50, float("inf"))
            ]
        ),
        100,
    ),
    "length_map": lambda: maps.length_map([{"p": 1, "q": 1, "n": 5, "wrong": 1}], 1),
    "failures": lambda: ch20.failures(
        [{"arm": "rotary", "kind": "a wrong digit first", "n": 9, "rank": 1}]
    ),
    "amounts_in_mix": lambda: ch30.amounts_in_mix(
        {ch30.MIX: np.array([0, 2]), ch30.RANDOM: np.array([0, 0])}, "zeros"
    ),
    "moved_by_memory": lambda: ch50.moved_by_memory(
        [
            {"way": way, "fast": fast, "moved": 100 * fast}
            for way in ch50.WAYS
            for fast in (1024, 2048)
        ],
        {"A100": 1500},
    ),
    "tile_map": lambda: ch50.tile_map(
        np.array([[0.5, np.nan], [-1.0, 0.2]]), ["0 3", "1 7"], ["0 3", "1 7"]
    ),
    "by_part": lambda: ch51.by_part(
        [
            {"arm": arm, "part": part, "seed": seed, "value": 0.5}
            for arm in ("plain sum", "attention over depth")
            for part in ("FFN 0", "end")
            for seed in (1, 2)
        ],
        ("FFN 0", "end"),
    ),
    "gradients": lambda: ch80.gradients(
        [
            {"layer": layer, "part": part, "norm": 0.1 + layer}
            for layer in (0, 1)
            for part in ch80.PARTS
        ]
    ),
    "written": lambda: ch62.written(
        [{"at": at, "token": "6", "p": 0.5, "what": "right"} for at in (6, 7)]
    ),
    "one_table": lambda: ch82.one_table([{"a": 0, "b": b, "value": b} for b in (0, 1)]),
    "beside_others": lambda: ch82.beside_others(
        [
            {
                "kind": "a lookup",
                "swapped": name,
                "others": others,
                "of_100": 8.0,
                "count": "8 of 100",
            }
            for name, others in (("a lookup: all 10", False), ("as many others", True))
        ],
        {"a lookup": colours.VIOLET},
    ),
    "told_by_layer": lambda: ch82.told_by_layer(
        [
            {"place": place, "asked": asked, "share": share, "count": "1 of 2"}
            for place in ("E", "A0", "F0")
            for asked, share in (("the carry", 0.9), ("shuffled labels", 0.5))
        ],
        ["E", "A0", "F0"],
    ),
    "lost_points": lambda: ch82.lost_points(
        [
            {"part": part, "digits": digits, "share": 0.5, "count": "1 of 2"}
            for part in ("head 0.1", "FFN 0")
            for digits in ch82.LOST
        ]
    ),
    "token_map": lambda: ch82.token_map(
        [
            {"place": place, "token": token, "share": 0.5, "count": "1 of 2"}
            for place in ("E", "A0")
            for token in ("00 3", "01 7")
        ],
        ["E", "A0"],
        "share",
        "01 7",
    ),
    "part_bars": lambda: ch82.part_bars(
        [{"part": "head 0.1", "value": 0.9}, {"part": "FFN 2", "value": 0.2}], "most"
    ),
    "over_plain": lambda: ch51.over_plain(
        [
            {"depth": "six layers", "arm": arm, "seed": seed, "value": 0.9, "came": "arrived"}
            for arm in colours.RESIDUALS
            for seed in (1, 2)
        ],
        [
            {"depth": "six layers", "arm": "over groups", "low": 0.0, "high": 1.2, "words": "1"},
        ],
        "steps",
    ),
    "over_steps": lambda: ch52.over_steps(
        [
            {"run": run, "seed": seed, "step": step, "value": 0.1 * step}
            for run in ch52.KINDS
            for seed in (1, 2)
            for step in (1, 10)
        ],
        "token cosine",
        ch52.KINDS,
    ),
    "beside": lambda: ch52.beside(
        [
            {"group": group, "arm": run, "seed": seed, "more": 10 * seed}
            for group, run in ((ch52.FOLDS, "weight decay 0.1"), (ch52.NO_FOLD, "float64"))
            for seed in (1, 2)
        ],
        1000,
    ),
    "pattern": lambda: ch60.pattern(np.eye(3), "1*2"),
    "breaks": lambda: ch60.breaks([{"directions": 7, "kind": "sum", "problems": 3}]),
    "ratios": lambda: ch60.ratios(
        [{"name": "one", "ratio": 1.2, "low": 0.5, "high": 2.0, "sure": False}]
    ),
    "by_digits": lambda: ch60.by_digits(
        [{"digits": d, "network": "a", "wrong": 1, "n": 9, "share": 0.1} for d in (4, 8)]
    ),
    "by_taught": lambda: ch60.by_taught(
        [
            {"arm": arm, "taught": x, "of": of, "seed": 0, "share": 0.1, "errors": "1 of 10"}
            for arm in ("latents of 8", "latents of 32")
            for of in ("held out", "trained on")
            for x in (0.1, 0.2)
        ]
    ),
    "falls": lambda: ch60.falls(
        [
            {"directions": rank, "kind": kind, "wrong": 0.5}
            for kind in colours.PARTS
            for rank in (2, 4)
        ],
        2,
    ),
    "parameters": lambda: ch61.parameters([{"what": "all", "parameters": 5}]),
    "loads": lambda: ch61.loads([3, 1]),
    "left_out": lambda: ch61.left_out(
        [
            {"layer": layer, "part": part, "wrong": 1, "n": 2, "share": 0.5}
            for layer in ("layer 0", "all layers")
            for part in ("a", "b")
        ]
    ),
    "told": lambda: ch61.told(
        [{"label": "place", "layer": layer, "seed": 1, "share": 0.5} for layer in (0, 1)]
    ),
    "unevenness": lambda: ch61.unevenness(
        [{"run": "a", "arm": "a", "step": step, "uneven": 1.5} for step in (1, 2)]
    ),
    "studied": lambda: ch62.studied(
        [
            {"way": "mistakes", "what": what, "n": 5, "rank": rank, "of": 20, "said": "15"}
            for rank, what in enumerate(("wrong", "right", "known", "not read"))
        ]
    ),
    "ledger": lambda: ch62.ledger(
        [{"noted": "round 1", "after": "round 1", "share": 0.3, "errors": "3 of 10"}]
    ),
    "left": lambda: ch62.left(
        [
            {"run": "1. a run", "what": what, "n": 3, "rank": rank}
            for rank, what in enumerate(("still wrong", "now right", "not evaluated yet"))
        ]
    ),
    "by_length": lambda: ch50.by_length(
        [
            {"kernel": kernel, "tokens": n, "milliseconds": 2.0, "when": when}
            for kernel in ch50.KERNELS
            for n in (64, 128)
            for when in ("recorded", "here and now")
        ],
        "milliseconds",
        "milliseconds",
    ),
    "ends_of_plans": lambda: ch30.ends_of_plans(
        [
            {"arm": "stages", "of": of, "seed": seed, "share": 0.5, "errors": "1 of 2"}
            for of in ("four by four digits", "one by one digit")
            for seed in (0, 1)
        ]
    ),
    "problems_by_length": lambda: ch30.problems_by_length(
        [
            {"digits": digits, "what": what, "seed": 0, "problems": 10**digits}
            for what in ("95 in 100 right", "there are")
            for digits in (2, 3)
        ]
    ),
    "wrong_by_mix": lambda: ch30.wrong_by_mix(
        [
            {"group": "far", "arm": arm, "seed": 0, "share": 0.1, "wrong": "1 of 10"}
            for arm in ("stages", "far carries")
        ]
    ),
    "wrong_by_problems": lambda: ch30.wrong_by_problems(
        [
            {"drawn": "at random", "problems": n, "place": place, "label": f"{n:,}"}
            | {"seed": seed, "share": 0.5}
            for place, n in enumerate((3000, 30_000))
            for seed in (0, 1)
        ],
        done=0.05,
    ),
    "wrong_by": lambda: ch30.wrong_by([{"amount": 0, "share": 0.5, "wrong": 1, "n": 2}], "zeros"),
    "wrong_suites": lambda: ch30.wrong_suites(
        [{"suite": "nines", "model": "a", "share": 0.1, "wrong": 100, "n": 1000}]
    ),
    "wrong_by_share": lambda: ch30.wrong_by_share(
        [{"place": "units", "weight": w, "share": w, "wrong": "1 of 4"} for w in (0.2, 0.4)]
    ),
    "wrong_tokens": lambda: ch30.wrong_tokens(
        [{"digits": digits, "share": 0.1, "wrong": "1 of 10", "tokens": 9} for digits in (12, 20)]
    ),
    "patch_map": lambda: ch81.patch_map(PATCHED),
    "preview_points": lambda: ch81.preview_points(PATCHED),
    "paths_map": lambda: ch81.paths_map(PATCHED),
    "over_pairs": lambda: ch81.over_pairs(np.array([[0.0, 1.0], [np.nan, 2.0]]), "activation"),
    "broken_map": lambda: ch81.broken_map(
        [{"layer": "0", "column": "FFN", "wrong": wrong, "n": 4} for wrong in (0, 4)]
    ),
    "direct_bars": lambda: ch81.direct_bars({"FFN 0": 2.0, "FFN 1": -1.0}, "6 over 7"),
    "digit_map": lambda: ch81.digit_map(SIGNED, "having read", "looks for", "score"),
    "composed": lambda: ch81.composed([{"head": "0.0", "read_as": "key", "share": 0.1}], 0.06),
}
SIGNS = {
    "digit_map",
    "patch_map",
    "paths_map",
    "tile_map",
    "cosine_map",
    "scores_by_place",
    "waterfall",
}
CURVES = {
    *("loss_curves", "exactness_curves", "coin", "loss_and_perplexity", "chain"),
    *("largest_weights", "neuron_curve", "over_seeds", "by_distance"),
}
SHORT = {
    "one_table",
    "blend_map",
    "broken_map",
    "tile_map",
    "length_map",
    "early_reading",
    "line_lengths",
    "studied",
    "table_map",
}
"""Maps and lists whose height follows from the number of their rows."""

TONES = {
    name: tone for name, tone in vars(colours).items() if isinstance(tone, Tone) and name.isupper()
}
TEXT = ("INK", "SOFT")
GROUND = ("PAPER", "LINE", "ON_STRONG")
"""What need not stand out from the page; text on cells is compared with the cells."""


THEMES = ("light", "dark")


@contextmanager
def read_in(theme: str) -> Generator[None]:
    context = SimpleNamespace(theme=SimpleNamespace(type=theme))
    with patch.object(colours, "st", SimpleNamespace(context=context)):
        yield


@cache
def specs(theme: str) -> dict[str, dict[str, Any]]:
    """Every chart as it is drawn in this theme, without its numbers."""
    assert len(CHARTS) > 60
    with read_in(theme):
        made = {name: as_made(chart()).to_dict() for name, chart in CHARTS.items()}
    return {name: {k: x for k, x in spec.items() if k != "datasets"} for name, spec in made.items()}


def as_made(chart: Any) -> Any:
    return chart.chart if isinstance(chart, DrawnChart) else chart


def parts(node: Any) -> Iterator[dict[str, Any]]:
    """Every object in a specification."""
    if isinstance(node, dict):
        yield node
        for child in node.values():
            yield from parts(child)
    elif isinstance(node, list):
        for child in node:
            yield from parts(child)


def hexes(spec: Any) -> set[str]:
    return set(re.findall(r"#[0-9a-fA-F]{6}", str(spec)))


def test_every_chart_is_here() -> None:
    made = {
        name
        for module in (
            bars,
            curves,
            dots,
            maps,
            vectors,
            ch00,
            ch01,
            ch02,
            ch03,
            ch10,
            ch20,
            ch30,
            ch50,
            ch51,
            ch52,
            ch60,
            ch61,
            ch62,
            ch80,
            ch81,
            ch82,
        )
        for name, value in vars(module).items()
        if getattr(value, "__module__", "") == module.__name__
        and getattr(value, "__annotations__", {}).get("return") in ("Chart", "DrawnChart")
    }
    assert made - {"layers_of_seeds"} == set(CHARTS)


def test_a_chart_wears_the_theme() -> None:
    found = {
        f"{name}, {theme}": out_of_theme(spec, getattr(colours.SOFT, theme))
        for theme in THEMES
        for name, spec in specs(theme).items()
    }
    assert LABEL == 13 and {name: amiss for name, amiss in found.items() if amiss} == {}


def out_of_theme(spec: dict[str, Any], soft: str) -> list[str]:
    """What of its labels is not as the theme has it."""
    axis, legend = spec["config"]["axis"], spec["config"]["legend"]
    sizes = [part["labelFontSize"] for part in parts(spec) if "labelFontSize" in part]
    held = {
        "labels stay at their ticks": axis["labelFlush"] is False,
        "labels are soft": axis["labelColor"] == legend["labelColor"] == soft,
        "labels are of one size": axis["labelFontSize"] == legend["labelFontSize"] == LABEL,
        "no label is smaller": min(sizes) >= LABEL,
    }
    return [name for name, holds in held.items() if not holds]


def test_the_height_of_a_chart_is_the_height_of_its_plot() -> None:
    with read_in("light"):
        found = {name: out_of_height(name, as_made(chart())) for name, chart in CHARTS.items()}
    assert found and {name: amiss for name, amiss in found.items() if amiss} == {}


def out_of_height(name: str, chart: Chart) -> list[str]:
    spec = chart.to_dict()
    least = 260 if name in CURVES else 0 if name in SHORT else BARS
    held = {
        "fits the page": spec["autosize"] == {"type": "fit-x", "contains": "padding"},
        "is finished": finished(chart).to_dict() == spec,
        "no facets": "facet" not in spec,  # Vega fits none
        "is high enough": spec["height"] >= least,
    }
    return [name for name, holds in held.items() if not holds]


def test_a_legend_shows_what_it_names() -> None:
    """A mark with points of its own swallows the dashes of a legend, and opacity its colours."""
    hidden = [
        name for name, spec in specs("light").items() if not all(map(shows_its_legend, parts(spec)))
    ]
    assert hidden == []


def shows_its_legend(part: dict[str, Any]) -> bool:
    pointed = "point" in part.get("mark", ()) and part["mark"] != "point"
    legend = part.get("legend")
    return not pointed and (not isinstance(legend, dict) or legend.get("symbolOpacity", 1) == 1)


def test_a_colour_comes_from_the_grammar() -> None:
    found = {
        f"{name}, {theme}": out_of_grammar(name, hexes(spec), theme)
        for theme in THEMES
        for name, spec in specs(theme).items()
    }
    assert {name: amiss for name, amiss in found.items() if amiss} == {}


def out_of_grammar(name: str, used: set[str], theme: str) -> list[str]:
    """Colours without a name, and those of signs where there are none, or none where there are."""
    known = {getattr(tone, theme) for tone in TONES.values()}
    signs = {getattr(tone, theme) for tone in (colours.NEGATIVE, colours.POSITIVE)}
    wrong = [] if bool(used & signs) == (name in SIGNS) else ["signs"]
    return sorted(used - known) + wrong


def test_no_value_leaves_the_colours_of_its_map() -> None:
    maps_of = {
        name: [
            part["color"]
            for part in parts(spec)
            if isinstance(part.get("color"), dict) and part["color"].get("type") == "quantitative"
        ]
        for name, spec in specs("light").items()
    }
    unclamped = [
        name
        for name, found in maps_of.items()
        if not all(colour["scale"]["clamp"] is True for colour in found)
    ]
    assert any(maps_of.values()) and unclamped == []


def test_a_scale_of_colours_is_told_by_marks() -> None:
    """A gradient is looked up by the page's address at the time, which the next guess changes."""
    ramps = [
        name
        for name, spec in specs("light").items()
        for part in parts(spec)
        if isinstance(part.get("color"), dict) and part["color"].get("type") == "quantitative"
        if (legend := part["color"].get("legend", {})) is not None
        and legend.get("type") != "symbol"
    ]
    assert ramps == []


def test_right_and_wrong_are_told_without_colour_too() -> None:
    assert ch10.beliefs([0.1, 0.9], "78", "7", "8").data["mark"].tolist() == ["✓", "✗"]  # pyright: ignore


# ---------------------------------------------------------------- the colours themselves


def luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return float(np.dot([0.2126, 0.7152, 0.0722], linear))


def contrast(one: str, other: str) -> float:
    low, high = sorted([luminance(one), luminance(other)])
    return (high + 0.05) / (low + 0.05)


def test_a_colour_stands_out_from_the_page() -> None:
    pale = [
        f"{name}, {theme}"
        for theme in THEMES
        for name, tone in TONES.items()
        if name not in GROUND
        and contrast(getattr(tone, theme), getattr(colours.PAPER, theme))
        < (4.5 if name in TEXT else 3)
    ]
    assert TONES.keys() >= {*TEXT, *GROUND} and pale == []


def test_text_on_strong_cells_and_in_bars_can_be_read() -> None:
    for theme in THEMES:
        on = getattr(colours.ON_STRONG, theme)
        assert contrast(on, getattr(colours.POSITIVE, theme)) >= 4.5, theme
        for tone in (colours.RIGHT, colours.WRONG, colours.WORSE):
            paper = getattr(colours.PAPER, theme)
            assert contrast(paper, getattr(tone, theme)) >= 4.5, (theme, tone)


def test_right_and_wrong_of_the_atlas_differ_in_brightness() -> None:
    for theme in THEMES:
        right, wrong, worse = (
            getattr(tone, theme) for tone in (colours.RIGHT_FIELD, colours.WRONG, colours.WORSE)
        )
        assert contrast(right, wrong) >= 1.5 and contrast(wrong, worse) >= 1.5, theme


def test_a_kind_has_one_colour_and_others_take_what_is_left() -> None:
    one_to_one = (colours.FORMATS, colours.POSITIONS, colours.RESIDUALS, colours.STUDIED)
    for table in (*one_to_one, colours.KEPT, colours.PARTS):
        assert len(set(table.values())) == len(table)
    assert colours.tone_of("cot, reversed, 0.1M") == colours.FORMATS["cot, reversed"]
    assert colours.tone_of("300 chosen pairs") == colours.ACCENT
    some = colours.apart(["plain", "a run of yours", "another"])
    assert some["plain"] == colours.FORMATS["plain"] and len(set(some.values())) == 3


def test_a_run_of_a_readers_has_the_colour_of_the_recorded_one_and_of_its_kind() -> None:
    races = {
        "20": ch20_claims.ENCODINGS.values(),
        "30": ("fine-tuned", "from scratch"),
        "51": ch51_claims.ARMS.values(),
        "52": (f"{few} pairs" for few in ch52_worked.FEWS),
        "60": ch60_worked.LIVE.values(),
        "62": ch62_worked.READS,
    }
    for page, kinds in races.items():
        recorded = {kind: f"{kind}{colours.RECORDED}" for kind in kinds}
        own = [f"{i}. {kind}, as set" for i, kind in enumerate(recorded, 1)]
        if page == "52":  # pairs are no kinds of the book: they are told apart by their number
            own = [name.removesuffix(", as set") for name in own]
        found = colours.apart([*recorded.values(), *own])
        alone = colours.apart(recorded.values())
        for kind, mine in zip(recorded, own, strict=True):
            tone = found[recorded[kind]]
            assert found[mine] == tone == alone[recorded[kind]], (page, kind)
            assert page == "52" or tone == colours.KINDS[kind], (page, kind)
        assert len({*alone.values()}) == len(recorded), page


# ---------------------------------------------------------------- what is sent


GONE = """
Altair no longer lists its classes as `list_classes_once` in components/ui/plots/chart_parts.py
expects it. The book still works: its charts are the same, and slower to make.

What to do: read how `SchemaBase.from_dict` in altair/utils/schemapi.py finds the class of a schema
now. If it still draws a list up for every channel that is given as a text, let `list_classes_once`
share that one. If it does not, delete `list_classes_once`, `CLASSES` and these tests.
"""


def sent() -> dict[str, dict[str, Any]]:
    """Of each chart what Streamlit is given, made anew."""
    found: dict[str, dict[str, Any]] = {}
    with patch.object(drawn_once.Kept, "get", lambda *_: None), read_in("light"):
        for name, make in CHARTS.items():
            chart = make()
            found[name] = (chart if isinstance(chart, DrawnChart) else DrawnChart(chart)).to_dict()
    return found


def test_what_is_sent_is_what_untouched_altair_would_send(monkeypatch: pytest.MonkeyPatch) -> None:
    """Altair with its checks of every part, and with a list of its own for every channel."""
    assert chart_parts.CLASSES is not None, GONE
    ours = sent()
    list_of: Any = type(chart_parts.CLASSES)
    listed: list[object] = []

    def listed_anew(classes: object) -> object:
        listed.append(list_of(classes))
        return listed[-1]

    monkeypatch.setattr(schemapi, "DEBUG_MODE", True)
    monkeypatch.setattr(schemapi, "_FromDict", listed_anew)
    theirs = sent()
    assert [name for name in CHARTS if ours[name] != theirs[name]] == []
    assert len(listed) > len(CHARTS), "no channel was given as a text"


def test_altair_lists_its_classes_once(monkeypatch: pytest.MonkeyPatch) -> None:
    assert chart_parts.CLASSES is not None, GONE
    monkeypatch.setattr(type(chart_parts.CLASSES), "__init__", pytest.fail)
    assert schemapi._FromDict([]) is chart_parts.CLASSES, GONE
    assert vectors.waves(TEN[:3], 0.9).to_dict()["layer"]


def test_where_altair_has_no_such_list_it_stays_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """The module, run once more with an Altair that is otherwise."""

    def needs_more(_classes: object, _more: object) -> None:
        """Of a later Altair."""

    for other in (None, needs_more):
        if other:
            monkeypatch.setattr(schemapi, "_FromDict", other, raising=False)
        else:
            monkeypatch.delattr(schemapi, "_FromDict")
        ran = runpy.run_path(chart_parts.__file__)
        assert ran["CLASSES"] is None
        assert getattr(schemapi, "_FromDict", None) is other
