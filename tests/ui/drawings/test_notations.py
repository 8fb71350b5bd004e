"""Several notations, one step lit in all: what is no algorithm is refused, and each step of
FlashAttention is found in lab's own three."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from itertools import product
from typing import Any

import pytest
from drawing_cases import Case, case
from refused import not_refused

from components.ui.chapters.ch50.figures import (
    NOTATIONS,
    PATTERNS,
    STEPS,
    column,
    columns,
    cut,
)
from components.ui.drawings import notations
from components.ui.drawings.notations import Column, Line, NotationStep, notations_data
from lab.by_hand.flash import flash_attention
from lab.model.attention.flash import Partial, TiledAttention, Tiles

# ---------------------------------------------------------------- what the front end is tried on

SOFTMAX = [
    notations.NotationStep("largest", "The largest score."),
    notations.NotationStep("powers", "No power is above one."),
    notations.NotationStep("sum", "They are added."),
    notations.NotationStep("shares", "Each is divided by the sum."),
]
WRITTEN: dict[str, list[tuple[str, str]]] = {
    "Python": [
        ("def softmax(scores):", ""),
        ("    m = scores[0]", "largest"),
        ("    for s in scores:", "largest"),
        ("        m = max(m, s)", "largest"),
        ("    P = [exp(s - m) for s in scores]", "powers"),
        ("    return [p / sum(P) for p in P]", "sum, shares"),
    ],
    "NumPy": [
        ("P = np.exp(S - S.max())", "largest, powers"),
        ("", ""),
        ("P /= P.sum()", "sum, shares"),
    ],
    "on paper": [
        ("m = max s", "largest"),
        ("p = e^(s - m)", "powers"),
        ("l = sum p", "sum"),
        ("p / l", "shares"),
    ],
}
"""Lines, and what each does."""


def three_notations() -> Case:
    columns = [
        notations.Column(
            title,
            [notations.Line(text, does.split(", ") if does else []) for text, does in lines],
            where=f"{title}.py",
        )
        for title, lines in WRITTEN.items()
    ]

    def lit(step: str) -> list[list[str]]:
        """The lines of each column that do it."""
        return [[text for text, does in lines if step in does] for lines in WRITTEN.values()]

    return case(
        notations,
        lambda: notations.show_notations("k", columns, SOFTMAX, at="powers", alt="Softmax"),
        [{"name": name, "said": said, "lit": lit(name)} for name, said in SOFTMAX],
    )


CASES = {"notations": three_notations}


# ---------------------------------------------------------------- what Python sends

TWO = [NotationStep("double", "Twice as much."), NotationStep("add", "One more.")]
DOUBLED = Column("one", [Line("def f(x):"), Line("    x *= 2", ["double"]), Line("x + 1", ["add"])])
AT_ONCE = Column("two", [Line("2 * x + 1", ["double", "add"])], "two.py")


# ---------------------------------------------------------------- what travels


def test_steps_travel_as_their_numbers() -> None:
    assert notations_data([DOUBLED, AT_ONCE], TWO, "add") == {
        "columns": [
            {
                "title": "one",
                "where": "",
                "lines": [["def f(x):", []], ["    x *= 2", [0]], ["x + 1", [1]]],
            },
            {"title": "two", "where": "two.py", "lines": [["2 * x + 1", [0, 1]]]},
        ],
        "steps": [["double", "Twice as much."], ["add", "One more."]],
        "at": 1,
    }
    assert notations_data([AT_ONCE], TWO)["at"] == 0


def test_what_is_no_algorithm_in_notations_is_refused() -> None:
    cases: list[tuple[Any, ...]] = [
        ({"steps": []}, r"the steps are \[\]; one or more is wanted, each of another name"),
        ({"steps": [*TWO, TWO[0]]}, r"\['double', 'add', 'double'\]; .* each of another name"),
        ({"columns": []}, "no columns; one or more is wanted"),
        ({"columns": [AT_ONCE, Column("none", [])]}, "'none' is empty; one line or more is wanted"),
        (
            {"columns": [AT_ONCE, Column("odd", [*DOUBLED.lines, Line("x / 2", ["halve"])])]},
            r"'odd', line 4, does \['halve'\]; the steps are \['double', 'add'\]",
        ),
        (
            {"columns": [AT_ONCE, Column("short", DOUBLED.lines[:2])]},
            r"'short' never does \['add'\]; a line for each step is wanted",
        ),
        ({"at": "halve"}, r"at='halve'; the steps are \['double', 'add'\]"),
    ]
    usual: dict[str, Any] = {"columns": [DOUBLED, AT_ONCE], "steps": TWO}
    assert not_refused(lambda given: notations_data(**usual | given), cases) == []


# ---------------------------------------------------------------- FlashAttention in three


def test_each_pattern_of_a_step_is_in_one_line_alone() -> None:
    wanted = [(step, name, x) for step in STEPS for name in NOTATIONS for x in PATTERNS[step][name]]
    assert {(step, name) for step, name, _ in wanted} == {*product(STEPS, NOTATIONS)}
    assert [(step.name, name, x) for step, name, x in wanted if not does_alone(step, name, x)] == []


def does_alone(step: NotationStep, notation: str, pattern: str) -> bool:
    """One line of a notation, and no other, holds the pattern, and it does the step."""
    found = [line for line in column(notation).lines if pattern in line.text]
    return len(found) == 1 and step.name in found[0].steps


def test_every_line_of_the_loop_by_hand_does_a_step() -> None:
    lines = column("NumPy").lines
    (begin,) = [i for i, line in enumerate(lines) if line.text.startswith("for ")]
    assert [line.text for line in lines[begin:] if not line.steps] == ["return O, L"]


def test_scores_are_hidden_in_the_line_that_makes_them_by_hand_and_nowhere_else() -> None:
    both = {"scores", "hide later keys"}
    doing_both = [sum(both <= {*line.steps} for line in column(name).lines) for name in NOTATIONS]
    assert doing_both == [1, 0, 0]


def test_the_drawing_takes_the_three() -> None:
    sent = notations_data(columns(), STEPS, "largest so far")
    assert [one["where"].split(" · ")[0] for one in sent["columns"]] == [
        "lab/by_hand/flash.py",
        "lab/model/attention/flash.py",
        "lab/model/attention/flash_triton.py",
    ]


@pytest.mark.parametrize(
    ("notation", "functions"),
    [
        ("NumPy", [flash_attention]),
        ("torch", [TiledAttention.forward, Tiles.scores, Partial.add]),
    ],
)
def test_no_line_is_changed_but_for_its_indent(
    notation: str, functions: list[Callable[..., Any]]
) -> None:
    shown = [line.text.strip() for line in column(notation).lines if line.text]
    source = [
        line.strip() for one in functions for line in inspect.getsource(one).splitlines() if line
    ]
    rest = iter(source)
    assert all(line in rest for line in shown)  # in the same order


SOURCE = '''
class Kept:
    @property
    def large(self) -> bool:
        """Whether it is.

        Or not.
        """
        if self.x > 9:
            return True
        return False


def long(
    x: int,
    y: int,
) -> int:
    """Their sum."""
    return x + y
'''


def test_decorators_docstrings_and_long_signatures_are_cut() -> None:
    short = ["def large(self) -> bool:", "    if self.x > 9:", "        return True"]
    assert cut(SOURCE, "Kept.large").splitlines() == [*short, "    return False"]
    assert cut(SOURCE, "long") == "return x + y"


def test_what_is_not_there_cannot_be_cut() -> None:
    cases: list[tuple[Any, ...]] = [
        ("longer", r"longer is not defined; \['Kept', 'long'\] are"),
        ("Kept.small", r"Kept.small is not defined; \['large'\] are"),
        ("Kept", "Kept is no function"),
    ]
    assert not_refused(lambda name: cut(SOURCE, name), cases, LookupError) == []
