"""Where each digit comes from: a text as it is written, with arcs from where heads of a layer look.

The weights are sent; the browser writes the text token by token, lets a reader follow one digit,
and says which head is to be ablated. The text without it is Python's to write.

Shapes: `H` heads of the layer, `T` tokens.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from components.ui.drawings.drawing import digest, drawing, moments, sent_by
from components.ui.tokens import label_of, place_of
from lab.data.problems import Format
from lab.fields import require_whole

Numbers = NDArray[np.float64]

HTML = f"""
<div class="drawing arcs">
  <svg class="picture" role="group"></svg>
  <div class="controls">
    <div class="heads" role="group"></div>
    {moments("Tokens written")}
  </div>
  <div class="said" role="status"></div>
</div>
"""

component = drawing("digit_arcs", "arcs", HTML)


@dataclass(frozen=True)
class WrittenSum:
    """What a model wrote of a x b, and where the heads of one `layer` looked: `weights` (H, T, T).

    Row t belongs to token t, just before token t + 1 is written. Head `pulled`, if any, was out.
    """

    a: int
    b: int
    form: Format
    text: str
    weights: Numbers
    layer: int = 0
    pulled: int | None = None


def show_arcs(
    key: str,
    written: WrittenSum,
    *,
    alt: str,
    seconds: float = 5.0,
    on_pull: Callable[[int | None], None] | None = None,
) -> None:
    """Write the sum once in so many `seconds`. `on_pull(head)` is called when the reader pulls out
    a head, and with None when it is put back. Raises ValueError for what `arcs_data` refuses."""
    data = arcs_data(written) | {"alt": alt, "seconds": seconds}

    def pulled() -> None:
        sent = sent_by(key, "pull")
        if on_pull and sent is not None:
            on_pull(read_head(sent, len(written.weights)))

    component(data=data | {"digest": digest(data)}, key=key, on_pull_change=pulled)


def arcs_data(written: WrittenSum) -> dict[str, Any]:
    """What the browser needs. Raises ValueError for weights of another shape, and for a head that
    the layer does not have."""
    form, text, n = written.form, written.text, len(written.text)
    heads = len(written.weights)
    if written.weights.shape != (heads, n, n):
        raise ValueError(f"weights {written.weights.shape} of {n} tokens; (H, {n}, {n}) is wanted")
    if written.pulled is not None:
        require_whole("pulled", written.pulled, least=0, most=heads - 1)
    given = form.prompt_length
    fields = [form.field_at(i) for i in range(n)]
    return {
        "tokens": list(text),
        "right": list(form.text(written.a, written.b)),
        "implied": list(form.text_implied(text, written.a, written.b)),
        "roles": [field.role for field in fields],
        "places": [place_of(i, form, written.a, written.b) for i in range(n)],
        "given": given,
        "groups": groups(form, written.a, written.b),
        "weights": written.weights[:, given - 1 : -1].round(3).tolist(),
        "layer": written.layer,
        "pulled": written.pulled,
    }


def groups(form: Format, a: int, b: int) -> list[dict[str, Any]]:
    """The numbers of a text, each with what stands below it."""
    typed = {"start": 0, "stop": form.prompt_length - 1, "label": "you typed", "note": ""}
    named = [(field, label_of(field, a, b)) for field in form.written]
    first = next(field for field, label in named if label)
    return [typed] + [
        {
            "start": field.start,
            "stop": field.stop,
            "label": f"{label}, {a * b}" if field.kind == "answer" else label,
            "note": "back to front" if field == first and "reversed" in form.style else "",
        }
        for field, label in named
        if label
    ]


def read_head(sent: Any, n_head: int) -> int | None:
    """A head of the layer, or None for none, whatever the browser sent."""
    return sent if isinstance(sent, int) and 0 <= sent < n_head else None
