"""What a page of the test harness shows: its prose, and the rows of its charts."""

from __future__ import annotations

import json
from typing import Any

import pyarrow as pa


def text_of(app: Any) -> str:
    return " ".join(element.value for element in app.markdown)


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
