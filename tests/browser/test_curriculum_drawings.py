"""The sieve of chapter 3 in a real browser, fed with synthetic labels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import driver
import numpy as np
from drawings_curriculum import ON, labels, texts
from playwright.sync_api import Locator

from components.ui.drawings.sieve import Label

if TYPE_CHECKING:
    from drawings_visit import Drawings

pytest_plugins = ["drawings_visit"]


def sticks_out(drawing: Locator) -> int:
    """How many elements are wider than the drawing, or overlap its right edge."""
    return drawing.evaluate(
        """root => [...root.querySelectorAll('*')].filter(e =>
          e.getBoundingClientRect().right > root.getBoundingClientRect().right + 1).length"""
    )


def counts(*on: Label) -> tuple[int, int, int]:
    """By numpy: kept, of them wrong, and right ones thrown away."""
    flags = labels()
    kept = np.all([flags & check for check in on], axis=0)
    right = (flags & Label.RIGHT).astype(bool)
    return int(kept.sum()), int((kept & ~right).sum()), int((~kept & right).sum())


def at_home(sieve: Locator) -> list[int]:
    """How many places of the grid, 40 in a row, are reddish, and how many greenish."""
    return sieve.locator(".dots").evaluate(
        """dots => {
          const ratio = dots.width / dots.clientWidth, edge = 3;
          const pitch = Math.floor((dots.clientWidth - 2 * edge) / 40);
          const pen = dots.getContext("2d");
          const found = [0, 0];
          for (let i = 0; i < 1000; i++) {
            const [x, y] = [i % 40, Math.floor(i / 40)].map(n => ratio * (edge + (n + .5) * pitch));
            const [red, green] = pen.getImageData(x, y, 1, 1).data;
            if (Math.abs(red - green) > 40) found[Number(green > red)]++;
          }
          return found;
        }"""
    )


def test_a_sieve_keeps_at_home_what_passes_and_tells_a_label(drawings: Drawings) -> None:
    page, sieve = drawings.page, drawings.anew("sieve")
    sieve.locator(".kept").filter(has_text="kept").wait_for()
    for check, on in ((None, ON), ("modulo 11", (*ON, Label.ELEVEN))):
        if check:
            sieve.get_by_label(check).check()
        kept, wrong, lost = counts(*on)
        assert sieve.locator(".kept").inner_text() == f"kept: {kept}, of them {wrong} wrong"
        thrown = f"thrown away: {1000 - kept}, of them {lost} right"
        assert sieve.locator(".thrown").inner_text() == thrown
        driver.wait_for(page, lambda k=kept, w=wrong: at_home(sieve) == [w, k - w])
    passed = np.flatnonzero(np.all([labels() & c for c in (*ON, Label.ELEVEN)], axis=0))
    survivor = int(next(i for i in passed if not labels()[i] & Label.RIGHT))
    dots = sieve.get_by_role("slider")
    box = dots.bounding_box()
    assert box is not None
    pitch = (box["width"] - 6) // 40
    where = [3 + (n + 0.5) * pitch for n in (survivor % 40, survivor // 40)]
    dots.click(position={"x": where[0], "y": where[1]})
    text, (place,) = texts(labels())[survivor]
    assert sieve.locator(".pointed code").inner_text() == text
    assert sieve.locator(".pointed s").inner_text() == text[place]
    dots.press("ArrowRight")
    assert dots.get_attribute("aria-valuenow") == str(survivor + 2)
    page.set_viewport_size({"width": 390, "height": 844})
    driver.wait_for(page, lambda: (dots.bounding_box() or box)["width"] < 356)
    assert sticks_out(sieve) == 0 and driver.sideways_scroll(page) == []
