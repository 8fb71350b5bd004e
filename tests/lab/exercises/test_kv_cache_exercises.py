"""The exercises of chapter 4, graded: right, and wrong in the ways that readers are."""

from tiny import failures

from lab.exercises.kv_cache_exercises import Prefix, Slip, grade_bytes

SIZES = {"n_layer": 6, "n_head": 4, "n_row": 3, "bytes_per_number": 2}
HELD = 2 * 6 * 4 * 64 * 24 * 3 * 2


def test_a_forgotten_factor_is_named() -> None:
    def holds(expected: int, slip: Slip) -> None:
        found = grade_bytes(expected, HELD, **SIZES)
        assert (found.slip, found.solved) == (slip, slip == "none")

    cases = [
        (HELD, "none"),
        (HELD // 6, "layers"),
        (HELD // 4, "heads"),
        (HELD // 3, "rows"),
        (HELD // 2, "values"),
        (HELD * 6, "layers"),
        (HELD + 1, "other"),
        (0, "other"),
    ]
    assert failures(holds, cases) == []


def test_a_factor_of_one_cannot_be_forgotten() -> None:
    assert grade_bytes(7, 9, n_layer=1, n_head=1, n_row=1, bytes_per_number=1).slip == "other"


def test_only_another_sum_that_reads_two_tokens_solves_the_prefix() -> None:
    assert Prefix("37*48=", "37*49=", read=2).solved
    assert not Prefix("37*48=", "37*48=", read=1).solved
    assert not Prefix("37*48=", "37*58=", read=3).solved
    assert Prefix("37*48=", "37*58=", read=3).alike == 3
