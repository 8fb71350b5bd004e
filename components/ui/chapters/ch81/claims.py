"""The measured figures of chapter 8, second page, and what is asked for them."""

from __future__ import annotations

from collections.abc import Sequence

from components.ui.claims.claim import Claim
from lab.readings import Counts, Numbers, Row, part_of, rows

CUTS = rows("smallest_cut")
CELLS, NEURONS = "parts", "neurons"
FIRST = {"target": [7, 8], "source": [7, 9]}
PAIRS = CUTS.where(units=NEURONS).passing(lambda row: not is_first(row))
"""Other problems of the table, each turned into the next."""


ALIKE, STAND_INS = rows("alike_heads"), rows("stand_ins", run="chain_of_thought")
LOOKING = {"layer": 0, "head": 1}
AT_EQUALS = rows("fetched", **LOOKING).passing(lambda row: "by" not in row["cell"])
"""What head 1 of layer 0 looks at before the first digit is written, and what it costs there."""

BY = {"zero": "zeros", "mean": "their mean"}


def alike(run: str, *parts: str) -> Counts:
    """Problems of which a digit is lost when these parts of layer 0 are copied together."""
    return ALIKE.where(run=run).counts(lambda row: of_parts(row, parts)["needed"])


def of_parts(row: Row, parts: Sequence[str]) -> Row:
    return next(one for one in row["parts"] if one["parts"] == list(parts))


def heads_together(layers: list[int], by: str) -> Counts:
    return STAND_INS.where(part="attn_out", layers=layers, by=by).counts("errors_strict")


def most_of_pairs(found: list[Row]) -> str:
    (row,) = found
    return part_of(max(wrong for *_, wrong in row["pairs"]), row["n"])


def is_first(row: Row) -> bool:
    return all(row["cell"][name] == problem for name, problem in FIRST.items())


def fewest(units: str) -> Numbers:
    return CUTS.where(**FIRST, units=units).numbers("numbers").smallest()


CLAIMS: dict[str, Claim] = {
    "look_inside.fewest_cells": Claim(
        "Fewest numbers found that turn 56 into 63 in the network of the one-digit times table "
        "when they are copied from 7 x 9 into 7 x 8, chosen among outputs of heads and FFNs.",
        fewest(CELLS),
    ),
    "look_inside.fewest_neurons": Claim(
        "Fewest neurons found that turn 56 into 63 in the network of the one-digit times table "
        "when their values are copied from 7 x 9 into 7 x 8.",
        fewest(NEURONS),
    ),
    "look_inside.all_neurons": Claim(
        "Neurons of the network of the one-digit times table at the two steps that write an "
        "answer, among which a search for the fewest chooses.",
        CUTS.where(**FIRST, units=NEURONS).numbers("of").smallest(),
    ),
    "look_inside.elsewhere": Claim(
        "Sets of thirteen other neurons, drawn by seed, that turn 56 into 63 in the network of the "
        "one-digit times table when they are copied from 7 x 9 into 7 x 8.",
        CUTS.where(**FIRST, units=NEURONS, beam=1).told(
            lambda found: part_of(found[0]["turned"], found[0]["n"])
        ),
    ),
    "look_inside.not_found": Claim(
        "Of twenty pairs of neighbouring one-digit problems, those whose answer a search with at "
        "most sixteen of a hundred neurons could not turn.",
        PAIRS.those(lambda row: not row["found"]),
    ),
    **{
        f"look_inside.upper_heads_{by}": Claim(
            f"Texts of the book's model that are wrong with all heads above layer 0 replaced by "
            f"{BY[by]}.",
            heads_together([1, 2, 3, 4, 5], by),
        )
        for by in ("zero", "mean")
    },
    **{
        f"look_inside.ffn_{layer}_{by}": Claim(
            f"Texts of the book's model that are wrong with the FFN of layer {layer} replaced by "
            f"{BY[by]}.",
            STAND_INS.where(part="ffn_out", layers=[layer], by=by).counts("errors_strict"),
        )
        for layer, by in ((1, "zero"), (1, "mean"))
    },
    "look_inside.two_upper_heads": Claim(
        "Texts of the book's model that are wrong with any two heads above layer 0 ablated: those "
        "of the two that cost most.",
        rows("silenced", run="chain_of_thought", two_of_layers=[1, 2, 3, 4, 5]).told(most_of_pairs),
    ),
    **{
        f"look_inside.lost_{name}": Claim(
            f"Problems of which {whose} loses the first digit that it writes, with {said} of layer "
            "0 at = copied from a problem with another units digit.",
            alike(run, *parts),
        )
        for name, whose, run, said, *parts in (
            ("head_0", "the book's model", "chain_of_thought", "head 0", "head 0"),
            ("head_1", "the book's model", "chain_of_thought", "head 1", "head 1"),
            ("both", "the book's model", "chain_of_thought", "heads 0 and 1", "head 0", "head 1"),
            ("twin", "the small twin", "few_pairs", "head 0", "head 0"),
        )
    },
    "look_inside.alike_n": Claim(
        "Problems in which parts of layer 0 at = are copied from one with another units digit.",
        ALIKE.where(run="chain_of_thought").numbers("n").smallest(),
    ),
    "look_inside.spare": Claim(
        "Problems in which head 0 of layer 0 at =, copied alone, brings the digit back in the "
        "book's model, and the digit is not lost with it broken.",
        ALIKE.where(run="chain_of_thought").counts(lambda row: of_parts(row, ["head 0"])["spare"]),
    ),
    "look_inside.looks_head_1": Claim(
        "Mean weight that head 1 of layer 0 gives at = to the units of the second number.",
        AT_EQUALS.numbers(lambda row: row["written"][0]["weight"], "{:.3f}"),
    ),
    "look_inside.digit_without_head_1": Claim(
        "Problems whose first written digit is wrong with head 1 of layer 0 ablated at =, where "
        "it looks at the units of the second number.",
        AT_EQUALS.counts(lambda row: row["written"][0]["wrong_without"]),
    ),
    "look_inside.by_one": Claim(
        "Of twenty pairs of neighbouring one-digit problems, those whose answer a single copied "
        "neuron turns.",
        PAIRS.those(lambda row: row["found"] and row["numbers"] == 1),
    ),
}
