"""The chain rule in boxes, tables and sentences: what runs forward, and what comes back."""

from __future__ import annotations

import numpy as np

from components.ui.drawings.network import Edge, short
from lab.by_hand.mlp import Numbers
from lab.by_hand.mlp_experiment import ByHand, Neuron


def graph_of_operations(neuron: Neuron) -> str:
    """The operations of one neuron as boxes: what came forward, what comes back."""
    n, (dw1, dw2) = neuron, neuron.dw
    boxes = (
        ("weights", f"{n.w1:.2f}, {n.w2:.2f}", f"{dw1:.2f}, {dw2:.2f}"),
        (f"times {n.a}, {n.b}", f"{n.w1 * n.a:.2f}, {n.w2 * n.b:.2f}", f"{n.dy:.2f}, {n.dy:.2f}"),
        ("added up, y", f"{n.y:.2f}", f"{n.dy:.2f}"),
        (f"y − {n.a * n.b}", f"{n.error:.2f}", f"{n.dy:.2f}"),
        ("squared, E", f"{n.E:.2f}", "1"),
    )
    return (
        '<div class="wb-flow">'
        + "".join(
            f'<div><b>{name}</b>→ {forward}<span class="wb-back">← {back}</span></div>'
            for name, forward, back in boxes
        )
        + "</div>"
    )


def name_of(edge: Edge) -> str:
    """An edge in words: 'from the first digit 7 to hidden neuron 3'."""
    layer, i, o = edge
    if layer == 0:
        which = "first" if i < 10 else "second"
        return f"from the {which} digit {i % 10} to hidden neuron {o}"
    return f"from hidden neuron {i} to the vote for {o % 10} {'units' if o < 10 else 'tens'}"


def terms_table(hand: ByHand, a: Numbers, b: Numbers) -> str:
    """x times dy, an example a line, and their sum; examples whose x is 0 share a line."""
    places = 0 if (hand.x == hand.x.round()).all() else 3
    rows = "".join(
        f"<tr><th>{x} × {y}</th><td>{into:.{places}f}</td>"
        f"<td>{signed(back)}</td><td>{signed(term)}</td></tr>"
        for x, y, into, back, term in zip(a, b, hand.x, hand.dy, hand.terms, strict=True)
        if into
    )
    if n_silent := int((hand.x == 0).sum()):
        rows += f'<tr><th colspan="4" class="wb-top">{silent(n_silent, len(hand.x))}</th></tr>'
    return (
        '<div class="wb-scroll"><table class="wb-table"><tr><th>example</th>'
        '<th class="wb-top">x, came in</th><th class="wb-top">dy, came back</th>'
        f'<th class="wb-top">x · dy</th></tr>{rows}<tr class="wb-sum"><th>dW</th><td></td>'
        f"<td></td><td><b>{signed(hand.total)}</b></td></tr></table></div>"
    )


def silent(n: int, of: int) -> str:
    """The examples that add nothing, in a line."""
    if n == of == 1:
        return "the example adds nothing: its x is 0"
    if n == of:
        return f"all {n} examples add nothing: their x is 0"
    return f"{n} more {'adds' if n == 1 else 'add'} nothing: {'its' if n == 1 else 'their'} x is 0"


def signed(x: float) -> str:
    """Four places and a sign, but none for what rounds to zero."""
    return f"{x:+.4f}" if abs(x) >= 0.00005 else "0.0000"


def where_dy_came_from(hand: ByHand, a: Numbers, b: Numbers) -> str:
    """The dy of the example that says most, as the chain rule puts it together."""
    example = hand.telling
    if hand.ahead is None or hand.back is None or hand.slope is None:
        return (
            f"The $dy$ of {a[example]} × {b[example]} stands at the vote itself: its $p - y$, a "
            f"share of one in {2 * len(a)}, since the loss is the mean over two places and "
            f"{len(a)} example{'s' if len(a) > 1 else ''}. That is **{hand.dy[example]:+.4f}**. "
            f"Times the $x$ of {hand.x[example]:.3f} that the neuron passed on, it is the "
            f"{hand.terms[example]:+.4f} of its line in the table."
        )
    ahead, terms, slope = hand.ahead[example], hand.back[example], hand.slope[example]
    largest = [k for k in np.argsort(-abs(terms))[:3] if terms[k]]
    shown = ", ".join(
        f"{ahead[k]:+.3f} × {terms[k] / ahead[k]:+.3f} = {terms[k]:+.4f}" for k in largest
    )
    rest = terms.sum() - terms[largest].sum()
    gate = "above zero, so it passes on all of it" if slope else "below zero: it passes on nothing"
    return (
        f"Where does the $dy$ of {a[example]} × {b[example]} come from? Each of the twenty votes "
        f"hands back its own $dy$ times its weight. The largest products are {shown}; the "
        f"others add {rest:+.4f}, together {terms.sum():+.4f}. The neuron was {gate}: "
        f"**{hand.dy[example]:+.4f}**. Times the $x$ of {hand.x[example]:g} that came in, this is "
        f"the {hand.terms[example]:+.4f} of its line in the table."
    )


def compared(
    nudged: tuple[float, float, float], total: float, errors: dict[str, float], n: int
) -> str:
    """A weight's slope by moving it against the one by the chain rule, and the worst tensor."""
    *losses, slope = nudged
    below, above = (f"{loss:.9f}" if loss < 1000 else short(loss) for loss in losses)
    return (
        f"With this weight a hair lower the loss is {below}, a hair higher {above}: a "
        f"slope of **{slope:.6f}**. Backpropagation says **{total:.6f}**. Over all {n} numbers, "
        f"the two differ by at most {max(errors.values()):.0e} of the length of the gradient of a "
        "layer's weights or biases."
    )
