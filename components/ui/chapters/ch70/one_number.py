"""One number on its way from a token of the prompt to the answer, step by step on paper.

Nearly every step is a sum of many products, of which it takes one. From the prompt to the neuron of
7 times 8 that is the product with the largest share, and behind the neuron the largest number that
it writes; all of it in layer 0. Shapes: `D` d_model, `H` heads, `Dk` of a head.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from components.ui.chapters.ch70 import probes
from components.ui.chapters.ch70.probes import PROMPT, TABLE, TEXT
from components.ui.lazily import lazily

if TYPE_CHECKING:
    from lab.scene.operands import Numbers
    from lab.scene.recompute import Reader

recompute = lazily("lab.scene.recompute")

STEPS = (
    *("token", "head", "first", "into", "out", "embed", "norm", "value", "v", "score", "weight"),
    *("mixed", "written", "attention", "middle", "norm_again", "fires", "neuron", "squared"),
    *("writes", "ffn", "after", "end", "norm_last", "logit_part", "logit", "probability"),
    *("rms_first", "rms_last"),
)
"""What `steps` gives, in the order of the way."""
LAST = len(PROMPT) - 1


def read() -> Reader:
    """The numbers of 7*8=56$."""
    _, scene = probes.opened(TABLE, PROMPT)
    return recompute.Reader(scene.manifest, scene.blobs)


def first_digit(reader: Reader) -> int:
    """The vocabulary's id of the answer's first digit."""
    return reader.manifest["vocabulary"].index(TEXT[len(PROMPT)])


def step(name: str) -> str:
    return steps()[name]


@st.cache_data(show_spinner=False)
def steps() -> dict[str, str]:
    reader = read()
    way = find_way(reader)
    return (
        before_attention(reader, way) | attention(reader, way) | ffn(reader, way) | end(reader, way)
    )


@dataclass(frozen=True)
class Way:
    """Where it passes: a row of the `token`'s column; a place in the value of a head, and that
    place's row in those of all heads; two rows of the last token's stream, a neuron between them.
    """

    token: int
    first: int
    head: int
    place: int
    row: int
    into: int
    neuron: int
    out: int


def find_way(reader: Reader) -> Way:
    neuron = probes.drawer().neuron
    out = int(np.abs(weights(reader, "ffn.w_out")[:, neuron]).argmax())
    stream = reader.read("blocks.0.ffn_norm", LAST)  # (D,)
    into = largest_share(weights(reader, "ffn.w_in")[neuron] * stream)
    heads = reader.read("blocks.0.z", slice(None), LAST)  # (H, Dk)
    row = largest_share(weights(reader, "attention.wo")[into] * heads.reshape(-1))
    head, place = divmod(row, heads.shape[1])
    token = int(reader.read("blocks.0.pattern", head, LAST).argmax())
    column = reader.read("blocks.0.attn_norm", token)  # (D,)
    first = largest_share(weights(reader, "attention.wv")[row] * column)
    return Way(token, first, head, place, row, into, neuron, out)


def weights(reader: Reader, name: str) -> Numbers:
    return reader.read(f"blocks.0.{name}.weight")


def largest_share(terms: Numbers) -> int:
    """Of the terms of a sum, the one with the largest share in it."""
    return int((terms * np.sign(terms.sum())).argmax())


# ---------------------------------------------------------------- the steps


def before_attention(reader: Reader, way: Way) -> dict[str, str]:
    token, position = (reader.number(x, way.token, way.first) for x in ("embed", "pos_embed"))
    column = reader.number("blocks.0.attn_norm", way.token, way.first)
    return {
        "token": PROMPT[way.token],
        "head": f"{way.head}",
        "first": f"{way.first}",
        "embed": added(token, position),
        "norm": normed(reader, "blocks.0.resid_pre", "blocks.0.attn_norm", way.token, way.first),
        "value": product(column, weights(reader, "attention.wv")[way.row, way.first]),
    }


def attention(reader: Reader, way: Way) -> dict[str, str]:
    v = reader.number("blocks.0.v", way.head, way.token, way.place)
    z = reader.number("blocks.0.z", way.head, LAST, way.place)
    share = reader.number("blocks.0.pattern", way.head, LAST, way.token)
    before, out = (
        reader.number(f"blocks.0.{x}", LAST, way.into) for x in ("resid_pre", "attn_out")
    )
    return {
        "v": alone(v),
        "score": score_of(reader, 0, way.head, LAST, way.token),
        "weight": f"${share:.4f}$",
        "mixed": f"${share:.4f} \\times {bracketed(v)} = {four(z)}$",
        "written": product(z, weights(reader, "attention.wo")[way.into, way.row]),
        "attention": alone(out),
        "into": f"{way.into}",
        "middle": added(before, out),
        "norm_again": normed(reader, "blocks.0.resid_mid", "blocks.0.ffn_norm", LAST, way.into),
        "rms_first": f"{size_of(reader.read('blocks.0.resid_pre', LAST)):.2f}",
    }


def ffn(reader: Reader, way: Way) -> dict[str, str]:
    column = reader.number("blocks.0.ffn_norm", LAST, way.into)
    pre, post = (reader.number(f"blocks.0.ffn_{x}", LAST, way.neuron) for x in ("pre", "post"))
    before, out = (reader.number(f"blocks.0.{x}", LAST, way.out) for x in ("resid_mid", "ffn_out"))
    return {
        "fires": product(column, weights(reader, "ffn.w_in")[way.neuron, way.into]),
        "neuron": alone(pre),
        "squared": f"${bracketed(pre)}^2 = {four(post)}$",
        "writes": product(post, weights(reader, "ffn.w_out")[way.out, way.neuron]),
        "ffn": alone(out),
        "out": f"{way.out}",
        "after": added(before, out),
    }


def end(reader: Reader, way: Way) -> dict[str, str]:
    digit, last = first_digit(reader), f"blocks.{reader.manifest['config']['n_layer'] - 1}"
    column = reader.number("final_norm", LAST, way.out)
    return {
        "end": alone(reader.number(f"{last}.resid_post", LAST, way.out)),
        "norm_last": normed(reader, f"{last}.resid_post", "final_norm", LAST, way.out),
        "logit_part": product(column, reader.number("unembed.weight", digit, way.out)),
        "logit": alone(reader.number("logits", LAST, digit)),
        "probability": f"{100 * reader.number('probs', LAST, digit):.2f}%",
        "rms_last": f"{size_of(reader.read(f'{last}.resid_pre', LAST)):.1f}",
    }


# ---------------------------------------------------------------- in figures


def normed(reader: Reader, x: str, norm: str, token: int, row: int) -> str:
    """A number of a column before its norm and behind it."""
    column, gain = reader.read(x, token), reader.number(f"{norm}.gain", row)
    rms = math.sqrt(size_of(column) ** 2 + reader.manifest["config"]["norm_eps"])
    made = reader.number(norm, token, row)
    return f"${four(column[row])} / {four(rms)} \\times {four(gain)} = {four(made)}$"


def size_of(column: Numbers) -> float:
    """The root mean square."""
    return float(np.mean(column**2) ** 0.5)


def score_of(reader: Reader, layer: int, head: int, asks: int, fetched: int) -> str:
    """A score as a division that can be worked out on paper."""
    query = reader.read(f"blocks.{layer}.q", head, asks)  # (Dk,)
    key = reader.read(f"blocks.{layer}.k", head, fetched)
    together, root = query @ key, len(query) ** 0.5
    return f"${together:.2f} / \\sqrt{{{len(query)}}} = {together / root:.2f}$"


def product(x: float, weight: float) -> str:
    return f"${four(x)} \\times {bracketed(weight)} = {four(x * weight)}$"


def added(x: float, more: float) -> str:
    return f"${four(x)} {'-' if more < 0 else '+'} {four(abs(more))} = {four(x + more)}$"


def alone(x: float) -> str:
    return f"${four(x)}$"


def bracketed(x: float) -> str:
    return f"({four(x)})" if x < 0 else four(x)


def four(x: float) -> str:
    """Four digits that count."""
    return f"{float(f'{x:.4g}'):,.{max(0, 3 - math.floor(math.log10(abs(x))))}f}"
