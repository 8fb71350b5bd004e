"""The drawing of features in a real browser, fed with a synthetic history."""

from __future__ import annotations

from typing import TYPE_CHECKING

import driver
from drawings_features import STEPS, TOKENS
from playwright.sync_api import Locator

if TYPE_CHECKING:
    from drawings_visit import Drawings

pytest_plugins = ["drawings_visit"]


def sticks_out(drawing: Locator) -> int:
    """How many elements are wider than the drawing, or overlap an edge of it."""
    return drawing.evaluate(
        """root => {
          const whole = root.getBoundingClientRect();
          return [...root.querySelectorAll('*')].map(e => e.getBoundingClientRect())
            .filter(e => e.width && (e.right > whole.right + 1 || e.left < whole.left - 1)).length;
        }"""
    )


def coloured(cloud: Locator) -> tuple[int, int]:
    """How wide and how tall, in pixels of the page, the dots of a colour reach over the canvas."""
    wide, tall = cloud.locator(".dots").evaluate(
        """dots => {
          const {data} = dots.getContext("2d").getImageData(0, 0, dots.width, dots.height);
          const [xs, ys] = [[], []];
          for (let i = 0; i < data.length / 4; i++) {
            const colour = data.slice(4 * i, 4 * i + 3);
            if (data[4 * i + 3] < 255 || Math.max(...colour) - Math.min(...colour) < 60) continue;
            xs.push(i % dots.width);
            ys.push(Math.floor(i / dots.width));
          }
          const ratio = dots.width / dots.clientWidth;
          const reach = some => some.reduce((a, b) => Math.max(a, b)) -
            some.reduce((a, b) => Math.min(a, b));
          return [xs, ys].map(some => reach(some) / ratio);
        }"""
    )
    return round(wide), round(tall)


def cells(cloud: Locator) -> list[str]:
    """What sign the first cells of the map have: of the first token with the first four."""
    return cloud.locator(".map canvas").evaluate(
        """map => [0, 1, 2, 3].map(k => {
          const [red, , blue, alpha] = map.getContext("2d").getImageData(6 * k + 3, 3, 1, 1).data;
          return alpha < 200 ? "none" : red > blue ? "positive" : "negative";
        })"""
    )


def check_rest_and_first_moment(visit: Drawings) -> None:
    compact, full = visit.anew("compact"), visit.anew("full")
    assert compact.locator(".said").inner_text() == f"step {STEPS[-1]:,} · held out, wrong 400"
    assert full.get_by_role("button", name="Replay").is_hidden()
    for cloud in (compact, full):
        wide, tall = coloured(cloud)
        assert tall < 0.4 * wide
        cloud.get_by_role("slider", name="Moment shown").fill("0")
        assert coloured(cloud)[1] > 2 * tall
        assert sticks_out(cloud) == 0
    assert (compact.bounding_box() or {"height": 999})["height"] <= 420
    assert driver.sideways_scroll(visit.page) == []


def test_a_cloud_rests_as_a_line_and_is_scrubbed_back_to_a_ball(
    drawings: Drawings, on_a_dark_phone: Drawings
) -> None:
    for visit in (drawings, on_a_dark_phone):
        check_rest_and_first_moment(visit)


def test_map_bars_and_scores_follow_the_scrubber_and_keys_turn_the_cloud(
    drawings: Drawings,
) -> None:
    full = drawings.anew("full")
    assert cells(full) == ["positive", "negative"] * 2
    assert full.locator(".across").inner_text().split() == TOKENS
    scrub = full.get_by_role("slider", name="Moment shown")
    rule, bar = full.locator(".rule"), full.locator(".bar").nth(8)
    right, low = rule.bounding_box(), bar.bounding_box()
    scrub.fill("0")
    assert cells(full) == ["positive", "none", "none", "none"]
    left, high = rule.bounding_box(), bar.bounding_box()
    assert right and left and low and high
    assert left["x"] < right["x"] and high["height"] > low["height"]
    full.get_by_role("button", name="layer 1").click()
    scrub.fill(str(len(STEPS) - 1))
    assert (bar.bounding_box() or low)["height"] > low["height"]
    before = coloured(full)
    dots = full.get_by_role("slider", name="A cloud of features")
    for _ in range(3):
        dots.press("Shift+ArrowRight")
    assert dots.get_attribute("aria-valuetext") == "turned by 120 degrees, tilted by 20"
    assert coloured(full) != before
