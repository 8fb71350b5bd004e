"""The exercises of chapter 8, second page: a hint names the first check that an attempt fails."""

from __future__ import annotations

from lab.exercises.look_inside_exercises import above, few, first_failed, only_units, spare


def test_the_first_check_that_fails_gives_the_hint() -> None:
    said = [
        first_failed(only_units("56", "56", "63", [])),
        first_failed(only_units("53", "56", "63", [1, 2])),
        first_failed(only_units("53", "56", "63", [0])),
        first_failed(only_units("64", "56", "63", [2])),
        first_failed(only_units("56", "56", "63", [2])),
        first_failed(only_units("53", "56", "63", [2])),
    ]
    words = [
        "copied nothing by hand",
        "one cell only",
        "The film has shown",
        "The tens have changed",
    ]
    words += ["units are still", ""]
    assert [word in hint for word, hint in zip(words, said, strict=True)] == [True] * 6
    assert said[-1] == ""


def test_layer_0_is_out_and_four_cells_are_the_most() -> None:
    assert "layer 0" in first_failed(above("63", "63", [0, 1], 4))
    assert "units" in first_failed(above("66", "63", [1], 4))
    assert "tens" in first_failed(above("53", "63", [1], 4))
    assert "5 cells" in first_failed(above("63", "63", [1, 2, 3, 4, 5], 4))
    assert first_failed(above("63", "63", [1, 2, 2, 4], 4)) == ""


def test_enough_and_not_needed_are_both_asked() -> None:
    assert "no FFN" in first_failed(spare(False, "6", "6", "6"))
    assert "not enough" in first_failed(spare(True, "6", "7", "6"))
    assert "is needed" in first_failed(spare(True, "6", "6", "3"))
    assert first_failed(spare(True, "6", "6", "6")) == ""


def test_few_neurons_count_only_beside_their_controls() -> None:
    assert "page has tried" in first_failed(few(1, True, 0, 100, True))
    assert "no set" in first_failed(few(16, False, 0, 100, False))
    assert "It takes 4" in first_failed(few(4, True, 0, 100, False))
    assert "6 of 100" in first_failed(few(2, True, 6, 100, False))
    assert first_failed(few(2, True, 5, 100, False)) == ""
