"""Pages run in Streamlit's own test harness, all in one process: they share what is only read.

Models, records and figures are kept from test to test as a server keeps them from reader to
reader. Live runs are not, and a test that patches something neither finds nor leaves anything.
All tests of a page run in one worker, so that what it computes first is computed once.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any, NoReturn

import pytest
import streamlit as st
from streamlit.runtime.caching.cache_data_api import get_data_cache_stats_provider
from streamlit.runtime.caching.cache_resource_api import get_resource_cache_stats_provider
from streamlit.testing.v1 import AppTest

from components.ui.claims import claim
from components.ui.live import training
from components.ui.live.service import LiveRuns
from lab.live.backends import ProcessBackend
from lab.live.protocol import Emit
from lab.records import ROOT

HERE = Path(__file__).resolve().parent

# --import-mode=importlib leaves sys.path alone; tests here may say `from shown import charts`.
if str(HERE) not in sys.path:
    sys.path.insert(0, str(HERE))

from shown import tell_what_is_heard  # noqa: E402

PATIENCE = 300.0
"""Seconds after which a page hangs; no page takes a tenth of them, and a busy machine may."""


# ---------------------------------------------------------------- a page, a worker


def page_of(item: pytest.Item) -> str:
    """The page that a test opens: that of its case, or the `PAGE` of its file; else Home."""
    case = getattr(getattr(item, "callspec", None), "params", {})
    named = case.get("page") or getattr(getattr(item, "module", None), "PAGE", None)
    return str(named or "home")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.xdist_group(page_of(item)))


# ---------------------------------------------------------------- what is kept, and what is not


@pytest.fixture(autouse=True, scope="session")
def quick_harness(packages_looked_through_once: None) -> None: ...


@pytest.fixture(autouse=True, scope="session")
def runs_that_are_heard() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(LiveRuns, "hear", tell_what_is_heard(LiveRuns.hear))
        yield


@pytest.fixture(autouse=True)
def errors_that_are_told() -> Iterator[None]:
    """Records are whole here: what goes wrong where they are read is an error of the book's own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(claim, "AMISS", ())
        yield


class SharedWorker:
    """What computes the live runs of all tests here: one process, begun by the first of them. What
    it says goes to the service that was made last, which knows no other's runs."""

    def __init__(self) -> None:
        self.emit: Emit = lambda event: None
        self.backend = ProcessBackend(lambda event: self.emit(event), niceness=0)
        self.send = self.backend.send

    def of(self, emit: Emit) -> SharedWorker:
        self.emit = emit
        return self

    def close(self) -> None:
        """It stays for the next test."""


@pytest.fixture(autouse=True, scope="session")
def one_worker() -> Iterator[SharedWorker]:
    worker = SharedWorker()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(training, "backend", worker.of)
        yield worker
    worker.backend.close()


@pytest.fixture(autouse=True)
def fresh_runs(one_worker: SharedWorker, caches_see_every_patch: None) -> Iterator[None]:
    """No run of another test is on the server, and none goes on behind the next."""
    training.service.clear()
    yield
    service = training.service()
    for run in [*service.held, *service.runs.values()]:
        service.cancel(run, keep=False)
        service.forget_state(run)


@pytest.fixture
def patches_what_is_never_kept() -> None:
    """For a test whose patch no cache can hide or keep, so that the caches may stay."""


@pytest.fixture(autouse=True)
def caches_see_every_patch(request: pytest.FixtureRequest) -> Iterator[None]:
    """What was kept before a patch would hide it, and what was kept under it would outlive it: the
    caches are set aside meanwhile, and are there again for the next test."""
    asked = set(request.fixturenames)
    if "monkeypatch" not in asked or "patches_what_is_never_kept" in asked:
        yield
        return
    providers: list[Any] = [get_resource_cache_stats_provider(), get_data_cache_stats_provider()]
    aside = [provider._function_caches for provider in providers]
    for provider in providers:
        provider._function_caches = {}
    yield
    st.cache_resource.clear()
    st.cache_data.clear()
    for provider, kept in zip(providers, aside, strict=True):
        provider._function_caches = kept


# ---------------------------------------------------------------- a page, opened


def not_run_yet(file: str) -> AppTest:
    return AppTest.from_file(str(ROOT / file), default_timeout=PATIENCE)


@pytest.fixture
def file_alone() -> Callable[[str], AppTest]:
    """A file of the book in the harness, before it runs."""
    return not_run_yet


def open_book(page: str | None = None, **query: str | list[str]) -> AppTest:
    """Home, or a page by its file, through the router as a reader comes to it."""
    app = not_run_yet("Home.py")
    for name, value in query.items():
        app.query_params[name] = value
    app.run()
    if page is not None:
        app.switch_page(f"pages/{page}.py").run()
    return app


@pytest.fixture
def book() -> Callable[..., AppTest]:
    return open_book


@lru_cache(maxsize=6)
def opened_once(page: str | None, link: tuple[tuple[str, str], ...]) -> AppTest:
    app: Any = open_book(page, **dict(link))

    def refuse(*_: object, **__: object) -> NoReturn:
        raise AssertionError("other tests look at this page too: open your own with `book`")

    app._run = refuse
    return app


@pytest.fixture
def seen(request: pytest.FixtureRequest) -> Callable[..., AppTest]:
    """A page as `book` opens it, for tests that only look at it: they share one visit."""
    assert "monkeypatch" not in request.fixturenames, "nobody else may see a patched page"
    return lambda page=None, **link: opened_once(page, tuple(sorted(link.items())))
