"""components.ui.drawings.save: the button knows what its files are called."""

from __future__ import annotations

from drawing_cases import Case, case

from components.ui.drawings import save


def a_button() -> Case:
    return case(save, lambda: save.offer_svg("k", "a-name"), None)


CASES = {"save": a_button}


def test_the_button_knows_what_its_files_are_called() -> None:
    assert a_button()["data"]["name"] == "a-name"
