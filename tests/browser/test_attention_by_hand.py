"""The query in a real browser: it follows the hand, agrees with lab, and is graded on release."""

from __future__ import annotations

import re

import numpy as np
from driver import Sent, wait_for, wait_idle

from lab.by_hand import attention as hand
from lab.data.vocabulary import encode

PAGE = "/attention_by_hand"


def figure(page, name: str):
    block = page.locator(f".st-key-{name}")
    block.locator(".said").filter(has_text="looks at").wait_for()
    block.scroll_into_view_if_needed()
    wait_idle(page)
    return block


def weights(block) -> list[float]:
    read = "boxes => boxes.map(box => Number(box.dataset.weight))"
    return block.locator(".weight").evaluate_all(read)


def query(block) -> tuple[int, float]:
    said = block.locator(".handle").get_attribute("aria-valuetext")
    angle, length = re.findall(r"[\d.]+", said or "")
    return int(angle), float(length)


def by_lab(angle: int, length: float) -> np.ndarray:
    return hand.look(encode("37*48=")[None], hand.arrow(angle, length))[0][0]


def drag(page, block, angle: float, length: float, *, release: bool = True) -> None:
    """Move the mouse to the end of an arrow in the plane, as a hand would."""
    plane = block.locator(".plane").bounding_box()
    unit = plane["width"] / 2 / (hand.LONGEST_QUERY + 0.6)
    middle = plane["x"] + plane["width"] / 2, plane["y"] + plane["height"] / 2
    x, y = hand.arrow(angle, length)
    page.mouse.move(middle[0] + unit, middle[1])
    page.mouse.down()
    page.mouse.move(middle[0] + unit * x, middle[1] - unit * y, steps=8)
    if release:
        page.mouse.up()


def test_the_query_follows_the_hand_agrees_with_lab_is_graded_and_a_real_head_is_read(
    open_page,
) -> None:
    page = open_page(PAGE)
    the_weights_follow_the_hand_without_the_server_and_agree_with_lab(page)
    a_dragged_query_is_graded_on_all_sums_and_moves_the_sliders(page)
    a_head_learns_and_its_moments_are_scrubbed(page)
    a_real_head_is_read_token_by_token(page)
    assert page.console_errors == []


def the_weights_follow_the_hand_without_the_server_and_agree_with_lab(page) -> None:
    block = figure(page, "ch02_query")
    assert np.allclose(weights(block), by_lab(45, 2.5), atol=1e-4)
    assert page.get_by_text("Every problem has at least").count() == 0

    sent = Sent(page)
    drag(page, block, 200, 4.0, release=False)
    turned = query(block)
    assert abs(turned[0] - 200) <= 1 and abs(turned[1] - 4.0) <= 0.11
    assert np.allclose(weights(block), by_lab(*turned), atol=1e-4)
    assert sent.messages == 0
    page.mouse.up()
    wait_for(page, lambda: sent.messages)
    wait_idle(page)


def a_dragged_query_is_graded_on_all_sums_and_moves_the_sliders(page) -> None:
    block = figure(page, "ch02_query")
    assert page.get_by_text("Every problem has at least").count() == 0
    drag(page, block, 26, 5.4)
    page.get_by_text("Every problem has at least").wait_for()
    wait_idle(page)
    angle, length = query(block)
    slider = page.locator(".st-key-ch02_angle input[type=range]")
    assert int(slider.input_value()) == angle and abs(angle - 26) <= 1
    for _ in range(3):
        block.locator(".handle").press("Shift+ArrowLeft")
    assert query(block) == (angle + 30, length)
    page.get_by_text("Every problem has at least").wait_for(state="detached")


def a_head_learns_and_its_moments_are_scrubbed(page) -> None:
    block = figure(page, "ch02_learning")
    assert block.locator(".wrong").inner_text() == "0 of 6,949"
    learned = weights(block)
    block.get_by_role("slider", name="Frame of the training").press("Home")
    assert "After step 0" in block.locator(".said").inner_text()
    assert max(weights(block)) < 0.5 < 0.9 < learned[3]


def a_real_head_is_read_token_by_token(page) -> None:
    block = figure(page, "ch02_real")
    first = block.locator(".said").inner_text()
    assert first.startswith("= (")
    block.get_by_role("slider", name="Reading from").press("ArrowRight")
    second = block.locator(".said").inner_text()
    assert second != first
    assert abs(sum(weights(block)) - 1) < 2e-3
    block.locator(".tokens > div").nth(1).click()
    assert block.locator(".said").inner_text().startswith("7 (")
    assert all(weight == 0 for weight in weights(block)[2:])
