"""lab.training.kept_steps: what is kept comes back, and the oldest makes room."""

import pytest

from lab.training.kept_steps import MOST_BYTES, MOST_STEPS, KeptSteps


def test_the_last_twenty_steps_of_a_run_are_kept() -> None:
    kept = KeptSteps()
    for step in range(50):
        kept.keep("a", step, bytes([step]))
    kept.keep("b", 3, b"other")
    assert kept.steps("a") == list(range(50 - MOST_STEPS, 50)) and kept.steps("b") == [3]
    assert kept.at("a", 49) == bytes([49])
    with pytest.raises(ValueError, match="step=3 of a is not kept; there are: 30, 31, "):
        kept.at("a", 3)


def test_all_runs_together_stay_below_sixteen_megabytes() -> None:
    kept, large = KeptSteps(), bytes(MOST_BYTES // 4)
    for step in range(3):
        kept.keep("a", step, large)
        kept.keep("b", step, large)
        assert sum(map(len, kept.files.values())) <= MOST_BYTES
    assert (kept.steps("a"), kept.steps("b")) == ([1, 2], [1, 2])
    kept.keep("c", 0, bytes(MOST_BYTES + 1))
    assert kept.files == {}


def test_a_step_that_comes_again_replaces_itself_and_counts_as_the_newest() -> None:
    kept = KeptSteps()
    for step, file in ((1, b"x"), (2, b"y"), (1, b"z")):
        kept.keep("a", step, file)
    assert kept.steps("a") == [2, 1] and kept.at("a", 1) == b"z"
    kept.forget("a")
    assert kept.steps("a") == []
    with pytest.raises(ValueError, match="there are: none"):
        kept.at("a", 1)
