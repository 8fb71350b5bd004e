"""A look into the stream of one text: what each line adds to it, and what it would say if it ended.

Shapes: `N` lines, `T` tokens, `D` d_model, `F` neurons, `V` vocabulary.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from lab.by_hand.mlp import linear, relu
from lab.data.vocabulary import VOCABULARY
from lab.inference.forward import run_with_trace
from lab.interp.intervene import Node, scale
from lab.model.config import DenseFFNConfig
from lab.model.ffn.dense import DenseFFN
from lab.model.gpt import GPT
from lab.model.norm import RMSNorm

Numbers = NDArray[np.float64]


def plain(x: Tensor) -> Numbers:
    return x.double().numpy()


@dataclass(frozen=True)
class Notebook:
    """The stream as a notebook: `contribution` (N, T, D) is what each line adds, in order.

    `lines`: 'token', 'position', 'attention 0', 'FFN 0', ... `last` (T, D) is the stream at the
    end, as the model has it.
    """

    lines: tuple[str, ...]
    contribution: Numbers
    last: Numbers

    @property
    def length_of_contributions(self) -> Numbers:
        """|contribution|, (N, T)"""
        return np.linalg.norm(self.contribution, axis=-1)

    @property
    def length_of_sums(self) -> Numbers:
        """|the lines so far, added up|, (N, T).

        It is the length of the stream after each line where layers add to a plain sum. Where norms
        or other mixes stand in the stream, a line counts as much as the end has of it.
        """
        return np.linalg.norm(self.contribution.cumsum(axis=0), axis=-1)

    def without_the_layers(self) -> tuple[Numbers, Numbers]:
        """The stream at the end minus every contribution of a layer, and what stood there at
        first."""
        given = [line in ("token", "position") for line in self.lines]
        of_layers = [not first for first in given]
        left = self.last - self.contribution[of_layers].sum(axis=0)
        return left, self.contribution[given].sum(axis=0)


def notebook(model: GPT, text: str) -> Notebook:
    """x = token + position + attention_0 + FFN_0 + attention_1 + ...: every term, on one text.

    Each is taken by the share that the stream says the end has of it.
    """
    n = model.config.n_layer
    read = {"embed", "pos_embed", "attn_out", "ffn_out", "resid_post", *model.decided_by}
    trace = run_with_trace(model, text, read & model.emits)
    start = {"token": "embed", "position": "pos_embed"}
    keys = {line: key for line, key in start.items() if key in trace.calls}
    for layer in range(n):
        keys[f"attention {layer}"] = f"blocks.{layer}.attn_out"
        keys[f"FFN {layer}"] = f"blocks.{layer}.ffn_out"
    sites = ["begin" if line in start else key for line, key in keys.items()]
    added = torch.cat([trace[key] for key in keys.values()]) * model.shares(sites, trace)
    return Notebook(tuple(keys), plain(added), plain(trace[f"blocks.{n - 1}.resid_post"][0]))


def read_early(model: GPT, text: str) -> Numbers:
    """softmax(unembed(norm(x))) of the stream x before layer 0 and after every layer.

    (n_layer + 1, T, V); the last is what the model says. Known as the logit lens. Before the last
    layer the stream was not trained to be read so: it is a look, and not what the model does.
    """
    trace = run_with_trace(model, text, ("resid_pre", "resid_post"))
    n = model.config.n_layer
    stages = ["blocks.0.resid_pre", *(f"blocks.{i}.resid_post" for i in range(n))]
    # All through the one final norm, since the unembedding was trained behind no other.
    x = torch.stack([trace[stage][0] for stage in stages])  # (n_layer + 1, T, D)
    with torch.inference_mode():
        return plain(model.unembed(model.final_norm(x)).softmax(-1))


def likeliest(probabilities: Numbers) -> tuple[list[str], Numbers]:
    """The token that is read at each position, a text a stage, and how likely it is there.

    (stages, T, V) -> stages texts of T tokens, (stages, T)
    """
    texts = ["".join(VOCABULARY[token] for token in row) for row in probabilities.argmax(axis=-1)]
    return texts, probabilities.max(axis=-1)


def neurons(model: GPT, text: str, layer: int) -> Numbers:
    """What every neuron of one FFN hands on at every token, (T, F)."""
    return plain(run_with_trace(model, text, ["ffn_post"])[f"blocks.{layer}.ffn_post"][0])


class Voices(NamedTuple):
    """Of the neurons of an FFN at one token: how many hand something on, and how few half of it."""

    awake: int
    half: int


def voices(values: Numbers) -> Voices:
    """`half`: the loudest, as few as together hand on half of the sum of `values` (F,) or more."""
    sums = np.sort(values)[::-1].cumsum()
    return Voices(int((values > 0).sum()), int(np.searchsorted(sums, values.sum() / 2)) + 1)


def ffn_in_numpy(model: GPT, text: str, layer: int) -> tuple[Numbers, Numbers]:
    """The same FFN from the `linear` and `relu` of chapter 0, and as the model computes it. (T, D)

    y = relu(x W_in)^2 W_out: no biases, and a square that chapter 0 did not have.
    """
    own = model.config.layers[layer].ffn
    if not isinstance(own, DenseFFNConfig) or own.activation != "relu2":
        raise ValueError(f"ffn={own} of layer {layer} is not two matrices with relu2 between")
    model.require_formed("ffn_norm", layer)
    trace = run_with_trace(model, text, ("ffn_norm", "ffn_out"))
    ffn = cast(DenseFFN, model.blocks[layer].ffn)
    W_in, W_out = (plain(w.weight.detach().T) for w in (ffn.w_in, ffn.w_out))
    x = plain(trace[f"blocks.{layer}.ffn_norm"][0])
    h = relu(linear(x, W_in, np.zeros(W_in.shape[1]))) ** 2
    y = linear(h, W_out, np.zeros(W_out.shape[1]))
    return y, plain(trace[f"blocks.{layer}.ffn_out"][0])


def loud(model: GPT, text: str, factor: float) -> tuple[Numbers, Numbers]:
    """The stream at the end times `factor`, and what the final norm makes of it. (T, D) each"""
    last = model.config.n_layer - 1
    edits = [scale(Node("resid_post", last), factor)]
    trace = run_with_trace(model, text, ("resid_post", "final_norm"), edits)
    return plain(trace[f"blocks.{last}.resid_post"][0]), plain(trace["final_norm"][0])


def relative_error(found: Numbers, expected: Numbers) -> float:
    """The largest difference, as a share of the largest number that was expected."""
    return float(abs(found - expected).max() / abs(expected).max())


def root_mean_square(numbers: Sequence[float]) -> float:
    """What RMSNorm divides by, but for its epsilon."""
    return float(np.sqrt(np.mean(np.square(numbers))))


def normalised(numbers: Sequence[float]) -> list[float]:
    """A few numbers through an RMSNorm whose gains are one."""
    return RMSNorm(len(numbers), eps=1e-6)(torch.tensor(numbers, dtype=torch.float32)).tolist()
