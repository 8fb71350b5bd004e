"""The 3D viewer inside Streamlit, in Chromium with WebGL in software; read by its test handle.

`?test=1` asks for the handle: a reader's browser never loads it. The page of the viewer is opened
once a kind of visit, and mounts a viewer anew for whoever changes something in it.
"""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal

import driver
import pytest
import torch
from playwright.sync_api import Frame, Position
from viewer_app import KINDS, model, scene
from viewer_counts import (
    frames_until_rest,
    move_the_pointer,
    on_the_line,
    times,
    wait_for_rest,
)

from lab.data.vocabulary import VOCABULARY
from lab.model.trace import Trace

READY = """w => window.viewer3d?.state.stages.length > 0
  && w === viewer3d.scene.halves.weight.length > 0"""

# Until the picture has been drawn, if something has asked for that.
NEXT_FRAME = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"

# The page as another visit finds it.
PREPARE = """([query, seen]) => {
  history.replaceState(history.state, '', `?${query}`);
  if (!seen) sessionStorage.removeItem('flight');
  document.querySelector('[data-testid="stMain"]').scrollTo(0, 0);
}"""


class Visitor:
    """One page of the app, and the viewer that is mounted in it."""

    def __init__(self, page: driver.BookPage) -> None:
        self.page = page
        self.size = page.viewport_size
        self.visits = 0
        self.untouched: str | None = None
        """What was asked of a viewer with which nobody has done anything yet."""
        driver.wait_idle(page)

    def anew(self, asked: str = "", weights: bool = True) -> tuple[driver.BookPage, Frame]:
        """A viewer with which nobody has done anything: `kind=alibi&damage=short`."""
        found = self.unchanged(asked, weights)
        self.untouched = None
        return found

    def unchanged(self, asked: str = "", weights: bool = True) -> tuple[driver.BookPage, Frame]:
        """The same for who only looks: the next one may have it too."""
        if self.untouched != asked:
            self.mount(f"test=1&{asked}").wait_for_function(READY, arg=weights, timeout=60_000)
            self.untouched = asked
        return self.page, self.frame

    def mount(self, asked: str, *, seen: bool = False) -> Frame:
        """Another viewer instead of this one, on the same page, whose address says what is asked.
        The browser remembers the flight of the last one where it has `seen` that."""
        before = self.viewers()
        self.visits += 1
        query = f"{asked}&visit={self.visits}"
        self.page.evaluate(PREPARE, [query, seen])
        self.page.get_by_label("Visit").fill(query)
        self.page.get_by_label("Visit").press("Enter")
        driver.wait_for(self.page, lambda: [f for f in self.viewers() if f not in before], 60)
        (self.frame,) = [f for f in self.viewers() if f not in before]
        return self.frame

    def viewers(self) -> list[Frame]:
        return [f for f in self.page.frames if "threejs_viewer" in f.url]

    def for_one_test(self) -> Iterator["Visitor"]:
        """At its own size and in daylight, the hand away; the console must stay without errors."""
        assert self.size is not None
        self.page.set_viewport_size(self.size)
        self.page.emulate_media(color_scheme="light", reduced_motion="reduce")
        self.page.mouse.move(0, 0)
        yield self
        errors = self.page.console_errors.copy()
        self.page.console_errors.clear()
        assert errors == []


@pytest.fixture(scope="module")
def app(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    path = tmp_path_factory.mktemp("viewer") / "streamlit.log"
    script = Path(__file__).with_name("viewer_app.py")
    with path.open("wb") as log, driver.serve(script, log) as url:
        yield url


@pytest.fixture(scope="module")
def door(visitors: driver.Visitors) -> Iterator[Callable[..., driver.BookPage]]:
    with visitors.door() as enter:
        yield enter


@pytest.fixture(scope="module")
def visit_on_a_screen(app: str, door: Callable[..., driver.BookPage]) -> Visitor:
    return Visitor(door(app))


@pytest.fixture(scope="module")
def visit_on_a_phone(app: str, door: Callable[..., driver.BookPage]) -> Visitor:
    return Visitor(door(app, 390, touch=True))


@pytest.fixture
def screen(visit_on_a_screen: Visitor) -> Iterator[Visitor]:
    yield from visit_on_a_screen.for_one_test()


@pytest.fixture
def phone(visit_on_a_phone: Visitor) -> Iterator[Visitor]:
    yield from visit_on_a_phone.for_one_test()


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


WRONG = """() => viewer3d.scene.tensors.filter(t => t.kind === 'activation').flatMap(t =>
  [...Array(t.size).keys()].filter(i => {
    const why = viewer3d.explain(t.name, i);
    return why.again === undefined || !why.agrees;
  }).map(i => `${t.name}[${i}]`))"""


def disagreeing(frame: Frame) -> list[str]:
    """The activations that are not what their formula gives, and what the scene complains of."""
    assert frame.evaluate("viewer3d.drawsWith") == "webgl2"
    assert frame.evaluate("viewer3d.scene.tensors.filter(t => t.kind === 'activation').length") > 20
    return frame.evaluate(WRONG) + frame.evaluate("viewer3d.scene.problems")


def test_the_first_picture_is_drawn_and_every_activation_agrees_with_its_formula(
    screen: Visitor,
) -> None:
    _, frame = screen.unchanged()
    assert times(frame, "update") == 2  # the activations, and the weights behind them
    assert disagreeing(frame) == []
    assert min(frame.evaluate("viewer3d.pixels()")[:3]) > 10_000


def test_letters_are_the_books_own_and_come_from_its_server(screen: Visitor, app: str) -> None:
    _, frame = screen.unchanged()
    wait_for_rest(frame)
    loaded = "[...document.fonts].filter(f => f.status === 'loaded').map(f => f.family)"
    families = {family.strip('"') for family in frame.evaluate(loaded)}
    assert families == {"Source Code Pro", "Source Sans", "Source Serif"}
    files = "performance.getEntriesByType('resource').map(r => r.name)"
    fetched = frame.evaluate(files)
    assert any("SourceSans" in name for name in fetched)
    assert all(name.startswith(app) for name in fetched)


@pytest.mark.slow
def test_every_activation_of_other_kinds_agrees_with_its_formula(screen: Visitor) -> None:
    """Kinds of parts among them of which the front end has never heard."""
    kinds = [kind for kind in KINDS if kind != "plain"]
    assert len(kinds) == 4
    wrong = {kind: disagreeing(screen.anew(f"kind={kind}")[1]) for kind in kinds}
    assert wrong == {kind: [] for kind in kinds}


PLACES = {
    "blocks.0.attention.wq.weight": [5, 2],
    "blocks.1.k": [1, 2, 3],
    "blocks.0.pattern": [1, 3, 0],
    "logits": [3, 5],
}


def test_pointing_and_clicking_give_the_models_own_number(screen: Visitor) -> None:
    page, frame = screen.anew()
    for name, place in PLACES.items():
        frame.evaluate("([n, p]) => viewer3d.lookAt(n, p)", [name, place])
        frame.evaluate(NEXT_FRAME)
        spot = frame.evaluate("([n, p]) => viewer3d.whereIs(n, p)", [name, place])
        canvas = frame.locator("canvas.over")
        canvas.hover(position=spot)
        frame.locator(".tip", has_text=name).wait_for()
        canvas.click(position=spot)
        page.get_by_text(f"Pin(name='{name}', index={tuple(place)})").wait_for()
        shown = frame.locator(".value output").inner_text()
        assert float(shown.replace("−", "-")) == pytest.approx(value_at(name, place), rel=2e-3)


@pytest.mark.slow
def test_a_typed_token_leads_to_its_column_by_keyboard(screen: Visitor) -> None:
    page, frame = screen.anew()
    frame.get_by_role("button", name='See where token 2 "8" comes in').press("Enter")
    assert frame.locator(".prompt .stand").all_inner_texts() == ["8"]
    assert frame.locator("[role=status]").inner_text().startswith('token 2 "8" comes in here')
    assert frame.evaluate("[viewer3d.pinned.box.tensor.name, viewer3d.pinned.col]") == ["embed", 2]
    page.keyboard.press("Escape")
    assert frame.locator(".prompt .stand").count() == 0
    assert frame.evaluate("viewer3d.faded") == []


def test_keys_signs_and_words_lead_through_the_walk_to_the_digit_that_drops_in(
    screen: Visitor,
) -> None:
    page, frame = screen.anew()
    frame.locator("canvas.over").focus()
    last = frame.evaluate("viewer3d.state.stages.findIndex(s => s.next)")
    for _ in range(last + 1):
        page.keyboard.press("PageDown")
    best = frame.evaluate("viewer3d.state.stages[viewer3d.state.stage].next.token")
    assert frame.locator(".prompt .next").inner_text() == best
    wide = frame.locator(".prompt li").evaluate_all("tiles => tiles.map(t => t.offsetWidth)")
    assert max(wide) < 2 * min(wide)  # it looks like a token, as the others do
    page.keyboard.press("PageUp")
    assert frame.locator(".prompt .next").count() == 0
    page.keyboard.press("Space")
    assert frame.evaluate("viewer3d.state.playing")
    page.keyboard.press("Space")
    assert not frame.evaluate("viewer3d.state.playing")

    end = frame.evaluate("viewer3d.state.stages.length - 1")
    reel, reached = frame.get_by_role("group", name="The walk"), dict[str, int]()
    more = reel.get_by_role("button", name="More")
    signs: set[str] = set()
    for name in ("Last stop", "Back: previous stop", "First stop", "Next stop"):
        button = reel.get_by_role("button", name=name)
        if name in ("Last stop", "First stop"):
            more.click()
        signs.add(button.inner_text())
        button.click()
        reached[name] = frame.evaluate("viewer3d.state.stage")
    assert list(reached.values()) == [end, end - 1, 0, 1] and len(signs) == 4

    frame.evaluate("viewer3d.scrub(viewer3d.stageFor('blocks.0.pattern'))")
    frame.evaluate("viewer3d.hover(viewer3d.find('blocks.0.pattern', [0, 3, 0]), 9, 9)")
    assert "pattern" in frame.locator(".word.on").all_inner_texts()
    frame.get_by_role("button", name="pattern", exact=True).hover()
    assert frame.evaluate("viewer3d.state.glow") == ["blocks.0.pattern"]


@pytest.mark.slow
def test_who_leaves_a_stage_sees_the_whole_model_again(screen: Visitor) -> None:
    page, frame = screen.anew()
    canvas = frame.locator("canvas.over")
    more = frame.get_by_role("button", name="More")
    more.click()
    frame.get_by_label("Speed").select_option("4")
    frame.get_by_role("button", name="The camera follows the walk").click()
    more.press("Escape")
    frame.evaluate("viewer3d.view.set({distance: 9000})")  # so the corners of the picture are empty
    corner: Position = {"x": 30, "y": 300}

    def inside(stage: int = 4) -> None:
        frame.evaluate("s => viewer3d.scrub(s)", stage)
        assert len(frame.evaluate("viewer3d.faded")) > 20
        assert frame.locator(".prompt .now").count() > 0

    def whole(waits: str = "paused at 5") -> None:
        frame.wait_for_function("viewer3d.faded.length === 0")
        assert frame.locator(".prompt .now, .prompt .later, .prompt .next").count() == 0
        stages = frame.evaluate("viewer3d.state.stages.length")
        assert frame.locator(".reel .count").inner_text() == f"{waits} / {stages}"

    whole("0")
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
    frame.get_by_role("button", name="Previous stop").click()
    whole("0")
    inside()
    frame.get_by_label("Stage of the walk").press("Home")
    whole("0")
    frame.evaluate("viewer3d.scrub(viewer3d.state.stages.length - 2)")
    frame.get_by_role("button", name="Play the walk").click()
    frame.wait_for_function("!viewer3d.state.playing")  # it stays where the answer stands
    assert frame.locator(".prompt .now").count() == 1


def test_a_reader_is_not_sent_the_handle(screen: Visitor) -> None:
    frame = screen.mount("reader=1")
    screen.untouched = None
    frame.get_by_text("Every box is a matrix").wait_for()
    assert frame.evaluate("window.viewer3d === undefined")
    scripts = frame.evaluate("performance.getEntriesByType('resource').map(r => r.name)")
    assert [name for name in scripts if name.endswith(".js")] == [
        name for name in scripts if "/assets/index-" in name
    ]


def ask(page: driver.BookPage, **boxes: str) -> None:
    """Fill the boxes above the viewer: Prompt, Beside."""
    for label, text in boxes.items():
        page.get_by_label(label).fill(text)
        page.get_by_label(label).press("Enter")
        driver.wait_idle(page, looks=3)


def compared(frame: Frame, *texts: str) -> None:
    """Wait until these stand side by side."""
    frame.wait_for_function(
        "all => all.join() === viewer3d.sides.map(s => s.plan.scene.manifest.tokens.join('')) + ''",
        arg=list(texts),
    )


def torch_value(name: str, place: list[int], text: str) -> float:
    trace = Trace([name.rpartition(".")[2]])
    with torch.inference_mode():
        model()(torch.tensor([[VOCABULARY.index(c) for c in text]]), trace=trace)
    return float(trace[name][0][tuple(place)])


def number(text: str) -> float:
    return float(text.replace("−", "-"))


COMPARED = {"embed": [2, 3], "blocks.1.k": [1, 2, 3], "blocks.0.pattern": [1, 3, 2]}


def test_two_texts_side_by_side_differ_by_what_torch_says(screen: Visitor) -> None:
    page, frame = screen.anew()
    ask(page, Prompt="7*8=", Beside="7*9=")
    compared(frame, "7*8=", "7*9=")
    for name, place in COMPARED.items():
        left, right = (torch_value(name, place, text) for text in ("7*8=", "7*9="))
        expected = pytest.approx(right - left, abs=2e-3 * max(abs(left), abs(right)))
        drawn = frame.evaluate("([n, p]) => viewer3d.valueAt(n, p, 1)", [name, place])
        assert drawn == expected and abs(drawn) > 1e-3
        frame.evaluate("([n, p]) => viewer3d.lookAt(n, p)", [name, place])
        frame.evaluate(NEXT_FRAME)
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
    changed = frame.evaluate(
        """() => viewer3d.sides[1].plan.boxes.filter(b => b.tokens === 'columns').flatMap(b =>
          [...Array(b.cols).keys()].filter(c => [...Array(b.rows).keys()].some(r =>
            viewer3d.shownAt(b, c, r) !== 0)))"""
    )
    assert set(changed) == {2, 3}  # nothing differs before the changed token


def tip(frame: Frame) -> str:
    return frame.locator(".tip .pair").inner_text()


def test_another_prompt_and_a_comparison_keep_the_camera_and_the_pin(screen: Visitor) -> None:
    page, frame = screen.anew()
    frame.evaluate("viewer3d.lookAt('blocks.1.v', [0, 1, 2])")
    frame.evaluate("viewer3d.pin(viewer3d.find('blocks.1.v', [0, 1, 2]))")
    pose = frame.evaluate("viewer3d.view.pose")
    switch = frame.get_by_role("group", name="The right side shows")

    def kept() -> bool:
        pinned = frame.evaluate("viewer3d.pinned.box.tensor.name")
        return frame.evaluate("viewer3d.view.pose") == pose and pinned == "blocks.1.v"

    ask(page, Prompt="3*4=12")
    compared(frame, "3*4=12")
    shown = frame.evaluate("viewer3d.valueAt('blocks.1.v', [0, 1, 2])")
    assert shown == pytest.approx(value_at("blocks.1.v", [0, 1, 2], "3*4=12"), rel=2e-3)
    assert kept() and not switch.is_visible()

    ask(page, Beside="7*9=63")
    compared(frame, "3*4=12", "7*9=63")
    assert kept()
    place = [0, 2, 2]
    numbers = frame.evaluate("p => [0, 1].map(s => viewer3d.valueAt('blocks.1.v', p, s))", place)
    switch.get_by_role("button", name="The numbers themselves").click()
    right = frame.evaluate("p => viewer3d.valueAt('blocks.1.v', p, 1)", place)
    left = value_at("blocks.1.v", place, "3*4=12")
    assert right == pytest.approx(value_at("blocks.1.v", place, "7*9=63"), rel=2e-3)
    assert numbers == pytest.approx([left, right - numbers[0]], abs=2e-3)
    assert kept()

    ask(page, Beside="")
    compared(frame, "3*4=12")
    assert kept() and not switch.is_visible()


@pytest.mark.slow
def test_what_only_one_text_has_is_said_to_have_no_partner(screen: Visitor) -> None:
    page, frame = screen.anew()
    ask(page, Prompt="7*8=", Beside="7*8=56")
    compared(frame, "7*8=", "7*8=56")
    assert "only the first 4 are compared" in frame.locator(".notice").inner_text()
    frame.evaluate("viewer3d.pin(viewer3d.find('embed', [5, 0], 1))")
    assert frame.locator(".value output").inner_text() == "no partner"
    assert frame.locator(".legend .alone").is_visible()
    frame.evaluate("viewer3d.pin(viewer3d.find('embed', [2, 0], 1))")
    assert number(frame.locator(".value output").inner_text()) == 0


DAMAGED = {
    "short": "right: probs: 20 of its 96 numbers did not arrive",
    "nan": "right: embed: 1 of its numbers are NaN or infinite",
    "strange": "second scene cannot be read, so the first stands alone",
}


def test_a_damaged_second_scene_is_a_message_and_the_first_stays(screen: Visitor) -> None:
    page, frame = screen.anew()
    first = pytest.approx(value_at("logits", [3, 5]), rel=2e-3)
    for damage, said in DAMAGED.items():
        ask(page, Beside=f"{damage} 7*9=63")
        frame.locator(".notice", has_text=said).wait_for()
        assert frame.evaluate("viewer3d.valueAt('logits', [3, 5])") == first


def open_list(frame: Frame) -> None:
    """The drawer with all matrices."""
    frame.locator(".finder > summary").click()
    frame.get_by_role("searchbox").wait_for()


@pytest.mark.slow
def test_list_grid_and_status_say_both_numbers_and_their_difference(screen: Visitor) -> None:
    page, frame = screen.anew()
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


def read_number(text: str) -> float:
    return float(text.split()[0].rstrip(".").replace("−", "-"))


@pytest.mark.parametrize("kind", ["plain", pytest.param("grouped", marks=pytest.mark.slow)])
def test_a_digit_of_the_answer_is_followed_home_to_a_typed_token(
    screen: Visitor, kind: str
) -> None:
    page, frame = screen.anew(f"kind={kind}")
    frame.get_by_role("button", name='Follow the "5" home').click()
    rows, crumbs = frame.locator(".home li button"), frame.locator(".home nav button")
    rows.first.wait_for()
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


# `turned` is kept once a turn of the wheel has come to the frame, and a frame could be drawn.
AWAIT_WHEEL = """() => {
  window.turned = new Promise(done =>
    addEventListener('wheel', () => requestAnimationFrame(done), { once: true }));
}"""


def test_wheel_and_keys_zoom_and_turn_once_the_picture_was_taken_up(screen: Visitor) -> None:
    page, frame = screen.anew()
    hint = frame.get_by_text("drag turns; after a click the wheel zooms")
    canvas = frame.locator("canvas.over")

    def pose(key: str = "") -> dict[str, float]:
        if key:
            page.keyboard.press(key)
        return frame.evaluate("({...viewer3d.view.pose})")

    canvas.hover(position={"x": 200, "y": 360})
    far = pose()
    frame.evaluate(AWAIT_WHEEL)
    page.mouse.wheel(0, -300)
    frame.evaluate("turned")
    assert pose() == far
    canvas.focus()
    page.mouse.wheel(0, -300)
    frame.wait_for_function("d => viewer3d.view.pose.distance < d", arg=far["distance"])

    at = pose()
    assert hint.is_visible()
    assert pose("+")["distance"] < at["distance"]
    assert pose("-") == pytest.approx(at)
    right, up = pose("Shift+ArrowRight"), pose("Shift+ArrowUp")
    assert right["yaw"] > at["yaw"] and up["pitch"] > at["pitch"]
    assert [up["x"], up["distance"]] == pytest.approx([at["x"], at["distance"]])
    moved = pose("ArrowRight")
    assert moved["x"] > at["x"] and moved["yaw"] == right["yaw"]
    page.keyboard.press("?")
    assert frame.get_by_role("dialog", name="Keys").is_visible()
    page.keyboard.press("Escape")
    assert not frame.get_by_role("dialog", name="Keys").is_visible()
    canvas.click(position={"x": 4, "y": 350})
    assert hint.count() == 0


def test_the_picture_and_its_controls_take_the_whole_screen_and_give_it_back(
    screen: Visitor,
) -> None:
    _, frame = screen.anew()
    inside = "document.body.scrollHeight"
    before = frame.evaluate(inside)
    place = frame.evaluate("document.querySelector('.stage').getBoundingClientRect().toJSON()")
    assert place["width"] == frame.evaluate("innerWidth") and place["height"] >= 470
    more = frame.get_by_role("button", name="More")
    full = frame.get_by_role("button", name="The whole screen", include_hidden=True)
    more.click()
    full.click()
    frame.wait_for_function("document.fullscreenElement?.className.startsWith('v3')")
    frame.wait_for_function("viewer3d.view.height > 400 && innerHeight <= screen.height")
    fits = """() => ['.stage', '.reel', '.walk p', '.panel'].filter(one => {
      const { top, bottom } = document.querySelector(one).getBoundingClientRect();
      return top < 0 || bottom > innerHeight + 1;
    })"""
    frame.wait_for_function(f"() => ({fits})().length === 0")
    frame.get_by_role("button", name="Next stop").click()
    assert full.get_attribute("aria-pressed") == "true"
    more.click()
    full.click()
    frame.wait_for_function("document.fullscreenElement === null")
    frame.wait_for_function("height => document.body.scrollHeight >= height", arg=before - 40)
    frame.wait_for_function("width => viewer3d.view.width === width", arg=place["width"])
    assert full.get_attribute("aria-pressed") == "false"


def test_a_phone_shows_the_way_home_that_was_asked_for_below_the_picture(phone: Visitor) -> None:
    """Both are seen at once, and they still are where a part of it has been tapped."""
    page, frame = phone.anew()
    frame.get_by_text("drag turns, pinch zooms").locator("visible=true").wait_for()
    frame.get_by_role("button", name='Follow the "5" home').tap()
    home = frame.get_by_role("region", name="Follow it home")
    home.locator("li").first.wait_for()
    are_seen = """() => {
      const frame = document.querySelector('iframe').getBoundingClientRect();
      const { body } = document.querySelector('iframe').contentDocument;
      const picture = body.querySelector('.stage').getBoundingClientRect();
      const home = body.querySelector('.home');
      const { bottom } = home.querySelectorAll('li')[2].getBoundingClientRect();
      return frame.top + picture.top >= 0 && picture.bottom <= home.getBoundingClientRect().top
        && frame.top + bottom <= innerHeight + 1;
    }"""
    page.wait_for_function(are_seen)
    home.locator("li button").first.tap()
    frame.wait_for_function("document.querySelectorAll('.home nav button').length === 2")
    page.wait_for_function(are_seen)


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
            self.page.evaluate(NEXT_FRAME)
        self.send("touchEnd")

    def pinch(self, x: float, y: float, before: float, after: float, steps: int = 12) -> None:
        """Two fingers side by side, from one distance to the other."""
        self.send("touchStart", (x - before / 2, y), (x + before / 2, y))
        for i in range(1, steps + 1):
            apart = before + (after - before) * i / steps
            self.send("touchMove", (x - apart / 2, y), (x + apart / 2, y))
            self.page.evaluate(NEXT_FRAME)
        self.send("touchEnd")


def test_a_finger_scrolls_past_the_picture_until_it_taps_it(phone: Visitor) -> None:
    page, frame = phone.anew()
    fingers = Fingers(page, frame)
    pose = frame.evaluate("viewer3d.view.pose")
    fingers.swipe(150, 300, 0, -200)
    page.wait_for_function(f"({SCROLLED})() > 100")
    assert frame.evaluate("viewer3d.view.pose") == pose
    assert frame.evaluate("viewer3d.pinned") is None
    scrolled = page.evaluate(SCROLLED)
    fingers.swipe(100, 200, 90, 0)  # sideways it turns, and no more than that
    turned = frame.evaluate("viewer3d.view.pose")
    assert turned["yaw"] != pose["yaw"] and turned["pitch"] == pose["pitch"]
    assert page.evaluate(SCROLLED) == scrolled

    place = [2, 5]
    frame.evaluate("p => viewer3d.lookAt('embed', p)", place)
    frame.evaluate(NEXT_FRAME)
    spot = frame.evaluate("p => viewer3d.whereIs('embed', p)", place)
    fingers.tap(spot["x"], spot["y"])
    frame.locator(".value output").wait_for()
    shown = frame.locator(".value output").inner_text()
    assert float(shown.replace("−", "-")) == pytest.approx(value_at("embed", place), rel=2e-3)

    before, pose = page.evaluate(SCROLLED), frame.evaluate("viewer3d.view.pose")
    fingers.swipe(150, 250, 60, -80)
    turned = frame.evaluate("viewer3d.view.pose")
    assert turned["yaw"] != pose["yaw"] and turned["pitch"] != pose["pitch"]
    assert page.evaluate(SCROLLED) == before
    assert frame.evaluate("[viewer3d.pinned.col, viewer3d.pinned.row]") == [2, 5]


def test_two_fingers_zoom_and_leave_the_page_where_it_is(phone: Visitor) -> None:
    """Whether a finger has tapped the picture before or not."""
    page, frame = phone.anew()
    fingers = Fingers(page, frame)
    for taken in ("body", "canvas.over"):
        frame.locator(taken).focus()
        far = frame.evaluate("viewer3d.view.pose.distance")
        fingers.pinch(180, 200, 60, 180)
        near = frame.evaluate("viewer3d.view.pose.distance")
        assert near == pytest.approx(far / 3, rel=0.2)
        fingers.pinch(180, 200, 180, 60)
        assert frame.evaluate("viewer3d.view.pose.distance") == pytest.approx(far, rel=0.2)
        assert page.evaluate("visualViewport.scale") == 1
        assert frame.evaluate("viewer3d.pinned") is None


def forwards(page: driver.BookPage) -> int:
    """Those that the server has made of the small model since it began."""
    told = page.get_by_text("forwards so far: ").inner_text()
    return int(told.rpartition(" ")[2])


def test_a_head_switched_off_by_key_changes_the_answer_by_one_message_one_forward_and_one_scene(
    screen: Visitor,
) -> None:
    page, frame = screen.anew()
    logit = "viewer3d.valueAt('logits', [3, 5])"
    whole = frame.evaluate(logit)
    frame.evaluate("viewer3d.pin(viewer3d.find('blocks.0.z', [1, 3, 2]))")
    driver.wait_idle(page)
    for scale in (0, 1):
        before = forwards(page), times(frame, "update")
        label = f"scale head 1 of blocks.0.z by {scale}"
        with on_the_line(page) as line:
            frame.get_by_role("button", name=label, exact=True).press("Enter")
            is_off = "off => off === (viewer3d.valueAt('blocks.0.z', [1, 3, 2]) === 0)"
            frame.wait_for_function(is_off, arg=scale == 0)
            driver.wait_idle(page)
        assert (frame.evaluate(logit) == whole) == (scale == 1)
        assert frame.evaluate("document.activeElement.getAttribute('aria-label')") == label
        assert len(line.sent) == 1
        assert (forwards(page), times(frame, "update")) == (before[0] + 1, before[1] + 1)


def test_a_lost_context_comes_back_with_the_same_picture(screen: Visitor) -> None:
    _, frame = screen.anew()
    wait_for_rest(frame)
    # Light and sharp edges come back once a picture rests whose frames came too slowly.
    frame.wait_for_function(
        "() => window.seen === (window.seen = `${viewer3d.pixels()}`)", polling=500
    )
    before = frame.evaluate("viewer3d.pixels()")
    assert sum(before) > 0
    assert frame.evaluate("viewer3d.loseContext()")
    frame.wait_for_function("was => `${viewer3d.pixels()}` === `${was}`", arg=before, polling=200)


def test_without_webgl_the_numbers_are_flat_maps_and_two_scenes_two_maps_of_each(
    screen: Visitor,
) -> None:
    page, frame = screen.anew("flat=1")
    assert frame.evaluate("viewer3d.drawsWith") == "canvas"
    assert frame.locator(".flat canvas").count() == frame.evaluate("viewer3d.plan.boxes.length")
    frame.locator(".flat canvas").first.click(position={"x": 20, "y": 20})
    frame.locator(".cells table[role=grid]").wait_for()

    ask(page, Beside="7*9=")
    compared(frame, "7*8=56", "7*9=")
    boxes = frame.evaluate("viewer3d.sides.map(s => s.plan.boxes.length)")
    assert frame.locator(".flat figure").count() == boxes[0]
    assert frame.locator(".flat canvas").count() == sum(boxes)
    frame.locator(".flat canvas[aria-label^='right: embed,']").click(position={"x": 20, "y": 20})
    frame.locator(".about .pair", has_text="right − left").wait_for()


NO_WEBGL = """
if (new URLSearchParams(parent.location.search).has('no-webgl')) {
  const real = HTMLCanvasElement.prototype.getContext;
  HTMLCanvasElement.prototype.getContext = function (kind, ...rest) {
    return kind.startsWith('webgl') ? null : real.call(this, kind, ...rest);
  };
}"""


def test_where_the_browser_has_no_webgl_the_maps_lie_flat_by_themselves(screen: Visitor) -> None:
    with screen.page.add_init_script(NO_WEBGL):
        _, frame = screen.anew("no-webgl")
    assert frame.evaluate("viewer3d.drawsWith") == "canvas"
    assert "No WebGL here" in frame.locator(".flat").inner_text()
    assert frame.get_by_role("button", name="Straight from the front").count() == 0


FLIGHT = ".flight:not([hidden])"


def test_the_camera_flies_only_for_who_likes_motion(screen: Visitor) -> None:
    for flies in (False, True):
        motion = "no-preference" if flies else "reduce"
        screen.page.emulate_media(reduced_motion=motion)
        _, frame = screen.anew()
        assert frame.locator(FLIGHT).count() == flies  # the first flight, which any act ends
        assert frame.evaluate("() => (viewer3d.fly('front'), viewer3d.view.flying)") == flies
        assert (frame.locator(".v3.moves").count() == 1) == flies
        assert frame.locator(FLIGHT).count() == 0


@pytest.mark.slow
def test_the_flight_comes_once_a_visit_or_when_asked_for_and_can_be_skipped(
    screen: Visitor,
) -> None:
    page = screen.page
    page.emulate_media(reduced_motion="no-preference")
    _, frame = screen.anew()
    assert frame.locator(FLIGHT).count() == 1
    frame = screen.mount("test=1&again=1", seen=True)
    frame.wait_for_function(READY, arg=True, timeout=60_000)
    assert frame.locator(FLIGHT).count() == 0  # once a visit, but for who asks for it
    for end in ("Skip", "key"):
        frame.get_by_role("button", name="More").click()
        frame.get_by_role("button", name="Fly through the model").click()
        frame.locator(FLIGHT).get_by_text("typed tokens become").wait_for()
        assert frame.locator(".prompt .later").all_inner_texts() == ["5", "6"]
        if end == "Skip":
            frame.get_by_role("button", name="Skip the flight").click()
        else:
            frame.locator("canvas.over").focus()
            page.keyboard.press("x")
        assert frame.locator(FLIGHT).count() == 0
        assert frame.locator(".prompt .later").count() == 0


BROKEN: dict[str, tuple[str, str, list[int], str]] = {
    "short": ("probs: 21 of its 96 numbers did not arrive", "probs", [5, 15], "did not arrive"),
    "nan": ("embed: 10 of its numbers are NaN or infinite", "embed", [1, 1], "NaN"),
}


def test_a_damaged_payload_is_named_and_all_else_is_still_there(screen: Visitor) -> None:
    for damage, (words, name, place, said) in BROKEN.items():
        _, frame = screen.anew(f"damage={damage}")
        assert words in frame.locator(".notice").inner_text()
        frame.evaluate("([n, p]) => viewer3d.pin(viewer3d.find(n, p))", [name, place])
        assert frame.locator(".value output").inner_text() == said
        whole = frame.evaluate("viewer3d.valueAt('logits', [3, 5])")
        assert whole == pytest.approx(value_at("logits", [3, 5]), rel=2e-3)
        assert sum(frame.evaluate("viewer3d.pixels()")) > 0


def test_a_run_without_weights_shows_its_activations_and_says_so(screen: Visitor) -> None:
    _, frame = screen.unchanged("bare=1", weights=False)
    assert "weights of this run are not here" in frame.locator(".notice").inner_text()
    assert frame.evaluate("viewer3d.valueAt('embed.weight', [0, 0]) === undefined")
    shown = frame.evaluate("viewer3d.valueAt('logits', [3, 5])")
    assert shown == pytest.approx(value_at("logits", [3, 5]), rel=2e-3)


@pytest.mark.parametrize("scheme", ["light", pytest.param("dark", marks=pytest.mark.slow)])
def test_weights_on_their_way_are_empty_and_named_and_hatched_only_where_they_never_come(
    screen: Visitor, tmp_path: Path, scheme: Literal["light", "dark"]
) -> None:
    """Straight before the reader, and in the whole model."""

    def colours(frame: Frame) -> list[int]:
        wait_for_rest(frame)
        found: list[int] = []
        for look in ("viewer3d.lookAt('embed.weight', [0, 0])", "viewer3d.fly('all')"):
            frame.evaluate(look)
            wait_for_rest(frame)
            found.append(frame.evaluate("viewer3d.vividness('embed.weight')"))
        return found

    screen.page.emulate_media(color_scheme=scheme)
    released, key = tmp_path / "weights", "not loaded yet"
    _, frame = screen.anew(f"late={released}", weights=False)
    assert max(colours(frame)) < 20
    assert frame.locator(".keys .pending").inner_text() == key
    assert frame.locator(".notice").is_hidden()
    frame.evaluate("viewer3d.pin(viewer3d.find('embed.weight', [0, 0]))")
    assert frame.locator(".value output").inner_text() == key

    released.touch()
    frame.wait_for_function(READY, arg=True, timeout=60_000)
    assert frame.locator(".keys .pending").count() == 0
    shown = number(frame.locator(".value output").inner_text())
    assert shown == pytest.approx(value_at("embed.weight", [0, 0]), rel=2e-3)
    assert colours(frame)[0] > 60

    _, frame = screen.unchanged("bare=1", weights=False)
    assert min(colours(frame)) > 30


def test_search_tree_and_grid_do_all_by_keyboard(screen: Visitor) -> None:
    page, frame = screen.anew()
    open_list(frame)
    search = frame.get_by_role("searchbox")
    search.fill("resid_mid")
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

    search.fill("pattern, layer 1, head 1")
    search.press("Enter")
    assert frame.evaluate("viewer3d.pinned.box.tensor.name") == "blocks.1.pattern"
    assert frame.evaluate("[viewer3d.pinned.box.plane, viewer3d.pinned.row]") == [1, 0]
    assert frame.evaluate("document.activeElement.className") == "over"
    page.keyboard.press("ArrowDown")
    assert frame.evaluate("viewer3d.pinned.row") == 1
    assert frame.locator("canvas.over").evaluate("e => e.getBoundingClientRect().top >= 0")


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


def test_a_screen_reader_has_the_tree_the_grid_and_one_quiet_voice(screen: Visitor) -> None:
    page, frame = screen.anew()
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
    frame.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
    said = [(role, name) for role, name, _ in spoken(page) if role in controls]
    assert len(said) > 40 and [role for role, name in said if not name] == []
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


def test_tab_alone_reaches_every_control_in_sight_and_escape_leaves(screen: Visitor) -> None:
    page, frame = screen.anew()
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


def too_wide(page: driver.BookPage, frame: Frame) -> list[object]:
    """What reaches beyond the side of the page, or of the viewer's frame."""
    body, room = frame.evaluate("[document.body.scrollWidth, document.documentElement.clientWidth]")
    return [*driver.sideways_scroll(page), *([f"{body} > {room}"] if body > room else [])]


GROUND = "document.body.style.background.match(/\\d+/g).slice(0, 3).map(Number)"


def test_it_fits_a_phone_and_follows_the_theme(screen: Visitor) -> None:
    page = screen.page
    page.set_viewport_size({"width": 390, "height": 900})
    _, frame = screen.anew()
    assert min(frame.evaluate(GROUND)) > 200
    for beside in ("", "7*9=63"):
        ask(page, Beside=beside)
        assert too_wide(page, frame) == []

    page.set_viewport_size({"width": 1280, "height": 900})
    page.emulate_media(color_scheme="dark")
    frame.wait_for_function(f"() => Math.max(...{GROUND}) < 60")  # while it stands
    _, frame = screen.anew()
    assert max(frame.evaluate(GROUND)) < 60  # and from the first picture on
    for beside in ("", "7*9=63"):
        ask(page, Beside=beside)
        assert too_wide(page, frame) == []


# ---------------------------------------------------------------- what takes time, counted

CHANGES = {
    "nothing": "0",
    "a stage": "viewer3d.scrub(3)",
    "a number pointed at": "viewer3d.hover(viewer3d.find('embed', [1, 1]), 9, 9)",
    "the camera": "viewer3d.fly('front')",
}


def test_a_change_is_one_frame_of_three_draw_calls_and_at_rest_none_is_drawn(
    screen: Visitor,
) -> None:
    """A move of the pointer is one pick, which looks at each box once, and many moves between two
    turns of the screen are one frame. All this of two scenes as of one."""
    page, frame = screen.anew()
    for texts in (["7*8=56"], ["7*8=56", "7*9=63"]):
        ask(page, Beside="".join(texts[1:]))
        compared(frame, *texts)
        frame.evaluate("[viewer3d.hover(null, 0, 0), viewer3d.fly('all')]")
        wait_for_rest(frame)
        frames = {what: frames_until_rest(frame, act) for what, act in CHANGES.items()}
        assert frames == {what: int(what != "nothing") for what in CHANGES}
        assert frame.evaluate("viewer3d.drawCalls") == 3
        moves = move_the_pointer(frame, 50)
        assert moves.picks == 50 and moves.looks == 50 * moves.boxes > 0
        assert moves.frames == 1
