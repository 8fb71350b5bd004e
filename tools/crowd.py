"""A class opens the book at once: fifty readers without browsers, four of them with a training.

`python -m tools.crowd [--readers 50] [--trainings 4] [--seconds 600] [--further 25]` starts a
server, prints a line a phase and then one JSON document; `python -m lab bench readers` keeps it as
the record. The readers share the cores with the server, and the document says how much of them they
took. Reader and seed decide which page is opened next, which control is moved and when.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from components.ui.book import BEHIND, CONTENTS
from tools.latency import PAGE as TRAINED_ON
from tools.latency import read_step, says, served, start, stop
from tools.memory import NOT_PRESSED, resident_mb, values_of
from tools.reader import Reader, Widget

READERS, TRAININGS, SECONDS, FURTHER = 50, 4, 600.0, 25
BETWEEN = (2.0, 8.0)
"""Seconds from a reader's move to the next, drawn evenly."""
ON_A_PAGE = 8
"""Moves after which a reader turns to another page."""
ALONE_SECONDS = 30.0
TOO_SLOW = 1.0
"""Seconds: readers are added until one move in twenty takes longer than this."""
MOST_READERS = 200
PRESSING = 12
"""Readers who press Train together: more than train at once."""
PATIENCE = 120.0

URLS = ("", *(entry.url for entry in (*CONTENTS, *BEHIND) if entry.written))


@dataclass
class Notes:
    """What a crowd saw: seconds of its moves, by page and control, and what went wrong."""

    opened: list[float] = field(default_factory=list[float])
    moves: list[tuple[float, str, str]] = field(default_factory=list[tuple[float, str, str]])
    errors: Counter[str] = field(default_factory=Counter[str])

    def slowest(self, n: int = 5) -> list[dict[str, Any]]:
        found = sorted(self.moves, reverse=True)[:n]
        return [{"s": round(s, 2), "page": page, "control": what} for s, page, what in found]


def choices(reader: Reader) -> list[Widget]:
    """What a reader may move without training: any control, boxes and buttons among them."""
    usable = (w for w in reader.widgets() if not w.proto.disabled and not w.proto.form_id)
    return [
        widget
        for widget in usable
        if widget.kind == "text_input"
        or (widget.kind == "button" and not widget.label.startswith(NOT_PRESSED))
        or (widget.kind != "button" and values_of(widget))
    ]


def move(reader: Reader, widget: Widget, rng: np.random.Generator) -> float:
    """One control to one of its values, or a number typed; seconds until its answer has come."""
    if widget.kind == "button":
        return reader.press(widget)
    if widget.kind == "text_input":
        return reader.set(widget, str(rng.integers(10, 100)))
    values = values_of(widget)
    return reader.set(widget, values[int(rng.integers(len(values)))])


def wander(url: str, seed: int, until: Callable[[], bool], ready: threading.Barrier) -> Notes:
    """One reader: opens a page, moves its controls, turns to the next page, until the end."""
    rng, notes = np.random.default_rng(seed), Notes()
    pages = [URLS[i] for i in rng.permutation(len(URLS))]
    ready.wait()
    began = time.perf_counter()
    try:
        with Reader(url, pages[0], patience=PATIENCE) as reader:
            notes.opened.append(time.perf_counter() - began)
            reader.keep_polling()
            for at in range(10**6):
                time.sleep(float(rng.uniform(*BETWEEN)))
                if until():
                    return notes
                one_move(reader, at, pages, rng, notes)
    except (TimeoutError, ConnectionError, LookupError) as error:
        notes.errors[f"{type(error).__name__}: {error}"] += 1
    return notes


def one_move(
    reader: Reader, at: int, pages: Sequence[str], rng: np.random.Generator, notes: Notes
) -> None:
    """The next page after `ON_A_PAGE` moves, else a control of this one."""
    there = choices(reader)
    if at % ON_A_PAGE == ON_A_PAGE - 1 or not there:
        page = pages[(at // ON_A_PAGE + 1) % len(pages)]
        notes.moves.append((reader.go(page), page or "home", "opens"))
    else:
        widget = there[int(rng.integers(len(there)))]
        name = widget.key or widget.label
        try:
            notes.moves.append((move(reader, widget, rng), reader.page or "home", name))
        except LookupError:  # another answer took the control away meanwhile
            return
    notes.errors.update(f"{reader.page}: {said}" for said in reader.exceptions())


# ---------------------------------------------------------------- who computed


def seconds_of(pid: int) -> float:
    """Of the processor, by a process and all below it."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    own = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return own + sum(seconds_of(int(child)) for child in children)


def own_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def steps_a_second(trainers: Sequence[Reader], seconds: float) -> float:
    before, clock = sum(map(read_step, trainers)), time.perf_counter()
    time.sleep(seconds)
    return (sum(map(read_step, trainers)) - before) / (time.perf_counter() - clock)


# ---------------------------------------------------------------- the phases


def alone(url: str) -> float:
    """Steps a second of one training that nobody disturbs."""
    with Reader(url, TRAINED_ON, patience=PATIENCE) as trainer:
        trainer.keep_polling()
        start(trainer)
        rate = steps_a_second([trainer], ALONE_SECONDS)
        stop(trainer)
    return rate


def crowd(url: str, pid: int, readers: int, trainings: int, seconds: float) -> dict[str, Any]:
    """So many readers open the book together and use it, while trainings go on from the start."""
    with ExitStack() as stack:
        trainers = [
            stack.enter_context(Reader(url, TRAINED_ON, patience=PATIENCE))
            for _ in range(trainings)
        ]
        for trainer in trainers:
            trainer.keep_polling()
        with ThreadPoolExecutor(max(1, trainings)) as pool:
            list(pool.map(start, trainers))
        end = threading.Event()
        together = threading.Barrier(readers)
        clock, server, client = time.perf_counter(), seconds_of(pid), own_seconds()
        with ThreadPoolExecutor(readers) as pool:
            going = [
                pool.submit(wander, url, seed, end.is_set, together) for seed in range(readers)
            ]
            rate = trained(trainers, seconds)
            memory = resident_mb(pid)
            end.set()
            notes = [one.result() for one in going]
        wall = time.perf_counter() - clock
        used, own = seconds_of(pid) - server, own_seconds() - client
        for trainer in trainers:
            stop(trainer)
    moved = [s for note in notes for s, _, _ in note.moves]
    together_notes = Notes(
        [s for note in notes for s in note.opened],
        [one for note in notes for one in note.moves],
        sum((note.errors for note in notes), Counter[str]()),
    )
    return {
        "readers": readers,
        "trainings": trainings,
        "seconds": round(wall),
        "moves": len(moved),
        "errors": sum(together_notes.errors.values()),
        "which_errors": dict(together_notes.errors.most_common(5)),
        "all_open_s": round(max(together_notes.opened, default=float("nan")), 2),
        "p50_ms": milliseconds(moved, 50),
        "p95_ms": milliseconds(moved, 95),
        "slowest_s": round(max(moved, default=float("nan")), 2),
        "slowest": together_notes.slowest(),
        "steps_a_second": round(rate, 2),
        "server_and_worker_mb": memory,
        "client_cores": round(own / wall, 2),
        "server_and_worker_cores": round(used / wall, 2),
    }


def watching(url: str, readers: int, seconds: float = 20.0) -> dict[str, int]:
    """Readers who open the link of one going run, and those of them who see its step move."""
    with ExitStack() as stack:
        trainer = stack.enter_context(Reader(url, TRAINED_ON, patience=PATIENCE))
        trainer.keep_polling()
        start(trainer)
        with ThreadPoolExecutor(readers) as pool:
            watchers = list(
                pool.map(lambda _: Reader(url, TRAINED_ON, trainer.query, PATIENCE), range(readers))
            )
        for watcher in watchers:
            stack.enter_context(watcher)
            watcher.keep_polling()
        before = [read_step(watcher) for watcher in watchers]
        time.sleep(seconds)
        moved = sum(read_step(w) > b for w, b in zip(watchers, before, strict=True))
        stop(trainer)
    return {"watchers": readers, "saw_it_move": moved}


def in_line(url: str, readers: int) -> dict[str, int]:
    """Readers who all press Train, and what each is told: its steps, or its place in the queue.
    With their tabs their runs end."""
    with ExitStack() as stack:
        trainers = [
            stack.enter_context(Reader(url, TRAINED_ON, patience=PATIENCE)) for _ in range(readers)
        ]
        with ThreadPoolExecutor(readers) as pool:
            list(pool.map(lambda trainer: trainer.press("ch10_train"), trainers))
        for trainer in trainers:
            trainer.poll()
        going = sum(read_step(t) > 0 or says(t, "begins.") for t in trainers)
        placed = sum(says(t, "in the queue") for t in trainers)
    return {"pressed": readers, "trains_or_begins": going, "told_its_place": placed}


def trained(trainers: Sequence[Reader], seconds: float) -> float:
    """Steps a second of all together over this time; a run that is done begins anew."""
    steps, clock = 0, time.perf_counter()
    at = {trainer: read_step(trainer) for trainer in trainers}
    while time.perf_counter() - clock < seconds:
        time.sleep(1.0)
        for trainer, before in at.items():
            now = read_step(trainer)
            steps += max(0, now - before)
            at[trainer] = now
            if any("Done." in line for line in trainer.texts()):
                trainer.press("Remove")
                trainer.press("ch10_train")
                at[trainer] = 0
    return steps / (time.perf_counter() - clock)


def milliseconds(seconds: Sequence[float], percentile: float) -> float:
    return round(1000 * float(np.percentile(seconds, percentile)), 1) if seconds else float("nan")


def main() -> None:
    say = argparse.ArgumentParser(description=__doc__)
    say.add_argument("--readers", type=int, default=READERS)
    say.add_argument("--trainings", type=int, default=TRAININGS)
    say.add_argument("--seconds", type=float, default=SECONDS)
    say.add_argument("--further", type=int, default=FURTHER, help="readers a step; 0: no more")
    said = say.parse_args()
    with served() as (url, pid):
        rate = alone(url)
        print(f"one training alone: {rate:.2f} steps a second", flush=True)
        rows = [crowd(url, pid, said.readers, said.trainings, said.seconds)]
        print(rows[-1], flush=True)
        watched = watching(url, said.readers)
        line = in_line(url, PRESSING)
        print(watched, line, flush=True)
        readers = said.readers
        while said.further and rows[-1]["p95_ms"] < 1000 * TOO_SLOW and readers < MOST_READERS:
            readers += said.further
            rows.append(crowd(url, pid, readers, said.trainings, min(60.0, said.seconds)))
            print(rows[-1], flush=True)
    document = {
        "cells": rows,
        "alone_steps_a_second": round(rate, 2),
        "one_run": watched,
        "queue": line,
        "cores": os.cpu_count(),
    }
    print(json.dumps(document))


if __name__ == "__main__":
    main()
