"""Chapter 7 in a real browser: the viewer draws the model that the page has."""

from __future__ import annotations

import json
import math
import re

import pytest
from driver import wait_idle

from lab.inference.forward import run_with_trace
from lab.interp.head_costs import head_costs
from lab.training.checkpoint import load_run


def viewer(page):
    page.locator("iframe").first.wait_for(state="attached", timeout=60_000)
    page.locator("iframe").first.scroll_into_view_if_needed()
    frame = page.frame_locator("iframe").first
    frame.locator("canvas").first.wait_for(timeout=30_000)
    return frame


def scene_with_weights(page):
    """The viewer's own frame, once the weights are drawn."""
    viewer(page)
    (frame,) = [f for f in page.frames if "threejs_viewer" in f.url]
    frame.wait_for_function("window.viewer3d?.scene?.halves.weight.length > 0", timeout=30_000)
    wait_idle(page)
    return frame


def test_the_viewer_opens_and_follows_a_changed_prompt(open_page) -> None:
    page = open_page("/forward_pass_3d")
    frame = viewer(page)
    frame.get_by_text("tokens become vectors").first.wait_for(timeout=30_000)
    picture, title = frame.locator(".stage").bounding_box(), page.locator("h1").bounding_box()
    column = page.locator("iframe").first.bounding_box()
    assert picture["height"] >= 620 and picture["width"] == column["width"]
    assert picture["y"] - (title["y"] + title["height"]) < 160  # a question and a row of buttons
    frame.get_by_label("Stage of the walk").press("End")
    frame.get_by_text('it says "done"').first.wait_for()
    assert "".join(frame.locator(".prompt li").all_inner_texts()) == "7*8=56"
    assert 25 <= int(frame.locator(".reel .count").inner_text().split("/")[1]) <= 35
    box = page.get_by_label("Prompt")
    box.fill("3*4=")
    box.press("Enter")
    wait_idle(page)
    page.get_by_text("It writes 3*4=12$.").wait_for()
    assert page.console_errors == []


def test_a_bad_prompt_leaves_the_page_alive(open_page) -> None:
    page = open_page("/forward_pass_3d?ch70_prompt=zebra")
    page.get_by_text("is no token of this model").wait_for()
    page.get_by_label("Prompt").fill("6*7=")
    page.get_by_label("Prompt").press("Enter")
    page.get_by_text("It writes 6*7=42$.").wait_for()
    assert page.console_errors == []


def test_the_five_of_fifty_six_is_followed_home_to_the_prompt(open_page) -> None:
    page = open_page("/forward_pass_3d")
    frame = viewer(page)
    frame.get_by_role("button", name='Follow the "5" home').click()
    rows = frame.locator(".home li button")
    rows.first.wait_for(timeout=30_000)
    while rows.count():
        assert "Rounding leaves" in frame.locator(".home .sum").inner_text()
        rows.first.click()
    assert re.fullmatch(
        'You stand on token (0 "7|2 "8)", which you typed.',
        frame.locator(".home .arrived").inner_text(),
    )


# The share of the overlay that is drawn on, in a square about the middle of what a head hands on.
HATCHED = """([layer, head]) => {
  const { x, y } = viewer3d.whereIs(`blocks.${layer}.z`, [head, 2, 32]);
  const over = document.querySelector("canvas.over");
  const scale = over.width / over.clientWidth;
  const { data } = over.getContext("2d").getImageData(scale * x - 25, scale * y - 25, 50, 50);
  return data.filter((alpha, i) => i % 4 === 3 && alpha > 0).length / 2500;
}"""


def test_a_head_is_broken_from_the_ranking_and_the_banner_says_what_it_changed(open_page) -> None:
    page = open_page("/forward_pass_3d?test=1")
    frame = scene_with_weights(page)
    model = load_run("times_table").model
    dearest = head_costs(model, "7*8=56$", 4)[0]
    without = dearest.writes.removesuffix("$")
    assert without != "56"
    frame.get_by_role("button", name="Break a head").click()
    first = frame.locator(".ranking li button").first
    first.wait_for()
    assert f"head {dearest.head} of layer {dearest.layer}" in first.inner_text()
    assert frame.locator(".ranking li").count() == 24
    before = frame.evaluate("({ ...viewer3d.view.pose })")
    first.click()
    frame.locator(".change", has_text=f"56 → {without}").wait_for()
    page.get_by_text(f"It writes 7*8={without}").wait_for()
    assert frame.evaluate("viewer3d.view.pose") != before
    hatched = [frame.evaluate(HATCHED, [dearest.layer, head]) for head in range(4)]
    assert [share > 0.2 for share in hatched] == [head == dearest.head for head in range(4)]
    said = frame.locator(".banner").inner_text()
    assert f"Head {dearest.head} of layer {dearest.layer} is broken" in said
    pattern = run_with_trace(model, "7*8=", ["pattern"])[f"blocks.{dearest.layer}.pattern"]
    key = int(pattern[0, dearest.head, 3].argmax())
    assert f'it would fetch most from token {key} "{"7*8="[key]}"' in said
    frame.get_by_role("button", name="What its loss did").click()
    assert 'The logit of "5" was +' in frame.locator(".why").inner_text()
    frame.get_by_role("button", name="Break a head").click()
    still = frame.locator(".ranking li button", has_text="still 56").last
    still.click()
    frame.locator(".change", has_text="still 56").wait_for()
    assert frame.evaluate("viewer3d.scene.manifest.edited.length") == 1
    assert "The probability of the answer went from" in frame.locator(".banner").inner_text()
    frame.get_by_role("button", name="Mend all parts").click()
    frame.locator(".banner").wait_for(state="hidden")
    assert frame.evaluate("viewer3d.scene.manifest.edited") == []
    page.get_by_text("It writes 7*8=56$.").wait_for()
    draw_and_go_on(page, frame)
    assert page.console_errors == []


def draw_and_go_on(page, frame) -> None:
    """At T = 2 most draws are the 5; the model goes on behind the first one that is not."""
    frame.get_by_role("button", name='Next after "="').click()
    frame.get_by_label("Temperature").fill("2")
    frame.get_by_role("button", name="Draw 100 tokens").click()
    counts = [int(n.rstrip("×")) for n in frame.locator(".next small").all_inner_texts()]
    assert len(counts) == 16 and sum(counts) == 100 and 50 < counts[0] < 100
    onward = frame.get_by_role("button", name="Go on with")
    while onward.inner_text() == "Go on with 5":
        frame.get_by_role("button", name="Draw a token").click()
    token = onward.inner_text()[-1]
    onward.click()
    page.get_by_text(f"It writes 7*8={token}").wait_for()
    wait_idle(page)
    box = page.get_by_label("Prompt").first
    assert box.input_value() == f"7*8={token}"
    for prompt in ("7*8=", "7*8=5"):  # one text, of which more is typed
        box.fill(prompt)
        box.press("Enter")
        frame.wait_for_function("n => viewer3d.scene.given === n", arg=len(prompt))
        page.get_by_text("It writes 7*8=56$.").wait_for()


def test_two_models_stand_side_by_side_with_the_weights_of_both(open_page) -> None:
    page = open_page("/forward_pass_3d?test=1&ch70_beside=another+model")
    viewer(page)
    frame = next(f for f in page.frames if "threejs_viewer" in f.url)
    frame.wait_for_function(
        """() => window.viewer3d?.sides.length === 2
          && viewer3d.sides.every(s => s.plan.scene.halves.weight.length > 0)""",
        timeout=60_000,
    )
    sizes = frame.evaluate("viewer3d.sides.map(s => s.plan.scene.byName.get('embed').cols)")
    assert sizes == [256, 48]
    assert "have no partner" in frame.locator(".notice").inner_text()


# The share of its pixels that are not empty.
DRAWN = """canvas => {
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  return data.filter((alpha, i) => i % 4 === 3 && alpha > 0).length / (data.length / 4);
}"""


def test_ours_fills_the_picture_and_play_ends_with_it_as_a_grain(open_page) -> None:
    page = open_page("/forward_pass_3d?figure=scale")
    said, play = page.locator(".scale .said"), page.get_by_role("button", name="Play")
    grain = page.get_by_text("Ours is the grain at the arrow.")
    grain.wait_for(timeout=60_000)
    for _ in range(3):
        page.get_by_role("button", name="One step back").click()
    assert said.inner_text() == "Ours: 4.75 million parameters."
    assert page.locator(".scale canvas").evaluate(DRAWN) > 0.3
    play.click()  # without motion from model to model
    page.get_by_text("GPT-2: 124 million parameters").wait_for()
    assert page.locator(".scale .scrub").get_attribute("max") == "3"
    grain.wait_for(timeout=20_000)
    assert page.console_errors == []


# ---------------------------------------------------------------- in time
# Software draws here, so the graphics card's share is not in a frame; it is in the first picture.

MOST_FRAME_MS, MOST_PICK_MS, MOST_PICTURE_MS, MOST_TOGGLE_MS = 4, 1, 1000, 300
MOST_VISITS, MOST_TOGGLES = 3, 15

# A click on a switch, until the scene holds other numbers and the page has its answer.
TOGGLE = """async label => {
  const before = viewer3d.scene.manifest.activations_digest;
  const button = [...document.querySelectorAll('.break button')]
    .find(b => b.getAttribute('aria-label') === label);
  const began = performance.now();
  button.click();
  while (viewer3d.scene.manifest.activations_digest === before) {
    if (performance.now() - began > 20000) throw new Error('no answer came');
    await new Promise(done => setTimeout(done, 2));
  }
  return performance.now() - began;
}"""


def is_bench(message) -> bool:
    return message.text.startswith("bench ")


def first_picture_in_time(line, slowness: float) -> bool:
    return line["picture"]["p95"] < MOST_PICTURE_MS * slowness


@pytest.mark.timing
def test_frames_picks_and_the_first_picture_of_the_large_model_are_in_time(
    open_page, slowness: float
) -> None:
    page = open_page("/")
    address = f"{page.url.rstrip('/')}/forward_pass_3d?bench=1"
    logged = []
    # A machine that others use only ever adds to a time: one visit in time shows the viewer's own.
    while len(logged) < MOST_VISITS and not any(
        first_picture_in_time(line, slowness) for line in logged
    ):
        with page.expect_console_message(is_bench, timeout=60_000) as line:
            page.goto(address)
            scene_with_weights(page)
        logged.append(json.loads(line.value.text.removeprefix("bench ")))
        print(logged[-1])
        assert logged[-1]["frame"]["p50"] < MOST_FRAME_MS * slowness
        assert logged[-1]["pick"]["p95"] < MOST_PICK_MS * slowness
    assert first_picture_in_time(logged[-1], slowness)
    frame = scene_with_weights(page)
    times = frame.evaluate("viewer3d.bench(120, 400)")  # its code is compiled by now
    print(times)
    assert times["frame"]["n"] == 120 and times["frame"]["p95"] < MOST_FRAME_MS * slowness
    assert times["pick"]["n"] == 400 and times["pick"]["p95"] < MOST_PICK_MS * slowness


@pytest.mark.timing
def test_a_part_switched_off_has_its_new_answer_in_300_ms(open_page, slowness: float) -> None:
    page = open_page("/forward_pass_3d?test=1")
    frame = scene_with_weights(page)
    frame.evaluate("viewer3d.pin(viewer3d.find('blocks.5.ffn_out', [3, 2]))")
    wait_idle(page)
    times: list[list[float]] = [[], []]  # off, on

    def both_in_time() -> bool:
        return all(min(t, default=math.inf) < MOST_TOGGLE_MS * slowness for t in times)

    # As above: off and on in time once each shows the viewer's own.
    while len(times[1]) < MOST_TOGGLES and not both_in_time():
        for scale in (0, 1):
            label = f"scale all of ffn_out of blocks.5.ffn_out by {scale}"
            times[scale].append(frame.evaluate(TOGGLE, label))
            off = frame.evaluate("viewer3d.valueAt('blocks.5.ffn_out', [3, 2]) === 0")
            assert off == (scale == 0)
            wait_idle(page)
    assert both_in_time(), times
    page.get_by_text("It writes 7*8=56$.").wait_for()
    assert page.console_errors == []
