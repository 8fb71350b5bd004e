"""One cell of a scene, computed anew from its inputs, and the sentence that says how.

The reference for every front end: it knows nothing but the manifest and the two blobs. With
x, y, w the tensors of `inputs` in their order, a cell of an `op` is

    lookup        out[t, d] = w[r, d]; where the rows of w are the vocabulary, r is the id of token
                  t (`vocabulary.indexOf(tokens[t])`), and where they are positions, r = t
    add           out[t, d] = x[t, d] + y[t, d] + ...; with one input, that very cell
    norm          out[t, d] = x[t, d] / sqrt(mean_j(x[t, j]^2) + config.norm_eps) * w[d]
    matmul        out[t, c] = sum_j x[t, j] w[c, j]; an x (head, position, head_dim) is read joined,
                  x[t, head * head_dim + i] = x[head, t, i]
    logits        the same as matmul
    split_matmul  out[h, t, i] = sum_j x[t, j] w[h * head_dim + i, j]; with a third input g, the
                  gain of a norm, out / sqrt(mean_i(out[h, t, i]^2) + config.norm_eps) * g[i]
    rotate        a = rotation.angles[t][n] and g = rotation.gain; pair n is (n, n + head_dim / 2)
                  or, with the layout "interleaved", (2 n, 2 n + 1)
                  first of the pair   out = g (first cos(a) - second sin(a))
                  second of the pair  out = g (first sin(a) + second cos(a))
    scores        out[h, t, s] = sum_i x[h, t, i] y[h, s, i] / sqrt(head_dim); -infinity if s > t
    softmax       out[..., i] = e^x[..., i] / sum_j e^x[..., j]
    weighted_sum  out[h, t, i] = sum_s x[h, t, s] y[h, s, i]
    activation    out[t, j] = f(x[t, j]); f by config.ffn.activation: relu2 is max(x, 0)^2, gelu is
                  x (1 + erf(x / sqrt(2))) / 2
    gated         out[t, j] = x[t, j] / (1 + e^-x[t, j]) * sum_d y[t, d] w[j, d]

The inputs are rounded to float16, so a cell computed from them differs from the one shown by about
2^-11 of the numbers that were added.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from lab.model.config import PairLayout
from lab.model.rules import Op
from lab.scene.manifest import Entry, Kind, Manifest, label

Numbers = NDArray[np.float64]
Index = tuple[int, ...]
Blobs = Mapping[Kind, bytes]
SHOWN_TERMS = 3


@dataclass(frozen=True)
class Reader:
    """The numbers of a scene by the names of its tensors."""

    manifest: Manifest
    blobs: Blobs

    @cached_property
    def entries(self) -> dict[str, Entry]:
        return {entry["name"]: entry for entry in self.manifest["tensors"]}

    def entry(self, name: str) -> Entry:
        if name not in self.entries:
            raise ValueError(f"the scene has no tensor {name!r}")
        return self.entries[name]

    def read(self, name: str, *index: int | slice) -> Numbers:
        """The part of a tensor at `index`; `ValueError` if the blob ends before the tensor."""
        entry = self.entry(name)
        size, blob = math.prod(entry["shape"]), self.blobs[entry["kind"]]
        if len(blob) < 2 * (entry["offset"] + size):
            raise ValueError(f"the blob of {entry['kind']}s ends at byte {len(blob)}, in {name!r}")
        numbers = np.frombuffer(blob, np.float16, size, 2 * entry["offset"])
        part = numbers.reshape(entry["shape"])[index]
        return np.asarray(part, dtype=np.float64) * entry["scale"]

    def number(self, name: str, *index: int) -> float:
        return float(self.read(name, *index))

    def row(self, name: str, position: int) -> Numbers:
        """All that a tensor says at one position, its heads joined: (D,) or (H * Dk,)."""
        if self.entry(name)["axes"][0] == "head":
            return self.read(name, slice(None), position).flatten()
        return self.read(name, position)


def read_cell(manifest: Manifest, blobs: Blobs, name: str, index: Sequence[int]) -> float:
    """The value that the scene shows in a cell."""
    reader = Reader(manifest, blobs)
    require_inside(reader.entry(name), index)
    return reader.number(name, *index)


def recompute_cell(
    manifest: Manifest, blobs: Blobs, name: str, index: Sequence[int]
) -> tuple[float, str]:
    """The value of a cell computed from its inputs, and the formula with the numbers in it.

    What has no inputs is read. `ValueError` for a name or an index that the scene does not have.
    """
    reader = Reader(manifest, blobs)
    entry = reader.entry(name)
    require_inside(entry, index)
    place = tuple(int(i) for i in index)
    where = f"{name}[{', '.join(map(str, place))}]"
    if entry["op"] is None:
        value = reader.number(name, *place)
        return value, f"{where} = {shown(value)}"
    value, working = CELLS[entry["op"]](reader, entry, place)
    return value, f"{where} = {working} = {shown(value)}"


def require_inside(entry: Entry, index: Sequence[int]) -> None:
    shape = entry["shape"]
    if len(index) != len(shape) or not all(0 <= i < n for i, n in zip(index, shape, strict=True)):
        raise ValueError(f"{entry['name']!r} has the shape {shape}, and no cell {list(index)}")


# ---------------------------------------------------------------- numbers as text


def shown(value: float) -> str:
    """Four digits; infinity and NaN by name."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    return f"{value:.4g}".replace("-", "−")


def inner(value: float) -> str:
    """A number inside a sum or a product: a negative one in brackets."""
    return f"({shown(value)})" if value < 0 else shown(value)


def sum_of_products(x: Numbers, y: Numbers) -> str:
    """The first terms of a dot product, and how many more there are."""
    terms = [f"{inner(a)}·{inner(b)}" for a, b in zip(x[:SHOWN_TERMS], y, strict=False)]
    if len(x) > SHOWN_TERMS:
        terms.append(f"… ({len(x) - SHOWN_TERMS} more)")
    return " + ".join(terms)


# ---------------------------------------------------------------- a cell of each op


def lookup(reader: Reader, entry: Entry, at: Index) -> tuple[float, str]:
    table, (t, d) = reader.entry(entry["inputs"][0]), at
    row = t
    if table["axes"][0] == "vocab":
        row = reader.manifest["vocabulary"].index(reader.manifest["tokens"][t])
    return reader.number(table["name"], row, d), f"{table['name']}[{row}, {d}]"


def add(reader: Reader, entry: Entry, at: Index) -> tuple[float, str]:
    terms = [reader.number(name, *at) for name in entry["inputs"]]
    if len(terms) == 1:
        return terms[0], f"{entry['inputs'][0]}[{', '.join(map(str, at))}]"
    return sum(terms), " + ".join(inner(term) for term in terms)


def norm(reader: Reader, entry: Entry, at: Index) -> tuple[float, str]:
    (x_name, gain_name), (*_, d) = entry["inputs"], at
    x, gain = reader.read(x_name, *at[:-1]), reader.number(gain_name, d)
    rms = root_mean_square(reader, x)
    return float(x[d]) / rms * gain, f"{inner(float(x[d]))} / {shown(rms)} · {inner(gain)}"


def root_mean_square(reader: Reader, x: Numbers) -> float:
    return math.sqrt(float(np.square(x).mean()) + float(reader.manifest["config"]["norm_eps"]))


def matmul(reader: Reader, entry: Entry, at: Index) -> tuple[float, str]:
    (x_name, w_name), (t, c) = entry["inputs"], at
    x, w = reader.row(x_name, t), reader.read(w_name, c)
    return float(x @ w), f"{label(x_name)}[{t}] · {label(w_name)}[{c}] = {sum_of_products(x, w)}"


def split_matmul(reader: Reader, entry: Entry, at: Index) -> tuple[float, str]:
    (x_name, w_name, *gain_name), (h, t, i) = entry["inputs"], at
    head_dim = entry["shape"][-1]
    x, row = reader.row(x_name, t), h * head_dim + i
    w = reader.read(w_name, row)
    working = f"{label(x_name)}[{t}] · {label(w_name)}[{row}] = {sum_of_products(x, w)}"
    if not gain_name:
        return float(x @ w), working
    head = reader.read(w_name, slice(h * head_dim, (h + 1) * head_dim)) @ x
    rms, gain = root_mean_square(reader, head), reader.number(gain_name[0], i)
    made = f"({label(x_name)}[{t}] · {label(w_name)}[{row}]) / {shown(rms)} · {inner(gain)}"
    return float(head[i]) / rms * gain, f"{made} = {shown(float(head[i] / rms))} · {inner(gain)}"


def rotate(reader: Reader, entry: Entry, at: Index) -> tuple[float, str]:
    h, t, i = at
    rotation = reader.manifest["rotation"]
    assert rotation is not None, "only a model that turns its pairs has this op"
    n, is_second, pair = pair_of(i, entry["shape"][-1], rotation["layout"])
    first, second = (reader.number(entry["inputs"][0], h, t, k) for k in pair)
    angle, gain = rotation["angles"][t][n], rotation["gain"]
    one, two = ("sin", "cos") if is_second else ("cos", "sin")
    sign = "+" if is_second else "−"
    working = f"{inner(first)}·{one}({shown(angle)}) {sign} {inner(second)}·{two}({shown(angle)})"
    sin, cos = math.sin(angle), math.cos(angle)
    value = first * sin + second * cos if is_second else first * cos - second * sin
    return gain * value, working if gain == 1 else f"{shown(gain)} · ({working})"


def pair_of(i: int, head_dim: int, layout: PairLayout) -> tuple[int, bool, tuple[int, int]]:
    """Of coordinate i: the number of its pair, whether it comes second in it, and the pair."""
    if layout == "interleaved":
        return i // 2, i % 2 == 1, (i - i % 2, i - i % 2 + 1)
    half = head_dim // 2
    return i % half, i >= half, (i % half, i % half + half)


def scores(reader: Reader, entry: Entry, at: Index) -> tuple[float, str]:
    (q_name, k_name), (h, t, s) = entry["inputs"], at
    if s > t:
        return -math.inf, f"masked, since token {s} comes after token {t}"
    q, k = reader.read(q_name, h, t), reader.read(k_name, h, s)
    root = math.sqrt(len(q))
    made = f"{label(q_name)}[{h}, {t}] · {label(k_name)}[{h}, {s}] / {shown(root)}"
    return float(q @ k) / root, f"{made} = ({sum_of_products(q, k)}) / {shown(root)}"


def softmax(reader: Reader, entry: Entry, at: Index) -> tuple[float, str]:
    name = entry["inputs"][0]
    x = reader.read(name, *at[:-1])
    largest = x.max()
    raised = np.exp(x - largest)
    own, total = float(raised[at[-1]]), float(raised.sum())
    row = f"{label(name)}[{', '.join(map(str, at[:-1]))}]"
    made = f"e^({shown(float(x[at[-1]]))} − {inner(float(largest))}) / sum over {row} of the same"
    return own / total, f"{made} = {shown(own)} / {shown(total)}"


def weighted_sum(reader: Reader, entry: Entry, at: Index) -> tuple[float, str]:
    (pattern_name, v_name), (h, t, i) = entry["inputs"], at
    pattern, v = reader.read(pattern_name, h, t), reader.read(v_name, h, slice(None), i)
    made = f"{label(pattern_name)}[{h}, {t}] · {label(v_name)}[{h}, :, {i}]"
    return float(pattern @ v), f"{made} = {sum_of_products(pattern, v)}"


def activation(reader: Reader, entry: Entry, at: Index) -> tuple[float, str]:
    x = reader.number(entry["inputs"][0], *at)
    if reader.manifest["config"]["ffn"]["activation"] == "relu2":
        return max(x, 0.0) ** 2 if x == x else x, f"max({shown(x)}, 0)²"
    return 0.5 * x * (1 + math.erf(x / math.sqrt(2))), f"gelu({shown(x)})"


def gated(reader: Reader, entry: Entry, at: Index) -> tuple[float, str]:
    (pre_name, x_name, w_name), (t, j) = entry["inputs"], at
    pre = reader.number(pre_name, t, j)
    gate = pre / (1 + math.exp(-pre)) if pre > -700 else 0.0
    value = float(reader.row(x_name, t) @ reader.read(w_name, j))
    return gate * value, f"silu({shown(pre)}) · {inner(value)} = {inner(gate)} · {inner(value)}"


CELLS: dict[Op, Callable[[Reader, Entry, Index], tuple[float, str]]] = {
    "lookup": lookup,
    "add": add,
    "norm": norm,
    "matmul": matmul,
    "logits": matmul,
    "split_matmul": split_matmul,
    "rotate": rotate,
    "scores": scores,
    "softmax": softmax,
    "weighted_sum": weighted_sum,
    "activation": activation,
    "gated": gated,
}
