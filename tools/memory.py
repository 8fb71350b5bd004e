"""What the book holds in memory: asleep, after every page, and after five hundred visits.

`python -m tools.memory [ROUNDS]` starts a server, sends visitors without browsers, prints a line a
measurement and then one JSON document, the record `records/bench_memory.json`. Readers come
`AT_ONCE` together; each does what takes a reader half an hour, training among it, and closes the
tab. Memory is that of the server and of all processes beside it; what they share counts once (Pss),
so nothing else may run from the same files.
"""

from __future__ import annotations

import contextlib
import json
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from components.ui.book import BEHIND, CONTENTS
from lab.records import provenance
from tools.latency import peak_mb, read_step, resident_mb, says, served, until
from tools.reader import Reader, Widget

ROUNDS, AT_ONCE = 63, 8
PATIENCE = 3600.0
"""Seconds that a visitor waits for an answer: the machine may be busy, memory is what counts."""
FEWEST_ROUNDS = 4
FORGOTTEN_AFTER = 65.0
"""Seconds after which the server lets go of a closed tab, disconnectedSessionTTL and a bit."""

MOST_CONTROLS, MOST_STEPS = 150, 10**6
NOT_PRESSED = ("Train", "Stop", "Remove", "Start it again")
ENDED = ("Done.", "Stopped", "It failed", "It is lost")


def values_of(widget: Widget) -> list[Any]:
    """Some values that a widget can take: the ends of a slider, six of its options, a tick."""
    if widget.kind == "slider":
        return [[end] * len(widget.proto.default) for end in (widget.proto.min, widget.proto.max)]
    return [True] if widget.kind == "checkbox" else widget.options[:: len(widget.options) // 6 + 1]


def use_everything(reader: Reader) -> None:
    """Every control of the page, those too that appear on the way; no training."""
    used: set[str] = set()
    while len(used) < MOST_CONTROLS:
        fresh = [w for w in reader.widgets() if w.id not in used and not w.proto.disabled]
        if not fresh:
            return
        used.add(fresh[0].id)
        if fresh[0].kind == "button" and not fresh[0].label.startswith(NOT_PRESSED):
            reader.press(fresh[0])
        for value in values_of(fresh[0]):
            if any(widget.id == fresh[0].id for widget in reader.widgets()):
                reader.set(fresh[0], value)
        if reader.exceptions():
            raise RuntimeError(f"{reader.page}, {fresh[0].key}: {reader.exceptions()}")


def train(reader: Reader, button: str, steps: int, **settings: Any) -> None:
    """Begin a run and wait until it has so many steps, or has ended."""
    for key, value in settings.items():
        reader.set(key, value)
    until(lambda: any(widget.key == button for widget in reader.widgets()), PATIENCE)
    reader.press(button)
    until(lambda: read_step(reader) >= steps or ended(reader), PATIENCE)


def ended(reader: Reader) -> bool:
    return any(says(reader, text) for text in ENDED)


def stop(reader: Reader) -> None:
    with contextlib.suppress(LookupError):  # it has ended: there is no such button
        reader.press("Stop")
    until(lambda: ended(reader), PATIENCE)


def look_inside(reader: Reader, model: int, prompt: str) -> None:
    """Chapter 7 with one of its models, by number, its weights sent to the browser."""
    reader.go("forward_pass_3d")
    reader.set("ch70_run", reader.widget("ch70_run").options[model])
    reader.set("ch70_prompt", prompt)
    (viewer,) = reader.elements("component_instance")
    digest = json.loads(viewer.json_args)["manifest"]["weights_digest"]
    reader.answer("ch70_viewer", {"n": 1, "need_weights": [digest]})


def visit(url: str, seed: int) -> None:
    """One reader: a network in chapter 0, a run in chapter 1 or 2, its inside, own sums."""
    rng = np.random.default_rng(seed)
    a, b = (int(x) for x in rng.integers(10, 100, 2))
    with Reader(url, "", f"a={a}&b={b}", patience=PATIENCE) as reader:
        reader.keep_polling()
        reader.go("numpy_mlp")
        reader.set("ch00_width", int(rng.choice([8, 16, 32, 64])))
        reader.set("ch00_seed", seed)
        time.sleep(2.0)
        reader.set("ch00_hide", "single pairs")
        reader.set("ch00_share", [5 * int(rng.integers(0, 20))])
        if seed % 2:
            reader.go("chain_of_thought")
            styles = reader.widget("ch10_style").options
            settings = {"ch10_style": str(rng.choice(styles)), "ch10_seed": seed}
            settings |= {"ch10_d_model": int(rng.choice([32, 64, 128])), "ch10_steps": 4}
            train(reader, "ch10_train", 3 if seed % 4 == 1 else MOST_STEPS, **settings)
        else:
            reader.go("rope")
            arms = [w.key for w in reader.widgets() if w.key.startswith("ch20_train_")]
            train(reader, str(rng.choice(arms)), 3)
        stop(reader)
        look_inside(reader, -1, f"{a}*{b}=")
        look_inside(reader, seed % 12, f"{a % 10}*{b % 10}=" if seed % 12 < 2 else f"{a}*{b}=")
        reader.go("one_block")
        for box in [w for w in reader.widgets() if w.kind == "text_input"]:
            reader.set(box, str(a if box.key.endswith("a") else b))


def opened(url: str, page: str) -> None:
    with Reader(url, page, "reveal=1", patience=PATIENCE) as reader:
        if reader.exceptions():
            raise RuntimeError(f"{page}: {reader.exceptions()}")


def growth(readers: Sequence[int]) -> float | None:
    """KB a visit over the second half of the rounds, by least squares; None: too few rounds."""
    if len(readers) < FEWEST_ROUNDS:
        return None
    later = np.array(readers[len(readers) // 2 :], dtype=float)
    return 1000 * float(np.polyfit(np.arange(len(later)) * AT_ONCE, later, 1)[0])


def main() -> None:
    rounds = int(sys.argv[1]) if sys.argv[1:] else ROUNDS
    began, found = time.monotonic(), dict[str, int]()
    with served() as (url, pid):

        def note(what: str) -> int:
            found[what] = resident_mb(pid)
            print(f"{time.monotonic() - began:6.0f} s  {found[what]:5d} MB  {what}", flush=True)
            return found[what]

        note("started")
        with Reader(url, "", "a=47&b=58", patience=PATIENCE) as first:
            first.keep_polling()
            note("home, with a sum of its own")
            for page in (entry.url for entry in (*CONTENTS, *BEHIND) if entry.written):
                opened(url, page)
            first.go("chain_of_thought")
            train(first, "ch10_train", 26)
            note("every page, and one run that goes on")
            stop(first)
        readers: list[int] = []
        for round in range(rounds):
            seeds = range(round * AT_ONCE, (round + 1) * AT_ONCE)
            with ThreadPoolExecutor(AT_ONCE) as pool:
                list(pool.map(lambda seed: visit(url, seed), seeds))
            readers.append(note(f"{seeds.stop} readers"))
            del found[f"{seeds.stop} readers"]
        minutes = int((time.monotonic() - began) / 60)
        time.sleep(FORGOTTEN_AFTER)
        with Reader(url, patience=PATIENCE):
            note("all have left")
        peak = peak_mb(pid)
    command = " ".join(["python -m tools.memory", *sys.argv[1:]])
    figures = {
        "rss_mb": {**found, "readers": readers},
        "peak_mb": peak,
        "at_once": AT_ONCE,
        "visits": rounds * AT_ONCE,
        "minutes": minutes,
        "kb_a_visit": growth(readers),
    }
    print(json.dumps({**figures, "seeds": [0], **provenance(command)}))


if __name__ == "__main__":
    main()
