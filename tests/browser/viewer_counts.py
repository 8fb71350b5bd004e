"""What takes the viewer's time, counted: frames and what they draw, picks, messages, their bytes.

Of a viewer with its test handle, whose clock counts what it times.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import driver
from playwright.sync_api import Frame

_TIMES = """what => viewer3d.clock.report()[what]?.n ?? 0"""

# What `act` gives, and the frames until none is drawn at twenty turns of the screen on end; of what
# never rests, those of six hundred turns.
_UNTIL_REST = """async act => {
  const drawn = () => viewer3d.clock.report().frame?.n ?? 0;
  const before = drawn();
  const given = new Function(`return ${act}`)();
  for (let turn = 0, still = 0; still < 20 && turn < 600; turn++) {
    const last = drawn();
    await new Promise(requestAnimationFrame);
    still = drawn() === last ? still + 1 : 0;
  }
  return [drawn() - before, given];
}"""

# Picks of so many moves of the pointer on the left side, how often they look at a box, and boxes.
_MOVES = """n => {
  const over = document.querySelector('canvas.over');
  const { left, top, width, height } = over.getBoundingClientRect();
  const boxes = viewer3d.plan.boxes, each = boxes[Symbol.iterator];
  const picks = () => viewer3d.clock.report().pick?.n ?? 0;
  const before = picks();
  let looks = 0;
  boxes[Symbol.iterator] = function* () {
    for (const box of each.call(this)) { looks++; yield box; }
  };
  for (let i = 0; i < n; i++) {
    const clientX = left + (width * (i + 0.5)) / n / viewer3d.sides.length;
    const clientY = top + height * (0.3 + (0.4 * i) / n);
    over.dispatchEvent(new PointerEvent('pointermove', { clientX, clientY }));
  }
  delete boxes[Symbol.iterator];
  return [picks() - before, looks, boxes.length];
}"""

# Every call of a pen for flat drawing from now on, and the drawings: each begins with a transform,
# and where frames come too slowly a picture that rests is drawn once more, with light.
_WATCH_PENS = """() => {
  window.pens = { strokes: 0, drawings: 0 };
  const pen = CanvasRenderingContext2D.prototype;
  for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(pen))) {
    if (typeof value !== 'function' || name === 'constructor') continue;
    pen[name] = function (...all) {
      pens.strokes++;
      if (name === 'setTransform' && this.canvas.matches('.over')) pens.drawings++;
      return value.apply(this, all);
    };
  }
}"""


_LETTERS = "[...document.fonts].filter(f => f.status === 'loaded').length >= 3"


def wait_for_rest(frame: Frame) -> None:
    """Wait until the letters are there, which come by themselves, and nothing more is drawn."""
    frame.wait_for_function(_LETTERS)
    frames_until_rest(frame)


def times(frame: Frame, what: str) -> int:
    """How often the viewer has drawn a "frame", made a "pick" or an "update" by a scene."""
    return frame.evaluate(_TIMES, what)


def frames_until_rest(frame: Frame, act: str = "") -> int:
    """The frames that are drawn for an act, until nothing more is drawn."""
    return frame.evaluate(_UNTIL_REST, act)[0]


@dataclass(frozen=True)
class Moves:
    picks: int
    looks: int
    boxes: int
    frames: int


def move_the_pointer(frame: Frame, moves: int) -> Moves:
    """So many moves across the picture between two turns of the screen."""
    frames, (picks, looks, boxes) = frame.evaluate(_UNTIL_REST, f"({_MOVES})({moves})")
    return Moves(picks, looks, boxes, frames)


def strokes_of(frame: Frame, act: str) -> float:
    """The calls of pens for the picture of one scene that an act makes."""
    if not frame.evaluate("'pens' in window"):
        frame.evaluate(_WATCH_PENS)
    frame.evaluate("Object.assign(pens, { strokes: 0, drawings: 0 })")
    assert frames_until_rest(frame, act) == 1
    strokes, drawings = frame.evaluate("[pens.strokes, pens.drawings]")
    return strokes / drawings


@dataclass
class Line:
    """The bytes of each message between a page and its server."""

    sent: list[int] = field(default_factory=list)
    received: list[int] = field(default_factory=list)


@contextmanager
def on_the_line(page: driver.BookPage) -> Generator[Line]:
    line, devtools = Line(), page.context.new_cdp_session(page)

    def size(event: dict[str, Any]) -> int:
        return len(event["response"]["payloadData"]) * 3 // 4  # base64

    devtools.on("Network.webSocketFrameSent", lambda event: line.sent.append(size(event)))
    devtools.on("Network.webSocketFrameReceived", lambda event: line.received.append(size(event)))
    devtools.send("Network.enable")
    try:
        yield line
    finally:
        devtools.detach()
