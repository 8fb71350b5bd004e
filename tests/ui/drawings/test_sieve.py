"""components.ui.drawings.sieve: every flag and text travels; what is no label is refused."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np
from drawing_cases import Case, case
from refused import not_refused

from components.ui.drawings import sieve
from components.ui.drawings.sieve import CHECKS, Label, Round, WrittenProblem, sieve_data

# ---------------------------------------------------------------- what the front end is tried on


def thrown_labels(seed: int = 12) -> np.ndarray:
    """Flags of 60 labels, (N,), thrown by dice with a seed: three in four hold."""
    held = np.random.default_rng(seed).random((60, 6)) < 0.75
    return held @ (1 << np.arange(6))  # the bits of RIGHT, VOTE, SWAP, NINE, ELEVEN, NUMBER


def counted(flags: np.ndarray, chosen: int) -> dict[str, Any]:
    """By a table of who passes what; checks from the top, the first of which holds a label."""
    right, vote, swap, nine, eleven = ((flags[:, None] >> np.arange(5)) & 1).astype(bool).T
    on = [bool(chosen >> i & 1) for i in range(4)]
    falls, held = np.ones(len(flags), dtype=bool), []
    for passes, is_on in zip((nine, eleven, swap, vote), on, strict=True):
        stopped = falls & ~passes & is_on
        held.append([int((stopped & ~right).sum()), int((stopped & right).sum())])
        falls &= ~stopped
    return {
        "on": on,
        "held": held,
        "kept": int(falls.sum()),
        "wrong": np.flatnonzero(falls & ~right).tolist(),
        "right_thrown": int((~falls & right).sum()),
    }


def sieve_of_labels() -> Case:
    rounds = [thrown_labels(seed) for seed in (12, 13)]
    texts = [sieve.WrittenProblem(f"{n}*7={6 * n}", [len(f"{n}*7=")]) for n in range(60)]
    sent = [Round(f"{n} digits", flags, texts) for n, flags in enumerate(rounds, 4)]
    return case(
        sieve,
        lambda: sieve.show_sieve("k", sent, on=[Label.SWAP], alt="A sieve", seconds=6),
        [[counted(flags, chosen) for chosen in range(16)] for flags in rounds],
    )


CASES = {"sieve": sieve_of_labels}


# ---------------------------------------------------------------- what Python sends

FLAGS = thrown_labels()
TEXTS = [WrittenProblem(f"{n}*7={7 * n}", [0]) for n in range(len(FLAGS))]


def test_a_label_travels_as_a_byte_whose_bits_the_browser_is_told() -> None:
    sent = sieve_data([Round("4 digits", FLAGS, TEXTS)], [Label.NINE, Label.ELEVEN])
    (one,) = sent["rounds"]
    labels = np.frombuffer(base64.b64decode(one["flags"]), np.uint8)
    told = {"right": sent["right"], "number": sent["number"], **dict(sent["checks"])}
    named = {CHECKS[check]: check for check in CHECKS}
    for name, flag in {"right": Label.RIGHT, "number": Label.NUMBER, **named}.items():
        expected = [flag in Label(int(flags)) for flags in FLAGS]
        assert ((labels & told[name]) > 0).tolist() == expected
    assert sent["on"] == told["modulo 9"] + told["modulo 11"]
    assert [WrittenProblem(*text) for text in one["texts"]] == TEXTS


def test_labels_need_no_texts() -> None:
    assert sieve_data([Round("", [Label.RIGHT, 0])], [])["rounds"][0]["texts"] == []


def test_what_is_no_label_no_place_and_no_check_is_refused() -> None:
    cases: list[tuple[Any, ...]] = [
        ([], [], [], "0 labels; 1 to 500 can be seen"),
        ([0] * 501, [], [], "501 labels; 1 to 500"),
        ([64], [], [], r"shape \(1,\), from 64 to 64; one dimension, 0 to 63 is wanted"),
        ([-1], [], [], "from -1 to -1"),
        ([[1]], [], [], r"shape \(1, 1\)"),
        (FLAGS, TEXTS[1:], [], "59 texts of 60 labels"),
        (
            [1],
            [WrittenProblem("1*1=1", [5])],
            [],
            r"wrong=\[5\] of '1\*1=1': its places are 0 to 4",
        ),
        ([1], [], [Label.RIGHT], "on=<Label.RIGHT: 1>; the checks are"),
    ]

    def refuse(flags: Any, texts: Any, on: Any) -> None:
        sieve_data([Round("4 digits", flags, texts)], on)

    assert not_refused(refuse, cases) == []
    assert not_refused(sieve_data, [([], [], "no round; at least one is wanted")]) == []
