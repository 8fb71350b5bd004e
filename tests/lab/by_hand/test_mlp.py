"""mlp: every backward pass is the gradient of its forward pass, and the table is learnt."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from tiny import calls_in

from lab.by_hand import mlp
from lab.by_hand.mlp import (
    ACTIVATIONS,
    MLP,
    SGD,
    Adam,
    Momentum,
    Numbers,
    Task,
    cross_entropy,
    encode,
    initial,
    linear,
    linear_backward,
    softmax,
    squared_error,
    train,
)
from lab.by_hand.mlp_experiment import apart, differences

STEP = 1e-5
TORCH = {"relu": F.relu, "tanh": torch.tanh, "gelu": lambda x: F.gelu(x, approximate="tanh")}


def problem(activation, target: str, seed: int = 0):
    """A network, a batch, and no ReLU input within a step of 0."""
    task = Task(1, "one_hot", target)  # pyright: ignore[reportArgumentType]
    rng = np.random.default_rng(seed)
    network = MLP.start(rng, (task.n_in, 7, 6, task.n_out), activation)
    for b in network.b:
        b[:] = rng.normal(0, 0.3, b.shape)
    a, b = (rng.integers(0, 10, 9) for _ in range(2))
    x = encode(a, b, task.encoding, 1)
    for _, before in network.forward(x)[:-1]:
        assert activation != "relu" or abs(before).min() > 10 * STEP
    return network, task, x, a * b


@pytest.mark.parametrize("target", ["class", "digits", "regression"])
@pytest.mark.parametrize("activation", ["relu", "tanh", "gelu", "none"])
def test_every_gradient_is_that_of_finite_differences(activation, target: str) -> None:
    network, task, x, product = problem(activation, target)

    def loss() -> float:
        return task.loss(network(x), product)[0]

    layers = network.forward(x)
    gradients = network.backward(layers, task.loss(layers[-1][1], product)[1])
    assert len(gradients) == len(network.parameters) == 6
    for w, g in zip(network.parameters, gradients, strict=True):
        assert apart(g, differences(loss, w)) <= 1e-7


@pytest.mark.parametrize("target", ["class", "digits", "regression"])
@pytest.mark.parametrize("activation", ["relu", "tanh", "gelu"])
def test_every_gradient_is_that_of_torch(activation, target: str) -> None:
    network, task, x, product = problem(activation, target)
    layers = network.forward(x)
    loss, dy = task.loss(layers[-1][1], product)
    gradients = network.backward(layers, dy)
    W, b = ([torch.tensor(w, requires_grad=True) for w in ws] for ws in (network.W, network.b))
    y = torch.tensor(x)
    for i in range(3):
        y = (TORCH[activation](y) if i else y) @ W[i] + b[i]
    if target == "class":
        theirs = F.cross_entropy(y, torch.tensor(product))
    elif target == "digits":
        theirs = F.cross_entropy(
            y.reshape(-1, 10), torch.tensor(task.product_digits(product)).ravel()
        )
    else:
        theirs = F.mse_loss(y, torch.tensor(product[:, None] / 81))
    theirs.backward()
    assert loss == pytest.approx(theirs.item(), rel=1e-12)
    for g, w in zip(gradients, [*W, *b], strict=True):
        assert w.grad is not None and apart(g, w.grad.numpy()) <= 1e-10


def test_the_layers_alone_are_their_equations() -> None:
    rng = np.random.default_rng(0)
    x, W, b, dy = (rng.normal(size=s) for s in ((4, 3), (3, 2), (2,), (4, 2)))
    assert np.allclose(linear(x, W, b), [[xi @ W[:, o] + b[o] for o in range(2)] for xi in x])

    def loss() -> float:
        return float((linear(x, W, b) * dy).sum())

    for g, w in zip(linear_backward(dy, x, W), (x, W, b), strict=True):
        assert apart(g, differences(loss, w)) <= 1e-9


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_each_activation_has_its_own_slope(name) -> None:
    forward, backward = ACTIVATIONS[name]
    x = np.array([-2.0, -0.5, 0.3, 1.7])
    slope = (forward(x + STEP) - forward(x - STEP)) / (2 * STEP)
    assert apart(backward(np.ones(4), x), slope) <= 1e-9


def test_softmax_sums_to_one_and_survives_large_logits() -> None:
    p = softmax(np.array([[1e4, 0.0, -1e4], [1.0, 1.0, 1.0]]))
    assert p.sum(axis=1) == pytest.approx([1, 1]) and np.isfinite(p).all()
    assert p[1] == pytest.approx([1 / 3] * 3)


def test_the_losses_of_a_blind_guess() -> None:
    loss, dy = cross_entropy(np.zeros((5, 8)), np.arange(5))
    assert loss == pytest.approx(np.log(8)) and dy.sum() == pytest.approx(0)
    assert squared_error(np.array([[1.0], [3.0]]), np.zeros((2, 1)))[0] == 5.0


def test_he_and_xavier_have_their_variances() -> None:
    rng = np.random.default_rng(0)
    assert initial(rng, 400, 600, "he").var() == pytest.approx(2 / 400, rel=0.02)
    assert initial(rng, 400, 600, "xavier").var() == pytest.approx(2 / 1000, rel=0.02)
    again = initial(np.random.default_rng(1), 3, 3, "he")
    assert (again == initial(np.random.default_rng(1), 3, 3, "he")).all()


@pytest.mark.parametrize("name", ["sgd", "momentum", "adam"])
def test_the_optimisers_are_those_of_torch(name: str) -> None:
    ours = {"sgd": SGD(0.1), "momentum": Momentum(0.1), "adam": Adam(0.1)}[name]
    rng = np.random.default_rng(0)
    w, theirs = rng.normal(size=(3, 2)), torch.nn.Parameter(torch.zeros(3, 2, dtype=torch.float64))
    theirs.data = torch.tensor(w)
    reference = {
        "sgd": torch.optim.SGD([theirs], 0.1),
        "momentum": torch.optim.SGD([theirs], 0.1, momentum=0.9),
        "adam": torch.optim.Adam([theirs], 0.1),
    }[name]
    w = w.copy()
    for _ in range(5):
        g = rng.normal(size=(3, 2))
        theirs.grad = torch.tensor(g)
        ours.step([w], [g])
        reference.step()
    assert apart(w, theirs.detach().numpy()) < 1e-9


# ---------------------------------------------------------------- the table


def right(network: MLP, task: Task, a: Numbers, b: Numbers):
    return task.answers(network(encode(a, b, task.encoding, task.digits))) == a * b


@cache
def learnt(seed: int) -> tuple[int, int]:
    """How many cells of the ten by ten table are right at the end, and after how many steps."""
    task, rng, adam = Task(), np.random.default_rng(seed), Adam(0.01)
    network = MLP.start(rng, (task.n_in, 64, task.n_out))
    a, b = task.cells()
    for _, _ in zip(train(network, task, adam, a, b, rng=rng), range(400), strict=False):
        if right(network, task, a, b).all():
            break
    return int(right(network, task, a, b).sum()), adam.count


def test_the_ten_by_ten_table_is_learnt_whole() -> None:
    assert [(seed, learnt(seed)) for seed in range(20) if learnt(seed)[0] != 100] == []


def test_the_ten_by_ten_table_is_learnt_within_50_steps() -> None:
    """29 to 38 by seed, of 100 cells each: a moment on a page."""
    assert [(seed, learnt(seed)) for seed in range(20) if not 20 < learnt(seed)[1] < 50] == []


def test_a_step_takes_as_many_calls_with_ten_thousand_cells_as_with_a_hundred() -> None:
    """All examples pass the network at once, as matrices."""

    def calls(task: Task) -> int:
        network = MLP.start(np.random.default_rng(0), (task.n_in, 8, task.n_out))
        steps = train(network, task, SGD(0.1), *task.cells(), rng=np.random.default_rng(0))
        next(steps)
        return calls_in(lambda: next(steps))

    few, many = calls(Task(1, "digits", "digits")), calls(Task(2, "digits", "digits"))
    assert 0 < many <= 1.2 * few < 1000


def test_every_encoding_gives_each_number_a_place_of_its_own() -> None:
    a = np.arange(1, 100)
    for encoding, n in (("one_hot", 200), ("digits", 40), ("scalar", 2), ("log", 2)):
        x = encode(a, a, encoding, 2)  # pyright: ignore[reportArgumentType]
        assert x.shape == (99, n) == (99, Task(2, encoding).n_in)  # pyright: ignore
        assert len({row.tobytes() for row in x}) == 99


def test_zero_has_no_logarithm_and_the_table_of_logs_leaves_it_out() -> None:
    with pytest.raises(ValueError, match="0 has no logarithm"):
        encode(np.array([0]), np.array([5]), "log", 1)
    a, b = Task(1, "log", "regression").cells()
    assert len(a) == 81 and min(a.min(), b.min()) == 1


@pytest.mark.parametrize("target", ["class", "digits", "regression"])
@pytest.mark.parametrize("encoding", ["one_hot", "log"])
def test_a_right_answer_reads_as_the_product(encoding, target) -> None:
    task = Task(1, encoding, target)
    a, b = task.cells()
    product = a * b
    if target == "class":
        y = np.eye(task.n_out)[product]
    elif target == "digits":
        y = np.eye(10)[task.product_digits(product)].reshape(len(a), -1)
    else:
        y = task.regressed(product)
    assert (task.answers(y) == product).all()


def test_an_empty_training_set_and_bad_sizes_are_refused_in_words() -> None:
    task, none = Task(), np.zeros(0, dtype=np.int64)
    rng = np.random.default_rng(0)
    network = MLP.start(rng, (task.n_in, 4, task.n_out))
    with pytest.raises(ValueError, match="training set is empty"):
        next(train(network, task, SGD(0.1), none, none, rng=rng))
    for sizes in ((3,), (3, 0, 2)):
        with pytest.raises(ValueError, match="sizes="):
            MLP.start(rng, sizes)
    with pytest.raises(ValueError, match="one_hot, scalar, digits, log"):
        encode(none, none, "roman", 1)  # pyright: ignore[reportArgumentType]


def test_a_rate_too_high_ends_in_words() -> None:
    task = Task(1, "scalar", "regression")
    rng = np.random.default_rng(0)
    network = MLP.start(rng, (task.n_in, 16, 16, 1))
    with pytest.raises(FloatingPointError, match="rate is too high"), np.errstate(all="ignore"):
        for _, _ in zip(
            train(network, task, SGD(1e3), *task.cells(), rng=rng), range(200), strict=False
        ):
            pass


def test_batches_take_every_cell_once_an_epoch() -> None:
    task, seen = Task(), list[int]()
    rng = np.random.default_rng(0)

    class Watching(MLP):
        def forward(self, x: Numbers):
            seen.extend((x[:, :10].argmax(1) * 10 + x[:, 10:].argmax(1)).tolist())
            return super().forward(x)

    network = Watching.start(rng, (task.n_in, 4, task.n_out))
    next(train(network, task, SGD(0.1), *task.cells(), rng=rng, batch=7))
    assert sorted(seen) == list(range(100))


def test_the_network_reads_on_a_few_screens() -> None:
    """Under 200 lines, docstrings, comments and blank lines apart."""
    source = Path(mlp.__file__).read_text()
    told = {
        line
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        for line in range(node.lineno, (node.end_lineno or node.lineno) + 1)
    }
    lines = enumerate(source.splitlines(), 1)
    code = [n for n, line in lines if line.strip() and n not in told and line.strip()[0] != "#"]
    assert len(code) < 200
