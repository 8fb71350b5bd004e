"""The exercise of chapter 3, second page, graded: right, and wrong in the ways that readers are."""

from tiny import failures

from lab.exercises.self_training_exercises import Label

RIGHT = 37 * 48


def test_only_a_wrong_answer_that_both_checks_pass_solves_it() -> None:
    def holds(answer: int, nine: bool, eleven: bool, solved: bool) -> None:
        label = Label(37, 48, answer)
        assert (label.passes(9), label.passes(11), label.solved) == (nine, eleven, solved)

    cases = [
        (RIGHT, True, True, False),
        (RIGHT + 99, True, True, True),
        (RIGHT - 2 * 99, True, True, True),
        (RIGHT + 9, True, False, False),
        (RIGHT + 11, False, True, False),
        (RIGHT + 1, False, False, False),
        (0, False, False, False),
    ]
    assert failures(holds, cases) == []
