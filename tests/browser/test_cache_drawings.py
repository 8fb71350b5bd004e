"""The drawings of a cache in a real browser: what they say and paint is what lab computes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import driver
import numpy as np
import pytest
from cache_drawings_app import HEAD, N_LAYER, START, TEXT, readings
from playwright.sync_api import Locator

Open = Callable[..., driver.BookPage]
T = len(TEXT)


@pytest.fixture(scope="module")
def app(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    path = tmp_path_factory.mktemp("cache_drawings") / "streamlit.log"
    script = driver.ROOT / "tests" / "browser" / "cache_drawings_app.py"
    with path.open("wb") as log, driver.serve(script, log) as url:
        yield url


@pytest.fixture
def open_drawings(app: str, enter: Callable[..., driver.BookPage]) -> Open:
    def open_one(width: int = 1280, dark: bool = False) -> driver.BookPage:
        page = enter(app, width, 1000, dark=dark)
        wait_drawn(page)
        return page

    return open_one


def wait_drawn(page: driver.BookPage) -> None:
    for name in ("growing", "kept"):
        said = page.locator(f".{name} .said").filter(has_text=re.compile(r"\S"))
        said.wait_for(state="attached")
    driver.wait_idle(page)


def slide(drawing: Locator, to: int) -> None:
    """With the keys, as a reader without a pointer does."""
    scrub = drawing.get_by_role("slider")
    scrub.press("Home")
    for _ in range(to - 1):
        scrub.press("ArrowRight")
    assert scrub.input_value() == str(to)


def painted(canvas: Locator) -> np.ndarray:
    """Which lines of a map hold any colour at all."""
    rows = canvas.evaluate(
        """canvas => {
          const {data, width, height} = canvas.getContext("2d")
            .getImageData(0, 0, canvas.width, canvas.height);
          const rows = Array(height).fill(false);
          for (let i = 3; i < data.length; i += 4)
            if (data[i]) rows[Math.floor(i / 4 / width)] = true;
          return rows;
        }"""
    )
    return np.array([any(part) for part in np.split(np.array(rows), T)])


# ---------------------------------------------------------------- the cache that grows


def test_who_wants_no_motion_finds_the_full_cache_and_no_replay(open_drawings: Open) -> None:
    page = open_drawings()
    growing = page.locator(".growing")
    assert growing.get_by_role("slider").input_value() == str(T)
    assert f"Token {T} of {T}, “$”" in growing.locator(".said").inner_text()
    keys, values, query = (painted(one) for one in growing.locator("canvas").all())
    assert keys.all() and values.all()
    assert np.flatnonzero(query).tolist() == [T - 1]
    assert not growing.get_by_role("button", name="Replay").is_visible()
    assert not growing.locator(".mark").first.is_visible()
    assert page.console_errors == []


def test_each_token_adds_a_line_and_only_the_newest_query_is_there(open_drawings: Open) -> None:
    page = open_drawings()
    growing = page.locator(".growing")
    for t in (1, 2, 12):
        slide(growing, t)
        keys, values, query = (painted(one) for one in growing.locator("canvas").all())
        assert np.flatnonzero(keys).tolist() == list(range(t))
        assert np.flatnonzero(values).tolist() == list(range(t))
        assert np.flatnonzero(query).tolist() == [t - 1]
        assert growing.locator(".strip").inner_text().replace("\n", "") == TEXT[:t]
        assert growing.get_by_role("slider").get_attribute("aria-valuetext") == (
            growing.locator(".said").inner_text()
        )


def test_the_text_is_written_token_by_token_when_it_is_opened_and_on_request(
    app: str, open_drawings: Open
) -> None:
    page = open_drawings()
    page.emulate_media(reduced_motion="no-preference")
    page.goto(app, wait_until="domcontentloaded")
    growing = page.locator(".growing")
    growing.locator(".said").filter(has_text=f"Token {T} of").wait_for()
    growing.locator(".mark").first.wait_for(state="hidden")
    growing.get_by_role("button", name="Replay").click()
    assert not growing.locator(".strip span").last.is_visible()
    seen = growing.locator(".said").evaluate(
        """said => new Promise(done => {
          const seen = [];
          new MutationObserver(() => {
            seen.push(parseInt(said.textContent.slice("Token ".length)));
            if (seen.at(-1) === 20) done(seen);
          }).observe(said, {childList: true});
        })"""
    )
    assert len(seen) > T / 2 and seen == list(range(seen[0], T + 1))
    assert page.console_errors == []


# ---------------------------------------------------------------- what the mask keeps


def by_lab(what: str, causal: bool, t: int) -> np.ndarray:
    """By layer, the largest change of a line that was there."""
    after = getattr(readings(causal), what).after
    return abs(after[t][:, :, :t] - after[t - 1]).max(axis=(1, 2, 3))


def check(kept: Locator, what: str, causal: bool, t: int) -> None:
    """The numbers beside the maps, the words, and the lines that stand out of the difference."""
    change = by_lab(what, causal, t)
    shown = [re.sub(r"[^\d.]", "", text) for text in kept.locator(".change").all_inner_texts()]
    still = change < 1e-5
    # what is mere rounding rounds otherwise in the process that serves the page
    assert np.allclose(np.array(shown, float), change, rtol=0.06, atol=1e-5)
    assert still.tolist() == [causal or layer == 0 for layer in range(N_LAYER)]
    said = kept.locator(".said").inner_text()
    assert f"Token {t + 1}, “{TEXT[t]}”, adds one line to every layer" in said
    assert ("in every layer" if causal else f"in layers 1 to {N_LAYER - 1}.") in said.split(":")[1]
    for layer in range(N_LAYER):
        maps = kept.locator(".map canvas")
        before, after, difference = (painted(maps.nth(3 * layer + i)) for i in range(3))
        assert np.flatnonzero(before).tolist() == list(range(t))
        assert np.flatnonzero(after).tolist() == list(range(t + 1))
        lines = np.flatnonzero(difference).tolist()
        assert t in lines
        assert (lines == [t]) == bool(still[layer])


def test_with_the_mask_nothing_but_one_new_line_stands_out(open_drawings: Open) -> None:
    page = open_drawings()
    kept = page.locator(".kept")
    check(kept, "keys", True, START)
    for t in (1, 12, T - 1):
        slide(kept, t)
        check(kept, "keys", True, t)
    assert page.console_errors == []


def test_without_the_mask_deeper_layers_change_and_layer_0_does_not(open_drawings: Open) -> None:
    page = open_drawings()
    kept = page.locator(".kept")
    kept.get_by_role("group", name="Causal mask").get_by_role("button", name="off").click()
    check(kept, "keys", False, START)
    kept.get_by_role("button", name="values").click()
    check(kept, "values", False, START)
    slide(kept, 9)
    check(kept, "values", False, 9)
    kept.get_by_role("group", name="Causal mask").get_by_role("button", name="on").click()
    check(kept, "values", True, 9)
    pressed = kept.locator("button[aria-pressed=true]").all_inner_texts()
    assert pressed == ["values", "on"]
    assert f"Drawn: head {HEAD}." in kept.locator(".counts").inner_text()


# ---------------------------------------------------------------- small, dark


@pytest.mark.parametrize("dark", [False, True])
def test_the_drawings_fit_a_phone_and_are_coloured(open_drawings: Open, dark: bool) -> None:
    page = open_drawings(width=390, dark=dark)
    assert driver.sideways_scroll(page) == []
    for name in ("growing", "kept"):
        block = page.locator(f".{name}")
        wide = block.evaluate(
            """root => [...root.querySelectorAll('*')].filter(e =>
              e.getBoundingClientRect().right > root.getBoundingClientRect().right + 1).length"""
        )
        assert wide == 0, name
        hues = block.locator("canvas").first.evaluate(
            """canvas => {
              const {data} = canvas.getContext("2d")
                .getImageData(0, 0, canvas.width, canvas.height);
              let [warm, cold] = [0, 0];
              for (let i = 0; i < data.length; i += 4) if (data[i + 3] > 99) {
                if (data[i] > data[i + 2] + 60) warm++;
                if (data[i + 2] > data[i] + 60) cold++;
              }
              return [warm, cold];
            }"""
        )
        assert min(hues) > 100, name
    assert page.console_errors == []
