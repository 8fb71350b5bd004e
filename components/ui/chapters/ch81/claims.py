"""The measured figures of chapter 8, second page, and what is asked for them."""

from __future__ import annotations

from components.ui.claims.claim import Claim
from lab.readings import Numbers, Row, part_of, rows

CUTS = rows("smallest_cut")
CELLS, NEURONS = "parts", "neurons"
FIRST = {"target": [7, 8], "source": [7, 9]}
PAIRS = CUTS.where(units=NEURONS).passing(lambda row: not is_first(row))
"""Other problems of the table, each turned into the next."""


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
    "look_inside.by_one": Claim(
        "Of twenty pairs of neighbouring one-digit problems, those whose answer a single copied "
        "neuron turns.",
        PAIRS.those(lambda row: row["found"] and row["numbers"] == 1),
    ),
}
