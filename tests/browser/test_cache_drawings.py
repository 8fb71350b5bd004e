"""The drawings of a cache in a real browser: what they say and paint is what lab computes."""

from __future__ import annotations

import re
from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import driver
import numpy as np
from drawings_cache import HEAD, N_LAYER, N_PROMPT, START, TEXT, readings
from playwright.sync_api import Locator, Page

if TYPE_CHECKING:
    from drawings_visit import Drawings

pytest_plugins = ["drawings_visit"]

T = len(TEXT)


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

N_STEP = T - N_PROMPT + 1


def rows_painted(growing: Locator) -> list[list[int]]:
    """Of keys, values and queries, the lines that hold any colour."""
    maps = growing.locator("canvas").all()
    return [np.flatnonzero(painted(one)).tolist() for one in maps]


def test_who_wants_no_motion_finds_the_full_cache_and_no_replay(drawings: Drawings) -> None:
    growing = drawings.anew("growing")
    assert growing.get_by_role("slider").input_value() == str(N_STEP)
    assert f"Step {N_STEP} of {N_STEP}" in growing.locator(".said").inner_text()
    assert rows_painted(growing) == [[*range(T)], [*range(T)], [T - 1]]
    assert not growing.get_by_role("button", name="Replay").is_visible()


def test_each_step_adds_a_line_and_without_a_cache_all_are_read_again(drawings: Drawings) -> None:
    growing = drawings.anew("growing")
    for step in (2, 8):
        slide(growing, step)
        t = N_PROMPT + step - 1
        growing.get_by_role("button", name="with a cache").click()
        assert rows_painted(growing) == [[*range(t)], [*range(t)], [t - 1]]
        assert growing.locator(".strip").inner_text().replace("\n", "") == TEXT[:t]
        assert growing.locator(".plan .now").count() == 1
        growing.get_by_role("button", name="without").click()
        assert rows_painted(growing) == 3 * [[*range(t)]]
        assert growing.locator(".plan .now").count() == t
        assert growing.locator(".plan .spared").count() == 0
        assert growing.get_by_role("slider").get_attribute("aria-valuetext") == (
            growing.locator(".said").inner_text()
        )


# Whatever growing cache comes onto the page from now on: the step it tells of each time that
# changes, and whether the last token of its text is to be seen then.
TOLD_BY_THE_NEXT = """() => {
  window.attached = Element.prototype.attachShadow;
  window.told = [];
  Element.prototype.attachShadow = function (how) {
    const root = window.attached.call(this, how);
    new MutationObserver(() => {
      const said = root.querySelector(".growing .said");
      const step = parseInt(said?.textContent.slice("Step ".length));
      if (!step || step === window.told.at(-1)?.[0]) return;
      const last = [...root.querySelectorAll(".strip span")].at(-1);
      window.told.push([step, last.checkVisibility({visibilityProperty: true})]);
    }).observe(root, {childList: true, subtree: true});
    return root;
  };
}"""


@contextmanager
def told_by_the_next(page: Page) -> Generator[None]:
    page.evaluate(TOLD_BY_THE_NEXT)
    yield
    page.evaluate("() => { Element.prototype.attachShadow = window.attached; }")


def test_the_text_is_written_step_by_step_when_it_is_opened_and_on_request(
    drawings: Drawings,
) -> None:
    page = drawings.page
    page.emulate_media(reduced_motion="no-preference")
    step_by_step = [[n, n == N_STEP] for n in range(1, N_STEP + 1)]
    with told_by_the_next(page):
        growing = drawings.anew("growing")
        driver.wait_for(page, lambda: page.evaluate("told") == step_by_step)
        growing.get_by_role("button", name="Replay").click()
        driver.wait_for(page, lambda: page.evaluate("told") == 2 * step_by_step)


# ---------------------------------------------------------------- what the mask keeps


def by_lab(what: str, causal: bool, t: int) -> np.ndarray:
    """By layer, the largest change of a line that was there, in parts of the largest number."""
    after = getattr(readings(causal), what).after
    return abs(after[t][:, :, :t] - after[t - 1]).max(axis=(1, 2, 3)) / abs(after[-1]).max(
        (1, 2, 3)
    )


def check(kept: Locator, what: str, causal: bool, t: int) -> None:
    """The numbers beside the maps, the words, and the lines that stand out of the difference."""
    change = by_lab(what, causal, t)
    texts = kept.locator(".change").all_inner_texts()
    shown = [float(re.sub(r"[^\d.]", "", text)) / (100 if "%" in text else 1) for text in texts]
    still = change < 1e-5
    # what is mere rounding rounds otherwise in the process that serves the page
    assert np.allclose(shown, change, rtol=0.06, atol=1e-5)
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


def test_with_the_mask_nothing_but_one_new_line_stands_out(drawings: Drawings) -> None:
    kept = drawings.anew("kept")
    check(kept, "keys", True, START)
    for t in (1, 12, T - 1):
        slide(kept, t)
        check(kept, "keys", True, t)


def test_without_the_mask_deeper_layers_change_and_layer_0_does_not(drawings: Drawings) -> None:
    kept = drawings.anew("kept")
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
