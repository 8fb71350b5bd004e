"""Chapter 7 in a real browser: the viewer draws the model that the page has."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from driver import BookPage, Visitors, wait_idle
from playwright.sync_api import Frame, FrameLocator
from viewer_counts import (
    frames_until_rest,
    move_the_pointer,
    on_the_line,
    strokes_of,
    times,
    wait_for_rest,
)

from lab.inference.forward import run_with_trace
from lab.interp.head_costs import head_costs
from lab.training.checkpoint import load_run

Opened = tuple[BookPage, Frame]
OpenPage = Callable[..., BookPage]

PROMPT = "7*8="
"""What the page's model reads at first."""


def viewer(page: BookPage) -> FrameLocator:
    page.locator("iframe").first.wait_for(state="attached", timeout=60_000)
    page.locator("iframe").first.scroll_into_view_if_needed()
    frame = page.frame_locator("iframe").first
    frame.locator("canvas").first.wait_for(timeout=30_000)
    return frame


def scene_with_weights(page: BookPage) -> Frame:
    """The viewer's own frame, once the weights are drawn."""
    viewer(page)
    (frame,) = [f for f in page.frames if "threejs_viewer" in f.url]
    frame.wait_for_function("window.viewer3d?.scene?.halves.weight.length > 0", timeout=60_000)
    wait_idle(page)
    return frame


@pytest.fixture(scope="module")
def visit(server: str, visitors: Visitors) -> Iterator[BookPage]:
    """The page with its first model, opened once."""
    with visitors.door() as enter:
        yield enter(f"{server}/forward_pass_3d?test=1")


@pytest.fixture
def opened(visit: BookPage) -> Iterator[Opened]:
    """The page and the viewer's frame as a reader first finds them."""
    frame = scene_with_weights(visit)
    begin_again(visit, frame)
    yield visit, frame
    errors = visit.console_errors.copy()
    visit.console_errors.clear()
    assert errors == []


def type_prompt(page: BookPage, prompt: str) -> None:
    box = page.get_by_label("Prompt").first
    box.fill(prompt)
    box.press("Enter")


def begin_again(page: BookPage, frame: Frame) -> None:
    """All parts mended, the first prompt, and the whole model with no number kept."""
    page.mouse.move(0, 0)
    type_prompt(page, PROMPT)
    page.get_by_text(f"The model writes {PROMPT}").wait_for()
    mend = page.get_by_role("button", name="Mend all parts")
    if mend.count():
        mend.click()
    frame.wait_for_function("viewer3d.scene.manifest.edited.length === 0")
    frame.evaluate("viewer3d.scrub(0)")
    frame.evaluate("viewer3d.fly('all')")
    while frame.evaluate("viewer3d.pinned !== null"):
        frame.locator("canvas.over").press("Escape")
    wait_idle(page, looks=3)


def test_the_viewer_opens_and_follows_a_changed_prompt(opened: Opened) -> None:
    page, _ = opened
    frame = viewer(page)
    frame.get_by_text("Every box is a matrix").wait_for(timeout=30_000)
    picture, title = frame.locator(".stage").bounding_box(), page.locator("h1").bounding_box()
    column = page.locator("iframe").first.bounding_box()
    assert picture and title and column
    assert picture["height"] >= 470 and picture["width"] == pytest.approx(column["width"], abs=1)
    assert picture["y"] - (title["y"] + title["height"]) < 160  # a question and a row of buttons
    frame.get_by_label("Stage of the walk").press("End")
    frame.get_by_text('it says "done"').first.wait_for()
    assert "".join(frame.locator(".prompt li").all_inner_texts()) == "7*8=56"
    at, of = frame.locator(".reel .count").inner_text().split(" / ")
    assert at == of and 25 <= int(of) <= 35
    type_prompt(page, "3*4=")
    page.get_by_text("The model writes 3*4=12$.").wait_for()


def test_the_first_screen_stands_by_itself(opened: Opened) -> None:
    """Picture, caption, what the colours mean, the three buttons and the walk."""
    page, frame = opened
    page.locator("[data-testid=stMain]").evaluate("main => main.scrollTo(0, 0)")
    parts = [".stage", ".walk", ".key", ".reads", ".reel"]
    parts += [f".two button:nth-child({n})" for n in (1, 2, 3)]
    ends = [box["y"] + box["height"] for one in parts if (box := frame.locator(one).bounding_box())]
    assert len(ends) == len(parts) and max(ends) <= page.evaluate("innerHeight")
    shares = frame.evaluate(
        "viewer3d.viewer.certainOf(viewer3d.viewer.scene.given).map(one => one.share)"
    )
    assert len(shares) == 6 and sorted(shares) == shares
    assert shares[0] < 0.5 and shares[-1] == pytest.approx(
        frame.evaluate("viewer3d.valueAt('probs', [3, 5])"), abs=5e-3
    )
    assert frame.locator(".reel .count").inner_text().startswith("0 / ")


def test_a_cell_is_opened_by_key_and_shows_its_end_to_who_does_without_motion(
    opened: Opened,
) -> None:
    page, frame = opened
    frame.evaluate("viewer3d.pin(viewer3d.find('blocks.0.q', [1, 2, 20]))")
    assert frame.evaluate("viewer3d.viewer.opening") is None
    frame.locator("canvas.over").focus()
    page.keyboard.press("Enter")
    total = frame.evaluate("viewer3d.viewer.opening.of.total")
    value = frame.evaluate("viewer3d.valueAt('blocks.0.q', [1, 2, 20])")
    assert total == pytest.approx(value, abs=2e-3)
    assert frame.evaluate("viewer3d.viewer.opening.began") is None
    assert "256 products add up to" in frame.locator("[role=status]").inner_text()
    assert frames_until_rest(frame) == 0
    page.keyboard.press("Escape")
    assert frame.evaluate("viewer3d.viewer.opening") is None


def test_the_neuron_of_seven_times_eight_is_broken_by_one_button(opened: Opened) -> None:
    page, frame = opened
    button = frame.get_by_role("button", name="Break neuron 652")
    button.click()
    frame.locator(".banner", has_text="the other 98 products right").wait_for()
    assert page.get_by_text("The model writes 7*8=56$").count() == 0
    button.click()
    frame.locator(".banner").wait_for(state="hidden")
    page.get_by_text("The model writes 7*8=56$.").wait_for()


def test_a_bad_prompt_leaves_the_page_alive(opened: Opened) -> None:
    page, _ = opened
    type_prompt(page, "zebra")
    page.get_by_text("is no token of this model").wait_for()
    type_prompt(page, "6*7=")
    page.get_by_text("The model writes 6*7=42$.").wait_for()


def test_the_five_of_fifty_six_is_followed_home_to_the_prompt(opened: Opened) -> None:
    _, frame = opened
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


def test_the_way_home_that_stands_open_is_of_what_the_model_writes_now(opened: Opened) -> None:
    """With a head broken, with all parts mended, and for another problem."""
    page, frame = opened
    without = head_costs(load_run("times_table").model, "7*8=56$", 4)[0].writes
    frame.get_by_role("button", name='Follow the "5" home').click()
    start = frame.locator(".home nav button").first

    def stands(written: str) -> None:
        """The way, the buttons that lead to it, and the number that is kept are of one digit."""
        page.get_by_text(f"The model writes {written}").wait_for()
        digit = written[written.index("=") + 1]
        frame.locator(".home nav button", has_text=f'logit of "{digit}"').wait_for()
        assert frame.get_by_role("button", name=f"Follow the {digit} home").is_visible()
        value = frame.evaluate("n => viewer3d.valueAt('logits', [3, n])", int(digit))
        shown = start.inner_text().removeprefix(f'logit of "{digit}" ').replace("−", "-")
        assert float(shown) == pytest.approx(value, rel=5e-3)
        held = frame.locator(".home .note").last.inner_text()
        assert ("changed by hand" in held) == bool(mend.count())
        assert frame.locator(".home .another").count() == 0

    mend = page.get_by_role("button", name="Mend all parts")
    stands("7*8=56")
    frame.locator(".home li button").first.click()
    frame.get_by_role("button", name="Break a head").click()
    frame.locator(".ranking li button").first.click()
    page.get_by_text(f"The model writes 7*8={without.removesuffix('$')}").wait_for()
    frame.locator(".home").wait_for(state="hidden")  # it was of the model with all its heads
    frame.get_by_role("button", name=f"Follow the {without[0]} home").click()
    stands(f"7*8={without.removesuffix('$')}")
    mend.click()
    mend.wait_for(state="hidden")
    stands("7*8=56")
    type_prompt(page, "3*4=")
    stands("3*4=12")
    type_prompt(page, "12*3=")  # the same place is typed
    frame.locator(".home").wait_for(state="hidden")


# The share of the overlay that is drawn on, in a square about the middle of what a head hands on.
HATCHED = """([layer, head]) => {
  const { x, y } = viewer3d.whereIs(`blocks.${layer}.z`, [head, 2, 32]);
  const over = document.querySelector("canvas.over");
  const scale = over.width / over.clientWidth;
  const { data } = over.getContext("2d").getImageData(scale * x - 25, scale * y - 25, 50, 50);
  return data.filter((alpha, i) => i % 4 === 3 && alpha > 0).length / 2500;
}"""


def test_a_head_is_broken_from_the_ranking_and_the_banner_says_what_it_changed(
    opened: Opened,
) -> None:
    page, frame = opened
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
    page.get_by_text(f"The model writes 7*8={without}").wait_for()
    assert frame.evaluate("viewer3d.view.pose") != before
    hatched = [frame.evaluate(HATCHED, [dearest.layer, head]) for head in range(4)]
    assert [share > 0.2 for share in hatched] == [head == dearest.head for head in range(4)]
    said = frame.locator(".banner").inner_text()
    assert f"Head {dearest.head} of layer {dearest.layer} is broken" in said
    pattern = run_with_trace(model, "7*8=", ["pattern"])[f"blocks.{dearest.layer}.pattern"]
    key = int(pattern[0, dearest.head, 3].argmax())
    assert f'it would fetch most from token {key} "{"7*8="[key]}"' in said
    frame.get_by_role("button", name="What went missing with it").click()
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
    page.get_by_text("The model writes 7*8=56$.").wait_for()
    draw_and_go_on(page, frame)


def draw_and_go_on(page: BookPage, frame: Frame) -> None:
    """At T = 2 most draws are the 5; the model goes on behind the first one that is not."""
    frame.get_by_role("button", name='Next after "="').click()
    frame.get_by_label("Temperature").fill("2")
    frame.get_by_role("button", name="Draw 100 tokens").click()
    counts = [int(n.rstrip("×")) for n in frame.locator(".upcoming small").all_inner_texts()]
    assert len(counts) == 16 and sum(counts) == 100 and 50 < counts[0] < 100
    onward = frame.get_by_role("button", name="Go on with")
    while onward.inner_text() == "Go on with 5":
        frame.get_by_role("button", name="Draw a token").click()
    token = onward.inner_text()[-1]
    onward.click()
    page.get_by_text(f"The model writes 7*8={token}").wait_for()
    wait_idle(page)
    assert page.get_by_label("Prompt").first.input_value() == f"7*8={token}"
    for prompt in ("7*8=", "7*8=5"):  # one text, of which more is typed
        type_prompt(page, prompt)
        frame.wait_for_function("n => viewer3d.scene.given === n", arg=len(prompt))
        page.get_by_text("The model writes 7*8=56$.").wait_for()


@pytest.mark.slow
def test_two_models_stand_side_by_side_with_the_weights_of_both(open_page: OpenPage) -> None:
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
    assert page.console_errors == []


# The share of its pixels that are not empty.
DRAWN = """canvas => {
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  return data.filter((alpha, i) => i % 4 === 3 && alpha > 0).length / (data.length / 4);
}"""


# From now on the page's clock can be put forward by `ahead`, so that nobody waits for a rest.
CLOCK = """() => {
  const now = performance.now.bind(performance);
  window.ahead = 0;
  performance.now = () => now() + window.ahead;
}"""


@pytest.mark.slow
def test_ours_fills_the_picture_and_play_ends_with_it_as_a_grain(open_page: OpenPage) -> None:
    page = open_page("/forward_pass_3d?figure=scale")
    said, play = page.locator(".scale .said"), page.get_by_role("button", name="Play")
    grain = page.get_by_text("Ours is the grain at the arrow.")
    grain.wait_for(timeout=60_000)
    for _ in range(3):
        page.get_by_role("button", name="One step back").click()
    assert said.inner_text() == "Ours: 4.75 million parameters."
    assert page.locator(".scale canvas").evaluate(DRAWN) > 0.3
    page.evaluate(CLOCK)
    play.click()  # without motion from model to model
    page.evaluate("ahead += 3600")  # the rest at a model
    page.get_by_text("GPT-2 small: 124 million parameters").wait_for()
    assert page.locator(".scale .scrub").get_attribute("max") == "3"
    page.evaluate("ahead += 7200")
    grain.wait_for(timeout=20_000)
    assert page.console_errors == []


# ---------------------------------------------------------------- what takes time, counted

MOST_BOXES, MOST_STROKES, MOST_SENT = 400, 250, 1_200_000
"""Boxes of one scene, calls of pens for a frame, bytes of another scene of the same model."""

LOOKS = ("viewer3d.fly('all')", "viewer3d.fly('attention')")  # the whole, and a part


def test_a_frame_of_the_large_model_is_three_draw_calls_and_a_pick_one_look_at_each_box(
    opened: Opened,
) -> None:
    """And at rest no frame is drawn. The graphics card's share is in no count."""
    _, frame = opened
    wait_for_rest(frame)
    assert frames_until_rest(frame) == 0
    for act in LOOKS:
        assert 0 < strokes_of(frame, act) < MOST_STROKES
        assert frame.evaluate("viewer3d.drawCalls") == 3
    found = move_the_pointer(frame, 40)
    assert found.picks == 40 and found.looks == 40 * found.boxes and found.frames == 1
    assert 100 < found.boxes < MOST_BOXES


def test_another_prompt_is_one_message_of_activations_once_the_browser_told_that_it_has_weights(
    opened: Opened,
) -> None:
    """With any answer it tells so: a number kept is one."""
    page, frame = opened
    frame.evaluate("viewer3d.pin(viewer3d.find('embed', [0, 0]))")
    wait_idle(page)
    weights = frame.evaluate("viewer3d.scene.halves.weight.byteLength")
    assert 9_000_000 < weights < 10_000_000
    before = times(frame, "update")
    with on_the_line(page) as line:
        type_prompt(page, "9*4=")  # asked by no other test: Streamlit sends nothing twice
        page.get_by_text("The model writes 9*4=36$.").wait_for()
        wait_idle(page)
    assert len(line.sent) == 1 and times(frame, "update") == before + 1
    assert 100_000 < sum(line.received) < MOST_SENT
    assert frame.evaluate("viewer3d.scene.halves.weight.byteLength") == weights


def test_a_part_switched_off_is_one_message_and_one_scene(opened: Opened) -> None:
    page, frame = opened
    frame.evaluate("viewer3d.pin(viewer3d.find('blocks.5.ffn_out', [3, 2]))")
    wait_idle(page)
    for scale in (0, 1):
        before = times(frame, "update")
        switch = f"scale all of ffn_out of blocks.5.ffn_out by {scale}"
        with on_the_line(page) as line:
            frame.get_by_role("button", name=switch, exact=True).click()
            is_off = "off => off === (viewer3d.valueAt('blocks.5.ffn_out', [3, 2]) === 0)"
            frame.wait_for_function(is_off, arg=scale == 0)
            wait_idle(page)
        assert len(line.sent) == 1 and sum(line.received) < MOST_SENT
        assert times(frame, "update") == before + 1
    page.get_by_text("The model writes 7*8=56$.").wait_for()
