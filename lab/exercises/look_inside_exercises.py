"""The exercises of chapter 8, second page: what an attempt must do, check by check."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Check(NamedTuple):
    """One thing that an attempt must do, and what to try if it does not."""

    passed: bool
    hint: str


def first_failed(checks: Sequence[Check]) -> str:
    """The hint of the first check that fails; nothing where all pass."""
    return next((check.hint for check in checks if not check.passed), "")


def only_units(text: str, target: str, source: str, layers: Sequence[int]) -> list[Check]:
    """One cell above layer 0, under which the tens stay and the units are the source's."""
    return [
        Check(len(layers) > 0, "You have copied nothing by hand yet."),
        Check(len(layers) == 1, "Copy one cell only, and take the others back."),
        Check(0 not in layers, "The film has shown that cell of layer 0: find another above it."),
        Check(text[0] == target[0], "The tens have changed: try a cell of the other step."),
        Check(text[1] == source[1], "The units are still the old ones: try another part."),
    ]


def above(text: str, source: str, layers: Sequence[int], most: int) -> list[Check]:
    """The source's answer without layer 0, by few cells."""
    return [
        Check(len(layers) > 0, "You have copied nothing by hand yet."),
        Check(0 not in layers, "A cell of layer 0 is copied."),
        Check(text[1] == source[1], "The units do not turn: they need an FFN where they are read."),
        Check(text[0] == source[0], "The tens do not turn yet: copy where they are written."),
        Check(len(layers) <= most, f"It is turned, with {len(layers)} cells; {most} are allowed."),
    ]


def spare(is_ffn: bool, clean: str, copied: str, broken: str) -> list[Check]:
    """An FFN: the clean digit is written with it alone copied, and with it broken."""
    return [
        Check(is_ffn, "What is copied is no FFN."),
        Check(copied == clean, f"It is not enough: it writes {copied}, and not {clean}."),
        Check(broken == clean, f"It is needed: with it broken, {broken} is written."),
    ]


def few(n_neuron: int, found: bool, turned: int, n: int, is_ours: bool) -> list[Check]:
    """A cut of at most three neurons in problems of the reader's own, beside sets elsewhere."""
    return [
        Check(not is_ours, "These two are among those that the page has tried."),
        Check(found, "The search has found no set that turns the answer."),
        Check(n_neuron <= 3, f"It takes {n_neuron} neurons; three are allowed."),
        Check(20 * turned <= n, f"{turned} of {n} sets elsewhere turn it too."),
    ]
