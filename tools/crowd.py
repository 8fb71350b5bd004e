"""A class opens the book at once: fifty readers without browsers, four of them with a training.

`python -m tools.crowd [--readers 50] [--trainings 4] [--seconds 600] [--further 25]` starts a
server, prints a line a phase and then one JSON document; `python -m lab bench readers` keeps it as
the record. The readers share the cores with the server, and the document says how much of them they
took. Reader and seed decide which page is opened next, which control is moved and when.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import resource
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from components.ui.book import BEHIND, CONTENTS
from tools.latency import (
    LONG,
    processor_seconds,
    read_step,
    resident_mb,
    says,
    served,
    start,
    stop,
    until,
)
from tools.latency import PAGE as TRAINED_ON
from tools.memory import NOT_PRESSED, values_of
from tools.reader import Reader, Widget

READERS, TRAININGS, SECONDS, FURTHER = 50, 4, 600.0, 25
LOOK_SECONDS = 1.0
"""Between two looks at the steps of those who train."""
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


@dataclass(frozen=True, order=True)
class Move:
    """Seconds until a control's answer had come, or a page that was turned to, and when it came."""

    seconds: float
    page: str
    control: str
    at: float


@dataclass
class Notes:
    """What a reader saw: how long the first page took, the moves, and what went wrong."""

    opened: list[float] = field(default_factory=list[float])
    moves: list[Move] = field(default_factory=list["Move"])
    errors: Counter[str] = field(default_factory=Counter[str])

    def add(self, seconds: float, reader: Reader, control: str) -> None:
        self.moves.append(Move(seconds, reader.page or "home", control, time.perf_counter()))

    def arrived(self) -> bool:
        """Its page is open, or never will be."""
        return bool(self.opened or self.errors)


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


def wander(
    url: str, seed: int, ended: Callable[[], bool], ready: threading.Barrier, notes: Notes
) -> None:
    """One reader: opens a page, moves its controls, turns to the next page, until the end."""
    rng = np.random.default_rng(seed)
    pages = [URLS[i] for i in rng.permutation(len(URLS))]
    ready.wait()
    began = time.perf_counter()
    try:
        with Reader(url, pages[0], patience=PATIENCE) as reader:
            notes.opened.append(time.perf_counter() - began)
            reader.keep_polling()
            for at in range(10**6):
                time.sleep(float(rng.uniform(*BETWEEN)))
                if ended():
                    return
                one_move(reader, at, pages, rng, notes)
    except (TimeoutError, ConnectionError, LookupError) as error:
        notes.errors[f"{type(error).__name__}: {error}"] += 1


def one_move(
    reader: Reader, at: int, pages: Sequence[str], rng: np.random.Generator, notes: Notes
) -> None:
    """The next page after `ON_A_PAGE` moves, else a control of this one."""
    there = choices(reader)
    if at % ON_A_PAGE == ON_A_PAGE - 1 or not there:
        page = pages[(at // ON_A_PAGE + 1) % len(pages)]
        notes.add(reader.go(page), reader, "opens")
    else:
        widget = there[int(rng.integers(len(there)))]
        name = widget.key or widget.label
        try:
            notes.add(move(reader, widget, rng), reader, name)
        except LookupError:  # another answer took the control away meanwhile
            return
    notes.errors.update(f"{reader.page}: {said}" for said in reader.exceptions())


# ---------------------------------------------------------------- who computed


def own_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


class Part(NamedTuple):
    """Of the time in which readers train."""

    steps: int
    seconds: float


def steps_a_second(trainers: Sequence[Reader], seconds: float) -> float:
    before, clock = sum(map(read_step, trainers)), time.perf_counter()
    time.sleep(seconds)
    return (sum(map(read_step, trainers)) - before) / (time.perf_counter() - clock)


# ---------------------------------------------------------------- the phases


def alone(url: str) -> float:
    """Steps a second of one training that nobody disturbs."""
    with Reader(url, TRAINED_ON, LONG, PATIENCE) as trainer:
        trainer.keep_polling()
        start(trainer)
        rate = steps_a_second([trainer], ALONE_SECONDS)
        stop(trainer)
    return rate


def crowd(url: str, pid: int, readers: int, trainings: int, seconds: float) -> dict[str, Any]:
    """So many readers open the book together and use it, while trainings go on from the start;
    the seconds count from the moment when all have a page open."""
    with ExitStack() as stack:
        trainers = [
            stack.enter_context(Reader(url, TRAINED_ON, LONG, PATIENCE)) for _ in range(trainings)
        ]
        for trainer in trainers:
            trainer.keep_polling()
        with ThreadPoolExecutor(max(1, trainings)) as pool:
            list(pool.map(start, trainers))
        ended, together = threading.Event(), threading.Barrier(readers)
        notes = [Notes() for _ in range(readers)]
        with ThreadPoolExecutor(readers) as pool:
            going = [
                pool.submit(wander, url, seed, ended.is_set, together, note)
                for seed, note in enumerate(notes)
            ]
            until(lambda: all(note.arrived() for note in notes), 2 * PATIENCE)
            clock, server, client = time.perf_counter(), processor_seconds(pid), own_seconds()
            parts = trained(trainers, seconds)
            memory = resident_mb(pid)
            wall = time.perf_counter() - clock
            used, own = processor_seconds(pid) - server, own_seconds() - client
            ended.set()
            for one in going:
                one.result()
        for trainer in trainers:
            stop(trainer)
    moves = sorted((one for note in notes for one in note.moves), reverse=True)
    early = [one.seconds for one in moves if one.at <= clock]
    later = [one for one in moves if one.at > clock]
    errors = sum((note.errors for note in notes), Counter[str]())
    return {
        "readers": readers,
        "trainings": trainings,
        "seconds": round(wall),
        "errors": errors.total(),
        "which_errors": dict(errors.most_common(5)),
        "all_open_s": round(max((s for note in notes for s in note.opened), default=math.nan), 2),
        "moves_before_all_were_open": len(early),
        "p95_before_all_were_open_ms": milliseconds(early, 95),
        **quickness(later),
        "steps_a_second": round(rate_of(parts), 2),
        "steps_a_second_by_half_minute": [round(rate_of([part]), 1) for part in parts],
        "server_and_worker_mb": memory,
        "client_cores": round(own / wall, 2),
        "server_and_worker_cores": round(used / wall, 2),
    }


def quickness(moves: Sequence[Move]) -> dict[str, Any]:
    """Of moves, slowest first."""
    seconds = [one.seconds for one in moves]
    return {
        "moves": len(moves),
        "p50_ms": milliseconds(seconds, 50),
        "p95_ms": milliseconds(seconds, 95),
        "slowest_s": round(max(seconds), 2) if seconds else None,
        "slowest": [
            {"s": round(one.seconds, 2), "page": one.page, "control": one.control}
            for one in moves[:5]
        ],
    }


def watching(url: str, readers: int, seconds: float = 20.0) -> dict[str, int]:
    """Readers who open the link of one going run, and those of them who see its step move."""
    with ExitStack() as stack:
        trainer = stack.enter_context(Reader(url, TRAINED_ON, LONG, PATIENCE))
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
            stack.enter_context(Reader(url, TRAINED_ON, LONG, PATIENCE)) for _ in range(readers)
        ]
        with ThreadPoolExecutor(readers) as pool:
            list(pool.map(lambda trainer: trainer.press("ch10_train"), trainers))
        for trainer in trainers:
            trainer.poll()
        going = sum(read_step(t) > 0 or says(t, "begins.") for t in trainers)
        placed = sum(says(t, "in the queue") for t in trainers)
    return {"pressed": readers, "trains_or_begins": going, "told_its_place": placed}


HALF_MINUTE = 30.0


def trained(trainers: Sequence[Reader], seconds: float) -> list[Part]:
    """What all together did, by half minutes and the rest; a run that is done begins anew."""
    parts, at = list[Part](), {trainer: read_step(trainer) for trainer in trainers}
    while (left := seconds - sum(part.seconds for part in parts)) > LOOK_SECONDS / 2:
        steps, clock = 0, time.perf_counter()
        while time.perf_counter() - clock < min(left, HALF_MINUTE):
            time.sleep(min(LOOK_SECONDS, left))
            for trainer, before in at.items():
                now = read_step(trainer)
                steps += max(0, now - before)
                at[trainer] = now
                if any(widget.label == "Remove" for widget in trainer.widgets()):
                    trainer.press("Remove")
                    trainer.press("ch10_train")
                    at[trainer] = 0
        parts.append(Part(steps, time.perf_counter() - clock))
    return parts


def rate_of(parts: Sequence[Part]) -> float:
    return sum(part.steps for part in parts) / sum(part.seconds for part in parts)


def milliseconds(seconds: Sequence[float], percentile: float) -> float | None:
    """None where nobody moved anything."""
    return round(1000 * float(np.percentile(seconds, percentile)), 1) if seconds else None


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
        while (
            said.further and (rows[-1]["p95_ms"] or 0) < 1000 * TOO_SLOW and readers < MOST_READERS
        ):
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
