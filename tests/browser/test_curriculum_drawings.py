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


def colours(sieve: Locator) -> list[bool]:
    """Whether anything is drawn in a reddish colour, and anything in a greenish one."""
    return sieve.locator(".dots").evaluate(
        """dots => {
          const {data} = dots.getContext("2d").getImageData(0, 0, dots.width, dots.height);
          const found = [false, false];
          for (let i = 0; i < data.length; i += 4)
            if (data[i + 3] > 200 && Math.abs(data[i] - data[i + 1]) > 60)
              found[Number(data[i + 1] > data[i])] = true;
          return found;
        }"""
    )


def test_a_sieve_keeps_what_passes_and_tells_a_label(drawings: Drawings) -> None:
    page, sieve = drawings.page, drawings.anew("sieve")
    sieve.get_by_role("slider", name="Round").fill("1")
    for check, on in ((None, ON), ("modulo 11", (*ON, Label.ELEVEN))):
        if check:
            sieve.get_by_label(check).check()
        kept, wrong, lost = counts(*on)
        assert sieve.locator(".kept").inner_text() == f"kept: {kept - wrong} right"
        assert sieve.locator(".passed").inner_text() == f"kept: {wrong} wrong"
        assert f"{lost} are right" in sieve.locator(".said").inner_text()
    driver.wait_for(page, lambda: colours(sieve) == [True, True])
    passed = np.flatnonzero(np.all([labels() & c for c in (*ON, Label.ELEVEN)], axis=0))
    survivor = int(next(i for i in passed if not labels()[i] & Label.RIGHT))
    dots, tray = sieve.get_by_role("slider", name="A sieve"), sieve.locator(".passed + i")
    (box, field) = dots.bounding_box(), tray.bounding_box()
    assert box is not None and field is not None
    floor = field["y"] + field["height"] - box["y"]
    dots.click(position={"x": field["x"] - box["x"] + 4, "y": floor - 6})
    text, (place,) = texts(labels())[survivor]
    assert sieve.locator(".pointed code").inner_text() == text
    assert sieve.locator(".pointed u").inner_text() == text[place]
    dots.press("ArrowRight")
    assert dots.get_attribute("aria-valuenow") == str(survivor + 2)
    page.set_viewport_size({"width": 390, "height": 844})
    driver.wait_for(page, lambda: (dots.bounding_box() or box)["width"] < 360)
    assert sticks_out(sieve) == 0 and driver.sideways_scroll(page) == []
