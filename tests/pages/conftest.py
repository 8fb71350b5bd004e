"""Pages run in Streamlit's own test harness, all in one process: they share what is only read.

Models, records and figures are kept from test to test as a server keeps them from reader to
reader. Live runs are not, and a test that patches something neither finds nor leaves anything.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from components.ui import training
from lab.records import ROOT

# --import-mode=importlib leaves sys.path alone; tests here may say `from shown import charts`.
HERE = str(Path(__file__).resolve().parent)
if HERE not in sys.path:
    sys.path.insert(0, HERE)


def empty_caches() -> None:
    st.cache_resource.clear()
    st.cache_data.clear()


@pytest.fixture(autouse=True, scope="session")
def quick_harness(packages_looked_through_once: None) -> None: ...


@pytest.fixture(autouse=True)
def fresh_runs() -> None:
    """No run of another test is on the server."""
    training.service.clear()


@pytest.fixture(autouse=True)
def caches_see_every_patch(request: pytest.FixtureRequest) -> Iterator[None]:
    """What was kept before a patch would hide it, and what was kept under it would outlive it."""
    patches = "monkeypatch" in request.fixturenames
    if patches:
        empty_caches()
    yield
    if patches:
        empty_caches()


def open_book(page: str | None = None, **query: str | list[str]) -> AppTest:
    """Home, or a page by its file, through the router as a reader comes to it."""
    app = AppTest.from_file(str(ROOT / "Home.py"), default_timeout=60)
    for name, value in query.items():
        app.query_params[name] = value
    app.run()
    if page is not None:
        app.switch_page(f"pages/{page}.py").run()
    return app


@pytest.fixture
def book():
    return open_book
