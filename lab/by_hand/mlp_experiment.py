"""The table as an experiment: what a network is shown, and what it makes of the rest.

Shapes: `N` cells of the table, in the order of `Task.cells`.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass, field, replace
from itertools import combinations
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from lab.by_hand.mlp import (
    ACTIVATIONS,
    MLP,
    SGD,
    Activation,
    Adam,
    Init,
    Momentum,
    Numbers,
    Optimiser,
    Task,
    encode,
    linear,
    train,
)

Rule = Literal["sgd", "momentum", "adam"]
Cells = NDArray[np.bool_]

OPTIMISERS: dict[Rule, type[SGD | Momentum | Adam]] = {
    "sgd": SGD,
    "momentum": Momentum,
    "adam": Adam,
}
WIDEST, DEEPEST, LONGEST = 256, 4, 5000


@dataclass(frozen=True)
class Settings:
    """How a network is built and trained.

    `hidden`: widths of the hidden layers. `batch`: cells a step, None for all that are shown.
    Raises `ValueError` with what is allowed.
    """

    task: Task = field(default_factory=Task)
    hidden: tuple[int, ...] = (16,)
    activation: Activation = "relu"
    init: Init = "he"
    optimiser: Rule = "adam"
    rate: float = 0.02
    batch: int | None = None
    epochs: int = 120
    seed: int = 0

    def __post_init__(self) -> None:
        if len(self.hidden) > DEEPEST:
            raise ValueError(f"{len(self.hidden)} hidden layers; at most {DEEPEST} are allowed")
        if not all(1 <= width <= WIDEST for width in self.hidden):
            raise ValueError(f"hidden={self.hidden}; each width lies in 1 to {WIDEST}")
        if not 0 < self.rate <= 1e4:
            raise ValueError(f"rate={self.rate}; it lies above 0 and at most 10,000")
        if not 1 <= self.epochs <= LONGEST:
            raise ValueError(f"epochs={self.epochs}; it lies in 1 to {LONGEST:,}")
        if self.batch is not None and self.batch < 1:
            raise ValueError(f"batch={self.batch}; it is at least 1")
        if self.optimiser not in OPTIMISERS:
            raise ValueError(f"optimiser={self.optimiser!r} is not one of {', '.join(OPTIMISERS)}")

    @property
    def sizes(self) -> tuple[int, ...]:
        return (self.task.n_in, *self.hidden, self.task.n_out)

    def network(self) -> MLP:
        """The network before training; the same for the same settings."""
        return MLP.start(np.random.default_rng(self.seed), self.sizes, self.activation, self.init)


@dataclass(frozen=True)
class Frame:
    """A network between two epochs. `dW`, `db`: the gradient over all cells that are shown."""

    epoch: int
    loss: float
    answers: NDArray[np.int64]
    W: list[Numbers]
    b: list[Numbers]
    dW: list[Numbers]
    db: list[Numbers]


def gradients(network: MLP, task: Task, a: Numbers, b: Numbers) -> tuple[float, list[Numbers]]:
    """The loss over these cells, and its gradient by each of `network.parameters`."""
    layers = network.forward(inputs(network, task, a, b))
    loss, dy = task.loss(layers[-1][1], a * b)
    return loss, network.backward(layers, dy)


def inputs(network: MLP, task: Task, a: Numbers, b: Numbers) -> Numbers:
    """These cells as the network takes them in, in numbers as fine as its own. (N, I)"""
    return encode(a, b, task.encoding, task.digits).astype(network.W[0].dtype)


def snapshot(network: MLP, task: Task, shown: Cells, epoch: int) -> Frame:
    """What the network answers in every cell, and the gradient of its loss over those shown."""
    a, b = task.cells()
    answers = task.answers(network(encode(a, b, task.encoding, task.digits)))
    loss, g = gradients(network, task, a[shown], b[shown])
    n = len(network.W)
    W, bias = ([w.copy() for w in ws] for ws in (network.W, network.b))
    return Frame(epoch, loss, answers, W, bias, g[:n], g[n:])


def film(settings: Settings, shown: Cells) -> Iterator[Frame]:
    """The run, a frame an epoch, from the network before training on.

    Raises `ValueError` if nothing is shown, `FloatingPointError` when the run diverges.
    """
    task, network = settings.task, settings.network()
    a, b = task.cells()
    if not shown.any():
        raise ValueError("every cell is hidden; show at least one to learn from")
    # Apart from the generator of the weights: networks of any width see the same batches.
    rng = np.random.default_rng([settings.seed, 1])
    rule = OPTIMISERS[settings.optimiser](settings.rate)
    epochs = train(network, task, rule, a[shown], b[shown], rng=rng, batch=settings.batch)
    with np.errstate(all="ignore"):
        yield snapshot(network, task, shown, 0)
    for epoch in range(1, settings.epochs + 1):
        with np.errstate(all="ignore"):
            next(epochs)
            frame = snapshot(network, task, shown, epoch)
        require_finite(frame.loss)
        yield frame


def require_finite(loss: float) -> None:
    if not np.isfinite(loss):
        raise FloatingPointError(f"the loss is {loss}: the rate is too high")


def right_cells(task: Task, answers: Numbers) -> Cells:
    """Where the answer is the product. (N,)"""
    a, b = task.cells()
    return answers == a * b


# ---------------------------------------------------------------- what is hidden


def hide(task: Task, rows: Sequence[int] = ()) -> Cells:
    """True where a cell is shown: its first number is not in `rows`."""
    a, _ = task.cells()
    return ~np.isin(a, rows)


def hide_share(task: Task, share: float, seed: int) -> Cells:
    """True for the cells shown when this share of them is hidden, pair by pair, drawn by `seed`.

    A pair is hidden in both orders, since b x a would give a x b away; one that would hide a cell
    too many is passed over. So the count is as wanted, or one short once no a x a is left.
    """
    if not 0 <= share <= 1:
        raise ValueError(f"share={share}; it lies in 0 to 1")
    a, b = task.cells()
    pairs, of_cell = np.unique(
        np.stack([np.minimum(a, b), np.maximum(a, b)]), axis=1, return_inverse=True
    )
    hidden, asked = np.zeros(len(a), dtype=bool), round(share * len(a))
    for pair in np.random.default_rng(seed).permutation(pairs.shape[1]):
        cells = of_cell.ravel() == pair
        if hidden.sum() + cells.sum() <= asked:
            hidden |= cells
    return ~hidden


# ---------------------------------------------------------------- is the gradient right?


def differences(loss: Callable[[], float], w: Numbers, step: float = 1e-5) -> Numbers:
    """The gradient of `loss` by each number of w: (loss(w + step) - loss(w - step)) / 2 step."""
    out = np.zeros_like(w)
    for i in np.ndindex(*w.shape):
        kept = w[i]
        w[i] = kept + step
        above = loss()
        w[i] = kept - step
        below = loss()
        w[i] = kept
        out[i] = (above - below) / (2 * step)
    return out


def apart(x: Numbers, y: Numbers) -> float:
    """|x - y| / max(|x|, |y|), Euclidean norms over all numbers of a tensor; 0 if both are 0."""
    return float(np.linalg.norm(x - y) / max(np.linalg.norm(x), np.linalg.norm(y), 1e-300))


def check_gradients(network: MLP, task: Task, a: Numbers, b: Numbers) -> dict[str, float]:
    """For each tensor, how far backward's gradient is from that of finite differences."""
    x, product = inputs(network, task, a, b), a * b
    _, backward = gradients(network, task, a, b)
    names = [f"{kind}{i}" for kind in ("W", "b") for i in range(1, len(network.W) + 1)]
    return {
        name: apart(g, differences(lambda: task.loss(network(x), product)[0], w))
        for name, w, g in zip(names, network.parameters, backward, strict=True)
    }


def coarser(network: MLP, kind: type[np.floating[Any]]) -> MLP:
    """The same network, its numbers rounded to this kind: `np.float32` keeps about seven digits."""
    W, b = ([w.astype(kind) for w in ws] for ws in (network.W, network.b))
    return MLP(W, b, network.activation)


# ---------------------------------------------------------------- what a hidden neuron answers to


def hidden_outputs(network: MLP, task: Task) -> Numbers:
    """What each neuron of the last hidden layer passes on in every cell of the table. (N, H)"""
    return network.forward(inputs(network, task, *task.cells()))[-1][0]


def right_without(network: MLP, task: Task, neuron: int) -> Cells:
    """Where the answer is the product when this neuron of the last hidden layer says zero. (N,)"""
    h = hidden_outputs(network, task).copy()
    h[:, neuron] = 0
    return right_cells(task, task.answers(linear(h, network.W[-1], network.b[-1])))


def likeness(network: MLP) -> Numbers:
    """For each neuron of the first layer, how alike its weights for the first number and for the
    second are: their correlation, 1 for the same pattern, 0 for none in common. (H,)"""
    first, second = np.split(network.W[0], 2)
    return np.array([np.corrcoef(*both)[0, 1] for both in zip(first.T, second.T, strict=True)])


def as_well_by_chance(patterns: Numbers, marked: Cells) -> tuple[int, int]:
    """Of all ways to mark as many places: in how many does a pattern fit at least as well as the
    best one fits `marked`, and how many ways there are. `patterns` (P, n), `marked` (n,)."""
    centred = patterns - patterns.mean(axis=1, keepdims=True)
    centred /= np.linalg.norm(centred, axis=1, keepdims=True)
    n, k = len(marked), int(marked.sum())
    ways = np.zeros((math.comb(n, k), n))
    for way, places in zip(ways, combinations(range(n), k), strict=True):
        way[[*places]] = 1
    best = abs(ways @ centred.T).max(axis=1)
    own = abs(marked @ centred.T).max()
    # The marked way is among them, and must count as equal in spite of rounding.
    return int((best >= own * (1 - 1e-12)).sum()), len(ways)


# ---------------------------------------------------------------- step by step


@dataclass
class Stepper:
    """A network trained by hand, some cells a step, every moment kept to look back at.

    A frame's `epoch` counts steps here, and its gradient is that of the cells the step was on, in
    `asked`: the network as it was before the step.
    """

    settings: Settings
    network: MLP
    rule: Optimiser
    rng: np.random.Generator
    frames: list[Frame]
    batch: NDArray[np.int64]
    asked: MLP
    waiting: list[int] = field(default_factory=list[int])

    @classmethod
    def start(cls, settings: Settings, cell: int = 0) -> Stepper:
        """The network before the first step, its gradient that of one cell of the table."""
        network, rng = settings.network(), np.random.default_rng([settings.seed, 1])
        rule = OPTIMISERS[settings.optimiser](settings.rate)
        out = cls(settings, network, rule, rng, [], np.array([cell]), deepcopy(network))
        out.frames.append(out.frame(0))
        return out

    def step(self, n: int) -> None:
        """One step on the next `n` cells; every cell comes once before any comes again.

        Raises `FloatingPointError` when the loss is no longer a number.
        """
        n_cells = len(self.settings.task.cells()[0])
        if len(self.waiting) < n:
            self.waiting = self.rng.permutation(n_cells).tolist()
        self.batch, self.waiting = np.array(self.waiting[:n]), self.waiting[n:]
        before = self.frame(self.frames[-1].epoch + 1)
        require_finite(before.loss)
        self.asked = deepcopy(self.network)
        self.rule.step(self.network.parameters, [*before.dW, *before.db])
        after = self.frame(before.epoch)
        self.frames.append(replace(after, loss=before.loss, dW=before.dW, db=before.db))

    def look_at(self, cell: int) -> None:
        """Make this cell the example: its gradient, without a step; the next step begins there."""
        self.waiting = [cell, *(other for other in self.waiting if other != cell)]
        self.batch, self.asked = np.array([cell]), deepcopy(self.network)
        self.frames.append(self.frame(self.frames[-1].epoch))

    def frame(self, step: int) -> Frame:
        """Loss and gradient over the batch, and what the network answers everywhere."""
        shown = np.zeros(len(self.settings.task.cells()[0]), dtype=bool)
        shown[self.batch] = True
        return snapshot(self.network, self.settings.task, shown, step)

    def strongest(self, layer: int) -> tuple[int, int, int]:
        """Layer, from, to: the edge of a layer whose weight the latest cells pull at most."""
        gradient = self.frames[-1].dW[layer]
        i, o = np.unravel_index(abs(gradient).argmax(), gradient.shape)
        return layer, int(i), int(o)

    def set_weight(self, layer: int, i: int, o: int, value: float) -> None:
        """Put a number of the reader's own in place of a weight, as a moment of its own."""
        if not -100 <= value <= 100:
            raise ValueError(f"a weight of {value} is outside -100 to 100")
        self.network.W[layer][i, o] = value
        self.asked = deepcopy(self.network)
        self.frames.append(self.frame(self.frames[-1].epoch))


# ---------------------------------------------------------------- one neuron


@dataclass(frozen=True)
class Neuron:
    """y = w1 a + w2 b on one product: E = (y - ab)^2, forward and backward."""

    a: int
    b: int
    w1: float
    w2: float

    @property
    def y(self) -> float:
        return self.w1 * self.a + self.w2 * self.b

    @property
    def error(self) -> float:
        return self.y - self.a * self.b

    @property
    def E(self) -> float:
        return self.error**2

    @property
    def dy(self) -> float:
        """The slope of the square: dE/dy = 2 (y - ab)."""
        return 2 * self.error

    @property
    def dw(self) -> tuple[float, float]:
        """The chain rule: dE/dw1 = dE/dy dy/dw1 = dy a, and so with b."""
        return self.dy * self.a, self.dy * self.b

    def stepped(self, rate: float) -> Neuron:
        """One step of gradient descent: w <- w - rate dw."""
        dw1, dw2 = self.dw
        return replace(self, w1=self.w1 - rate * dw1, w2=self.w2 - rate * dw2)

    @property
    def largest_rate(self) -> float:
        """A step turns the error e into e (1 - 2 rate (a^2 + b^2)): beyond this, it grows."""
        return 1 / max(self.a**2 + self.b**2, 1)


def walk(neuron: Neuron, rule: Optimiser, steps: int) -> Numbers:
    """w1, w2 and E as an optimiser moves them: at first and after each step. (steps + 1, 3)"""
    w = np.array([neuron.w1, neuron.w2], dtype=float)
    path = [(neuron.w1, neuron.w2, neuron.E)]
    for _ in range(steps):
        rule.step([w], [np.array(neuron.dw)])
        neuron = replace(neuron, w1=float(w[0]), w2=float(w[1]))
        path.append((neuron.w1, neuron.w2, neuron.E))
    return np.array(path)


def error_surface(a: int, b: int, w1: Numbers, w2: Numbers) -> Numbers:
    """E for every pair of weights, (len(w1), len(w2))."""
    return (w1[:, None] * a + w2[None, :] * b - a * b) ** 2


# ---------------------------------------------------------------- the gradient of one weight


@dataclass(frozen=True)
class ByHand:
    """The gradient of one weight W[i, o] of a layer, as the sum that it is.

    `x` (N,): what came in along the edge; `dy` (N,): what came back to unit o; N examples.
    `ahead` (N, O of the next layer): dy of the next layer; `back`, the same: times its weights. The
    sum of `back`, times `slope` (N,), is dy. All three are None in the last layer, where dy is that
    of the loss.
    """

    x: Numbers
    dy: Numbers
    ahead: Numbers | None
    back: Numbers | None
    slope: Numbers | None

    @property
    def terms(self) -> Numbers:
        return self.x * self.dy

    @property
    def total(self) -> float:
        return float(self.terms.sum())

    @property
    def telling(self) -> int:
        """The example that adds most to the gradient, be it up or down."""
        return int(abs(self.terms).argmax())


def by_hand(network: MLP, task: Task, a: Numbers, b: Numbers, layer: int, i: int, o: int) -> ByHand:
    """Follow the chain rule from the loss back to the weight from i to o of `layer`."""
    layers = network.forward(encode(a, b, task.encoding, task.digits))
    _, dy = task.loss(layers[-1][1], a * b)
    _, act_backward = ACTIVATIONS[network.activation]
    ahead = back = slope = None
    for at in reversed(range(layer + 1, len(layers))):
        z = layers[at - 1][1]
        ahead, back = dy, dy[:, None, :] * network.W[at]  # back: (N, I, O)
        slope = act_backward(np.ones_like(z), z)
        dy = back.sum(axis=2) * slope
    return ByHand(
        x=layers[layer][0][:, i],
        dy=dy[:, o],
        ahead=ahead,
        back=None if back is None else back[:, o],
        slope=None if slope is None else slope[:, o],
    )


def nudge(
    network: MLP, task: Task, a: Numbers, b: Numbers, layer: int, i: int, o: int, step: float = 1e-5
) -> tuple[float, float, float]:
    """The loss with one weight lower and higher by `step`, and the slope between the two."""
    x, w = encode(a, b, task.encoding, task.digits), network.W[layer]
    kept = w[i, o]
    losses: list[float] = []
    for moved in (kept - step, kept + step):
        w[i, o] = moved
        losses.append(task.loss(network(x), a * b)[0])
    w[i, o] = kept
    below, above = losses
    return below, above, (above - below) / (2 * step)


# ---------------------------------------------------------------- a run, a little at a time

KEPT_FRAMES = 80


class Going:
    """A film in the making. `losses`, `right_shown`: an entry an epoch.

    `frames`: at most about `KEPT_FRAMES` of them, the latest always last. `ended`: empty while it
    goes on, then 'done', 'stopped', or why it diverged.
    """

    def __init__(self, settings: Settings, shown: Cells) -> None:
        self.settings, self.shown = settings, shown
        self.film = film(settings, shown)
        self.every = max(1, settings.epochs // KEPT_FRAMES)
        self.frames: list[Frame] = []
        self.losses: list[float] = []
        self.right_shown: list[int] = []
        self.seconds = 0.0
        self.ended = ""
        self.advance(0.0)

    def advance(self, seconds: float, most: int = 1) -> None:
        """Go on for this long or this many epochs, whichever is less; one epoch at least."""
        began = time.perf_counter()
        for _ in range(most):
            frame = self.next_frame()
            if frame is None:
                break
            if self.frames and self.frames[-1].epoch % self.every:
                self.frames.pop()
            self.frames.append(frame)
            right = right_cells(self.settings.task, frame.answers)
            self.losses.append(frame.loss)
            self.right_shown.append(int(right[self.shown].sum()))
            if time.perf_counter() - began > seconds:
                break
        self.seconds += time.perf_counter() - began

    def next_frame(self) -> Frame | None:
        try:
            return next(self.film)
        except StopIteration:
            self.ended = "done"
        except FloatingPointError as error:
            self.ended = str(error)
        return None

    def stop(self) -> None:
        self.ended = self.ended or "stopped"
