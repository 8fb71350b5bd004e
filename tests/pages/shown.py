"""What a page of the test harness shows: its prose, and the rows of its charts; and what a live run
has brought onto it."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from typing import Any

import pyarrow as pa

from components.ui.live import training
from components.ui.live.service import LiveRun, LiveRuns
from lab.live.protocol import Event

PAGES_THREAD = "ScriptRunner.scriptThread"
"""In which Streamlit's harness runs a page; models are warmed up and runs trained in others."""


def is_a_page_s() -> bool:
    """Whether a page computes this, and nothing that goes on behind it."""
    return threading.current_thread().name == PAGES_THREAD


def text_of(app: Any) -> str:
    return " ".join(element.value for element in app.markdown)


def said(app: Any) -> str:
    """And what it tells in a box."""
    return " ".join(e.value for kind in (app.info, app.warning, app.markdown) for e in kind)


def charts(app: Any, *columns: str) -> list[list[dict[str, Any]]]:
    """The rows of every chart on the page that has these columns."""
    return [
        rows
        for element in app.get("vega_lite_chart")
        for data in element.proto.datasets
        if (rows := pa.ipc.open_stream(data.data.data).read_pandas().to_dict("records"))
        and set(columns) <= rows[0].keys()
    ]


def copied(app: Any) -> list[str]:
    """What the buttons copy that stand below no drawing."""
    sent = [json.loads(element.proto.json) for element in app.get("bidi_component")]
    return [data["text"] for data in sent if data.keys() == {"text", "digest"}]


def frames(app: Any, *, told: bool) -> dict[str, dict[str, Any]]:
    """What is sent of the guesses in a figure that are told, or still wait, by question."""
    sent = [json.loads(element.proto.json) for element in app.get("bidi_component")]
    return {
        data["alt"]: data
        for data in sent
        if data.get("kind") in ("drag", "pick") and data["told"] is told
    }


def tables(app: Any, *columns: str) -> list[list[dict[str, str]]]:
    """The rows of every table of the prose that has these columns."""
    found = [
        [
            [cell.strip() for cell in line.strip("| ").split(" | ")]
            for line in element.value.split("\n")
        ]
        for element in app.markdown
        if element.value.startswith("| ")
    ]
    return [
        [dict(zip(head, cells, strict=True)) for cells in body]
        for head, _, *body in found
        if set(columns) <= set(head)
    ]


# ---------------------------------------------------------------- live runs

PATIENCE = 300.0
"""Seconds after which a run hangs; none takes a tenth of them, and a busy machine may."""

heard = threading.Condition()


def tell_what_is_heard(hear: Callable[[LiveRuns, Event], None]) -> Callable[..., None]:
    """`LiveRuns.hear` that wakes who waits for what a worker says."""

    def hear_and_tell(self: LiveRuns, event: Event) -> None:
        hear(self, event)
        with heard:
            heard.notify_all()

    return hear_and_tell


def once(app: Any, true: Callable[[LiveRun], object]) -> Any:
    """The page as its poll draws it once this is true of every live run of the server."""

    def of_all() -> bool:
        return all(true(run) for run in list(training.service().runs.values()))

    with heard:
        assert heard.wait_for(of_all, PATIENCE), "a live run hangs"
    app.run()
    assert not app.exception
    return app


def ended(app: Any, how: str = "Done.", times: int = 1) -> Any:
    """Every run has, and the page says so of so many."""
    once(app, lambda run: not run.goes_on)
    assert said(app).count(how) >= times, said(app)[-800:]
    return app


def on_the_way(app: Any) -> Any:
    """Every run has made a step, and the page says so."""
    once(app, lambda run: run.snapshots)
    assert "step " in said(app), said(app)[-800:]
    return app
