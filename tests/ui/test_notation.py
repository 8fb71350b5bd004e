"""Every symbol of every page stands in the table of notation, and the table has no other."""

from __future__ import annotations

from components.ui.notation import NOTATION, ON_PAGE, meaning, symbols_in
from lab.records import ROOT

PAGES = sorted((ROOT / "pages").glob("*.md"))


def test_every_symbol_of_a_page_is_in_the_table() -> None:
    used = {(path.name, symbol) for path in PAGES for symbol in symbols_in(path.read_text())}
    assert len(used) > 100 and [at for at in sorted(used) if at[1] not in NOTATION] == []


def test_the_table_holds_no_symbol_that_no_page_uses() -> None:
    used = {symbol for path in PAGES for symbol in symbols_in(path.read_text())}
    assert NOTATION.keys() - used == set()


def test_a_page_tells_no_meaning_that_a_symbol_has_on_other_pages() -> None:
    several = {symbol for symbol, told in NOTATION.items() if ";" in told}
    shared = [
        (path.stem, symbol)
        for path in PAGES
        for symbol in symbols_in(path.read_text())
        if symbol in several and symbol not in ON_PAGE.get(path.stem, {})
    ]
    assert len(several) > 10 and shared == []
    assert meaning("m", "20_rope") != NOTATION["m"]


def test_symbols_are_read_out_of_formulas_alone() -> None:
    text = r"A $b_1$ and `$c$`, then $$y = \max(0, x W_1) \cdot p_{\text{right}} {calc:q}$$ for z."
    assert symbols_in(text) == ["b_1", "y", r"\max", "x", "W_1", "p"]
    assert symbols_in(r"$ab$ and $W_{\text{in}}$, $s_v$") == ["a", "b", "W_{in}", "s", "v"]


def test_an_unknown_symbol_is_found() -> None:
    assert symbols_in(r"$\Omega_i$") == [r"\Omega", "i"]
