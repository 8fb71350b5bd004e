"""Chapter 0's network in NumPy: every layer's backward pass is written beside its forward pass.

Shapes: `N` examples, `I` inputs and `O` outputs of a layer, `K` classes. A gradient has the shape
of what it is the gradient of, and is named d + its name: dW is the gradient of the loss by W.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[Any]
Activation = Literal["relu", "tanh", "gelu", "none"]
Init = Literal["he", "xavier", "equal"]
Encoding = Literal["one_hot", "scalar", "digits", "log"]
Target = Literal["class", "digits", "regression"]


# ---------------------------------------------------------------- layers, forward and backward


def linear(x: Numbers, W: Numbers, b: Numbers) -> Numbers:
    """y = x W + b. (N, I), (I, O), (O,) -> (N, O)"""
    return x @ W + b


def linear_backward(dy: Numbers, x: Numbers, W: Numbers) -> tuple[Numbers, Numbers, Numbers]:
    """dx = dy W', dW = x' dy, db = the sum of dy over the examples."""
    return dy @ W.T, x.T @ dy, dy.sum(axis=0)


def relu(x: Numbers) -> Numbers:
    """max(x, 0)"""
    return np.maximum(x, 0)


def relu_backward(dy: Numbers, x: Numbers) -> Numbers:
    """The slope is 1 where x > 0, else 0."""
    return dy * (x > 0)


def tanh(x: Numbers) -> Numbers:
    return np.tanh(x)


def tanh_backward(dy: Numbers, x: Numbers) -> Numbers:
    """The slope is 1 - tanh(x)^2."""
    return dy * (1 - np.tanh(x) ** 2)


GELU_A, GELU_B = np.sqrt(2 / np.pi), 0.044715


def gelu(x: Numbers) -> Numbers:
    """x / 2 (1 + tanh(A (x + B x^3))), the tanh form of arXiv:1606.08415."""
    return 0.5 * x * (1 + np.tanh(GELU_A * (x + GELU_B * x**3)))


def gelu_backward(dy: Numbers, x: Numbers) -> Numbers:
    """Product rule, with the chain rule inside tanh."""
    t = np.tanh(GELU_A * (x + GELU_B * x**3))
    inner = GELU_A * (1 + 3 * GELU_B * x**2)
    return dy * (0.5 * (1 + t) + 0.5 * x * (1 - t**2) * inner)


def softmax(logits: Numbers) -> Numbers:
    """e^z / the sum of e^z over the last axis; the largest is taken off first, for safety."""
    # It cancels in the fraction, and keeps e^z from overflowing.
    e = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def cross_entropy(logits: Numbers, classes: Numbers) -> tuple[float, Numbers]:
    """Mean of -ln p(right class), and its gradient (p - one-hot) / N. (N, K), (N,)"""
    n = len(classes)
    p = softmax(logits)
    # A probability may round to zero, which has no logarithm.
    loss = -np.log(np.maximum(p[np.arange(n), classes], 1e-300)).mean()
    p[np.arange(n), classes] -= 1
    return float(loss), p / n


def squared_error(y: Numbers, target: Numbers) -> tuple[float, Numbers]:
    """Mean of (y - target)^2 over everything, and its gradient 2 (y - target) / how many."""
    difference = y - target
    return float((difference**2).mean()), 2 * difference / difference.size


ACTIVATIONS: dict[Activation, tuple[Callable[..., Numbers], Callable[..., Numbers]]] = {
    "relu": (relu, relu_backward),
    "tanh": (tanh, tanh_backward),
    "gelu": (gelu, gelu_backward),
    "none": (lambda x: x, lambda dy, _: dy),
}


# ---------------------------------------------------------------- the network


def initial(rng: np.random.Generator, n_in: int, n_out: int, init: Init) -> Numbers:
    """Normal numbers of variance 2 / I (He, for ReLU) or 2 / (I + O) (Xavier, for tanh); equal:
    nothing is drawn, and each is the square root of 2 / I."""
    size = np.sqrt(2 / (n_in + n_out) if init == "xavier" else 2 / n_in)
    return rng.normal(0.0, size, (n_in, n_out)) if init != "equal" else np.full((n_in, n_out), size)


@dataclass
class MLP:
    """Linear layers with an activation between them. `W[i]` (I, O) and `b[i]` (O,)."""

    W: list[Numbers]
    b: list[Numbers]
    activation: Activation = "relu"

    @classmethod
    def start(
        cls,
        rng: np.random.Generator,
        sizes: tuple[int, ...],
        activation: Activation = "relu",
        init: Init = "he",
    ) -> MLP:
        """A new network. `sizes`: inputs, hidden widths, outputs; biases start at 0."""
        if len(sizes) < 2 or min(sizes) < 1:
            raise ValueError(f"sizes={sizes}; needs at least inputs and outputs, each at least 1")
        W = [initial(rng, i, o, init) for i, o in pairwise(sizes)]
        return cls(W, [np.zeros(o) for o in sizes[1:]], activation)

    @property
    def parameters(self) -> list[Numbers]:
        return [*self.W, *self.b]

    def forward(self, x: Numbers) -> list[tuple[Numbers, Numbers]]:
        """Each layer's (input, output before the activation); the last output is the answer."""
        act, _ = ACTIVATIONS[self.activation]
        layers: list[tuple[Numbers, Numbers]] = []
        for W, b in zip(self.W, self.b, strict=True):
            x = act(layers[-1][1]) if layers else x
            layers.append((x, linear(x, W, b)))
        return layers

    def backward(self, layers: list[tuple[Numbers, Numbers]], dy: Numbers) -> list[Numbers]:
        """The gradients of `parameters`, from dy at the output back to the first layer."""
        _, act_backward = ACTIVATIONS[self.activation]
        dW, db = [np.empty(0)] * len(layers), [np.empty(0)] * len(layers)
        for i in reversed(range(len(layers))):
            x, _ = layers[i]
            dx, dW[i], db[i] = linear_backward(dy, x, self.W[i])
            # Before the first layer lie the inputs, which are not trained.
            if i > 0:
                dy = act_backward(dx, layers[i - 1][1])
        return [*dW, *db]

    def __call__(self, x: Numbers) -> Numbers:
        return self.forward(x)[-1][1]


# ---------------------------------------------------------------- optimisers


class Optimiser(Protocol):
    def step(self, parameters: list[Numbers], gradients: list[Numbers]) -> None: ...


@dataclass
class SGD:
    """w <- w - rate g"""

    rate: float

    def step(self, parameters: list[Numbers], gradients: list[Numbers]) -> None:
        for w, g in zip(parameters, gradients, strict=True):
            w -= self.rate * g


@dataclass
class Momentum:
    """v <- mu v + g;  w <- w - rate v"""

    rate: float
    mu: float = 0.9
    v: list[Numbers] = field(default_factory=list[Numbers])

    def step(self, parameters: list[Numbers], gradients: list[Numbers]) -> None:
        self.v = self.v or [np.zeros_like(w) for w in parameters]
        for w, v, g in zip(parameters, self.v, gradients, strict=True):
            v[...] = self.mu * v + g
            w -= self.rate * v


@dataclass
class Adam:
    """m, v: running means of g and g^2, corrected for their start; w <- w - rate m / (sqrt v + eps)

    arXiv:1412.6980.
    """

    rate: float
    betas: tuple[float, float] = (0.9, 0.999)
    eps: float = 1e-8
    count: int = 0
    m: list[Numbers] = field(default_factory=list[Numbers])
    v: list[Numbers] = field(default_factory=list[Numbers])

    def step(self, parameters: list[Numbers], gradients: list[Numbers]) -> None:
        self.m = self.m or [np.zeros_like(w) for w in parameters]
        self.v = self.v or [np.zeros_like(w) for w in parameters]
        self.count += 1
        (b1, b2), t = self.betas, self.count
        for w, m, v, g in zip(parameters, self.m, self.v, gradients, strict=True):
            m[...] = b1 * m + (1 - b1) * g
            v[...] = b2 * v + (1 - b2) * g**2
            w -= self.rate * (m / (1 - b1**t)) / (np.sqrt(v / (1 - b2**t)) + self.eps)


# ---------------------------------------------------------------- the table as numbers


def encode(a: Numbers, b: Numbers, encoding: Encoding, digits: int) -> Numbers:
    """Operands of up to `digits` digits as inputs, (N,), (N,) -> (N, I).

    one_hot: a place for each number. digits: a place for each value of each digit. scalar: the
    number over the largest. log: the logarithm, which 0 has not.
    """
    return np.concatenate([encode_one(x, encoding, digits) for x in (a, b)], axis=1)


def encode_one(x: Numbers, encoding: Encoding, digits: int) -> Numbers:
    if encoding == "one_hot":
        return np.eye(10**digits)[x]
    if encoding == "digits":
        return np.concatenate([np.eye(10)[x // 10**k % 10] for k in range(digits)], axis=1)
    if encoding == "scalar":
        # At most 1: initial weights are drawn for inputs of about that size.
        return x[:, None] / (10**digits - 1)
    if encoding == "log":
        if not x.all():
            raise ValueError("0 has no logarithm; leave out its row and column")
        return np.log(x)[:, None]
    raise ValueError(f"encoding={encoding!r} is not one of one_hot, scalar, digits, log")


@dataclass(frozen=True)
class Task:
    """What the network is to learn: the table of `digits`-digit numbers in one encoding.

    `target`: class (one place for each product), digits (ten places for each digit of the product)
    or regression (the product over the largest; its logarithm where the operands are logs).
    """

    digits: int = 1
    encoding: Encoding = "one_hot"
    target: Target = "class"

    @property
    def largest(self) -> int:
        return (10**self.digits - 1) ** 2

    @property
    def n_in(self) -> int:
        return 2 * encode_one(np.ones(1, dtype=np.int64), self.encoding, self.digits).shape[1]

    @property
    def n_out(self) -> int:
        return {"class": self.largest + 1, "digits": 20 * self.digits, "regression": 1}[self.target]

    def cells(self) -> tuple[Numbers, Numbers]:
        """Every pair of operands, a major; from 1 where they are logs. (N,) each."""
        a, b = np.divmod(np.arange(10 ** (2 * self.digits)), 10**self.digits)
        keep = (a * b > 0) | (self.encoding != "log")
        return a[keep], b[keep]

    def loss(self, y: Numbers, product: Numbers) -> tuple[float, Numbers]:
        """Loss of the answers y (N, O) and its gradient."""
        if self.target == "class":
            return cross_entropy(y, product)
        if self.target == "digits":
            loss, dy = cross_entropy(y.reshape(-1, 10), self.product_digits(product).ravel())
            return loss, dy.reshape(y.shape)
        return squared_error(y, self.regressed(product))

    def product_digits(self, product: Numbers) -> Numbers:
        """The digits of each product, units first. (N, 2 digits)"""
        return product[:, None] // 10 ** np.arange(2 * self.digits) % 10

    def regressed(self, product: Numbers) -> Numbers:
        size = np.log(product) if self.encoding == "log" else product / self.largest
        return size[:, None]

    def answers(self, y: Numbers) -> Numbers:
        """The product that each answer stands for, (N,)."""
        if self.target == "class":
            return y.argmax(axis=1)
        if self.target == "digits":
            digits = y.reshape(len(y), -1, 10).argmax(axis=2)
            return digits @ 10 ** np.arange(2 * self.digits)
        # A network that goes astray may answer more than e can be raised to.
        size = np.exp(np.minimum(y, 30)) if self.encoding == "log" else y * self.largest
        return np.rint(size[:, 0]).astype(np.int64)


def train(
    network: MLP,
    task: Task,
    optimiser: Optimiser,
    a: Numbers,
    b: Numbers,
    *,
    rng: np.random.Generator,
    batch: int | None = None,
) -> Iterator[float]:
    """One epoch a `next()`: the mean loss of its batches; all examples at once if `batch` is None.

    Ends with `FloatingPointError` when the loss is no longer a number.
    """
    if not len(a):
        raise ValueError("the training set is empty; leave at least one cell to learn from")
    x, product = encode(a, b, task.encoding, task.digits), a * b
    while True:
        losses: list[float] = []
        # Shuffled in every epoch, so that no two cells always share a step.
        for rows in np.array_split(rng.permutation(len(a)), -(-len(a) // (batch or len(a)))):
            layers = network.forward(x[rows])
            loss, dy = task.loss(layers[-1][1], product[rows])
            if not np.isfinite(loss):
                raise FloatingPointError(f"the loss is {loss}: the rate is too high")
            optimiser.step(network.parameters, network.backward(layers, dy))
            losses.append(loss)
        yield float(np.mean(losses))
