"""What the drawings share: one piece of JavaScript before each, and a digest that tells changes."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import streamlit.components.v2 as components

HERE = Path(__file__).parent


def drawing(name: str, file: str, html: str) -> Any:
    """The component `name` of `file`.css and `file`.js, with what all drawings share before it."""
    return components.component(
        name,
        html=html,
        css=(HERE / f"{file}.css").read_text(),
        js=(HERE / "drawing.js").read_text() + (HERE / f"{file}.js").read_text(),
    )


def digest(data: dict[str, Any]) -> str:
    """The browser builds a drawing anew only when this changes."""
    return hashlib.sha1(json.dumps(data).encode()).hexdigest()
