"""What all tests share: a tier for each, a `__main__` that stays, and what a bad link may say."""

from __future__ import annotations

import os
import pickle
import pickletools
import re
import sys
from collections.abc import Callable, Iterator
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from lab.records import ROOT

os.environ["WHITE_BOX_NICENESS"] = "0"
"""What waits for a live run would wait for all other tests: its worker goes behind no other
process, nor does that of a server that a test starts."""

TIERS = ("core", "push", "slow")
HERE = Path(__file__).resolve().parent
LAB = HERE / "lab"
FIRST = [HERE / "browser", HERE / "pages"]
"""What waits long and comes in large pieces begins, and what is small fills the end."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every test is in one tier: one that names none is core under tests/lab, push elsewhere. And
    it is in one group, which a worker takes as a whole: that of its folder, or else its file. A
    slow test that names none is a group of its own."""
    for item in items:
        named = {mark.name for mark in item.iter_markers() if mark.name in TIERS}
        if len(named) > 1:
            raise pytest.UsageError(f"{item.nodeid} is in two tiers: {', '.join(sorted(named))}")
        if not named:
            item.add_marker("core" if item.path.is_relative_to(LAB) else "push")
        if not any(item.get_closest_marker(name) for name in ("xdist_group", "slow")):
            item.add_marker(pytest.mark.xdist_group(str(item.path.relative_to(HERE))))
    items.sort(key=lambda item: [not item.path.is_relative_to(folder) for folder in FIRST])


@pytest.fixture(autouse=True)
def main_stays_itself() -> Iterator[None]:
    """Streamlit's harness leaves its script behind as `__main__`, and a process that a later test
    spawns would run it."""
    own = sys.modules["__main__"]
    yield
    sys.modules["__main__"] = own


@pytest.fixture(autouse=True, scope="session")
def computed_here() -> Iterator[None]:
    """What a reader asks is computed in the process of the test, which can then look into it and
    put something else in its place. It is sent to and fro as ever, and brings no torch along."""
    from components.ui import computed_apart

    def ask(_asked: str, compute: Any, args: Any, kwargs: Any, keep: bool = True) -> Any:
        pickle.dumps((args, kwargs))
        sent = pickle.dumps(compute(*args, **kwargs))
        assert b"torch" not in sent or not any("torch" in module for module in modules_in(sent))
        return pickle.loads(sent)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(computed_apart, "ask", ask)
        yield


@pytest.fixture(autouse=True, scope="session")
def charts_checked() -> Iterator[None]:
    """What is drawn follows the schema of Vega-Lite; where readers are served nobody looks."""
    from components.ui.plots import drawn_once

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(drawn_once, "CHECKED", True)
        yield


@pytest.fixture(autouse=True, scope="session")
def files_looked_at_each_time() -> Iterator[None]:
    """A test changes a record and reads it again within a second."""
    from components.ui import stamps

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stamps, "this_second", count().__next__)
        yield


@pytest.fixture
def unfolded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every fold that asks for what it holds when a reader opens it is open."""
    from streamlit.elements.lib.mutable_expander_container import ExpanderContainer

    always = property(lambda _fold: True, lambda _fold, _told: None)
    monkeypatch.setattr(ExpanderContainer, "open", always)


def modules_in(sent: bytes) -> set[str]:
    """Whose classes and functions a pickle asks for."""
    named, words = set[str](), list[str]()
    for opcode, argument, _ in pickletools.genops(sent):
        if opcode.name == "STACK_GLOBAL":
            named.add(words[-2])
        elif isinstance(argument, str):
            words.append(argument)
    return named


@pytest.fixture(scope="session")
def packages_looked_through_once() -> Iterator[None]:
    """Streamlit's harness looks through all that is installed for components, at each run of each
    page: nine tenths of a small page's time."""
    from streamlit.components.v2 import manifest_scanner as scanner  # most tests need none of it

    with pytest.MonkeyPatch.context() as patch:
        once = cache(scanner.scan_component_manifests)
        patch.setattr(scanner, "scan_component_manifests", once)
        yield


NONSENSE = (
    "inf",
    "-Infinity",
    "nan",
    "1e400",
    "9" * 400,
    "-10000000",
    "-0x1p9",
    "",
    " ",
    "٣*٤",
    "１２",
    "²",
    "<b>7</b><script>alert(1)</script>",
    "[a](javascript:alert(1)) $x^2$ `",
    "x" * 5000,
    "null\x00byte",
    "%00%ff%",
    "a,b;c|d",
    "line\nbreak\u202e",
    "None",
)
"""Twenty kinds that no control of the book allows."""

NAMED = re.compile(r'\b(?:page|self)\.(choose|number|section|pair)\(\s*"(\w+)"')
"""Where a control or a section gets its name."""

OTHERS = {
    "home": ["a", "b", "layer", "head", "pull"],
    "70_forward_pass_3d": ["ch70_prompt", "ch70_beside_prompt", "ch70_beside_run"],
    "91_claims": ["ch91_find", "q"],
    "94_glossary": ["ch94_find"],
}


@pytest.fixture(scope="session")
def nonsense() -> list[str]:
    return list(NONSENSE)


@pytest.fixture(scope="session")
def keys_of() -> Callable[[str], list[str]]:
    """The names that a link to a page may use, as its code says them, and some it may not."""

    def found(slug: str) -> list[str]:
        own = [
            ROOT / f"pages/{slug}.py",
            *(ROOT / f"components/ui/chapters/ch{slug[:2]}").glob("*.py"),
        ]
        keys = list(OTHERS.get(slug, []))
        for path in filter(Path.is_file, own):
            for kind, name in NAMED.findall(path.read_text()):
                key = f"ch{slug[:2]}_{name}"
                ends = {"section": ["_guess", "_shown"], "pair": ["_a", "_b"]}.get(kind, [""])
                keys += [key + end for end in ends]
        return [*dict.fromkeys([*keys, f"ch{slug[:2]}_a", f"ch{slug[:2]}_b"]), "at", "run"]

    return found
