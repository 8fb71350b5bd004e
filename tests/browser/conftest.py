"""Fixtures for tests that drive the served book in a real Chromium.

Without Chromium they are skipped, with the reason in the summary; where CI is true they fail.
"""

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

import pytest
from playwright.sync_api import Browser, Playwright, sync_playwright

HERE = Path(__file__).resolve().parent
# --import-mode=importlib leaves sys.path alone; tests here may say `from driver import wait_idle`.
if str(HERE) not in sys.path:
    sys.path.insert(0, str(HERE))

pytest.register_assert_rewrite("openers", "own_sum")

import driver  # noqa: E402
from axe import axe_script  # noqa: E402


class OpenPage(Protocol):
    def __call__(
        self,
        path: str = "/",
        width: int = 1280,
        dark: bool = False,
        *,
        height: int = 900,
        idle: bool = True,
        first: str = "",
    ) -> driver.BookPage: ...


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whatever lies in this folder is a browser test; nobody has to remember the marker. They are
    three groups of about one weight, and a group shares one server and one Chromium: those that
    open the book, those that serve a page of their own, and the visits of every page, of which each
    takes some."""
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.xdist_group(group_of(item)))


VISITS = (("60", "visits"), ("70", "book"), ("a", "drawings"))
"""The pages up to a slug are visited with these."""


def group_of(item: pytest.Item) -> str:
    slug = str(getattr(getattr(item, "callspec", None), "params", {}).get("slug", ""))
    if slug:
        return next((group for end, group in VISITS if slug < end), "visits")
    return "book" if "server" in getattr(item, "fixturenames", ()) else "drawings"


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of Chromium; without one, who needs it is skipped before anything starts."""
    path = driver.find_chromium()
    if path is None:
        reason = "Chromium is not installed (Debian: apt-get install chromium)"
        if os.environ.get("CI") == "true":
            pytest.fail(reason, pytrace=False)
        pytest.skip(reason)
    return path


@pytest.fixture(scope="session")
def playwright(chromium: str) -> Iterator[Playwright]:
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="session")
def browser(playwright: Playwright, chromium: str) -> Iterator[Browser]:
    """One headless Chromium for all tests."""
    running = driver.launch(playwright, chromium, frugal=True)
    yield running
    running.close()


@pytest.fixture(scope="session")
def server(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the served book."""
    path = tmp_path_factory.mktemp("server") / "streamlit.log"
    try:
        with path.open("wb") as log, driver.serve(driver.ROOT / "Home.py", log) as url:
            yield url
    except (RuntimeError, TimeoutError) as error:
        printed = path.read_text("utf-8", "replace")[-4000:]
        pytest.fail(f"{error}; it printed:\n{printed}", pytrace=False)


@pytest.fixture(scope="session")
def visitors(browser: Browser) -> driver.Visitors:
    return driver.Visitors(browser)


@pytest.fixture(scope="session")
def axe(tmp_path_factory: pytest.TempPathFactory) -> str:
    """axe's script; without it, who needs it is skipped, and where CI is true they fail."""
    try:
        return axe_script(tmp_path_factory.mktemp("axe"))
    except RuntimeError as error:
        if os.environ.get("CI") == "true":
            pytest.fail(str(error), pytrace=False)
        pytest.skip(str(error))


@pytest.fixture
def enter(visitors: driver.Visitors) -> Iterator[Callable[..., driver.BookPage]]:
    """A function that opens an address as a new visitor."""
    with visitors.door() as enter:
        yield enter


@pytest.fixture
def open_page(server: str, enter: Callable[..., driver.BookPage]) -> OpenPage:
    """A function that opens a path of the book as a new visitor and waits until it is idle.

    With `idle=False` it does not wait: a page on which a run goes on is seldom idle.
    """

    def open_one(
        path: str = "/",
        width: int = 1280,
        dark: bool = False,
        *,
        height: int = 900,
        idle: bool = True,
        first: str = "",
    ) -> driver.BookPage:
        page = enter(f"{server}/{path.lstrip('/')}", width, height, dark=dark, first=first)
        if idle:
            driver.wait_idle(page)
        return page

    return open_one
