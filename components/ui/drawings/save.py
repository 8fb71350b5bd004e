"""A button that saves the figures of its section as SVG files, in the browser that drew them."""

from __future__ import annotations

from components.ui.drawings.drawing import digest, drawing

HTML = """
<div class="drawing save">
  <button type="button"><span class="icon" aria-hidden="true">download</span>Save as SVG</button>
  <span class="told" role="status"></span>
</div>
"""

component = drawing("save_as_svg", "save", HTML)


def offer_svg(key: str, name: str) -> None:
    """Every chart and drawing between the heading, or such a button, before this one and itself.

    Their files are NAME-0.svg, NAME-1.svg and so on, in the order of the page.
    """
    data = {"name": name}
    component(data=data | {"digest": digest(data)}, key=key)
