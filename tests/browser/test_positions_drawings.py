"""The drawings of positions in a real browser: they follow the hand and agree with lab."""

from __future__ import annotations

import re
from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import driver
import numpy as np
import pytest
import torch
from drawings_positions import (
    GAP_AT,
    LAST,
    LAST_PLACE,
    MODELS,
    PROMPT,
    SIGNAL,
    SPEEDS,
    START_SHIFT,
    TEXT,
    K,
    Q,
    model,
)
from playwright.sync_api import Locator

from lab.interp.fourier_shift import shifted, spectrum, turn_waves
from lab.interp.position_probes import OnTheTape, on_the_tape, shifts, stretches
from lab.model.positions import turn_pairs

if TYPE_CHECKING:
    from drawings_visit import Drawings

pytest_plugins = ["drawings_visit"]


@contextmanager
def nothing_sent(page: driver.BookPage) -> Generator[None]:
    """No message goes to the server meanwhile."""
    sent: list[str] = []
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    session.on("Network.webSocketFrameSent", lambda _: sent.append("frame"))
    yield
    session.detach()
    assert sent == []


def middle(mark: Locator) -> tuple[float, float]:
    """Of a mark that stands still, in sight."""
    mark.scroll_into_view_if_needed()
    box = mark.bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def drag(page: driver.BookPage, mark: Locator, pixels: float, *, release: bool = True) -> None:
    x, y = middle(mark)
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + pixels, y, steps=6)
    if release:
        page.mouse.up()


def numbers(text: str) -> list[float]:
    return [float(n) for n in re.findall(r"-?\d+(?:\.\d+)?", text.replace("−", "-"))]


def value(mark: Locator) -> float:
    return float(mark.get_attribute("aria-valuenow") or "nan")


# ---------------------------------------------------------------- the clocks


def turned_pairs(pairs: np.ndarray, position: float) -> np.ndarray:
    angles = torch.from_numpy(position * SPEEDS)[:, None]
    return turn_pairs(torch.from_numpy(pairs), angles.cos(), angles.sin(), "interleaved").numpy()


def score_by_lab(i: float, j: float) -> float:
    return (turned_pairs(Q, i) * turned_pairs(K, j)).sum() / np.sqrt(2 * len(SPEEDS))


def angle_by_lab(pair: int, i: float, j: float) -> float:
    """From the key's arrow to the query's, in degrees from -180 to 180."""
    q, k = (complex(*turned_pairs(x, at)[pair]) for x, at in ((Q, i), (K, j)))
    return float(np.degrees(np.angle(q / k)))


def places(clocks: Locator) -> tuple[float, float]:
    return value(clocks.get_by_label("Query at")), value(clocks.get_by_label("Key at"))


def score_of(clocks: Locator) -> float:
    """With all its digits; two are written."""
    return float(clocks.locator(".score").get_attribute("data-value") or "nan")


def check_clocks(clocks: Locator, pair: int) -> None:
    i, j = places(clocks)
    score = clocks.locator(".score")
    assert score_of(clocks) == pytest.approx(score_by_lab(i, j), abs=6e-7)
    assert numbers(score.inner_text()) == [pytest.approx(score_of(clocks), abs=6e-3)]
    (angle,) = numbers(clocks.locator(".angle").inner_text())
    assert angle == pytest.approx(angle_by_lab(pair, i, j), abs=0.51)


def unit(clocks: Locator) -> float:
    """Pixels from one place of the ruler to the next."""
    box = clocks.locator(".ruler").bounding_box()
    assert box is not None
    return (box["width"] - 48) / LAST_PLACE


def test_the_clocks_follow_the_hand_without_the_server_and_agree_with_lab(
    drawings: Drawings,
) -> None:
    page, clocks = drawings.page, drawings.anew("clocks")
    clocks.get_by_role("button", name="Reset").click()
    assert places(clocks) == (7, 3)
    check_clocks(clocks, pair=0)
    clocks.get_by_role("radio").nth(4).click()
    clocks.get_by_role("radio").nth(4).press("ArrowRight")
    assert clocks.get_by_role("radio").nth(5).get_attribute("aria-checked") == "true"
    check_clocks(clocks, pair=5)
    clocks.locator(".headline").scroll_into_view_if_needed()  # from under the page's header
    with nothing_sent(page):
        drag(page, clocks.locator(".query .grip"), 5 * unit(clocks))
        assert places(clocks) == (12, 3)
        check_clocks(clocks, pair=5)


def test_both_marks_moved_together_keep_the_score_to_the_last_digit(drawings: Drawings) -> None:
    page, clocks = drawings.page, drawings.anew("clocks")
    score, angle = (clocks.locator(name) for name in (".score", ".angle"))
    clocks.get_by_role("button", name="Reset").click()
    before, exact = (score.inner_text(), angle.inner_text()), score_of(clocks)
    clocks.locator(".ruler").scroll_into_view_if_needed()  # from under the page's header
    drag(page, clocks.locator(".both .grip"), 16 * unit(clocks))
    assert places(clocks) == (23, 19)
    assert (score.inner_text(), angle.inner_text()) == before
    assert score_of(clocks) == pytest.approx(exact, abs=1e-12)
    drag(page, clocks.locator(".both .grip"), 1000)
    assert places(clocks) == (LAST_PLACE, LAST_PLACE - 4)
    assert score_of(clocks) == pytest.approx(exact, abs=1e-12)
    clocks.get_by_label("Key at").press("ArrowLeft")
    assert score.inner_text() != before[0]
    check_clocks(clocks, pair=0)


# ---------------------------------------------------------------- the waves


def check_waves(waves: Locator) -> float:
    """The samples and clocks drawn against lab's at the shift that the mark says."""
    by = value(waves.get_by_role("slider"))
    read = "dots => dots.map(dot => Number(dot.dataset.value))"
    samples = waves.locator(".dot.moved").evaluate_all(read)
    assert np.allclose(samples, shifted(SIGNAL, by), atol=1e-6)
    assert np.allclose(waves.locator(".dot.ghost").evaluate_all(read), SIGNAL, atol=1e-6)
    read = "ends => ends.map(end => end.dataset.wave.split(',').map(Number))"
    clocks = np.array(waves.locator(".end").evaluate_all(read))
    assert np.allclose(clocks, turn_waves(spectrum(SIGNAL), by)[: len(SIGNAL) // 2 + 1], atol=2e-6)
    return by


def test_a_dragged_signal_is_drawn_from_the_turned_clocks(drawings: Drawings) -> None:
    page, waves = drawings.page, drawings.anew("waves")
    assert check_waves(waves) == START_SHIFT
    with nothing_sent(page):
        drag(page, waves.locator(".knob"), 97, release=False)
        by = check_waves(waves)
        assert by > START_SHIFT and by % 1 != 0
        page.mouse.up()
        waves.get_by_role("slider").press("Home")
        waves.get_by_role("slider").press("Shift+ArrowRight")
        assert check_waves(waves) == 1


# ---------------------------------------------------------------- the tape


def read_by_lab(title: str, mode: str, by: int) -> tuple[OnTheTape, OnTheTape]:
    """At its own place, and moved."""
    made = model(MODELS[title])
    rulers = (
        shifts(len(TEXT), [0, by]) if mode == "shift" else stretches(len(TEXT), GAP_AT, [0, by])
    )
    still, moved = (on_the_tape(made, TEXT, ruler[None])[0, 0] for ruler in rulers)
    return still, moved


def check_tape(tape: Locator, mode: str) -> int:
    """What stands under both maps, and every cell of them, against a fresh reading by lab."""
    by = int(value(tape.get_by_role("slider")))
    for title, side in zip(MODELS, tape.locator(".side").all(), strict=True):
        still, moved = read_by_lab(title, mode, by)
        read = "cells => cells.map(cell => Number(cell.getAttribute('fill-opacity')))"
        cells = side.locator(".cell").evaluate_all(read)
        expected = moved.pattern[0][np.tril_indices(len(TEXT))]
        assert np.allclose(cells, expected, atol=0.5 / 255 + 1e-5)
        (change,) = numbers(side.locator(".change").inner_text())
        assert change == pytest.approx(abs(moved.pattern - still.pattern).max(), abs=6e-4)
        right = moved.right[0, PROMPT - 1 :]
        count = f"{right.sum()} of {len(right)} tokens right"
        assert side.locator(".count").inner_text() == count
        glyphs = side.locator(".sum span i").all_inner_texts()
        assert ["✗" in glyph for glyph in glyphs] == [False] * PROMPT + [not r for r in right]
    return by


def test_the_maps_follow_a_shifted_sum_and_rope_does_not_change(drawings: Drawings) -> None:
    page, tape = drawings.page, drawings.anew("tape")
    assert check_tape(tape, "shift") == 100
    changes = tape.locator(".change b")
    assert changes.nth(0).inner_text() == "0.000"
    assert float(changes.nth(1).inner_text()) > 0.01
    box = tape.locator(".strip").bounding_box()
    assert box is not None
    with nothing_sent(page):
        drag(page, tape.locator(".knob"), -60 * (box["width"] - 28) / (LAST + 1), release=False)
        assert check_tape(tape, "shift") == 40
        page.mouse.up()
        assert "it stands at 40 to 59" in tape.locator(".where").inner_text()


def test_a_sum_pulled_apart_is_at_its_own_place_and_changes_both(drawings: Drawings) -> None:
    tape = drawings.anew("tape")
    tape.get_by_role("button", name="Pull it apart").click()
    assert check_tape(tape, "gap") == 8
    assert "stands at 0 to 5, the rest at 14 to 27" in tape.locator(".where").inner_text()
    assert all(float(change) > 0.01 for change in tape.locator(".change b").all_inner_texts())
    tape.get_by_role("slider").press("End")
    assert check_tape(tape, "gap") == 64
    tape.get_by_role("slider").press("Home")
    assert tape.locator(".change b").all_inner_texts() == ["0.000", "0.000"]
    tape.get_by_role("button", name="Shift the whole problem").click()
    assert check_tape(tape, "shift") == 100


def test_a_cell_is_read_in_both_maps(drawings: Drawings) -> None:
    tape = drawings.anew("tape")
    query, key = 9, 4
    tape.locator(".map").nth(1).locator(".cell").nth(query * (query + 1) // 2 + key).hover()
    weights = [read_by_lab(title, "shift", 100)[1].pattern[0, query, key] for title in MODELS]
    said = ", ".join(f"{title} {w:.2f}" for title, w in zip(MODELS, weights, strict=True))
    pointed = tape.locator(".pointed").inner_text()
    assert pointed == f"{TEXT[query]} at 109 looks at {TEXT[key]} at 104: {said}."


def test_a_finger_drags_the_sum_along_the_tape(on_a_touched_phone: Drawings) -> None:
    page, tape = on_a_touched_phone.page, on_a_touched_phone.anew("tape")
    x, y = middle(tape.locator(".knob"))
    session = page.context.new_cdp_session(page)
    for kind, far in [("touchStart", 0), ("touchMove", 20), ("touchMove", 40), ("touchEnd", None)]:
        points = [] if far is None else [{"x": x + far, "y": y}]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    session.detach()
    assert value(tape.get_by_role("slider")) > 120
