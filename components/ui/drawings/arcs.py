"""Where each digit comes from: a text as it is written, with arcs from where heads of a layer look.

The weights are sent; the browser writes the text token by token, lets a reader follow one digit,
and says which head is to be ablated. The text without it is Python's to write, but for the theatre:
that plays to who comes for the first time, and both of its texts were written before.

Shapes: `H` heads of the layer, `T` tokens.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from components.ui.drawings.drawing import digest, drawing, moments, sent_by
from components.ui.tokens import check_working, label_of, place_of
from lab.data.problems import Format, Problem, partial_products
from lab.fields import require_whole

Numbers = NDArray[np.float64]

HTML = f"""
<div class="drawing arcs">
  <div class="stage">
    <svg class="picture" role="group"></svg>
    <div class="calls">
      <button class="skip" hidden>Skip</button>
      <button class="yours" hidden>Your turn</button>
    </div>
  </div>
  <div class="said" role="status"></div>
  <div class="controls">
    <div class="heads" role="group"></div>
    <select class="layer" aria-label="Layer whose heads are drawn"></select>
    <button class="again" hidden></button>
    {moments("Moment of the writing")}
  </div>
</div>
"""

component = drawing("digit_arcs", "arcs", HTML)


@dataclass(frozen=True)
class WrittenSum:
    """What a model wrote of a x b, and where the heads of one `layer` looked: `weights` (H, T, T).

    Row t belongs to token t, just before token t + 1 is written. Head `pulled`, if any, was out.
    `verdict` is said of the whole text.
    """

    a: int
    b: int
    form: Format
    text: str
    weights: Numbers
    layer: int = 0
    pulled: int | None = None
    verdict: str = ""


@dataclass(frozen=True)
class Theatre:
    """A problem as it is written, and `broken`, as it is written without a head. The arcs of one
    written `token` come head by head, and `why` says what they are good for."""

    whole: WrittenSum
    broken: WrittenSum
    token: int
    why: str


def show_arcs(
    key: str,
    written: WrittenSum,
    *,
    alt: str,
    layers: int = 1,
    seconds: float = 5.0,
    theatre: Theatre | None = None,
    on_pull: Callable[[int | None], None] | None = None,
    on_layer: Callable[[int], None] | None = None,
) -> None:
    """Write the sum once in so many `seconds`, or play the theatre where the sum is its own.
    `on_pull(head)` is called when the reader pulls out a head, and with None when it is put back,
    `on_layer(layer)` when the reader chooses one of the `layers`. Raises ValueError for what
    `arcs_data` refuses."""
    data = arcs_data(written) | {
        "alt": alt,
        "seconds": seconds,
        "layers": layers,
        "theatre": theatre and theatre_data(theatre, written),
    }

    def pulled() -> None:
        sent = sent_by(key, "pull")
        if on_pull and sent is not None:
            on_pull(read_number(sent, len(written.weights)))

    def chosen() -> None:
        layer = read_number(sent_by(key, "layer"), layers)
        if on_layer and layer is not None:
            on_layer(layer)

    component(
        data=data | {"digest": digest(data)},
        key=key,
        on_pull_change=pulled,
        on_layer_change=chosen,
    )


def arcs_data(written: WrittenSum) -> dict[str, Any]:
    """What the browser needs of a text. Raises ValueError for weights of another shape, and for a
    head that the layer does not have."""
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
        "groups": groups(form, text, written.a, written.b),
        "weights": thousandths(written.weights[:, given - 1 : -1]),
        "layer": written.layer,
        "pulled": written.pulled,
        "verdict": written.verdict,
    }


def thousandths(weights: Numbers) -> list[Any]:
    """As whole numbers, which are half as long: most weights are none."""
    return np.rint(1000 * weights).astype(int).tolist()


def theatre_data(theatre: Theatre, written: WrittenSum) -> dict[str, Any]:
    """The text that is `written` anyhow is not sent again. Raises ValueError for a token that is
    typed, and for two texts of which none is without a head."""
    whole, broken = theatre.whole, theatre.broken
    require_whole("token", theatre.token, least=whole.form.prompt_length, most=len(whole.text) - 1)
    if whole.pulled is not None or broken.pulled is None:
        raise ValueError("the theatre needs a text with all heads, and one without a head")
    return {
        "whole": None if written is whole else arcs_data(whole),
        "broken": arcs_data(broken),
        "token": theatre.token,
        "why": theatre.why,
        "name": f"{whole.a} × {whole.b}",
    }


def groups(form: Format, text: str, a: int, b: int) -> list[dict[str, Any]]:
    """The numbers of a text, each with what stands below it: what it is, read the right way
    round, and the way in which it is written."""
    lines = check_working(text, form, Problem(a, b, partial_products(a, b, form.q), a * b))
    by_stop = {line.last_token: line for line in lines}
    stop = form.prompt_length - 1
    typed = dict.fromkeys(("name", "label"), "you typed") | {"read": "", "note": ""}
    found: list[dict[str, Any]] = [{"start": 0, "stop": stop, "wrong": False} | typed]
    for field in form.written:
        if not (name := label_of(field, a, b)):
            continue
        line, label, read = by_stop.get(field.stop), name, ""
        if line and not line.right:
            label = read = f"{line.written}, not {line.expected}"
        elif line:
            read = line.written if field.kind == "answer" else f"= {line.written}"
            label = f"{name}{',' if field.kind == 'answer' else ''} {read}"
        found.append(
            {
                "start": field.start,
                "stop": field.stop,
                "name": name,
                "label": label,
                "read": read,
                "note": "back to front" if "reversed" in form.style else "",
                "wrong": bool(line and not line.right),
            }
        )
    return found


def read_number(sent: Any, most: int) -> int | None:
    """One of so many heads or layers, or None for none, whatever the browser sent."""
    return sent if isinstance(sent, int) and 0 <= sent < most else None
