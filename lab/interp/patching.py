"""Activation patching: what a part of the model makes of one text, put in its place on another.

Two problems differ in a digit. The model reads the clean one; the corrupted one has another digit
there, so that all else stays usual (arXiv:2309.16042), and both are followed by the same forced
tokens. Denoising puts values of the clean run into the corrupted one: what brings the clean answer
back is enough for it, here. Noising puts corrupted values into the clean run: what loses its answer
was needed, here.

Shapes: `N` pairs of texts, `T` tokens of each, `K` slots after which a token is predicted, `V`
vocabulary.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from lab.data.position_ids import position_ids
from lab.data.problems import Format, Integers
from lab.data.vocabulary import VOCABULARY, Tokens
from lab.inference.forward import Texts, ids_of, logits_of, run_with_trace
from lab.interp.intervene import Node, Recorded, patch, patch_each
from lab.model.cache import KVCache
from lab.model.gpt import GPT
from lab.model.trace import ACTIVATIONS, Edit, Trace

Problems = tuple[Integers | int, Integers | int]
"""The operands a and b, a number each or (N,)."""


def force_alike(
    form: Format, clean: Problems, corrupted: Problems, slot: int
) -> tuple[Tokens, Tokens]:
    """The texts of both up to token `slot`, which is to be predicted, (N, slot) each.

    Behind both prompts stands what is right for the clean one. `ValueError` for a token that no
    model writes.
    """
    texts, others = form.render(*clean)[0], form.render(*corrupted)[0]
    if not form.prompt_length <= slot < form.length:
        allowed = f"tokens {form.prompt_length} to {form.length - 1} are written"
        raise ValueError(f"token {slot} of {form.style} is not predicted; {allowed}")
    others[:, form.prompt_length :] = texts[:, form.prompt_length :]
    return texts[:, :slot], others[:, :slot]


@dataclass(frozen=True)
class ForwardPass:
    """What a model formed of texts (N, T)."""

    model: GPT
    texts: Texts
    trace: Trace

    def under(self, edits: Collection[Edit], names: Collection[str] = ("logits",)) -> Trace:
        """The same texts once more, under edits."""
        return run_with_trace(self.model, self.texts, names, edits)


def record(model: GPT, texts: Texts, names: Collection[str] | None = None) -> ForwardPass:
    """Of one text or several of one length: the logits, and those called `names` or all there is.

    All there is of many texts is large: name what is to be patched.
    """
    names = model.emits if names is None else {*names, "logits"}
    return ForwardPass(model, texts, run_with_trace(model, texts, names))


# ---------------------------------------------------------------- between two runs


@dataclass(frozen=True)
class Effect:
    """What a run under edits predicts, and the two runs that it lies between: logits (N, K, V).

    `right` is what the clean run says, `wrong` what the corrupted one says; (N, K), as all is that
    is measured.
    """

    logits: Tensor
    clean: Tensor
    corrupted: Tensor

    @property
    def says(self) -> Tensor:
        """The likeliest tokens."""
        return self.logits.argmax(-1)

    @property
    def right(self) -> Tensor:
        return self.clean.argmax(-1)

    @property
    def wrong(self) -> Tensor:
        return self.corrupted.argmax(-1)

    @property
    def exact(self) -> Tensor:
        """Does it say what the clean run says?"""
        return self.says == self.right

    @property
    def probability(self) -> Tensor:
        """Of what the clean run says."""
        return of_token(self.logits.softmax(-1), self.right)

    @property
    def kl(self) -> Tensor:
        """sum over tokens of p (ln p - ln q), p of the clean run and q of this one; in nats."""
        log_p, log_q = self.clean.log_softmax(-1), self.logits.log_softmax(-1)
        return (log_p.exp() * (log_p - log_q)).sum(-1)

    @property
    def margin(self) -> Tensor:
        """By how much what the clean run says leads the next best; above 0 where it is said."""
        others = self.logits.scatter(-1, self.right[..., None], -torch.inf)
        return of_token(self.logits, self.right) - others.amax(-1)

    def logit_difference(self, logits: Tensor) -> Tensor:
        """logit[right] - logit[wrong]"""
        return of_token(logits, self.right) - of_token(logits, self.wrong)

    @property
    def restored(self) -> Tensor:
        """(d - d_corrupted) / (d_clean - d_corrupted), d = `logit_difference`: 0 as the corrupted
        run, 1 as the clean one, and not clipped (arXiv:2309.16042).

        `ValueError` where both runs say the same: there is nothing to restore.
        """
        clean, corrupted = self.logit_difference(self.clean), self.logit_difference(self.corrupted)
        if same := (clean == corrupted).nonzero().tolist():
            n, k = same[0]
            said = VOCABULARY[int(self.right[n, k])], VOCABULARY[int(self.wrong[n, k])]
            raise ValueError(
                f"text {n}, place {k}: the clean run says {said[0]!r} and the corrupted one "
                f"{said[1]!r}, by the same difference of logits: nothing to restore"
            )
        return (self.logit_difference(self.logits) - corrupted) / (clean - corrupted)


def of_token(scores: Tensor, tokens: Tensor) -> Tensor:
    """Of (N, K, V), the number of one token in each place: (N, K)."""
    return scores.gather(-1, tokens[..., None])[..., 0]


@dataclass(frozen=True)
class Contrast:
    """Two forward passes on texts of one length, compared by the tokens that follow their `slots`.

    They may be of two checkpoints of one shape: then parts of one are put into the other. Raises
    `ValueError` for texts of unlike lengths.
    """

    clean: ForwardPass
    corrupted: ForwardPass
    slots: Sequence[int]

    def __post_init__(self) -> None:
        shapes = [tuple(side.trace["logits"].shape) for side in (self.clean, self.corrupted)]
        if shapes[0] != shapes[1]:
            raise ValueError(f"clean and corrupted logits have shapes {shapes[0]} and {shapes[1]}")

    def judge(self, logits: Tensor) -> Effect:
        """Logits (N, T, V) of a run under edits, beside those of the two runs."""
        both = self.clean.trace["logits"], self.corrupted.trace["logits"]
        # Clones, for inference tensors may not stand in the way of a gradient.
        return Effect(*(x[:, list(self.slots)].clone().double() for x in (logits, *both)))

    def denoise(self, nodes: Collection[Node]) -> Effect:
        """Is it enough? The corrupted run with these nodes as the clean run has them."""
        edits = [patch(node, self.clean.trace) for node in nodes]
        return self.judge(self.corrupted.under(edits)["logits"])

    def noise(self, nodes: Collection[Node]) -> Effect:
        """Is it needed? The clean run with these nodes as the corrupted run has them."""
        edits = [patch(node, self.corrupted.trace) for node in nodes]
        return self.judge(self.clean.under(edits)["logits"])

    def sides(self, noising: bool) -> tuple[ForwardPass, ForwardPass]:
        """The run that is patched, and the one that it is patched from."""
        return (self.clean, self.corrupted) if noising else (self.corrupted, self.clean)

    def each(self, sets: Sequence[Collection[Node]], *, noising: bool = False) -> Effect:
        """Of one pair of texts: `denoise` of every set, or `noise`, in one forward; a row a set.

        `ValueError` for several pairs.
        """
        base, other = self.sides(noising)
        return self.judge_each(logits_of_each(base, other.trace, sets))

    def each_path(
        self, sender: Node, sets: Sequence[Collection[Node]], *, noising: bool = False
    ) -> Effect:
        """Of one pair of texts: `path_patch` from a sender to every set of receivers, in two
        forwards for all; a row a set. `ValueError` as for `path_patch`, and for several pairs."""
        base, other = self.sides(noising)
        receivers = [node for own in sets for node in own]
        arrived = what_arrives(base, other.trace, sender, receivers)
        return self.judge_each(logits_of_each(base, arrived, sets))

    def judge_each(self, logits: Tensor) -> Effect:
        """Logits (sets, T, V), each beside those of the one pair of texts."""
        effect = self.judge(logits)
        shape = effect.logits.shape
        return Effect(effect.logits, effect.clean.expand(shape), effect.corrupted.expand(shape))


def logits_of_each(
    base: ForwardPass, other: Recorded, sets: Sequence[Collection[Node]]
) -> Tensor:  # (sets, T, V)
    """One text once for each set, whose nodes are as they were recorded in the other run.

    What stands before the first node is read once for all, since nothing changes there.
    `ValueError` for several texts.
    """
    ids = ids_of(base.texts)
    n, n_slot = ids.shape
    if n != 1:
        raise ValueError(f"{n} pairs of texts; each set is tried on one")
    first = min((min(node.slots or [0]) for own in sets for node in own), default=0)
    if not first or len(sets) == 1:
        texts, edits = ids.expand(len(sets), n_slot), patch_each(sets, other, n_slot)
        return run_with_trace(base.model, texts, ["logits"], edits)["logits"]
    edits = patch_each(sets, other, n_slot, first)
    places = position_ids(ids, base.model.config.position.n_axis)
    trace, cache = Trace(["logits"], edits), KVCache(n_slot)
    with torch.inference_mode():
        before = base.model(ids[:, :first], positions=places[:, :first], cache=cache)
        cache = cache.copy(rows=torch.zeros(len(sets), dtype=torch.long))
        rows = ids[:, first:].expand(len(sets), -1)
        base.model(rows, positions=places[:, first:], cache=cache, trace=trace)
    trace.require_matched()
    return torch.cat([before.expand(len(sets), -1, -1), trace["logits"]], dim=1)


def contrast(
    model: GPT,
    clean: Texts,
    corrupted: Texts,
    slots: Sequence[int] | None = None,
    names: Collection[str] | None = None,
) -> Contrast:
    """Of one model on texts of one length (N, T), by what follows `slots`, the last one unless
    said otherwise. `names` are what `record` keeps."""
    sides = record(model, clean, names), record(model, corrupted, names)
    last = sides[0].trace["logits"].shape[1] - 1
    return Contrast(*sides, [last] if slots is None else slots)


@dataclass(frozen=True)
class Written:
    """What N patched runs have written, each by itself: tokens (N, K), the probabilities of all
    tokens at each step (N, K, V), and what was recorded of the texts up to the last step."""

    tokens: Tensor
    probabilities: Tensor
    trace: Trace


def write_each(
    model: GPT,
    prompt: Texts,
    n_token: int,
    other: Recorded,
    sets: Sequence[Collection[Node]],
    names: Collection[str] = (),
) -> Written:
    """Greedy decoding of one prompt, once for each set, whose nodes are as recorded on another
    text. `names` are recorded. `ValueError` as for `patch_each`."""
    texts = ids_of(prompt).expand(len(sets), -1)
    seen, trace = list[Tensor](), Trace()
    for _ in range(n_token):
        edits = patch_each(sets, other, texts.shape[1])
        trace = run_with_trace(model, texts, {*names, "logits"}, edits)
        seen.append(trace["logits"][:, -1].double().softmax(-1))
        texts = torch.cat([texts, seen[-1].argmax(-1)[:, None]], dim=1)
    return Written(texts[:, -n_token:], torch.stack(seen, dim=1), trace)


# ---------------------------------------------------------------- a preview, and paths

Measure = Callable[[Effect], Tensor]


def restored(effect: Effect) -> Tensor:
    return effect.restored


def preview(
    pair: Contrast, nodes: Sequence[Node], *, noising: bool = False, measure: Measure = restored
) -> Tensor:
    """A guess at the measure with each node patched alone, (nodes, N), the mean over K places.

    m(x + dx) ~ m(x) + dx . dm/dx: one backward pass for all nodes (attribution patching,
    arXiv:2403.00745). It is off where the way from a node to the logits is far from straight, as
    where a softmax or a norm is saturated: try the nodes that matter by `denoise` or `noise`.
    """
    base, other = pair.sides(noising)

    def measured(logits: Tensor) -> Tensor:  # (N,)
        return measure(pair.judge(logits)).mean(-1)

    slopes = gradients(base, {node.key for node in nodes}, lambda logits: measured(logits).sum())
    steps = {key: (other.trace[key] - base.trace[key]) * slope for key, slope in slopes.items()}
    return measured(base.trace["logits"]) + sum_of_each(nodes, steps)


def sum_of_each(nodes: Sequence[Node], values: Mapping[str, Tensor]) -> Tensor:  # (nodes, N)
    """What the numbers of each node add up to. What no node picks apart is added up once for all,
    since there may be thousands of neurons."""
    kept, found = dict[tuple[str, ...], NDArray[np.floating[Any]]](), list[Any]()
    for node in nodes:
        key, index = node.key, node.index
        axes = ACTIVATIONS[node.name].axes[1:]
        if (kind := (key, *index)) not in kept:
            rest = [i for i, axis in enumerate(axes, 1) if axis not in index]
            kept[kind] = (values[key].sum(rest) if rest else values[key]).numpy()
        where: Any = (slice(None), *(index[axis] for axis in axes if axis in index))
        picked = kept[kind][where]
        found.append(picked.reshape(len(picked), -1).sum(1))
    return torch.from_numpy(np.stack(found))


def gradients(
    base: ForwardPass, keys: Collection[str], measure: Callable[[Tensor], Tensor]
) -> dict[str, Tensor]:
    """The slope of a measure of the logits against the activations of these keys."""
    begin = Edit("embed", lambda x: x.detach().requires_grad_())
    trace = Trace({key.rpartition(".")[2] for key in keys}, [begin], detached=False)
    with torch.enable_grad():
        loss = measure(logits_of(base.model, base.texts, trace=trace, gradients=True))
        # Not trace[key], which is a copy that the logits never saw.
        slopes = torch.autograd.grad(loss, [trace.calls[key][0] for key in keys])
    return dict(zip(keys, slopes, strict=True))


def path_patch(
    base: ForwardPass, other: Recorded, sender: Node, receivers: Collection[Node]
) -> list[Edit]:
    """Edits of `base` under which nothing but the receivers sees the sender as the other run has it
    (path patching, arXiv:2304.05969).

    First the sender is patched, and all that is written to the stream behind it is frozen as it
    was: so the receivers' inputs are found. Under the edits these are put in place and all else is
    computed. A sender is what is written ("z" of a head, "ffn_post", "ffn_out"), a receiver what is
    read ("q", "k" or "v" of a head, "ffn_pre"), or "logits". `ValueError` for a receiver that does
    not come after the sender.
    """
    arrived = what_arrives(base, other, sender, receivers)
    return [patch(receiver, arrived) for receiver in receivers]


def what_arrives(
    base: ForwardPass, other: Recorded, sender: Node, receivers: Collection[Node]
) -> Trace:
    """What the receivers read of a sender alone: one forward for all of them, since each is formed
    before its own layer writes, and what was written before it is frozen."""
    for receiver in receivers:
        written_between(base.model, sender, receiver)
    later = written_between(base.model, sender, Node("logits"))
    frozen = [patch(node, base.trace) for node in later]
    return base.under([patch(sender, other), *frozen], {receiver.name for receiver in receivers})


def written_between(model: GPT, sender: Node, receiver: Node) -> list[Node]:
    """What is added to the stream after one node has written and before the other has read."""
    layers = range(model.config.n_layer)
    writes = [Node(name, layer) for layer in layers for name in ("attn_out", "ffn_out")]
    begin, end = order(model, sender), order(model, receiver)
    if not begin < end:
        raise ValueError(f"{receiver.key!r} reads nothing that {sender.key!r} has written")
    return [node for node in writes if begin < order(model, node) < end]


def order(model: GPT, node: Node) -> tuple[int, bool]:
    """Where a node stands: its layer, the end being one more, and whether it is of the FFN."""
    layer = model.config.n_layer if node.layer is None else node.layer
    return layer, node.name.startswith(("ffn", "shared"))
