"""The worked numbers in the prose of chapter 8, third page, and what its records say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

import numpy as np
from numpy.typing import NDArray

from components.ui.chapters.ch82 import claims
from components.ui.chapters.ch82.claims import BOOK, NAMES, PRODUCT, SUM
from components.ui.drawings.guess import Answer, Axis, Dragged
from components.ui.drawings.guess import Row as Line
from components.ui.drawings.swaps import KINDS, Carried, Site, Swap
from components.ui.lazily import lazily
from components.ui.page_records import rows_of
from components.ui.plots.colours import GREY, LINE, OCHRE, RIGHT, TEAL, VIOLET, WRONG, Tone
from lab.data.problems import Format
from lab.data.vocabulary import VOCABULARY
from lab.interp.carries import CARRIES, Carry, CarryName, Predicted, predicted

recipes = lazily("lab.recipes.recipe_index")

Drawn = dict[str, Any]
"""A row of a chart or a table."""

FORM = Format("cot_reversed")

# ---------------------------------------------------------------- the opening figure

COPIED = (
    *((f"head {head}", f"head {head}") for head in range(4)),
    ("attn_out", "all that attention adds"),
    ("ffn_out", "what the FFN adds"),
    ("resid_mid", "the stream after attention"),
    ("resid_post", "the stream after the FFN"),
    ("means of resid_mid", "class means, after attention"),
    ("means of resid_post", "class means, after the FFN"),
    ("probe of resid_mid", "what a probe reads, after attention"),
    ("probe of resid_post", "what a probe reads, after the FFN"),
)
"""What the figure copies: as the record calls it, and in words."""

FIRST = (0, 1, 0)
"""Shown first: the carry of a sum, head 1, layer 0."""

PLACES_OF: dict[CarryName, tuple[str, str]] = {
    SUM: ("tens", "hundreds"),
    PRODUCT: ("units", "tens"),
}
"""Of the digits that make a carry, and of the digit that it goes into."""

CALLED: dict[CarryName, str] = {SUM: "carry of the sum", PRODUCT: "carry of a partial product"}


def kind_of(site: Mapping[str, Any]) -> str:
    return f"head {site['part']}" if site["kind"] == "head" else str(site["kind"])


def shown(rows: Sequence[Mapping[str, Any]], model: str = BOOK) -> list[Carried]:
    """Of each carry the swaps of a network, and what every site of every layer came to."""
    of = {row["cell"]["carry"]: row for row in rows if row["cell"]["model"] == model}
    return [carried(of[name], CARRIES[name]) for name in CALLED if name in of]


def carried(row: Mapping[str, Any], carry: Carry) -> Carried:
    pairs = np.array(row["operands"], dtype=np.int64)
    x, y = (FORM.render(pairs[:, k], pairs[:, k + 1])[0] for k in (0, 2))
    columns, own, other = carry.column(x), carry.into(x), carry.into(y)
    swaps = [
        Swap(
            f"{a} × {b}",
            f"{c} × {d}",
            int(column),
            (int(own[i]), int(other[i])),
            (of_column(carry.name, a, b), of_carry(carry.name, c, d)),
        )
        for i, ((a, b, c, d), column) in enumerate(zip(pairs.tolist(), columns, strict=True))
    ]
    sites: list[Site] = []
    for kind, words in COPIED:
        layers = sorted(
            (site for site in row["sites"] if kind_of(site) == kind), key=lambda x: x["layer"]
        )
        if layers:
            digits, kinds = ([site[what] for site in layers] for what in ("written", "outcomes"))
            sites.append(Site(words, digits, kinds))
    return Carried(CALLED[carry.name], swaps, sites, PLACES_OF[carry.name])


HUNDREDS, TENS = 2, 1
"""Places of a digit, from the right."""


def of_column(name: CarryName, a: int, b: int) -> str:
    """What the column of a digit is made of, its digits between asterisks: '2*5*2 + 56*7*0'."""
    if name == SUM:
        return marked_sum(a, b, HUNDREDS)
    return f"{a // 10} × {b % 10} = *{a // 10 * (b % 10)}*"


def of_carry(name: CarryName, a: int, b: int) -> str:
    """What the carry into that digit is made of, alike."""
    if name == SUM:
        return marked_sum(a, b, TENS)
    tens, units = divmod(a % 10 * (b % 10), 10)
    return f"{a % 10} × {b % 10} = *{tens}*{units}"


def marked_sum(a: int, b: int, place: int) -> str:
    """Both partial products, the digit at a place of each between asterisks."""
    return " + ".join(
        f"{text[: -place - 1]}*{text[-place - 1]}*{text[len(text) - place :]}"
        for product in (a * (b % 10), a * (b // 10) * 10)
        for text in [str(product).zfill(place + 1)]
    )


A_GRID = "A grid of the digit predicted and the digit written, a mark a swap"

FEW = 8
"""What is copied before the guesses of the page: the whole of parts and streams, no directions."""


def opening(found: Sequence[Carried]) -> list[Carried]:
    """The carry of the sum, and of what may be copied only what gives no guess away."""
    return [one._replace(sites=one.sites[:FEW]) for one in found if one.name == CALLED[SUM]]


def swap_rows(found: Sequence[Carried]) -> list[Drawn]:
    """A row a site of a layer, with how many of its swaps came to what."""
    return [
        {
            "carry": one.name,
            "copied": site.name,
            "layer": layer,
            **{kind: kinds.count(str(k)) for k, kind in enumerate(KINDS)},
        }
        for one in found
        for site in one.sites
        for layer, kinds in enumerate(site.kinds)
    ]


# ---------------------------------------------------------------- by hand

ONE, OTHER = (37, 48), (86, 27)
"""Two problems of the worked number, both written by the book's network."""

FAIR = (43, 76)
"""Of an exercise: the problem into which a carry is brought."""


def texts_of(*pairs: tuple[int, int]) -> NDArray[np.uint8]:
    return FORM.render(np.array([a for a, _ in pairs]), np.array([b for _, b in pairs]))[0]


def expected(name: CarryName, one: tuple[int, int], other: tuple[int, int]) -> Predicted:
    return predicted(CARRIES[name], texts_of(one), texts_of(other))


def digit_of(name: CarryName, what: str) -> str:
    return str(int(getattr(expected(name, ONE, OTHER), what)[0]))


def column_of(pair: tuple[int, int]) -> str:
    upper, lower = (int(texts_of(pair)[0, field.start + 2]) for field in FORM.partial_products)
    return f"{upper} + {lower}"


def carry_of(pair: tuple[int, int]) -> str:
    return str(int(CARRIES["sum"].into(texts_of(pair))[0]))


def tens_of(pair: tuple[int, int]) -> str:
    upper, lower = (int(texts_of(pair)[0, field.start + 1]) for field in FORM.partial_products)
    return f"{upper} + {lower}"


def addition(pair: tuple[int, int]) -> str:
    """'296 + 1480 = 1776'"""
    a, b = pair
    return f"{a * (b % 10)} + {a * (b // 10) * 10} = {a * b}"


def worked_sum(column: tuple[int, int], carry: tuple[int, int]) -> str:
    """The column of one problem and the carry of another: '6 + 7 + 1 = 14'."""
    into = carry_of(carry)
    digits = [*map(int, column_of(column).split(" + ")), int(into)]
    return f"{column_of(column)} + {into} = {sum(digits)}"


def last_shown() -> tuple[int, int]:
    """The problem that stands in the opening figure once it has played."""
    row = row_of(rows_of("carry_shown.jsonl"), BOOK, SUM)
    assert row is not None
    a, b, *_ = row["operands"][-1]
    return a, b


def hand_numbers(row: Mapping[str, Any]) -> list[dict[str, str]]:
    """A row a number of the head of both worked problems and its means, and their places on the
    line through the class means."""
    found = row["worked"]
    names = ["×".join(map(str, pair)) for pair in found["problems"]]

    def line(name: str, own: Sequence[float], means: Sequence[float]) -> dict[str, str]:
        said = [f"{value:.2f}".replace("-", "−") for value in (*own, *means)]
        heads = (*names, "mean without a carry", "mean with one")
        return {"": name, **dict(zip(heads, said, strict=True))}

    numbers = [
        line(f"number {number}", *(([row[i] for row in found[what]]) for what in ("own", "means")))
        for i, number in enumerate(found["numbers"])
    ]
    return [*numbers, line("place on the line", found["places"], (0, 1))]


AT: Mapping[float, str] = {
    0.25: "a quarter of the way",
    0.5: "half of it",
    0.75: "three quarters",
    1.0: "all of it",
    2.0: "twice the way",
    3.0: "three times",
}
"""Places on the line through the class means that the page tells."""


def on_the_line(row: Mapping[str, Any]) -> list[dict[str, str]]:
    """A row a place on the line, how many of the test problems set to it are written how."""
    written = dict(zip(row["places"], row["written"], strict=True))
    heads = ("as without a carry", "as with one", "as with two", "otherwise")
    return [
        {
            f"Of {row['pushed']:,}, set to": words,
            **{head: f"{n:,}" for head, n in zip(heads, written[at], strict=True)},
        }
        for at, words in AT.items()
    ]


def told_by_less() -> str:
    """Of all problems, those in which the tens digit of the sum is smaller than both tens digits
    that make it if these carry, and than neither if they do not."""
    a, b = np.divmod(np.arange(100**2), 100)
    upper, lower = a * (b % 10), a * (b // 10) * 10
    left = (upper + lower) // 10 % 10
    carry = upper % 100 + lower % 100 >= 100
    less = [left < product // 10 % 10 for product in (upper, lower)]
    told = (less[0] == carry) & (less[1] == carry)
    return f"{told.sum():,} of {told.size:,}"


def all_heads() -> int:
    """Of all layers of the book's network."""
    model = recipes.recipe(BOOK).model
    return model.n_layer * model.attention.n_head


CALC = {
    "width": lambda: str(recipes.recipe(BOOK).model.d_model),
    "head_width": lambda: str(recipes.recipe(BOOK).model.attention.head_dim),
    "layers": lambda: str(recipes.recipe(BOOK).model.n_layer),
    "heads": lambda: str(recipes.recipe(BOOK).model.attention.n_head),
    "all_heads": lambda: str(all_heads()),
    "all_numbers": lambda: f"{all_heads() * recipes.recipe(BOOK).model.attention.head_dim:,}",
    "other_tens": lambda: tens_of(OTHER),
    "told_by_less": told_by_less,
    "fair": lambda: f"{FAIR[0]} \\times {FAIR[1]}",
    "one_text": lambda: FORM.text(*ONE).rstrip("$"),
    "one": lambda: f"{ONE[0]} \\times {ONE[1]}",
    "other": lambda: f"{OTHER[0]} \\times {OTHER[1]}",
    "one_sum": lambda: addition(ONE),
    "other_sum": lambda: addition(OTHER),
    "one_tens": lambda: tens_of(ONE),
    "one_tens_digit": lambda: str(ONE[0] * ONE[1] // 10 % 10),
    "one_column": lambda: column_of(ONE),
    "other_column": lambda: column_of(OTHER),
    "one_carry": lambda: carry_of(ONE),
    "other_carry": lambda: carry_of(OTHER),
    "stays": lambda: digit_of("sum", "nothing"),
    "moves": lambda: digit_of("sum", "carry"),
    "whole": lambda: digit_of("sum", "digit"),
    "column_moves": lambda: digit_of("sum", "column"),
    "stays_sum": lambda: worked_sum(ONE, ONE),
    "moves_sum": lambda: worked_sum(ONE, OTHER),
    "whole_sum": lambda: worked_sum(OTHER, OTHER),
    "column_moves_sum": lambda: worked_sum(OTHER, ONE),
    "shown": lambda: "{} \\times {}".format(*last_shown()),
    "shown_sum": lambda: addition(last_shown()).partition(" = ")[0],
    # In braces: such a short sum is not broken between lines.
    "shown_column": lambda: f"{{{column_of(last_shown())}}}",
    "shown_tens": lambda: f"{{{tens_of(last_shown())}}}",
}

# ---------------------------------------------------------------- 1. what can be read

ASKED = {
    "right": "the carry",
    "untrained": "an untrained network",
    "shuffled": "shuffled labels",
}
OF_STREAM = {"resid_pre": "E", "resid_mid": "A", "resid_post": "F"}
"""Places of the stream: after the embedding, an attention, an FFN."""

SLOTS = ("the slot that writes the digit", "the slot before")


def row_of(rows: Sequence[Mapping[str, Any]], model: str, carry: str) -> Mapping[str, Any] | None:
    return next((r for r in rows if r["cell"] == {"model": model, "carry": carry}), None)


def places_of(row: Mapping[str, Any]) -> list[str]:
    layers = sorted({probe["layer"] for probe in row["probes"]})
    return ["E", *(f"{part}{layer}" for layer in layers for part in "AF")]


def read_rows(row: Mapping[str, Any], slot: str) -> list[Drawn]:
    """A row a place of the stream and a question, at one of the two slots."""
    slots = sorted({probe["slot"] for probe in row["probes"]})
    wanted = slots[1] if slot == SLOTS[0] else slots[0]
    found: list[Drawn] = []
    for probe in row["probes"]:
        if probe["slot"] != wanted or probe["name"] not in OF_STREAM:
            continue
        place = OF_STREAM[probe["name"]]
        place = place if place == "E" else f"{place}{probe['layer']}"
        told = {words: probe[what] for what, words in ASKED.items()}
        for asked, right in {**told, "the commonest": row["commonest"]}.items():
            if right is not None:
                found.append(
                    {
                        "place": place,
                        "asked": asked,
                        "share": right / row["n"],
                        "count": f"{right:,} of {row['n']:,}",
                    }
                )
    return found


# ---------------------------------------------------------------- outcomes of swaps

LOOKS: Mapping[str, tuple[Tone, str]] = {
    "the carry moves": (RIGHT, "✓"),
    "the whole digit moves": (VIOLET, "■"),
    "nothing changes": (LINE, ""),
    "something else": (WRONG, "×"),
}


def fates(site: Mapping[str, Any]) -> dict[str, int]:
    both = site["column"] + site["else"]
    return dict(zip(LOOKS, (site["carry"], site["digit"], site["nothing"], both), strict=True))


def fate_rows(named: Mapping[str, Mapping[str, Any]]) -> list[Drawn]:
    """A row a site and what came of it, in hundredths of its pairs."""
    return [
        {"copied": name, "outcome": kind, "rank": rank, "n": 100 * n / site["n"]}
        for name, site in named.items()
        for rank, (kind, n) in enumerate(fates(site).items())
    ]


def one_site(row: Mapping[str, Any], kind: str, nth: int = 0) -> Mapping[str, Any]:
    return [site for site in row["decided"] if site["kind"] == kind][nth]


def subspaces(row: Mapping[str, Any], what: str) -> dict[str, Mapping[str, Any]]:
    """At one place of the stream: what a probe reads, class means, as many directions at random and
    the whole vector."""
    nth = [s["kind"] for s in row["decided"] if s["kind"].startswith("means")].index(
        f"means of {what}"
    )
    return {
        "what a probe reads": one_site(row, f"probe of {what}"),
        "class means": one_site(row, f"means of {what}"),
        "random directions": one_site(row, "random directions", nth),
        "the whole stream": one_site(row, f"whole {what}"),
    }


PLACES = {"after attention": "resid_mid", "after the FFN": "resid_post"}


ALIKE = (
    ("probe of ffn_out", "probe of resid_mid", "probe of resid_post"),
    ("resid_mid", "resid_post"),
)
"""Kinds of sites that come to the same, so that the best of them stands for all."""


def kinds_of_sites(row: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """The best site of each kind, by its name, in the order of the validation problems on which
    sites are chosen; the first is the one that was chosen of all."""
    first = claims.chosen(row)
    sites = [site for site in row["decided"] if claims.is_whole(site)]
    sites.sort(key=lambda site: (site is not first, -on_validation(row, site)))
    kinds = [site["kind"] for site in sites]
    spare = {kind for alike in ALIKE for kind in [k for k in kinds if k in alike][1:]}
    named = {claims.named(site): site for site in sites if site["kind"] not in spare}
    return {f"(chosen) {name}" if site is first else name: site for name, site in named.items()}


def on_validation(row: Mapping[str, Any], site: Mapping[str, Any]) -> float:
    """The share of validation pairs in which the carry moves at a site."""
    place = ("kind", "layer", "part")
    (same,) = (one for one in row["scan"] if all(one.get(k) == site.get(k) for k in place))
    return same["carry"] / same["n"]


# ---------------------------------------------------------------- guesses

HUNDRED = Axis("in 100 pairs, the carry moves", 0, 100)


def in_hundred(site: Mapping[str, Any]) -> float:
    return round(100 * site["carry"] / site["n"])


def in_100(part: int, n: int, rows: Sequence[Line] = ()) -> Answer:
    """As it was guessed, in a hundred; what was counted comes after it."""
    return Answer(
        round(100 * part / n), f"{100 * part / n:.3g} in 100", f"{part:,} of {n:,}.", rows=rows
    )


OFTEN = ("in none", "in about half", "in nearly all")
READS = ("about as often as the commonest", "in about half", "nearly always")


def at_ffn(row: Mapping[str, Any], layer: int = 0) -> Mapping[str, Any]:
    return claims.probe_of(dict(row), "resid_post", layer)


def read_frame(row: Mapping[str, Any]) -> Dragged:
    axis = Axis("in 100 problems, the carry told right", 0, 100)
    given = Line("always the commonest", round(100 * row["commonest"] / row["n"]))
    return Dragged(axis, "the probe", given=[given], later=("an untrained network",), start=50)


def read_after_ffn(row: Mapping[str, Any]) -> Answer:
    """After FFN 0, at the slot that writes the digit."""
    found = at_ffn(row)
    other = round(100 * found["untrained"] / row["n"])
    return in_100(found["right"], row["n"], [Line("an untrained network", other)])


def used_frame(row: Mapping[str, Any]) -> Dragged:
    means = Line("the class means", in_hundred(one_site(row, "means of resid_mid")))
    return Dragged(HUNDRED, "what the probe reads", given=[means], start=50)


def used(row: Mapping[str, Any]) -> Answer:
    read = one_site(row, "probe of resid_mid")
    return in_100(read["carry"], read["n"])


def product_frame(row: Mapping[str, Any]) -> Dragged:
    head = one_site(row, "head")
    return Dragged(HUNDRED, "carry of a product", given=[sum_line(row)] if head else (), start=50)


def sum_line(row: Mapping[str, Any]) -> Line:
    head = one_site(row, "head")
    return Line(f"carry of the sum, {claims.named(head)}", in_hundred(head))


def product_best(row: Mapping[str, Any]) -> Answer:
    site = claims.chosen(row)
    return in_100(site["carry"], site["n"])


HOW_MANY = tuple(f"{n} of 5" for n in range(6))


def seeds_by_count(rows: Sequence[Mapping[str, Any]]) -> str | None:
    """In how many small networks a single head carries the carry of a sum; none if one is
    missing."""
    of = [row for row in rows if claims.is_small(row) and row["cell"]["carry"] == SUM]
    if len(of) < len(claims.SMALL):
        return None
    found = sum(
        any(site["kind"] == "head" and site["carries"] for site in row["decided"]) for row in of
    )
    return HOW_MANY[found]


is_head = claims.is_kind("head")


def is_means(site: Mapping[str, Any]) -> bool:
    return site["kind"].startswith("means")


def seed_rows(swaps: Sequence[Mapping[str, Any]], sets: Sequence[Mapping[str, Any]]) -> list[Drawn]:
    """A dot a small network: the share of carries moved by the best head, the best subspace of
    class means, and, where the search found one, the set."""
    found: list[Drawn] = []
    for carry, group in ((SUM, "sum"), (PRODUCT, "product")):
        for arm, test in (("best head", is_head), ("best class means", is_means)):
            for row in swaps:
                if claims.is_small(row) and row["cell"]["carry"] == carry:
                    found.append(seed_point(group, arm, row, claims.chosen(row, test)))
        for row in sets:
            own = row["carriers"]
            if claims.is_small(row) and row["cell"]["carry"] == carry and own["found"]:
                found.append(seed_point(group, "set that was found", row, own))
    return found


def seed_point(group: str, arm: str, row: Mapping[str, Any], site: Mapping[str, Any]) -> Drawn:
    what = claims.said(site["nodes"]) if "carriers" in row else claims.named(site)
    return {
        "group": group,
        "arm": arm,
        "seed": NAMES[row["cell"]["model"]].rpartition(" ")[2],
        "share": site["carry"] / site["n"],
        "copied": what,
        "pairs": f"{site['carry']:,} of {site['n']:,}",
    }


# ---------------------------------------------------------------- taken away

NEEDED = ("none", "a few", "most")
WITH, WITHOUT = "with a carry", "without"


def others_of(row: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Heads and FFNs beside those that carry."""
    return [one for one in row["units"] if one["unit"] not in row["nodes"]]


def needed_frame(row: Mapping[str, Any]) -> Dragged:
    n = len(others_of(row))
    given = Line("in the network", n, str(n))
    return Dragged(Axis("other heads and FFNs", 0, n), "needed", given=[given], start=n / 2)


def others_needed(row: Mapping[str, Any]) -> float:
    """Without how many of them, each alone, digits go wrong."""
    return sum(bool(one["with"] or one["without"]) for one in others_of(row))


def lost(row: Mapping[str, Any]) -> list[Drawn]:
    """A row a part and a kind of digit, where any goes wrong with the part's mean in its place;
    first the parts that carry together, then those that matter most for a carry alone."""
    own = {one["carry"]: one for one in row["needed"] if one["by"] == "mean"}
    found = {one["unit"]: (one["with"], one["without"]) for one in row["units"]}
    of = {True: own[True]["n"], False: own[False]["n"]}
    named = {
        unit: wrong
        for unit, wrong in sorted(
            found.items(), key=lambda x: x[1][1] / of[False] - x[1][0] / of[True]
        )
        if any(wrong)
    }
    if len(row["nodes"]) > 1:
        together = (own[True]["wrong"], own[False]["wrong"])
        named = {claims.said(row["nodes"]): together, **named}
    return [
        {
            "part": unit,
            "digits": kind,
            "share": n / of[has],
            "count": f"{n:,} of {of[has]:,}",
        }
        for unit, wrong in named.items()
        for (kind, has), n in zip({WITH: True, WITHOUT: False}.items(), wrong, strict=True)
    ]


# ---------------------------------------------------------------- every token, every layer

SHADES = {
    "told by a probe": "above the commonest",
    "moved along class means": "share of pairs",
}
"""What the map of every token shows, and what its colour says."""

MAPS = tuple(SHADES)


def places_in(row: Mapping[str, Any]) -> list[str]:
    """The places of the stream of a map, as charts call them: E, A0, F0."""
    parts = [one.partition(".") for one in row["places"]]
    return [OF_STREAM[name] + ("" if name == "resid_pre" else layer) for name, _, layer in parts]


def step_of(row: Mapping[str, Any]) -> str:
    """The token that is read last as the digit is written: where swaps end, and its column."""
    slot = sum(column[0] is not None for column in row["used"]) - 1
    return f"{slot:02d} {FORM.text(*ONE)[slot]}"


def at_every_token(row: Mapping[str, Any], what: str) -> list[Drawn]:
    """A row a place of the stream and a token: the share, of all that always naming the commonest
    leaves, that a probe tells, or of the pairs, in which the carry moves; none behind the step that
    writes the digit."""
    text, places, reads = FORM.text(*ONE), places_in(row), what == MAPS[0]
    least, most = (row["commonest"], row["n"]) if reads else (0, row["pairs"])
    found: list[Drawn] = []
    for slot, column in enumerate(row["read" if reads else "used"]):
        for place, n in zip(places, column, strict=True):
            if n is not None:
                share = max(n - least, 0) / (most - least)
                cell = {"place": place, "token": f"{slot:02d} {text[slot]}", "share": share}
                found.append({**cell, "count": f"{n:,} of {most:,}"})
    return found


# ---------------------------------------------------------------- a circuit


def circuit_rows(row: Mapping[str, Any]) -> list[Drawn]:
    found = row["circuit"]
    return sorted(
        (
            {"part": part, "value": value}
            for part, value in zip(found["nodes"], found["minimality"], strict=True)
        ),
        key=lambda one: -one["value"],
    )


def criteria(row: Mapping[str, Any]) -> list[dict[str, str]]:
    """The three criteria, as a table."""
    found = row["circuit"]
    widest = max(found["gaps"], key=lambda gap: abs(gap[1] - gap[2]))
    least = min(found["minimality"])
    return [
        {
            "criterion": "faithfulness",
            "asks": "Is the circuit alone enough?",
            "found": f"{found['faithfulness']:.2f} (1 as the whole network)",
        },
        {
            "criterion": "completeness",
            "asks": "With parts of it replaced, does the network do no better?",
            "found": f"widest gap {abs(widest[1] - widest[2]):.2f} (0 for none)",
        },
        {
            "criterion": "minimality",
            "asks": "Does each part matter beside some others?",
            "found": f"{least:.2f} for the part that matters least",
        },
    ]


PARTS = ("one or two", "about a third", "nearly all")


def circuit_frame(row: Mapping[str, Any]) -> Dragged:
    axis = Axis("heads and FFNs", 0, row["units"])
    given = Line("in the network", row["units"], str(row["units"]))
    return Dragged(axis, "in the circuit", given=[given], start=row["units"] / 2)


def parts_of_circuit(row: Mapping[str, Any]) -> float:
    return len(row["circuit"]["nodes"])


def sign(token: int) -> str:
    """A token as it is written."""
    return VOCABULARY[token]


# ---------------------------------------------------------------- how a digit is made

UNITS_TOKEN = 6
"""The units of the first product."""

TABLES: tuple[str, ...] = ("a rule each", "a lookup", "the digit", "a blend")
TONES: Mapping[str, Tone] = dict(zip(TABLES, (VIOLET, OCHRE, TEAL, GREY), strict=True))
KINDS_OF_TABLES = {
    name: (tone, sign) for (name, tone), sign in zip(TONES.items(), "rldb", strict=True)
}
COUNTED_AS: Mapping[str, str] = {"the size": "a blend"}
"""A few neurons of the record go by the size of the product."""


def neurons_of(record: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """Of the book's network, at the step that writes the units of the first product."""
    cell = {"model": claims.BOOK, "token": UNITS_TOKEN}
    return next((row for row in record if row["cell"] == cell), None)


def neurons_frame(drawn: Mapping[str, Any]) -> Dragged:
    """Beside layer 0 every draw of as many others."""
    follows: Sequence[int] = drawn["layer 0"]["others"]["follows"]
    dots = [100 * follow / drawn["n"] for follow in follows]
    words = f"{min(dots):.0f} to {max(dots):.0f}"
    given = [Line("as many other neurons", median(dots), words, dots)]
    axis = Axis("in 100 pairs, the other digit is written", 0, 100)
    return Dragged(axis, "all neurons of layer 0", given=given, start=50)


def layer_0_follows(row: Mapping[str, Any]) -> Answer:
    swap = row["swaps"]["layer 0"]
    return in_100(swap["follows"], swap["n"])


def kinds_by_layer(row: Mapping[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for layer, own in enumerate(row["tables"]):
        n: dict[str, int] = dict.fromkeys(TABLES, 0)
        tables: Mapping[str, int] = own
        for kind, neurons in tables.items():
            n[COUNTED_AS.get(kind, kind)] += neurons
        found += [
            {"layer": f"layer {layer}", "table": name, "rank": rank, "n": n[name]}
            for rank, name in enumerate(TABLES)
        ]
    return found


def a_table_each(row: Mapping[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """Of each kind but the blends, the table that varies most, of layer 0 if it has one: its cells,
    in share of the largest value."""
    found: dict[str, list[dict[str, Any]]] = {}
    for kind in TABLES[:3]:
        own = [one for one in row["shown"] if one["kind"] == kind]
        one = next((one for one in own if one["layer"] == 0), own[0])
        found[f"{kind}: layer {one['layer']}, neuron {one['neuron']}"] = [
            {"a": a, "b": b, "value": value / 100}
            for a, line in enumerate(one["table"])
            for b, value in enumerate(line)
        ]
    return found


def swapped_kinds(row: Mapping[str, Any], drawn: Mapping[str, Any]) -> list[Drawn]:
    """How often the digit follows, in hundredths: all neurons of a kind, and as many others, the
    median of the draws from its own layers, or of any layer if those have too few; of lookups also
    others that write as much, drawn likewise."""
    found: list[Drawn] = []
    for kind in TABLES[:3]:
        own, draws = row["swaps"][kind], row["alike"][kind]["any"]
        where = "same layers" if draws else "any layers"
        others = median(draws) if draws else row["swaps"][f"{kind}, others"]["follows"]
        bars = [
            (f"{kind}: all {own['neurons']:,}", own["follows"], False),
            (f"{own['neurons']:,} others, {where}", others, True),
        ]
        if kind == "a lookup":
            as_much = median(drawn["lookups"]["others"]["follows"])
            bars.append(("fewer others that add as much", as_much, True))
        for swapped, follows, is_others in bars:
            found.append(
                {
                    "kind": kind,
                    "swapped": swapped,
                    "others": is_others,
                    "of_100": 100 * follows / own["n"],
                    "count": f"{follows:,.0f} of {own['n']:,}",
                }
            )
    return found
