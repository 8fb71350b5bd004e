"""components.ui.drawings.sieve: every flag and text travels; what is no label is refused."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np
from drawing_cases import Case, case
from refused import not_refused

from components.ui.drawings import sieve
from components.ui.drawings.sieve import CHECKS, Label, WrittenProblem, sieve_data

# ---------------------------------------------------------------- what the front end is tried on


def thrown_labels() -> np.ndarray:
    """Flags of 60 labels, (N,), thrown by dice with a seed: three in four hold."""
    held = np.random.default_rng(12).random((60, 5)) < 0.75
    return held @ (1 << np.arange(5))  # the bits of RIGHT, VOTE, SWAP, NINE, ELEVEN


def sieve_of_labels() -> Case:
    flags = thrown_labels()
    texts = [sieve.WrittenProblem(f"{n}*7={6 * n}", [len(f"{n}*7=")]) for n in range(len(flags))]
    right, *checks = ((flags[:, None] >> np.arange(5)) & 1).astype(bool).T

    def counted(chosen: int) -> dict[str, Any]:
        """By a table of who passes what."""
        kept = np.ones(len(flags), dtype=bool)
        for i, passes in enumerate(checks):
            kept &= passes | (chosen >> i & 1 == 0)
        return {
            "on": [bool(chosen >> i & 1) for i in range(4)],
            "kept": int(kept.sum()),
            "wrong": np.flatnonzero(kept & ~right).tolist(),
            "thrown": int((~kept).sum()),
            "right_thrown": int((~kept & right).sum()),
        }

    return case(
        sieve,
        lambda: sieve.show_sieve("k", flags, texts, on=[sieve.Label.SWAP], alt="A sieve"),
        [counted(chosen) for chosen in range(16)],
    )


CASES = {"sieve": sieve_of_labels}


# ---------------------------------------------------------------- what Python sends

FLAGS = thrown_labels()
TEXTS = [WrittenProblem(f"{n}*7={7 * n}", [0]) for n in range(len(FLAGS))]


def test_a_label_travels_as_a_byte_whose_bits_the_browser_is_told() -> None:
    sent = sieve_data(FLAGS, TEXTS, [Label.NINE, Label.ELEVEN])
    labels = np.frombuffer(base64.b64decode(sent["flags"]), np.uint8)
    told = {"right": sent["right"], **dict(sent["checks"])}
    for name, flag in {"right": Label.RIGHT, **{CHECKS[check]: check for check in CHECKS}}.items():
        expected = [flag in Label(int(flags)) for flags in FLAGS]
        assert ((labels & told[name]) > 0).tolist() == expected
    assert sent["on"] == told["modulo 9"] + told["modulo 11"]
    assert [WrittenProblem(*text) for text in sent["texts"]] == TEXTS


def test_labels_need_no_texts() -> None:
    assert sieve_data([Label.RIGHT, 0], [], [])["texts"] == []


def test_what_is_no_label_no_place_and_no_check_is_refused() -> None:
    cases: list[tuple[Any, ...]] = [
        ([], [], [], "0 labels; 1 to 1000 can be seen"),
        ([0] * 1001, [], [], "1001 labels; 1 to 1000"),
        ([32], [], [], r"shape \(1,\), from 32 to 32; one dimension, 0 to 31 is wanted"),
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
    assert not_refused(lambda flags, texts, on: sieve_data(flags, texts, on), cases) == []
