"""components.ui.drawings.longer: four networks, and as many readings as problems."""

from __future__ import annotations

from typing import Any

from drawing_cases import Case, case
from refused import not_refused

from components.ui.drawings import longer
from components.ui.drawings.longer import Network, Written, longer_data, problem_data
from lab.data.problems import Format

PROBLEMS = [(12, 3), (12, 34), (123, 345), (1234, 3456)]
RIGHT = Written(-1, "")


def networks() -> list[Network]:
    """The more they are told, the farther they come: past the prompt, and into the answer."""
    counted = {2: (1, 904), 3: (1000, 1000)}
    misses = [Written(6, "9"), Written(9, "*"), Written(13, "0")]
    far = Written(Format("cot_reversed", 4, 4).answer.start + 1, "7")
    return [
        Network(0, 0, [RIGHT, *misses], counted),
        Network(0, 1, [RIGHT, RIGHT, *misses[1:]], {}),
        Network(1, 0, [RIGHT, RIGHT, RIGHT, far], counted),
        Network(1, 1, [RIGHT] * 4, counted),
    ]


def growing_problem() -> Case:
    return case(
        longer, lambda: longer.show_longer("k", PROBLEMS, networks(), alt="Four networks"), None
    )


CASES = {"longer": growing_problem}


def test_a_problem_says_where_it_is_written_and_where_its_answer_begins() -> None:
    sent = problem_data(37, 48)
    text = sent["text"]
    assert text == "37*48=692+0841=6771$" and sent["digits"] == [2, 2]
    assert text[sent["begins"] :] == "692+0841=6771$" and text[sent["answer"] :] == "6771$"


def test_other_networks_and_readings_that_are_missing_are_refused() -> None:
    four = networks()
    cases: list[tuple[Any, ...]] = [
        (four[:3], "one count, then two, each without and with a limit"),
        (four[::-1], "one count, then two, each without and with a limit"),
        ([*four[:3], four[3]._replace(written=[RIGHT])], "1 readings of 4 problems"),
    ]
    assert not_refused(lambda some: longer_data(PROBLEMS, some), cases) == []
