"""Chapter 3, second page: a network that marks its own work. Labels fall through a sieve of checks,
and round after round the network is trained on what is left."""

from __future__ import annotations

from components.ui.chapter import Chapter
from components.ui.chapters.ch31 import claims, exercises, figures, worked
from components.ui.chapters.ch31.claims import TRAINS_ON
from components.ui.chapters.ch31.worked import CALC
from components.ui.drawings.sieve import Label, show_sieve
from components.ui.lazily import lazily
from components.ui.page_records import rows_of
from components.ui.plots import bars, maps

sieving = lazily("lab.inference.pseudo_labels")
rounds = lazily("lab.experiments.self_evolution")

RECORD = "self_evolution.jsonl"

page = Chapter("31_self_training", CALC)
page.open()


@page.section("sieve", told=False)
def the_sieve() -> None:
    rows = rows_of(RECORD)
    if not rows:
        return
    digits = page.choose(
        "round",
        "Round, by its longest problems",
        range(claims.FIRST, claims.LAST + 1),
        worked.SHOWN,
    )
    row = worked.round_of(rows, claims.SIEVED, digits)
    show_sieve(
        f"{page.prefix}sieve_{digits}",
        worked.flags_of(row),
        worked.texts_of(row),
        on=(Label.SWAP,),
        alt=f"The labels that the networks wrote for problems of {digits} digits, right and wrong, "
        "and which of them the checks let pass",
    )
    page.source(sieving.agreed, sieving.same_when_swapped, sieving.agrees_modulo)


page.prose("opening")
page.three_from_before("before_remainder", "before_forgetting", "before_agree")

# ---------------------------------------------------------------- 1. checks

page.prose("sieve")
page.prose("sieve_why")
page.prose("sieve_notice")

# ---------------------------------------------------------------- 2. rounds


@page.section("rounds")
def round_by_round() -> None:
    rows = rows_of(RECORD)
    if not rows or not page.guess(
        "Without a sieve a network trains on every label. "
        "What becomes of the problems it was taught?",
        worked.ROT_OPTIONS,
        lambda: worked.left_to_rot(rows),
        frame=worked.rotting(rows),
    ):
        return
    page.prose("rounds_controls")
    arm = page.choose(
        "trains", "Trained on", list(TRAINS_ON), words=TRAINS_ON.__getitem__, kind="list"
    )
    if arm in worked.LABELLING:
        page.draw(
            bars.fate_bars(
                worked.strip_of_rounds(rows, arm),
                "round",
                "label",
                figures.KINDS_OF_LABELS,
                title="labels",
            ),
            alt="Labels of each round: kept and thrown away, right and wrong",
        )
    network, *others = worked.VOTERS
    if arm in worked.WITH_VOTE:
        words = worked.VOTERS.__getitem__
        network = page.choose("voter", "Network", [network, *others], words=words)
    shares, names, lengths = worked.right_after_rounds(rows, arm, network)
    page.draw(
        maps.table_map(shares, names, lengths, "after the round of", "share right"),
        alt="The share of each length that is right after each round",
    )
    page.notice()
    page.source(rounds.measure_evolution, rounds.texts_to_read)


# ---------------------------------------------------------------- exercises

page.prose("exercises")


@page.section("ex_label")
def slip_through() -> None:
    exercises.slip_through(page)


page.close("end", "read")
