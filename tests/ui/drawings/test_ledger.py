"""components.ui.drawings.ledger: the bars of every token add up to its lead."""

from __future__ import annotations

from itertools import accumulate

import pytest
from drawing_cases import Case, case

from components.ui.drawings import ledger
from components.ui.drawings.ledger import ledger_data
from components.ui.page_records import taken_out
from lab.interp.taken_out import TakenOut

# ---------------------------------------------------------------- what the front end is tried on


def recorded() -> TakenOut:
    found = taken_out("chain_of_thought")
    assert found is not None
    return found


FOUND = recorded()
NAMES = [f"token {i}" for i in range(FOUND.given, len(FOUND.text))]
PLACE, HEAD = 8, "head 0.2"


def ends_of(added: list[float]) -> list[float]:
    return [*accumulate(added)]


def whole_ledger() -> Case:
    sent = ledger_data(FOUND, NAMES, PLACE, "")
    parts = [part["added"] for part in sent["parts"]]
    out = [part["name"] for part in sent["parts"]].index(HEAD)
    added = [term[PLACE - FOUND.given] for term in parts]
    shorter = [0.0 if i == out else term for i, term in enumerate(added)]
    return case(
        ledger,
        lambda: ledger.show_ledger("k", FOUND, NAMES, PLACE, alt="A lead"),
        {"out": out, "ends": ends_of(added), "ends_without": ends_of(shorter)},
    )


CASES = {"ledger": whole_ledger}


# ---------------------------------------------------------------- what Python sends


def test_the_bars_of_every_token_add_up_to_its_lead() -> None:
    sent = ledger_data(FOUND, NAMES, PLACE, HEAD)
    for i, lead in enumerate(FOUND.leads):
        assert sum(part["added"][i] for part in sent["parts"]) == pytest.approx(lead, abs=3e-3), i
    assert [part["kind"] for part in sent["parts"][:6]] == ["given", *4 * ["head"], "FFN"]
    assert sent["parts"][sent["out"]]["name"] == HEAD and sent["at"] == PLACE - FOUND.given
    assert sent["without"][0] is None and all(sent["without"][1:])


def test_what_was_never_measured_is_refused() -> None:
    with pytest.raises(ValueError, match="place=3; tokens 6 to 19"):
        ledger_data(FOUND, NAMES, 3, "")
    with pytest.raises(ValueError, match="out='token'; it is one of head"):
        ledger_data(FOUND, NAMES, PLACE, "token")
    with pytest.raises(ValueError, match="2 names; 14 tokens"):
        ledger_data(FOUND, NAMES[:2], PLACE, "")
