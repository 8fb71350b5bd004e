"""Links that readers have kept: every value that a link could carry is still taken up.

The names and values are those of the book's first edition; a link outlives the code behind it.
"""

from __future__ import annotations

from functools import partialmethod
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from components.ui.book import BEHIND, CONTENTS
from components.ui.chapter import Chapter

LINKS: dict[str | None, dict[str, tuple[str, object]]] = {
    # page -> name in the link -> (what the link says, what the control then holds)
    None: {
        "a": ("58", "58"),
        "b": ("7", "7"),
        "layer": ("2", 2),
    },
    "00_numpy_mlp": {
        "ch00_rate": ("0.1", 0.1),
        "ch00_width": ("32", 32),
        "ch00_depth": ("2", 2),
        "ch00_activation": ("tanh", "tanh"),
        "ch00_optimiser": ("sgd", "sgd"),
        "ch00_init": ("xavier", "xavier"),
        "ch00_epochs": ("100", 100),
        "ch00_seed": ("7", 7),
    },
    "01_from_table_to_text": {
        "ch01_heat": ("0.5", 0.5),
        "ch01_a": ("12", "12"),
        "ch01_b": ("34", "34"),
    },
    "02_attention_by_hand": {
        "ch02_d": ("64", 64),
        "ch02_layer": ("1", 1),
        "ch02_head": ("2", 2),
        "ch02_a": ("56", "56"),
        "ch02_b": ("78", "78"),
    },
    "03_one_block": {
        "ch03_factor": ("30", 30),
        "ch03_layer": ("3", 3),
        "ch03_pull": ("head 5.3", "head 5.3"),
        "ch03_a": ("12", "12"),
        "ch03_b": ("34", "34"),
    },
    "10_chain_of_thought": {
        "ch10_style": ("plain", "plain"),
        "ch10_fraction": ("10 in 100", 0.1),
        "ch10_d_model": ("64", 64),
        "ch10_n_layer": ("3", 3),
        "ch10_rate": ("0.01", 0.01),
        "ch10_optimiser": ("adamw", "adamw"),
        "ch10_steps": ("200", 200),
        "ch10_seed": ("3", 3),
        "ch10_forge_to": ("7", 7),
        "ch10_a": ("12", "12"),
        "ch10_b": ("34", "34"),
    },
    "20_rope": {
        "ch20_seed": ("7", 7),
        "ch20_base": ("1000", 1000),
        "ch20_layer": ("0", 0),
        "ch20_head": ("2", 2),
        "ch20_scores_head": ("3", 3),
        "ch20_text": ("one width", "one width"),
        "ch20_live_base": ("10", 10),
        "ch20_goal": ("1 in 100", "1 in 100"),
        "ch20_size": ("5", 5),
        "ch20_places": ("4", 4),
        "ch20_lines": ("1", 1),
        "ch20_longer_a": ("374", "374"),
        "ch20_longer_b": ("48", "48"),
    },
    "70_forward_pass_3d": {
        "ch70_run": ("the times table, small", "times_table_small"),
        "ch70_prompt": ("3*4=", "3*4="),
    },
}


@pytest.mark.parametrize("page", LINKS)
def test_a_link_of_the_first_edition_opens_as_it_did(book: Any, page: str | None) -> None:
    said = {name: text for name, (text, _) in LINKS[page].items()}
    app = book(page, reveal="1", **said)
    assert not app.exception
    held = {name: app.session_state[name] for name in said}
    assert held == {name: value for name, (_, value) in LINKS[page].items()}
    told = " ".join(info.value for info in app.info)
    assert not [name for name in said if f"{name}=" in told], told


# ---------------------------------------------------------------- links with nonsense

Call = tuple[str, str, tuple[Any, ...], dict[str, Any]]
PAGES = [None, *(entry.slug for entry in [*CONTENTS, *BEHIND] if entry.written)]


def controls_again(slug: str, calls: list, known: set) -> None:
    """A page of nothing but the controls that another one drew, each in its section."""
    from components.ui.chapter import Chapter

    page = Chapter(slug)
    for at, method, args, kwargs in calls:
        page.at = at
        getattr(page, method)(*args, **kwargs)
    page.at = ""
    page.link.close(all_drawn=True)
    known |= page.link.known


def controls_of(slug: str, draw: Any) -> list[Call]:
    """The calls that make the controls of a page, noted while `draw()` draws it."""
    calls: list[Call] = []
    with pytest.MonkeyPatch.context() as patch:
        for method in ("choose", "number", "pair", "guess"):

            def noted(
                page: Chapter, *args: Any, made: str = method, make: Any = None, **kwargs: Any
            ) -> Any:
                if page.slug == slug:
                    calls.append((page.at, made, args, kwargs))
                return make(page, *args, **kwargs)

            make = getattr(Chapter, method)
            patch.setattr(Chapter, method, partialmethod(noted, make=make))
        draw()
    return calls


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_no_nonsense_in_a_link_is_an_error_on_any_page_or_moves_any_control(
    book: Any, page: str | None, nonsense: list[str], keys_of: Any
) -> None:
    """The page once, another kind on each of its keys; then its controls alone, every kind on every
    key: that is a hundredth of the page's work."""
    name = page or "home"
    link = {key: nonsense[i % len(nonsense)] for i, key in enumerate(keys_of(name))}
    opened: list[AppTest] = []
    calls = controls_of(name, lambda: opened.append(book(page, reveal="1", **link)))
    assert not opened[0].exception and opened[0].title
    known: set[str] = set()

    def again(kind: str | None = None) -> AppTest:
        """In a visit of its own, since a visit takes a link up once."""
        kwargs = {"slug": name, "calls": calls, "known": known}
        app = AppTest.from_function(controls_again, default_timeout=300, kwargs=kwargs)
        for key in known:
            app.query_params[key] = kind
        return app.run()

    app = again()
    assert not app.exception
    usual = {key: app.session_state[key] for key in known if key in app.session_state}
    boxes = {box.key for box in app.text_input}
    wrong: list[tuple[str, object]] = []
    assert nonsense
    for kind in nonsense:
        app = again(kind)
        told = " ".join(info.value for info in app.info)
        moved = {key for key in usual if app.session_state[key] != usual[key]}
        amiss = {
            "an error": list(app.exception),
            "moved": moved - boxes,
            "not told": {key for key in known - boxes if f"{key}=" not in told},
            "told at length": len(told) >= 500 * (len(known) + 1),
        }
        wrong += [(kind, {what: found}) for what, found in amiss.items() if found]
    assert not wrong
