"""Pages run in Streamlit's own test harness; what one test caches, the next must not see."""

from __future__ import annotations

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from lab.records import ROOT


@pytest.fixture(autouse=True)
def fresh_caches() -> None:
    st.cache_resource.clear()
    st.cache_data.clear()


def open_book(page: str | None = None, **query: str) -> AppTest:
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
