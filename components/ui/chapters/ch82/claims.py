"""The measured figures of chapter 8, third page: where a carry is, and what is only read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from components.ui.claims.claim import Claim, Table
from lab.interp.carries import CARRIES as CARRIES_OF
from lab.interp.carries import CarryName
from lab.readings import Counts, Measured, Row, Rows, Told, part_of, rows
from lab.statistics import CHANCE, lower_bound_95

BOOK = "chain_of_thought"
SEEDS = (0, 1, 2, 3, 4)
SMALL = tuple(f"small_{seed}" for seed in SEEDS)
MODELS = (BOOK, *SMALL)
CARRIES: tuple[CarryName, CarryName] = ("sum", "partial_product")
"""As records call them, those of the page's figure first."""

NAMES = {BOOK: "the book's network", **{f"small_{seed}": f"small, seed {seed}" for seed in SEEDS}}

SWAPPED, SETS, PROBED, NEEDED = (
    rows(f"carry_{what}") for what in ("swaps", "sets", "probes", "needed")
)


def named(site: Row) -> str:
    """As tables and prose call a site: 'head 0.1', 'stream after attention 0, class means'."""
    kind, layer = site["kind"], site["layer"]
    if kind == "head":
        return f"head {layer}.{site['part']}"
    how, _, name = kind.rpartition(" of ")
    where = {
        "attn_out": f"attention {layer}",
        "ffn_out": f"FFN {layer}",
        "resid_mid": f"stream after attention {layer}",
        "resid_post": f"stream after FFN {layer}",
    }[name or kind.split()[-1]]
    return f"{where}, {HOW[how]}" if how else where


HOW = {"means": "class means", "probe": "what a probe reads"}


# ---------------------------------------------------------------- of one network


def decided(model: str, carry: str, test: Callable[[Row], bool]) -> Rows:
    """The best site of a kind, on test problems."""
    found = SWAPPED.where(model=model, carry=carry)
    return replace(found, part="decided").passing(test)


def is_kind(kind: str) -> Callable[[Row], bool]:
    return lambda row: row["kind"] == kind


def is_whole(row: Row) -> bool:
    return not row["kind"].startswith(("whole", "random"))


def moved(found: Rows) -> Counts:
    """Pairs in which the carry moves and nothing else changes."""
    return found.counts(lambda row: row["n"] - row["carry"]).right()


def chosen(row: Row, test: Callable[[Row], bool] = is_whole) -> Row:
    """Of the sites that pass, the one with most carries moved on validation problems, as it was
    counted on test problems."""
    best = max(
        (site for site in row["scan"] if test(site)), key=lambda site: site["carry"] / site["n"]
    )
    return next(site for site in row["decided"] if site["kind"] == best["kind"])


def best(model: str, carry: str, test: Callable[[Row], bool] = is_whole) -> Told:
    """How often the carry moves at the best site of all, or of some."""

    def words(found: list[Row]) -> Measured:
        site = chosen(found[0], test)
        wrong = site["n"] - site["carry"]
        return Measured(
            part_of(site["carry"], site["n"]), wrong, site["n"], lower_bound_95(wrong, site["n"])
        )

    return SWAPPED.where(model=model, carry=carry).told(words)


def nth_on_validation(row: Row, nth: int, test: Callable[[Row], bool]) -> Row:
    """The best site that passes, on validation problems, or the nth after it."""
    sites = [site for site in row["scan"] if test(site)]
    return sorted(sites, key=lambda site: -site["carry"] / site["n"])[nth]


def on_validation(model: str, carry: str, nth: int, test: Callable[[Row], bool] = is_whole) -> Told:
    """How often the carry moves there."""

    def words(found: list[Row]) -> str:
        site = nth_on_validation(found[0], nth, test)
        return part_of(site["carry"], site["n"])

    return SWAPPED.where(model=model, carry=carry).told(words)


def name_on_validation(model: str, carry: str, nth: int, test: Callable[[Row], bool]) -> Told:
    found = SWAPPED.where(model=model, carry=carry)
    return found.told(lambda rows: named(nth_on_validation(rows[0], nth, test)))


def control(model: str, carry: str, kind: str, how: str, outcome: str) -> Counts:
    found = decided(model, carry, is_kind(kind))
    return found.counts(lambda row: row[how][outcome], lambda row: row[how]["n"])


def best_name(model: str, carry: str, test: Callable[[Row], bool] = is_whole) -> Told:
    found = SWAPPED.where(model=model, carry=carry)
    return found.told(lambda rows: named(chosen(rows[0], test)))


def probe_of(row: Row, name: str, layer: int, late: bool = True) -> dict[str, Any]:
    """The probe of an activation at the slot that writes the column, or at the one before."""
    slots = sorted({one["slot"] for one in row["probes"]})
    return next(
        one
        for one in row["probes"]
        if (one["name"], one["layer"], one["slot"]) == (name, layer, slots[late])
    )


def read_off(model: str, carry: str, name: str, layer: int, what: str = "right") -> Counts:
    found = PROBED.where(model=model, carry=carry)
    return found.counts(lambda row: row["n"] - probe_of(row, name, layer)[what]).right()


def most_read(model: str, carry: str, what: str = "right") -> Told:
    """By the best probe of all layers, at the slot that writes the column; or by that of an
    `untrained` network."""

    def words(found: list[Row]) -> Measured:
        (row,) = found
        late = max(one["slot"] for one in row["probes"])
        right = max(one[what] for one in row["probes"] if one["slot"] == late)
        return Measured(part_of(right, row["n"]), row["n"] - right, row["n"])

    return PROBED.where(model=model, carry=carry).told(words)


# ---------------------------------------------------------------- of all networks


def single_heads() -> Counts:
    """Small networks in which one head carries, of all."""

    def part(row: Row) -> int:
        return int(any(one["kind"] == "head" and one["carries"] for one in row["decided"]))

    return SWAPPED.where(carry="sum").passing(is_small).counts(part, lambda row: 1)


def is_small(row: Row) -> bool:
    return row["cell"]["model"] != BOOK


def few_heads(test: Callable[[Row], bool] = lambda row: True) -> Counts:
    """Small networks in which a set that the search found carries, of all."""
    found = SETS.where(carry="sum").passing(is_small).passing(test)
    return found.counts(lambda row: int(row["carriers"]["carries"]), lambda row: 1)


def any_for_products() -> Counts:
    """Networks in which a site or a set carries the carry of a product, of all."""
    found = SWAPPED.where(carry="partial_product")
    return found.counts(
        lambda row: int(any(one["carries"] for one in row["decided"])), lambda row: 1
    )


def after_ffn() -> Told:
    """Along class means after an FFN, the best layer, in hundredths: fewest and most."""

    def words(found: list[Row]) -> str:
        shares = sorted(
            round(100 * one["carry"] / one["n"])
            for row in found
            for one in row["decided"]
            if one["kind"] == "means of resid_post"
        )
        return f"{shares[0]} to {shares[-1]} in 100"

    return SWAPPED.where(carry="sum").passing(is_small).told(words)


def as_if_units(model: str) -> Counts:
    """Pairs in which the head that hands on the units of a writes what those units would make, of
    those in which that is a digit of its own."""
    found = decided(model, "partial_product", is_kind("head"))
    return found.counts(
        lambda row: row["as_if"]["units of a"][0], lambda row: row["as_if"]["units of a"][1]
    )


def best_products() -> Told:
    """The most that any site moves it, in hundredths: fewest and most over the small networks."""

    def words(found: list[Row]) -> str:
        sites = [chosen(row) for row in found]
        shares = sorted(round(100 * site["carry"] / site["n"]) for site in sites)
        return f"{shares[0]} to {shares[-1]} in 100"

    return SWAPPED.where(carry="partial_product").passing(is_small).told(words)


def set_of(model: str, carry: str) -> Told:
    """The fewest parts that a search found, and how often they move the carry."""

    def words(found: list[Row]) -> Measured:
        (row,) = found
        one = row["carriers"]
        if not one["found"]:
            return Measured("none")
        moved = part_of(one["carry"], one["n"])
        return Measured(f"{said(one['nodes'])}: {moved}", one["n"] - one["carry"], one["n"])

    return SETS.where(model=model, carry=carry).told(words)


def said(nodes: Sequence[str]) -> str:
    """'heads 0.2 and 0.3', 'head 0.1 and FFN 2'."""
    heads = [node.removeprefix("head ") for node in nodes if node.startswith("head")]
    others = [node for node in nodes if not node.startswith("head")]
    words = [f"{'heads' if len(heads) > 1 else 'head'} {' and '.join(heads)}"] if heads else []
    return ", ".join([*words, *others])


def site_of(model: str, carry: str) -> Told:
    """The best site of a network by its name, and how often it moves the carry."""

    def words(found: list[Row]) -> Measured:
        site = chosen(found[0])
        moved = part_of(site["carry"], site["n"])
        return Measured(f"{named(site)}: {moved}", site["n"] - site["carry"], site["n"])

    return SWAPPED.where(model=model, carry=carry).told(words)


# ---------------------------------------------------------------- a circuit


def circuit(carry: str, words: Callable[[dict[str, Any]], str]) -> Told:
    return SETS.where(model=BOOK, carry=carry).told(lambda found: words(found[0]["circuit"]))


def by_neurons(carry: str, n: int, how: str = "ranked", outcome: str = "carry") -> Counts:
    found = replace(SETS.where(model=BOOK, carry=carry), part="neurons")
    return found.passing(lambda row: (row["neurons"], row["how"]) == (n, how)).counts(outcome)


# ---------------------------------------------------------------- is it needed


SAME, OTHER = "resample, same carry", "resample, other carry"


def without(by: str, test: Callable[[Row], bool] = lambda row: True) -> Counts:
    """Of the book's network, problems that go wrong with the head of the sum's carry taken away."""
    found = replace(NEEDED.where(model=BOOK, carry="sum"), part="needed")
    return found.passing(lambda row: row["by"] == by and test(row)).counts("wrong").pooled()


def has_carry(row: Row) -> bool:
    return row["carry"]


def wrong_by(row: Row, by: str) -> float:
    """The share of digits that go wrong in a network, its parts taken away so."""
    found = [one for one in row["needed"] if one["by"] == by]
    return sum(one["wrong"] for one in found) / sum(one["n"] for one in found)


def is_needed(row: Row) -> bool:
    """The rule of the plan: nine in ten go wrong by another carry, and one in ten by the same."""
    return wrong_by(row, OTHER) >= 0.9 and wrong_by(row, SAME) <= 0.1


def drawn_circuits(what: str, of: str) -> Counts:
    """Of as many heads and FFNs drawn by seed, for the sum in the book's network."""
    found = NEEDED.where(model=BOOK, carry=SUM)
    return found.counts(f"drawn.alike.{what}", f"drawn.alike.{of}")


def thinner(words: Callable[[Row], str]) -> Told:
    """What is left of the sum's circuit in the book's network once pairs are tried."""
    return NEEDED.where(model=BOOK, carry=SUM).told(lambda found: words(found[0]["thinner"]))


MAPPED = rows("carry_map", model=BOOK, carry="sum")


def most_at(row: Row, what: str, n: str, slot: int) -> str:
    """The most of all places of the stream, so many tokens behind the step that writes the
    digit."""
    step = sum(column[0] is not None for column in row["used"]) - 1
    return part_of(max(row[what][step + slot]), row[n])


def pair_goes(row: Row) -> bool:
    """Whether two heads of a circuit can be replaced together, and of what carries none is."""
    went = [step["went"] for step in row["thinner"]["steps"]]
    two = bool(went) and len(went[0]) == 2 and all(part.startswith("head") for part in went[0])
    return two and not {part for parts in went for part in parts} & set(row["nodes"])


def as_good_as_pruned(found: list[Row]) -> str:
    good = [row["drawn"]["alike"]["as_good"] for row in found]
    return f"{min(good)} to {part_of(max(good), found[0]['drawn']['alike']['n'])}"


LINED = rows("carry_line", model=BOOK)


def on_line(at: float, written: int) -> Told:
    """How many test problems are written as their column and so much more (3: as anything but it
    and up to two more), set to a place on the line through both class means of the sum's carry."""

    def words(found: list[Row]) -> str:
        (row,) = found
        return part_of(row["written"][row["places"].index(at)][written], row["pushed"])

    return LINED.where(carry="sum").told(words)


def read_as(how: str, last: bool) -> Told:
    """Carries of a product told after the FFN of the first or the last layer, read so."""

    def words(found: list[Row]) -> str:
        every = [one for one in found[0]["read"] if one["name"] == "resid_post"]
        one = max(every, key=lambda one: one["layer"]) if last else every[0]
        return part_of(one[how], found[0]["n"])

    return LINED.where(carry="partial_product").told(words)


SUM, PRODUCT = CARRIES
LOOKED = rows("carried", slot=CARRIES_OF[SUM].token)
PAIRS = "pairs of test problems of the book's network"

CLAIMS: dict[str, Claim] = {
    "where_is_the_carry.sum_head": Claim(
        f"The carry of a sum, best single head, {PAIRS}: the carry moves and nothing else changes.",
        best(BOOK, SUM, is_kind("head")),
    ),
    "where_is_the_carry.sum_head_name": Claim(
        "The head that carries the carry of a sum in the book's network, chosen on validation.",
        best_name(BOOK, SUM, is_kind("head")),
    ),
    "where_is_the_carry.sum_bound": Claim(
        f"The lower bound of the share in which that head moves the carry, {PAIRS}.",
        decided(BOOK, SUM, is_kind("head")).told(lambda found: f"{100 * found[0]['bound']:.1f}%"),
    ),
    "where_is_the_carry.sum_random": Claim(
        f"The carry of a sum moved by another part, a head or an FFN drawn at random, {PAIRS}.",
        SETS.where(model=BOOK, carry=SUM).counts(
            lambda row: row["carriers"]["random"]["carry"],
            lambda row: row["carriers"]["random"]["n"],
        ),
    ),
    "where_is_the_carry.sum_next_head": Claim(
        "The carry of a sum, pairs of validation problems of the book's network, the head that "
        "comes second there: the carry moves and nothing else changes.",
        on_validation(BOOK, SUM, 1, is_kind("head")),
    ),
    "where_is_the_carry.sum_next_head_name": Claim(
        "The head of the book's network that comes second on validation in moving the carry of a "
        "sum.",
        name_on_validation(BOOK, SUM, 1, is_kind("head")),
    ),
    **{
        f"where_is_the_carry.sum_neurons_{n}": Claim(
            f"The carry of a sum moved by the {n} neurons that attribution patching ranks first, "
            f"{PAIRS}.",
            by_neurons(SUM, n),
        )
        for n in (1, 64)
    },
    **{
        f"where_is_the_carry.looks_{name}": Claim(
            "At the step that writes the hundreds of the sum, problems in which the largest weight "
            f"of head 0.1 of the book's model is on the {name} of the two tens, of those in which "
            "they differ.",
            LOOKED.counts(f"looks_{name}", "n_looks"),
        )
        for name in ("smaller", "larger")
    },
    "where_is_the_carry.sum_same_column": Claim(
        f"The head that moves it most, control with the same column and another carry, {PAIRS}: "
        "the carry moves.",
        control(BOOK, SUM, "head", "other carry", "carry"),
    ),
    "where_is_the_carry.sum_same_carry": Claim(
        f"The head that moves it most, control with the same carry and another column, {PAIRS}: "
        "nothing changes.",
        control(BOOK, SUM, "head", "other column", "nothing"),
    ),
    "where_is_the_carry.sum_means_after_attention": Claim(
        f"The carry of a sum, one direction of the stream after an attention, {PAIRS}: the carry "
        "moves and nothing else changes.",
        moved(decided(BOOK, SUM, is_kind("means of resid_mid"))),
    ),
    "where_is_the_carry.sum_means_after_ffn": Claim(
        f"The carry of a sum, one direction of the stream after an FFN, the best layer, {PAIRS}: "
        "the carry moves and nothing else changes.",
        moved(decided(BOOK, SUM, is_kind("means of resid_post"))),
    ),
    "where_is_the_carry.sum_random_directions": Claim(
        "The carry of a sum, one direction of the stream drawn at random, at each of the three "
        f"places whose class means are tried, {PAIRS}: the carry moves.",
        decided(BOOK, SUM, is_kind("random directions")).counts("carry").pooled(),
    ),
    "where_is_the_carry.product_probe_moves": Claim(
        f"The carry of a product, what a probe reads of the stream after an FFN, {PAIRS}: the "
        "carry moves.",
        moved(decided(BOOK, PRODUCT, is_kind("probe of resid_post"))),
    ),
    "where_is_the_carry.product_best_name": Claim(
        "The site that moves the carry of a product most often in the book's network.",
        best_name(BOOK, PRODUCT),
    ),
    **{
        f"where_is_the_carry.product_{name}": Claim(
            "The carry of a product, pairs of validation problems of the book's network, the site "
            f"that {what}: the carry moves and nothing else changes.",
            on_validation(BOOK, PRODUCT, nth),
        )
        for nth, (name, what) in enumerate(
            (("chosen", "moves it most often there"), ("next", "comes second there"))
        )
    },
    "where_is_the_carry.product_head": Claim(
        f"The carry of a product, best single head, {PAIRS}: the carry moves and nothing else.",
        best(BOOK, PRODUCT, is_kind("head")),
    ),
    **{
        f"where_is_the_carry.{name}_read": Claim(
            f"The carry of a {name}, told right by the best linear probe at the slot that writes "
            "the digit, on pairs of digits that it has not met: the book's network.",
            most_read(BOOK, carry),
        )
        for name, carry in (("sum", SUM), ("product", PRODUCT))
    },
    "where_is_the_carry.sum_untrained": Claim(
        "The carry of a sum, told right by the best linear probe of an untrained network at the "
        "slot that writes the digit, on pairs of digits that it has not met.",
        most_read(BOOK, SUM, "untrained"),
    ),
    "where_is_the_carry.embedding_rows": Claim(
        "The carry of a product, nonsense labels, one drawn for each pair of digits, told right "
        "from the stream after FFN 0 with rows split at random: the book's network.",
        read_off(BOOK, PRODUCT, "resid_post", 0, "by_pair_rows"),
    ),
    "where_is_the_carry.small_errors": Claim(
        "Of all pairs of numbers up to 99, those that each of five small networks gets wrong.",
        rows("carry_models").passing(is_small).errors().each(),
    ),
    "where_is_the_carry.single_heads": Claim(
        "Small networks in which one head carries the carry of a sum, by the rule of the plan.",
        single_heads(),
    ),
    "where_is_the_carry.few_heads": Claim(
        "Small networks in which up to six heads and FFNs together carry the carry of a sum, by "
        "the rule of the plan.",
        few_heads(),
    ),
    "where_is_the_carry.few_heads_unread": Claim(
        "Of the small networks without that of seed 0, of which test pairs were read before the "
        "search was made to stop later: those in which up to six heads and FFNs together carry the "
        "carry of a sum, by the rule of the plan.",
        few_heads(lambda row: row["cell"]["model"] != SMALL[0]),
    ),
    "where_is_the_carry.any_product": Claim(
        "Networks, of six, in which any single site or subspace carries the carry of a product, by "
        "the rule of the plan.",
        any_for_products(),
    ),
    "where_is_the_carry.after_ffn_small": Claim(
        "The carry of a sum in five small networks, along class means of the stream after an FFN: "
        "how often it moves, fewest and most.",
        after_ffn(),
    ),
    "where_is_the_carry.product_head_units": Claim(
        "The carry of a product, best single head of the book's network: written is what the units "
        "of the other first number would make, where that is a digit of its own.",
        as_if_units(BOOK),
    ),
    "where_is_the_carry.product_head_name": Claim(
        "The head that moves the carry of a product most often in the book's network.",
        best_name(BOOK, PRODUCT, is_kind("head")),
    ),
    "where_is_the_carry.product_small": Claim(
        "The carry of a product in five small networks, best site of each: how often it moves, "
        "fewest and most.",
        best_products(),
    ),
    "where_is_the_carry.sum_faithfulness": Claim(
        "Faithfulness of the pruned circuit for the digit that a carry of a sum goes into, on test "
        "problems: 1 as the whole network.",
        circuit(SUM, lambda found: f"{found['faithfulness']:.2f}"),
    ),
    "where_is_the_carry.sum_circuit": Claim(
        "Heads and FFNs of the pruned circuit for the digit that a carry of a sum goes into, the "
        "book's network.",
        circuit(SUM, lambda found: str(len(found["nodes"]))),
    ),
    "where_is_the_carry.product_neurons": Claim(
        "The carry of a product moved by the 64 neurons that attribution patching ranks first, "
        f"{PAIRS}.",
        by_neurons(PRODUCT, 64),
    ),
    "where_is_the_carry.product_neurons_random": Claim(
        f"The carry of a product moved by 64 neurons drawn at random, {PAIRS}.",
        by_neurons(PRODUCT, 64, "random"),
    ),
}

LOST = (
    "of 1,000 test problems, drawn by seed, of the book's network, with the head of the sum's "
    "carry taken away at the step that writes the hundreds digit"
)

CLAIMS.update(
    {
        "where_is_the_carry.level": Claim(
            "The level of every lower bound of the book: so seldom would a share below it show as "
            "many right ones.",
            NEEDED.told(lambda _: f"{100 * (1 - CHANCE):.0f}%"),
        ),
        "where_is_the_carry.needed_with": Claim(
            f"Hundreds digits with a carry that go wrong, {LOST} (its mean in its place).",
            without("mean", has_carry),
        ),
        "where_is_the_carry.needed_without": Claim(
            f"Hundreds digits without a carry that go wrong, {LOST} (its mean in its place).",
            without("mean", lambda row: not has_carry(row)),
        ),
        "where_is_the_carry.resampled_other": Claim(
            f"Hundreds digits that go wrong, {LOST} (in its place what it hands on in a problem "
            "with "
            "the other carry).",
            without(OTHER),
        ),
        "where_is_the_carry.resampled_same": Claim(
            f"Hundreds digits that go wrong, {LOST} (in its place what it hands on in a problem "
            "with "
            "the same carry).",
            without(SAME),
        ),
        "where_is_the_carry.runs_on": Claim(
            f"The carry of a sum moved by head 0.1, {PAIRS} in which that changes the next carry "
            "as "
            "well: the next digit is written accordingly, once the new digit stands in the text.",
            NEEDED.where(model=BOOK, carry=SUM).counts(
                "direction.runs on.follows", "direction.runs on.n"
            ),
        ),
        "where_is_the_carry.map_read": Claim(
            "The carry of a sum, told right by the best linear probe at the token before the step "
            "that writes the digit, on pairs of digits that it has not met: the book's network.",
            MAPPED.told(lambda found: most_at(found[0], "read", "n", -1)),
        ),
        "where_is_the_carry.map_used": Claim(
            "The carry of a sum moved along class means of the stream at the token before the step "
            "that writes the digit, the best layer, validation pairs of the book's network.",
            MAPPED.told(lambda found: most_at(found[0], "used", "pairs", -1)),
        ),
        "where_is_the_carry.needed_small": Claim(
            "Small networks in which the heads that were found are needed for the carry of a "
            "sum: by "
            "another problem's output with the other carry at least nine in ten digits go wrong, "
            "with the same carry at most one in ten.",
            NEEDED.where(carry=SUM).passing(is_small).those(is_needed),
        ),
        "where_is_the_carry.small_pairs": Claim(
            "Small networks in whose pruned circuit, for the digit that a carry of a sum goes "
            "into, two heads can be replaced together though neither can alone, and none of the "
            "heads that were found to carry.",
            NEEDED.where(carry=SUM).passing(is_small).those(pair_goes),
        ),
        "where_is_the_carry.small_drawn": Claim(
            "Of a thousand sets of as many heads and FFNs, drawn by seed, those that are as "
            "faithful as the pruned circuit for the digit that a carry of a sum goes into, five "
            "small networks: fewest and most.",
            NEEDED.where(carry=SUM).passing(is_small).told(as_good_as_pruned),
        ),
        "where_is_the_carry.sum_drawn": Claim(
            "Sets of as many heads and as many FFNs, drawn by seed, that are as faithful as the "
            "pruned circuit for the digit that a carry of a sum goes into, the book's network.",
            drawn_circuits("as_good", "n"),
        ),
        "where_is_the_carry.sum_gone": Claim(
            "Parts of the pruned circuit for the digit that a carry of a sum goes into, the book's "
            "network, none of which can be replaced alone and which can be together, nine tenths "
            "of the lead kept on validation problems.",
            thinner(lambda row: said([part for step in row["steps"] for part in step["went"]])),
        ),
        "where_is_the_carry.sum_thin": Claim(
            "Heads and FFNs left of the pruned circuit for the digit that a carry of a sum goes "
            "into, the book's network, once pairs of parts are replaced, too.",
            thinner(lambda row: str(len(row["nodes"]))),
        ),
        "where_is_the_carry.sum_thin_faithfulness": Claim(
            "Faithfulness, on test problems, of what is left of the pruned circuit for the digit "
            "that a carry of a sum goes into, the book's network, once pairs of parts are "
            "replaced, too: 1 as the whole network.",
            thinner(lambda row: f"{row['faithfulness']:.2f}"),
        ),
        **{
            f"where_is_the_carry.runs_on_{name}": Claim(
                f"The carry of a sum moved by head 0.1, {PAIRS} in which it changes the next carry "
                f"as well, {what}: the next digit is written as the moved carry wants it.",
                NEEDED.where(model=BOOK, carry=SUM).counts(
                    f"direction.runs on.{called}", "direction.runs on.n"
                ),
            )
            for name, called, what in (
                ("alone", "site alone", "the new digit in the text and head 0.1 left alone"),
                ("unread", "old digit", "head 0.1 swapped and the old digit in the text"),
            )
        },
    }
)

CLAIMS.update(
    {
        "where_is_the_carry.hand_head": Claim(
            "The hundreds digit that the book's network writes for 37 x 48 with head 0.1 as it is "
            "in 86 x 27.",
            LINED.where(carry=SUM).told(lambda found: str(found[0]["worked"]["written"]["head"])),
        ),
        **{
            f"where_is_the_carry.line_{name}": Claim(
                "Test problems of the book's network set, in the stream after attention 0 at the "
                "step that writes the hundreds, twice as far from the mean without a carry as that "
                f"with one: written {what}.",
                on_line(2.0, more),
            )
            for name, more, what in (
                ("twice", 2, "as with a carry of two"),
                ("other", 3, "neither as without a carry nor as with one or with two"),
            )
        },
        **{
            f"where_is_the_carry.product_{how}{'_last' if last else ''}": Claim(
                f"The carry of a product read off the stream after the {which} FFN, {words}, told "
                "right on pairs of digits that were not met: the book's network.",
                read_as(how, last),
            )
            for last, which in ((False, "first"), (True, "last"))
            for how, words in (
                ("line", "along one direction as a quantity, rounded"),
                ("cases", "along a direction for each case, the largest"),
            )
        },
    }
)

NEURONS = rows("product_neurons")
AT_UNITS = NEURONS.where(model=BOOK, token=6)
NEURON_PAIRS = (
    "of test problems whose units of the first product differ, when the values of neurons are "
    "swapped at the step that writes them, chain_of_thought"
)


def follows(swapped: str, what: str = "follows") -> Counts:
    return AT_UNITS.counts(f"swaps.{swapped}.{what}", f"swaps.{swapped}.n").said(part_of)


CONTROLS = rows("neuron_controls")


def draws_of(swapped: str) -> Told:
    """How often the digit follows others, draw by draw: fewest and most, the book's network."""
    return CONTROLS.where(model=BOOK).told(
        lambda found: of_draws(found[0][swapped]["others"]["follows"], found[0]["n"])
    )


def lies_among(row: Row) -> bool:
    """Whether lookups move the digit no less often than some draw of others and no more often than
    another."""
    own, others = row["lookups"]["follows"], row["lookups"]["others"]["follows"]
    return min(others) <= own <= max(others)


def drawn_alike(row: Row) -> list[int]:
    return row["alike"]["a lookup"]["any"]


def of_draws(found: list[int], n: int) -> str:
    """'794 to 897 of 1,000': fewest and most."""
    return f"{min(found):,} to {part_of(max(found), n)}"


CLAIMS["where_is_the_carry.lookups_follow"] = Claim(
    f"Pairs in which the other digit is written, {NEURON_PAIRS}: all neurons whose table is a "
    "lookup.",
    follows("a lookup"),
)
CLAIMS.update(
    {
        "where_is_the_carry.rules_of_layer_0": Claim(
            "Neurons of layer 0 of chain_of_thought that go by the units of both numbers, at the "
            "step that writes the units of the first product, and whose table is a rule on one "
            "digit times a rule on the other. Left out are silent ones, whose spread is below a "
            "thousandth of the layer's largest, and those that go by the units of b alone.",
            AT_UNITS.numbers("tables.0.a rule each"),
        ),
        "where_is_the_carry.lookups_alike": Claim(
            f"Pairs in which the other digit is written, {NEURON_PAIRS}: as many other neurons of "
            "the same layers as there are lookups, five draws by seed.",
            AT_UNITS.told(
                lambda found: of_draws(drawn_alike(found[0]), found[0]["swaps"]["all"]["n"])
            ),
        ),
        "where_is_the_carry.layer_0_others": Claim(
            f"Pairs in which the other digit is written, {NEURON_PAIRS}: as many neurons of other "
            "layers as layer 0 has, twenty draws by seed, fewest and most.",
            draws_of("layer 0"),
        ),
        "where_is_the_carry.lookups_stay": Claim(
            f"Pairs in which one's own digit is written still, {NEURON_PAIRS}: all neurons whose "
            "table is a lookup.",
            follows("a lookup", "stays"),
        ),
        "where_is_the_carry.lookups_as_much": Claim(
            f"Pairs in which the other digit is written, {NEURON_PAIRS}: other neurons of the same "
            "layers that together write as much spread into the stream as the lookups do, twenty "
            "draws by seed, fewest and most.",
            draws_of("lookups"),
        ),
        "where_is_the_carry.small_as_much": Claim(
            "Small networks in which lookups move the digit no less often than some and no more "
            "often than others of twenty draws of other neurons of the same layers that together "
            "write as much spread into the stream.",
            CONTROLS.passing(is_small).those(lies_among),
        ),
    }
)

TABLES: dict[str, Table] = {
    "where_is_the_carry.networks": Table(
        "network",
        {
            NAMES[model]: {
                "one part": site_of(model, SUM),
                "parts together": set_of(model, SUM),
                "as many at random": SETS.where(model=model, carry=SUM).counts(
                    "carriers.random.carry", "carriers.random.n"
                ),
            }
            for model in MODELS
        },
        about="Pairs of test problems in which the carry of the sum moves and nothing else changes",
    ),
}
