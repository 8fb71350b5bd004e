"""Models of different sizes as outlines, side by side at one scale: area is parameters.

The browser moves the camera from the smallest, which fills the frame, out to the largest, beside
which the smallest is a grain. It rests there until the reader plays the move.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from components.ui.drawings.drawing import digest, drawing, moments

if TYPE_CHECKING:
    from lab.published.matrices import PartSize
    from lab.published.models import Model

HTML = f"""
<div class="drawing scale">
  <div class="sheet"><canvas class="outlines"></canvas><svg class="world" role="img"></svg></div>
  {moments()}
  <div class="said" role="status"></div>
  <div class="legend">
    <span><i class="outline"></i>one matrix, or the three of an expert; area is parameters</span>
    <span><i class="outline met"></i>what one token meets</span>
  </div>
</div>
"""

component = drawing("models_for_scale", "scale", HTML)


def show_scale(key: str, models: Sequence[Model], *, alt: str) -> None:
    """`models` from the smallest on, which is the reader's own. ValueError as `scale_data`."""
    data = scale_data(models) | {"alt": alt}
    component(data=data | {"digest": digest(data)}, key=key)


def scale_data(models: Sequence[Model]) -> dict[str, Any]:
    """What the browser needs. Raises ValueError for fewer than two models, or such that do not
    grow."""
    sizes = [model.parameters for model in models]
    if len(models) < 2 or sizes != sorted(set(sizes)):
        raise ValueError(f"models of {sizes} parameters: two or more are wanted, each larger")
    return {
        "models": [
            {
                "name": model.name,
                "parameters": model.parameters,
                "met": model.parameters_met,
                "whole": as_part(model.whole),
            }
            for model in models
        ]
    }


def as_part(part: PartSize) -> dict[str, Any]:
    return {
        "name": part.name,
        "size": part.parameters_of_one,
        "times": part.times,
        "met": part.n_met,
        "parts": [as_part(inner) for inner in part.parts],
    }
