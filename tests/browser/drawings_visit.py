"""Visits to the page of drawings, for tests that say `pytest_plugins = ["drawings_visit"]`.

The page is served once, and opened once a kind of visit: on a screen, on a dark phone, and on one
that is touched. A test mounts anew what it looks at, so that it finds nothing of those before it.
Who names `Drawings` as a type imports it for that alone: pytest imports this file as a plugin.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator

import driver
import pytest
from drawings_app import DRAWINGS
from playwright.sync_api import Locator

Enter = Callable[..., driver.BookPage]


class Drawings:
    """What one visitor sees of the page."""

    def __init__(self, page: driver.BookPage) -> None:
        self.page = page
        self.times = Counter[str]()
        """How often each was mounted anew."""
        self.size = page.viewport_size
        page.locator(f".st-key-{DRAWINGS[-1]}_0").wait_for(state="attached", timeout=120_000)
        self.wait_run_ended()
        page.evaluate("document.fonts.ready.then(() => null)")

    def anew(self, name: str) -> Locator:
        """The drawing as it is first found, at rest where there is no motion."""
        self.page.get_by_role("button", name=f"Mount {name} anew", exact=True).click()
        self.times[name] += 1
        drawing = self.drawn(name)
        self.wait_run_ended()
        return drawing

    def drawn(self, name: str) -> Locator:
        """The drawing as it stands, which says something once it is drawn."""
        told = self.now(name).locator(".said, .thrown").filter(has_text=re.compile(r"\S"))
        told.first.wait_for(state="attached")
        return self.now(name)

    def now(self, name: str) -> Locator:
        return self.page.locator(f".st-key-{name}_{self.times[name]} .drawing")

    def wait_run_ended(self) -> None:
        """Of Python. The other drawings do not matter: a dead one spoils its own tests alone."""
        self.page.locator('[data-test-script-state="notRunning"]').wait_for(state="attached")

    def for_one_test(self) -> Iterator[Drawings]:
        """At its own size, without motion, the hand away; the console must stay without errors."""
        assert self.size is not None
        self.page.set_viewport_size(self.size)
        self.page.emulate_media(reduced_motion="reduce")
        self.page.mouse.up()
        self.page.mouse.move(0, 0)
        yield self
        errors = self.page.console_errors.copy()
        self.page.console_errors.clear()
        assert errors == []


@pytest.fixture(scope="session")
def drawings_url(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    path = tmp_path_factory.mktemp("drawings") / "streamlit.log"
    script = driver.ROOT / "tests" / "browser" / "drawings_app.py"
    with path.open("wb") as log, driver.serve(script, log) as url:
        yield url


@pytest.fixture(scope="session")
def drawings_door(visitors: driver.Visitors) -> Iterator[Enter]:
    with visitors.door() as enter:
        yield enter


@pytest.fixture(scope="session")
def visit_on_a_screen(drawings_url: str, drawings_door: Enter) -> Drawings:
    return Drawings(drawings_door(drawings_url, 1280, 1000))


@pytest.fixture(scope="session")
def visit_on_a_dark_phone(drawings_url: str, drawings_door: Enter) -> Drawings:
    return Drawings(drawings_door(drawings_url, 390, 1000, dark=True))


@pytest.fixture(scope="session")
def visit_on_a_touched_phone(drawings_url: str, drawings_door: Enter) -> Drawings:
    return Drawings(drawings_door(drawings_url, 390, 1000, touch=True))


@pytest.fixture
def drawings(visit_on_a_screen: Drawings) -> Iterator[Drawings]:
    yield from visit_on_a_screen.for_one_test()


@pytest.fixture
def on_a_dark_phone(visit_on_a_dark_phone: Drawings) -> Iterator[Drawings]:
    yield from visit_on_a_dark_phone.for_one_test()


@pytest.fixture
def on_a_touched_phone(visit_on_a_touched_phone: Drawings) -> Iterator[Drawings]:
    yield from visit_on_a_touched_phone.for_one_test()
