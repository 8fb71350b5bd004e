"""The 3D viewer inside Streamlit, in Chromium with WebGL in software; read by its test handle.

`?test=1` asks for the handle: a reader's browser never loads it.
"""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import driver
import pytest
import torch
from playwright.sync_api import Frame, Position
from viewer_app import model, scene

from lab.data.vocabulary import VOCABULARY
from lab.model.trace import Trace

Open = Callable[..., tuple[driver.BookPage, Frame]]


@pytest.fixture(scope="module")
def app(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    path = tmp_path_factory.mktemp("viewer") / "streamlit.log"
    script = Path(__file__).with_name("viewer_app.py")
    with path.open("wb") as log, driver.serve(script, log) as url:
        yield url


@pytest.fixture
def open_viewer(app: str, enter: Callable[..., driver.BookPage]) -> Open:
    def open_one(
        query: str = "",
        width: int = 1280,
        dark: bool = False,
        weights: bool = True,
        touch: bool = False,
    ) -> Any:
        page = enter(f"{app}/?test=1{query}", width, dark=dark, touch=touch)
        driver.wait_idle(page)
        return page, ready(page, weights)

    return open_one


def ready(page: driver.BookPage, weights: bool) -> Frame:
    """The component's frame, once it has a scene, with its weights if they are awaited."""
    for _ in range(600):
        frames = [f for f in page.frames if "threejs_viewer" in f.url]
        if frames and frames[0].evaluate(
            """w => window.viewer3d?.state.stages.length > 0
              && w === viewer3d.scene.halves.weight.length > 0""",
            weights,
        ):
            return frames[0]
        page.wait_for_timeout(100)
    raise TimeoutError("the viewer never showed a scene")


def value_at(name: str, place: list[int], text: str = "7*8=56", kind: str = "plain") -> float:
    """What torch says, straight from the float16 blob of the page's own scene."""
    import numpy as np

    manifest, weights, activations = scene(text, [], kind)
    tensor = next(t for t in manifest["tensors"] if t["name"] == name)
    blob = np.frombuffer(weights if tensor["kind"] == "weight" else activations, np.float16)
    shape = [n for n, axis in zip(tensor["shape"], tensor["axes"], strict=True) if axis != "batch"]
    size = int(np.prod(shape))
    begins = (tensor["offset"], tensor["rest"])
    half, rest = (
        0.0 if at is None else blob[at:][:size].reshape(shape)[tuple(place)] for at in begins
    )
    return (float(half) + float(rest) / 2.0**11) * tensor["scale"]


@pytest.mark.parametrize(
    "kind", ["plain", "alibi", "grouped", "depth", pytest.param("sliding", marks=pytest.mark.slow)]
)
def test_every_activation_agrees_with_its_formula_and_weights_arrive(
    open_viewer: Open, kind: str
) -> None:
    """Kinds of parts among them of which the front end has never heard."""
    page, frame = open_viewer(f"&kind={kind}")
    assert frame.evaluate("viewer3d.drawsWith") == "webgl2"
    assert frame.evaluate("viewer3d.scene.problems") == []
    wrong = frame.evaluate(
        """() => viewer3d.scene.tensors.filter(t => t.kind === 'activation').flatMap(t =>
          [...Array(t.size).keys()].filter(i => {
            const why = viewer3d.explain(t.name, i);
            return why.again === undefined || !why.agrees;
          }).map(i => `${t.name}[${i}]`))"""
    )
    assert wrong == []
    assert page.console_errors == []


PLACES = {
    "blocks.0.attention.wq.weight": [5, 2],
    "blocks.1.k": [1, 2, 3],
    "blocks.0.pattern": [1, 3, 0],
    "logits": [3, 5],
}


def test_pointing_and_clicking_give_the_models_own_number(open_viewer: Open) -> None:
    page, frame = open_viewer()
    for name, place in PLACES.items():
        frame.evaluate("([n, p]) => viewer3d.lookAt(n, p)", [name, place])
        page.wait_for_timeout(300)
        spot = frame.evaluate("([n, p]) => viewer3d.whereIs(n, p)", [name, place])
        canvas = frame.locator("canvas.over")
        canvas.hover(position=spot)
        assert frame.locator(".tip").is_visible()
        assert name in frame.locator(".tip").inner_text()
        canvas.click(position=spot)
        page.get_by_text(f"Pin(name='{name}', index={tuple(place)})").wait_for()
        shown = frame.locator(".value output").inner_text()
        assert float(shown.replace("−", "-")) == pytest.approx(value_at(name, place), rel=2e-3)


def test_a_typed_token_leads_to_its_column_by_keyboard(open_viewer: Open) -> None:
    page, frame = open_viewer()
    frame.get_by_role("button", name='See where token 2 "8" comes in').press("Enter")
    assert frame.locator(".prompt .stand").all_inner_texts() == ["8"]
    assert frame.locator("[role=status]").inner_text().startswith('token 2 "8" comes in here')
    assert frame.evaluate("[viewer3d.pinned.box.tensor.name, viewer3d.pinned.col]") == ["embed", 2]
    page.keyboard.press("Escape")
    assert frame.locator(".prompt .stand").count() == 0
    assert frame.evaluate("viewer3d.faded") == []


def test_the_walk_plays_to_the_digit_that_drops_in(open_viewer: Open) -> None:
    page, frame = open_viewer()
    frame.locator("canvas.over").focus()
    last = frame.evaluate("viewer3d.state.stages.findIndex(s => s.next)")
    for _ in range(last + 1):
        page.keyboard.press("PageDown")
    best = frame.evaluate("viewer3d.state.stages[viewer3d.state.stage].next.token")
    assert frame.locator(".prompt .next").inner_text() == best
    page.keyboard.press("PageUp")
    assert frame.locator(".prompt .next").count() == 0
    page.keyboard.press("Space")
    assert frame.evaluate("viewer3d.state.playing")
    page.keyboard.press("Space")
    assert not frame.evaluate("viewer3d.state.playing")


def test_who_leaves_a_stage_sees_the_whole_model_again(open_viewer: Open) -> None:
    page, frame = open_viewer()
    canvas = frame.locator("canvas.over")
    frame.get_by_label("Speed").select_option("4")
    frame.get_by_role("button", name="The camera follows the walk").click()
    frame.evaluate("viewer3d.view.set({distance: 9000})")  # so the corners of the picture are empty
    corner: Position = {"x": 30, "y": 440}

    def inside(stage: int = 4) -> None:
        frame.evaluate("s => viewer3d.scrub(s)", stage)
        assert len(frame.evaluate("viewer3d.faded")) > 20
        assert frame.locator(".prompt .now").count() > 0

    def whole() -> None:
        frame.wait_for_function("viewer3d.faded.length === 0")
        assert frame.locator(".prompt .now, .prompt .later, .prompt .next").count() == 0

    whole()
    inside()
    canvas.click(position=corner)  # only takes the picture up
    assert len(frame.evaluate("viewer3d.faded")) > 20
    canvas.click(position=corner)
    whole()
    inside()
    frame.evaluate("viewer3d.pin(viewer3d.find('embed', [0, 0]))")
    page.keyboard.press("Escape")
    assert frame.evaluate("viewer3d.pinned") is None
    assert len(frame.evaluate("viewer3d.faded")) > 20
    page.keyboard.press("Escape")
    whole()
    assert frame.evaluate("document.activeElement.className") == "over"
    page.keyboard.press("PageDown")
    assert frame.evaluate("viewer3d.state.stage") == 4  # the walk goes on where it was left
    frame.get_by_role("button", name="See the whole model").click()
    whole()
    inside(0)
    frame.get_by_role("button", name="Previous stage").click()
    whole()
    frame.evaluate("viewer3d.scrub(viewer3d.state.stages.length - 2)")
    frame.get_by_role("button", name="Play the walk").click()
    frame.wait_for_function("!viewer3d.state.playing")  # it stays where the answer stands
    assert frame.locator(".prompt .now").count() == 1
    assert page.console_errors == []


def test_a_reader_is_not_sent_the_handle(app: str, enter: Callable[..., driver.BookPage]) -> None:
    page = enter(f"{app}/")
    driver.wait_idle(page)
    (frame,) = [f for f in page.frames if "threejs_viewer" in f.url]
    frame.get_by_text("tokens become vectors").first.wait_for()
    assert frame.evaluate("window.viewer3d === undefined")
    scripts = frame.evaluate("performance.getEntriesByType('resource').map(r => r.name)")
    assert [name for name in scripts if name.endswith(".js")] == [
        name for name in scripts if "/assets/index-" in name
    ]


def test_words_and_boxes_point_at_each_other(open_viewer: Open) -> None:
    page, frame = open_viewer()
    stage = frame.evaluate("viewer3d.stageFor('blocks.0.pattern')")
    frame.evaluate("s => viewer3d.scrub(s)", stage)
    frame.evaluate("viewer3d.hover(viewer3d.find('blocks.0.pattern', [0, 3, 0]), 9, 9)")
    assert "pattern" in frame.locator(".word.on").all_inner_texts()
    frame.get_by_role("button", name="pattern", exact=True).hover()
    assert frame.evaluate("viewer3d.state.glow") == ["blocks.0.pattern"]
    assert page.console_errors == []


def test_a_new_prompt_keeps_the_camera_and_the_pin(open_viewer: Open) -> None:
    page, frame = open_viewer()
    frame.evaluate("viewer3d.lookAt('blocks.1.v', [0, 1, 2])")
    frame.evaluate("viewer3d.pin(viewer3d.find('blocks.1.v', [0, 1, 2]))")
    pose = frame.evaluate("viewer3d.view.pose")
    page.get_by_label("Prompt").fill("3*4=12")
    page.get_by_label("Prompt").press("Enter")
    frame.wait_for_function("viewer3d.scene.manifest.tokens.join('') === '3*4=12'")
    assert frame.evaluate("viewer3d.view.pose") == pose
    shown = frame.evaluate("viewer3d.valueAt('blocks.1.v', [0, 1, 2])")
    assert shown == pytest.approx(value_at("blocks.1.v", [0, 1, 2], "3*4=12"), rel=2e-3)
    assert frame.evaluate("viewer3d.pinned.box.tensor.name") == "blocks.1.v"


def ask(page: driver.BookPage, **boxes: str) -> None:
    """Fill the boxes above the viewer: Prompt, Beside."""
    for label, text in boxes.items():
        page.get_by_label(label).fill(text)
        page.get_by_label(label).press("Enter")
        driver.wait_idle(page)


def compared(frame: Frame, left: str, right: str) -> None:
    frame.wait_for_function(
        "two => two.join() === viewer3d.sides.map(s => s.plan.scene.manifest.tokens.join('')) + ''",
        arg=[left, right],
    )


def torch_value(name: str, place: list[int], text: str) -> float:
    trace = Trace([name.rpartition(".")[2]])
    with torch.inference_mode():
        model()(torch.tensor([[VOCABULARY.index(c) for c in text]]), trace=trace)
    return float(trace[name][0][tuple(place)])


def number(text: str) -> float:
    return float(text.replace("−", "-"))


COMPARED = {"embed": [2, 3], "blocks.1.k": [1, 2, 3], "blocks.0.pattern": [1, 3, 2]}


def test_two_texts_side_by_side_differ_by_what_torch_says(open_viewer: Open) -> None:
    page, frame = open_viewer()
    ask(page, Prompt="7*8=", Beside="7*9=")
    compared(frame, "7*8=", "7*9=")
    for name, place in COMPARED.items():
        left, right = (torch_value(name, place, text) for text in ("7*8=", "7*9="))
        expected = pytest.approx(right - left, abs=2e-3 * max(abs(left), abs(right)))
        drawn = frame.evaluate("([n, p]) => viewer3d.valueAt(n, p, 1)", [name, place])
        assert drawn == expected and abs(drawn) > 1e-3
        frame.evaluate("([n, p]) => viewer3d.lookAt(n, p)", [name, place])
        page.wait_for_timeout(300)
        for side, first in ((0, left), (1, right - left)):
            spot = frame.evaluate("([n, p, s]) => viewer3d.whereIs(n, p, s)", [name, place, side])
            frame.locator("canvas.over").hover(position=spot)
            assert number(frame.locator(".tip b").inner_text()) == pytest.approx(first, abs=3e-3)
            told = re.findall(r"left (\S+), right (\S+), right − left (\S+)", tip(frame))
            assert [number(x) for x in told[0]] == [
                pytest.approx(left, rel=2e-3),
                pytest.approx(right, rel=2e-3),
                expected,
            ]
    assert page.console_errors == []


def tip(frame: Frame) -> str:
    return frame.locator(".tip .pair").inner_text()


def test_nothing_differs_before_the_changed_token(open_viewer: Open) -> None:
    page, frame = open_viewer()
    ask(page, Prompt="7*8=", Beside="7*9=")
    compared(frame, "7*8=", "7*9=")
    changed = frame.evaluate(
        """() => viewer3d.sides[1].plan.boxes.filter(b => b.tokens === 'columns').flatMap(b =>
          [...Array(b.cols).keys()].filter(c => [...Array(b.rows).keys()].some(r =>
            viewer3d.shownAt(b, c, r) !== 0)))"""
    )
    assert set(changed) == {2, 3}


def test_the_comparison_keeps_the_camera_and_goes_as_it_came(open_viewer: Open) -> None:
    page, frame = open_viewer()
    frame.evaluate("viewer3d.lookAt('blocks.1.v', [0, 1, 2])")
    frame.evaluate("viewer3d.pin(viewer3d.find('blocks.1.v', [0, 1, 2]))")
    pose = frame.evaluate("viewer3d.view.pose")
    switch = frame.get_by_role("group", name="The right side shows")
    assert not switch.is_visible()
    ask(page, Beside="7*9=63")
    compared(frame, "7*8=56", "7*9=63")
    assert frame.evaluate("viewer3d.view.pose") == pose
    place = [0, 2, 2]
    numbers = frame.evaluate("p => [0, 1].map(s => viewer3d.valueAt('blocks.1.v', p, s))", place)
    switch.get_by_role("button", name="The numbers themselves").click()
    right = frame.evaluate("p => viewer3d.valueAt('blocks.1.v', p, 1)", place)
    assert right == pytest.approx(value_at("blocks.1.v", place, "7*9=63"), rel=2e-3)
    assert numbers == pytest.approx([value_at("blocks.1.v", place), right - numbers[0]], abs=2e-3)
    assert frame.evaluate("viewer3d.view.pose") == pose
    assert frame.evaluate("viewer3d.pinned.box.tensor.name") == "blocks.1.v"
    ask(page, Beside="")
    frame.wait_for_function("viewer3d.sides.length === 1")
    assert frame.evaluate("viewer3d.view.pose") == pose and not switch.is_visible()
    assert page.console_errors == []


def test_what_only_one_text_has_is_said_to_have_no_partner(open_viewer: Open) -> None:
    page, frame = open_viewer()
    ask(page, Prompt="7*8=", Beside="7*8=56")
    compared(frame, "7*8=", "7*8=56")
    assert "only the first 4 are compared" in frame.locator(".notice").inner_text()
    frame.evaluate("viewer3d.pin(viewer3d.find('embed', [5, 0], 1))")
    assert frame.locator(".value output").inner_text() == "no partner"
    assert frame.locator(".legend .alone").is_visible()
    frame.evaluate("viewer3d.pin(viewer3d.find('embed', [2, 0], 1))")
    assert number(frame.locator(".value output").inner_text()) == 0


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        ("short", "right: probs: 20 of its 96 numbers did not arrive"),
        ("nan", "right: embed: 1 of its numbers are NaN or infinite"),
        ("strange", "second scene cannot be read, so the first stands alone"),
    ],
)
def test_a_damaged_second_scene_is_a_message_and_the_first_stays(
    open_viewer: Open, damage: str, said: str
) -> None:
    page, frame = open_viewer()
    ask(page, Beside=f"{damage} 7*9=63")
    frame.locator(".notice").wait_for()
    assert said in frame.locator(".notice").inner_text()
    shown = frame.evaluate("viewer3d.valueAt('logits', [3, 5])")
    assert shown == pytest.approx(value_at("logits", [3, 5]), rel=2e-3)
    assert page.console_errors == []


def open_list(frame: Frame) -> None:
    """The drawer with all matrices."""
    frame.locator(".finder > summary").click()
    frame.get_by_role("searchbox").wait_for()


def test_list_grid_and_status_say_both_numbers_and_their_difference(open_viewer: Open) -> None:
    page, frame = open_viewer()
    ask(page, Beside="7*9=63")
    compared(frame, "7*8=56", "7*9=63")
    open_list(frame)
    leaves = frame.locator(".leaf")
    assert "equal" in leaves.filter(has_text="pos_embed").inner_text()
    frame.get_by_role("searchbox").fill("logits")
    assert re.search(r"differs by up to \d", leaves.first.inner_text())
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    frame.locator("td[tabindex='0']").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    pair = [value_at("logits", [2, 0], text) for text in ("7*8=56", "7*9=63")]
    expected = pytest.approx([*pair, pair[1] - pair[0]], abs=2e-2)
    cell = frame.locator("td[tabindex='0']")
    assert [number(x) for x in cell.inner_text().split()] == expected
    label = cell.get_attribute("aria-label")
    assert label is not None
    for told in (label, frame.locator("[role=status]").inner_text()):
        found = re.findall(r"left (\S+), right (\S+), right − left ([^\s.]+\.\d+)", told)
        assert [number(x) for x in found[0]] == expected


def test_without_webgl_a_matrix_of_two_scenes_is_two_maps(open_viewer: Open) -> None:
    page, frame = open_viewer("&flat=1")
    ask(page, Beside="7*9=")
    compared(frame, "7*8=56", "7*9=")
    boxes = frame.evaluate("viewer3d.sides.map(s => s.plan.boxes.length)")
    assert frame.locator(".flat figure").count() == boxes[0]
    assert frame.locator(".flat canvas").count() == sum(boxes)
    frame.locator(".flat canvas[aria-label^='right: embed,']").click(position={"x": 20, "y": 20})
    driver.wait_idle(page)
    assert "right − left" in frame.locator(".about .pair").inner_text()
    assert page.console_errors == []


def read_number(text: str) -> float:
    return float(text.split()[0].rstrip(".").replace("−", "-"))


@pytest.mark.parametrize("kind", ["plain", "grouped"])
def test_a_digit_of_the_answer_is_followed_home_to_a_typed_token(
    open_viewer: Open, kind: str
) -> None:
    page, frame = open_viewer(f"&kind={kind}")
    frame.get_by_role("button", name='Follow the "5" home').click()
    driver.wait_idle(page)
    rows, crumbs = frame.locator(".home li button"), frame.locator(".home nav button")
    name, position, whole = "logits", 3, value_at("logits", [3, 5], kind=kind)
    while rows.count():
        add_up = frame.locator(".home .sum").inner_text().split("add up to ")[1]
        assert read_number(add_up) == pytest.approx(whole, rel=0.02, abs=2e-3)
        rows.first.click()
        stop = frame.evaluate("viewer3d.state.standing")
        name, position = stop["name"], stop["position"]
        said, share = crumbs.last.inner_text().rsplit(" (", 1)
        part = read_number(said.rsplit(" ", 1)[1])
        percent = float(share.rstrip("×%)")) * (100 if "×" in share else 1)  # a share may be 58×
        assert percent == pytest.approx(100 * part / whole, rel=0.02, abs=2)
        assert frame.locator(".prompt li.stand").inner_text() == "7*8="[position]
        whole = part
    assert name in ("embed", "pos_embed")
    assert frame.locator(".prompt li.reached").inner_text() == "7*8="[position]
    assert frame.locator(".home .arrived").inner_text().startswith("You stand on ")
    crumbs.nth(1).click()
    assert crumbs.count() == 2 and rows.count() > 2
    page.keyboard.press("Escape")
    assert not frame.locator(".home").is_visible()
    assert page.console_errors == []


def test_the_wheel_zooms_only_once_the_picture_was_clicked(open_viewer: Open) -> None:
    page, frame = open_viewer()
    canvas = frame.locator("canvas.over")
    canvas.hover(position={"x": 200, "y": 480})
    far = frame.evaluate("viewer3d.view.pose.distance")
    page.mouse.wheel(0, -300)
    page.wait_for_timeout(200)
    assert frame.evaluate("viewer3d.view.pose.distance") == far
    canvas.focus()
    page.mouse.wheel(0, -300)
    frame.wait_for_function("d => viewer3d.view.pose.distance < d", arg=far)


def test_keys_zoom_turn_and_step_cells_and_enter_takes_what_is_searched(
    open_viewer: Open,
) -> None:
    page, frame = open_viewer()
    hint, over = frame.get_by_text("click it, then the wheel zooms"), frame.locator("canvas.over")

    def pose(key: str) -> dict[str, float]:
        page.keyboard.press(key)
        return frame.evaluate("({...viewer3d.view.pose})")

    over.focus()
    at = frame.evaluate("({...viewer3d.view.pose})")
    assert hint.is_visible()
    assert pose("+")["distance"] < at["distance"]
    assert pose("-") == pytest.approx(at)
    right, up = pose("Shift+ArrowRight"), pose("Shift+ArrowUp")
    assert right["yaw"] > at["yaw"] and up["pitch"] > at["pitch"]
    assert [up["x"], up["distance"]] == pytest.approx([at["x"], at["distance"]])
    moved = pose("ArrowRight")
    assert moved["x"] > at["x"] and moved["yaw"] == right["yaw"]
    over.click(position={"x": 4, "y": 500})
    assert hint.count() == 0

    open_list(frame)
    frame.get_by_role("searchbox").fill("pattern, layer 1, head 1")
    page.keyboard.press("Enter")
    assert frame.evaluate("viewer3d.pinned.box.tensor.name") == "blocks.1.pattern"
    assert frame.evaluate("[viewer3d.pinned.box.plane, viewer3d.pinned.row]") == [1, 0]
    assert frame.evaluate("document.activeElement.className") == "over"
    page.keyboard.press("ArrowDown")
    assert frame.evaluate("viewer3d.pinned.row") == 1
    assert frame.locator("canvas.over").evaluate("e => e.getBoundingClientRect().top >= 0")
    assert page.console_errors == []


def test_first_back_next_and_last_are_four_signs(open_viewer: Open) -> None:
    _, frame = open_viewer()
    reel = frame.get_by_role("group", name="The walk")
    stage, last = "viewer3d.state.stage", frame.evaluate("viewer3d.state.stages.length - 1")
    signs: set[str] = set()
    for name, expected in (
        ("Last stage", last),
        ("Back: previous stage", last - 1),
        ("First stage", 0),
        ("Next stage", 1),
    ):
        button = reel.get_by_role("button", name=name)
        button.click()
        assert frame.evaluate(stage) == expected
        signs.add(button.inner_text())
    assert len(signs) == 4


def test_the_picture_and_its_controls_take_the_whole_screen_and_give_it_back(
    open_viewer: Open,
) -> None:
    page, frame = open_viewer()
    inside = "document.body.scrollHeight"
    before = frame.evaluate(inside)
    place = frame.evaluate("document.querySelector('.stage').getBoundingClientRect().toJSON()")
    assert place["width"] == frame.evaluate("innerWidth") and place["height"] >= 620
    full = frame.get_by_role("button", name="The whole screen")
    full.click()
    frame.wait_for_function("document.fullscreenElement?.className.startsWith('v3')")
    frame.wait_for_function("viewer3d.view.height > 400 && innerHeight <= screen.height")
    fits = """() => ['.stage', '.reel', '.walk p', '.panel'].filter(one => {
      const { top, bottom } = document.querySelector(one).getBoundingClientRect();
      return top < 0 || bottom > innerHeight + 1;
    })"""
    assert frame.evaluate(fits) == []
    frame.get_by_role("button", name="Next stage").click()
    assert full.get_attribute("aria-pressed") == "true"
    full.click()
    frame.wait_for_function("document.fullscreenElement === null")
    frame.wait_for_function("height => document.body.scrollHeight >= height", arg=before - 40)
    assert frame.evaluate("viewer3d.view.width") == place["width"]
    assert full.get_attribute("aria-pressed") == "false"
    assert page.console_errors == []


def test_a_phone_shows_the_way_home_that_was_asked_for(open_viewer: Open) -> None:
    page, frame = open_viewer(width=390, touch=True)
    frame.get_by_text("tap it, then a finger turns").wait_for()
    frame.get_by_role("button", name='Follow the "5" home').tap()
    home = frame.get_by_role("region", name="Follow it home")
    home.locator("li").first.wait_for()
    page.wait_for_function(
        """() => {
          const frame = document.querySelector('iframe').getBoundingClientRect();
          const home = document.querySelector('iframe').contentDocument.querySelector('.home');
          const { top } = home.getBoundingClientRect();
          const { bottom } = home.querySelectorAll('li')[2].getBoundingClientRect();
          return frame.top + top > 0 && frame.top + bottom <= innerHeight + 1;
        }"""
    )
    assert page.console_errors == []


# ---------------------------------------------------------------- fingers

SCROLLED = "() => document.querySelector('[data-testid=\"stMain\"]').scrollTop"


class Fingers:
    """Touches of the picture, in its own pixels, by way of the browser's own gestures."""

    def __init__(self, page: driver.BookPage, frame: Frame) -> None:
        self.page, self.canvas = page, frame.locator("canvas.over")
        self.devtools = page.context.new_cdp_session(page)

    def send(self, kind: str, *places: tuple[float, float]) -> None:
        box = self.canvas.bounding_box()
        assert box is not None
        if kind == "touchStart":
            self.left, self.top = box["x"], box["y"]  # a scrolled page does not move the fingers
        points = [
            {"x": self.left + x, "y": self.top + y, "id": i} for i, (x, y) in enumerate(places)
        ]
        self.devtools.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    def tap(self, x: float, y: float) -> None:
        self.send("touchStart", (x, y))
        self.send("touchEnd")

    def swipe(self, x: float, y: float, dx: float, dy: float, steps: int = 12) -> None:
        self.send("touchStart", (x, y))
        for i in range(1, steps + 1):
            self.send("touchMove", (x + dx * i / steps, y + dy * i / steps))
            self.page.wait_for_timeout(16)
        self.send("touchEnd")

    def pinch(self, x: float, y: float, before: float, after: float, steps: int = 12) -> None:
        """Two fingers side by side, from one distance to the other."""
        self.send("touchStart", (x - before / 2, y), (x + before / 2, y))
        for i in range(1, steps + 1):
            apart = before + (after - before) * i / steps
            self.send("touchMove", (x - apart / 2, y), (x + apart / 2, y))
            self.page.wait_for_timeout(16)
        self.send("touchEnd")


def test_a_finger_scrolls_past_the_picture_until_it_taps_it(open_viewer: Open) -> None:
    page, frame = open_viewer(width=390, touch=True)
    fingers = Fingers(page, frame)
    pose = frame.evaluate("viewer3d.view.pose")
    fingers.swipe(150, 300, 0, -200)
    page.wait_for_function(f"({SCROLLED})() > 100")
    assert frame.evaluate("viewer3d.view.pose") == pose
    assert frame.evaluate("viewer3d.pinned") is None

    place = [2, 5]
    frame.evaluate("p => viewer3d.lookAt('embed', p)", place)
    page.wait_for_timeout(300)
    spot = frame.evaluate("p => viewer3d.whereIs('embed', p)", place)
    fingers.tap(spot["x"], spot["y"])
    driver.wait_idle(page)
    shown = frame.locator(".value output").inner_text()
    assert float(shown.replace("−", "-")) == pytest.approx(value_at("embed", place), rel=2e-3)

    before, pose = page.evaluate(SCROLLED), frame.evaluate("viewer3d.view.pose")
    fingers.swipe(150, 250, 60, -80)
    turned = frame.evaluate("viewer3d.view.pose")
    assert turned["yaw"] != pose["yaw"] and turned["pitch"] != pose["pitch"]
    assert page.evaluate(SCROLLED) == before
    assert frame.evaluate("[viewer3d.pinned.col, viewer3d.pinned.row]") == [2, 5]
    assert page.console_errors == []


@pytest.mark.parametrize("tapped", [False, True])
def test_two_fingers_zoom_and_leave_the_page_where_it_is(open_viewer: Open, tapped: bool) -> None:
    page, frame = open_viewer(width=390, touch=True)
    fingers = Fingers(page, frame)
    if tapped:
        frame.locator("canvas.over").focus()
    far = frame.evaluate("viewer3d.view.pose.distance")
    fingers.pinch(180, 200, 60, 180)
    near = frame.evaluate("viewer3d.view.pose.distance")
    assert near == pytest.approx(far / 3, rel=0.2)
    fingers.pinch(180, 200, 180, 60)
    assert frame.evaluate("viewer3d.view.pose.distance") == pytest.approx(far, rel=0.2)
    assert page.evaluate("visualViewport.scale") == 1
    assert frame.evaluate("viewer3d.pinned") is None
    assert page.console_errors == []


def test_the_help_opens_and_closes_by_key(open_viewer: Open) -> None:
    page, frame = open_viewer()
    frame.locator("canvas.over").focus()
    page.keyboard.press("?")
    assert frame.get_by_role("dialog", name="Keys").is_visible()
    page.keyboard.press("Escape")
    assert not frame.get_by_role("dialog", name="Keys").is_visible()


def test_a_head_switched_off_changes_the_answer_in_the_scene(open_viewer: Open) -> None:
    page, frame = open_viewer()
    before = frame.evaluate("viewer3d.valueAt('logits', [3, 5])")
    frame.evaluate("viewer3d.pin(viewer3d.find('blocks.0.z', [1, 3, 2]))")
    driver.wait_idle(page)
    frame.get_by_role("button", name="scale head 1 of blocks.0.z by 0", exact=True).click()
    frame.wait_for_function("viewer3d.valueAt('blocks.0.z', [1, 3, 2]) === 0")
    assert frame.evaluate("viewer3d.valueAt('logits', [3, 5])") != before
    frame.get_by_role("button", name="scale head 1 of blocks.0.z by 1", exact=True).click()
    frame.wait_for_function("b => viewer3d.valueAt('logits', [3, 5]) === b", arg=before)
    assert page.console_errors == []


def test_a_lost_context_comes_back_with_the_same_picture(open_viewer: Open) -> None:
    page, frame = open_viewer()
    frame.wait_for_function("[...document.fonts].filter(f => f.status === 'loaded').length >= 3")
    page.wait_for_timeout(300)
    before = frame.evaluate("viewer3d.pixels()")
    assert sum(before) > 0
    assert frame.evaluate("viewer3d.loseContext()")
    frame.wait_for_function("was => `${viewer3d.pixels()}` === `${was}`", arg=before, polling=200)


def test_without_webgl_the_same_numbers_are_flat_maps(open_viewer: Open) -> None:
    page, frame = open_viewer("&flat=1")
    assert frame.evaluate("viewer3d.drawsWith") == "canvas"
    assert frame.locator(".flat canvas").count() == frame.evaluate("viewer3d.plan.boxes.length")
    frame.locator(".flat canvas").first.click(position={"x": 20, "y": 20})
    driver.wait_idle(page)
    assert frame.locator(".cells table[role=grid]").is_visible()
    assert page.console_errors == []


def test_where_the_browser_has_no_webgl_the_maps_lie_flat_by_themselves(open_viewer: Open) -> None:
    page, _ = open_viewer()
    page.add_init_script(
        """const real = HTMLCanvasElement.prototype.getContext;
        HTMLCanvasElement.prototype.getContext = function (kind, ...rest) {
          return kind.startsWith('webgl') ? null : real.call(this, kind, ...rest);
        };"""
    )
    page.reload()
    driver.wait_idle(page)
    frame = ready(page, True)
    assert frame.evaluate("viewer3d.drawsWith") == "canvas"
    assert "No WebGL here" in frame.locator(".flat").inner_text()
    assert frame.get_by_role("button", name="Straight from the front").count() == 0
    assert page.console_errors == []


def test_the_camera_flies_only_for_who_likes_motion(open_viewer: Open) -> None:
    page, frame = open_viewer()
    flight = ".flight:not([hidden])"
    for flies in (False, True):
        page.emulate_media(reduced_motion="no-preference" if flies else "reduce")
        page.reload()
        driver.wait_idle(page)
        frame = ready(page, True)
        assert frame.locator(flight).count() == flies  # the first flight, which any act ends
        flying = "() => (viewer3d.fly('front'), viewer3d.view.flying)"
        assert frame.evaluate(flying) == flies
        assert (frame.locator(".v3.moves").count() == 1) == flies
        assert frame.locator(flight).count() == 0
    page.reload()
    driver.wait_idle(page)
    frame = ready(page, True)
    assert frame.locator(flight).count() == 0  # once a visit, but for who asks for it
    for end in ("Skip", "key"):
        frame.get_by_role("button", name="Fly through the model").click()
        frame.locator(flight).get_by_text("typed tokens become").wait_for()
        assert frame.locator(".prompt .later").all_inner_texts() == ["5", "6"]
        if end == "Skip":
            frame.get_by_role("button", name="Skip the flight").click()
        else:
            frame.locator("canvas.over").focus()
            page.keyboard.press("x")
        assert frame.locator(flight).count() == 0
        assert frame.locator(".prompt .later").count() == 0
    assert page.console_errors == []


@pytest.mark.parametrize(
    ("damage", "words", "name", "place", "value"),
    [
        ("short", "probs: 21 of its 96 numbers did not arrive", "probs", [5, 15], None),
        ("nan", "embed: 10 of its numbers are NaN or infinite", "embed", [1, 1], "NaN"),
    ],
)
def test_a_damaged_payload_is_named_and_all_else_is_still_there(
    open_viewer: Open, damage: str, words: str, name: str, place: list[int], value: str | None
) -> None:
    page, frame = open_viewer(f"&damage={damage}")
    assert words in frame.locator(".notice").inner_text()
    frame.evaluate("([n, p]) => viewer3d.pin(viewer3d.find(n, p))", [name, place])
    shown = frame.locator(".value output").inner_text()
    assert shown == ("did not arrive" if value is None else value)
    whole = frame.evaluate("viewer3d.valueAt('logits', [3, 5])")
    assert whole == pytest.approx(value_at("logits", [3, 5]), rel=2e-3)
    assert sum(frame.evaluate("viewer3d.pixels()")) > 0
    assert page.console_errors == []


def test_a_run_without_weights_shows_its_activations_and_says_so(open_viewer: Open) -> None:
    page, frame = open_viewer("&bare=1", weights=False)
    assert "weights of this run are not here" in frame.locator(".notice").inner_text()
    assert frame.evaluate("viewer3d.valueAt('embed.weight', [0, 0]) === undefined")
    shown = frame.evaluate("viewer3d.valueAt('logits', [3, 5])")
    assert shown == pytest.approx(value_at("logits", [3, 5]), rel=2e-3)
    assert page.console_errors == []


def test_the_tree_and_the_grid_do_all_by_keyboard(open_viewer: Open) -> None:
    page, frame = open_viewer()
    open_list(frame)
    frame.get_by_role("searchbox").fill("resid_mid")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    frame.locator("td[tabindex='0']").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    assert frame.evaluate("[viewer3d.pinned.col, viewer3d.pinned.row]") == [1, 1]
    said = frame.locator("[role=status]").inner_text()
    assert said.startswith('blocks.0.resid_mid, token 1 "*", d_model 1: ')
    page.keyboard.press("Escape")
    assert frame.evaluate("viewer3d.pinned") is None


def test_letters_are_the_books_own_and_come_from_its_server(open_viewer: Open, app: str) -> None:
    page, frame = open_viewer()
    frame.wait_for_function("[...document.fonts].filter(f => f.status === 'loaded').length >= 3")
    loaded = "[...document.fonts].filter(f => f.status === 'loaded').map(f => f.family)"
    families = {family.strip('"') for family in frame.evaluate(loaded)}
    assert families == {"Source Code Pro", "Source Sans", "Source Serif"}
    files = "performance.getEntriesByType('resource').map(r => r.name)"
    fetched = frame.evaluate(files)
    assert any("SourceSans" in name for name in fetched)
    assert all(name.startswith(app) for name in fetched)
    assert page.console_errors == []


def spoken(page: driver.BookPage) -> list[tuple[str, str, dict[str, Any]]]:
    """What a screen reader has of the viewer: role, name and states of every element."""
    devtools = page.context.new_cdp_session(page)
    frames = devtools.send("Page.getFrameTree")["frameTree"]["childFrames"]
    (own,) = [f["frame"]["id"] for f in frames if "threejs_viewer" in f["frame"]["url"]]
    nodes = devtools.send("Accessibility.getFullAXTree", {"frameId": own})["nodes"]
    return [
        (
            node["role"]["value"],
            node.get("name", {}).get("value", ""),
            {p["name"]: p["value"].get("value") for p in node.get("properties", [])},
        )
        for node in nodes
        if not node.get("ignored")
    ]


def test_a_screen_reader_has_the_tree_the_grid_and_one_quiet_voice(open_viewer: Open) -> None:
    page, frame = open_viewer()
    open_list(frame)
    frame.evaluate("viewer3d.pin(viewer3d.find('blocks.0.z', [1, 3, 2]))")
    driver.wait_idle(page)
    heard = spoken(page)
    roles = [role for role, _, _ in heard]
    by_name = {(role, name): states for role, name, states in heard}
    assert by_name["treeitem", "Layer 0, 23 matrices"]["expanded"] is True
    assert by_name["treeitem", "Layer 1, 23 matrices"]["expanded"] is False
    assert by_name["treeitem", "z, 2 heads of 4 × 6"] == {
        **by_name["treeitem", "q, 2 heads of 4 × 6"],
        "selected": True,
    }
    assert ("tree", "Layers and matrices") in by_name
    assert ("grid", "blocks.0.z, rows 0 to 3") in by_name
    assert ("columnheader", '3 "="') in by_name and ("rowheader", "2") in by_name
    assert roles.count("gridcell") == 16 and roles.count("columnheader") == 5
    shown = frame.locator("td[aria-selected=true]")
    at = [shown.get_attribute("aria-colindex"), shown.locator("..").get_attribute("aria-rowindex")]
    assert at == ["5", "4"]  # token 3 and dimension 2, behind the headers and counted from 1
    voices = [states["live"] for _, _, states in heard if states.get("live", "off") != "off"]
    assert voices == ["polite"]
    controls = {"button", "slider", "combobox", "searchbox", "application", "treeitem"}
    assert all(name for role, name, _ in heard if role in controls)
    frame.get_by_role("button", name="Play the walk (Space)").click()
    assert ("button", "Pause the walk (Space)") in {(r, n) for r, n, _ in spoken(page)}


HERE = """() => {
  const on = document.activeElement;
  if (!document.hasFocus() || on === document.body) return null;
  const ring = e => {
    const look = getComputedStyle(e);
    return look.outlineStyle === 'none' ? 0 : parseFloat(look.outlineWidth);
  };
  return [on.getAttribute('aria-label') ?? on.textContent, ring(on) || ring(on.parentElement)];
}"""


def test_tab_alone_reaches_every_control_in_sight_and_escape_leaves(open_viewer: Open) -> None:
    page, frame = open_viewer()
    frame.evaluate("viewer3d.pin(viewer3d.find('blocks.0.z', [1, 3, 2]))")
    driver.wait_idle(page)
    controls = "button:not([hidden]), select, input, canvas.over, pre, td[tabindex='0']"
    every = frame.locator(".v3").locator(controls).locator("visible=true").count()
    frame.locator(".v3 button").first.focus()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Tab")
    reached = []
    while (here := frame.evaluate(HERE)) and len(reached) < 60:
        reached.append(here[0])
        assert here[1] >= 2, f"no ring around {here[0]}"
        page.keyboard.press("Tab")
    assert len(reached) == every + 1  # and the tree, one stop whose items are reached by arrows
    frame.locator("canvas.over").focus()
    page.keyboard.press("Escape")
    assert frame.evaluate("viewer3d.pinned") is None
    assert frame.evaluate("document.activeElement.className") == "over"
    page.keyboard.press("Escape")
    assert frame.evaluate("document.activeElement === document.body")


def test_a_switch_keeps_the_focus_when_its_answer_comes(open_viewer: Open) -> None:
    page, frame = open_viewer()
    frame.evaluate("viewer3d.pin(viewer3d.find('blocks.0.z', [1, 3, 2]))")
    driver.wait_idle(page)
    frame.get_by_role("button", name="scale head 1 of blocks.0.z by 0", exact=True).focus()
    page.keyboard.press("Enter")
    frame.wait_for_function("viewer3d.valueAt('blocks.0.z', [1, 3, 2]) === 0")
    label = "document.activeElement.getAttribute('aria-label')"
    assert frame.evaluate(label) == "scale head 1 of blocks.0.z by 0"


@pytest.mark.parametrize(("width", "dark"), [(390, False), (1280, True)])
def test_it_fits_a_phone_and_both_themes(open_viewer: Open, width: int, dark: bool) -> None:
    page, frame = open_viewer(width=width, dark=dark)
    for beside in ("", "7*9=63"):
        ask(page, Beside=beside)
        assert driver.no_sideways_scroll(page), driver.sideways_scroll(page)
        sizes = frame.evaluate("[document.body.scrollWidth, document.documentElement.clientWidth]")
        assert sizes[0] <= sizes[1]
    assert page.console_errors == []


@pytest.mark.timing
def test_picks_and_frames_cost_little_javascript(open_viewer: Open, slowness: float) -> None:
    _, frame = open_viewer()
    times = frame.evaluate("viewer3d.bench(20, 200)")
    assert times["pick"]["p95"] < slowness
    assert times["frame"]["n"] == 20
    assert frame.evaluate("viewer3d.drawCalls") == 3


@pytest.mark.timing
def test_two_scenes_are_three_draw_calls_as_one_is(open_viewer: Open, slowness: float) -> None:
    page, frame = open_viewer()
    ask(page, Beside="7*9=63")
    compared(frame, "7*8=56", "7*9=63")
    times = frame.evaluate("viewer3d.bench(20, 200)")
    assert times["pick"]["p95"] < slowness
    assert frame.evaluate("viewer3d.drawCalls") == 3
