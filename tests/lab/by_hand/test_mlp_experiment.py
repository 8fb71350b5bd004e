"""mlp_experiment: what is hidden stays hidden, what never got a gradient never moved."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tiny import failures

from lab.by_hand.mlp import MLP, SGD, Adam, Momentum, Task, encode, softmax
from lab.by_hand.mlp_experiment import (
    ByHand,
    Going,
    Neuron,
    Settings,
    Stepper,
    apart,
    as_well_by_chance,
    by_hand,
    check_gradients,
    coarser,
    differences,
    error_surface,
    film,
    gradients,
    hidden_outputs,
    hide,
    hide_share,
    likeness,
    nudge,
    right_cells,
    right_without,
    walk,
)

USUAL = Settings(Task(1, "one_hot", "digits"))
CELLS = USUAL.task.cells()
LOG = Settings(Task(1, "log", "regression"), epochs=400)


@pytest.mark.parametrize("rule", ["sgd", "momentum", "adam"])
def test_a_hidden_row_leaves_its_edges_exactly_as_they_began(rule) -> None:
    frames = list(film(replace(USUAL, optimiser=rule, epochs=50), hide(USUAL.task, [7])))
    first, last = frames[0].W[0], frames[-1].W[0]
    assert (first[7] == last[7]).all()
    assert all((frame.dW[0][7] == 0).all() for frame in frames)
    assert (np.delete(first, 7, axis=0) != np.delete(last, 7, axis=0)).any(axis=1).all()


def test_a_network_that_knows_all_it_was_shown_does_not_know_the_row_it_was_not() -> None:
    shown = hide(USUAL.task, [7])
    *_, last = film(USUAL, shown)
    right = right_cells(USUAL.task, last.answers)
    assert right[shown].all() and right[~shown].sum() <= 3


def test_logarithms_bring_the_hidden_row_back_whole() -> None:
    shown = hide(LOG.task, [7])
    best = max(right_cells(LOG.task, f.answers)[~shown].sum() for f in film(LOG, shown))
    assert best == 9 == (~shown).sum()


def test_a_film_is_the_same_again_and_begins_before_training() -> None:
    shown = hide(USUAL.task)
    once, again = (list(film(replace(USUAL, epochs=5), shown)) for _ in range(2))
    assert [f.loss for f in once] == [f.loss for f in again]
    assert [f.epoch for f in once] == list(range(6))
    assert (once[0].W[0] == USUAL.network().W[0]).all()


def test_a_film_with_nothing_shown_is_refused_in_words() -> None:
    with pytest.raises(ValueError, match="show at least one"):
        next(film(USUAL, hide(USUAL.task, range(10))))


def test_settings_out_of_range_say_what_is_allowed() -> None:
    def holds(changes, said: str) -> None:
        with pytest.raises(ValueError, match=said):
            replace(USUAL, **changes)

    cases = [
        ({"hidden": (0,)}, "1 to 256"),
        ({"hidden": (257,)}, "1 to 256"),
        ({"hidden": (8,) * 5}, "at most 4"),
        ({"rate": 0.0}, "above 0"),
        ({"rate": float("nan")}, "above 0"),
        ({"epochs": 0}, "1 to 5,000"),
        ({"batch": 0}, "at least 1"),
        ({"optimiser": "lion"}, "sgd, momentum, adam"),
    ]
    assert failures(holds, cases) == []


def test_a_share_is_hidden_in_both_orders_and_as_large_as_asked() -> None:
    """One cell short at most, where an odd one is left and no a x a to hide."""
    task = Task(1, "one_hot", "class")
    for seed in range(5):
        for asked in (20, 33, 50, 95):
            shown = hide_share(task, asked / 100, seed)
            table = shown.reshape(10, 10)
            assert (table == table.T).all()
            assert asked - 1 <= (~shown).sum() <= asked
        assert (~hide_share(task, 0.2, seed)).sum() == 20
    assert hide_share(task, 0.0, 0).all()
    assert (hide_share(task, 0.2, 0) != hide_share(task, 0.2, 1)).any()
    assert not hide_share(task, 1.0, 0).any()
    with pytest.raises(ValueError, match="0 to 1"):
        hide_share(task, 1.1, 0)


def test_the_check_finds_a_wrong_gradient(monkeypatch) -> None:
    from lab.by_hand import mlp

    settings = replace(USUAL, activation="tanh", hidden=(5,))
    a, b = np.array([7, 3]), np.array([8, 4])
    errors = check_gradients(settings.network(), settings.task, a, b)
    assert list(errors) == ["W1", "W2", "b1", "b2"] and max(errors.values()) <= 1e-7
    wrong = (lambda x: np.tanh(x), lambda dy, x: dy)
    monkeypatch.setitem(mlp.ACTIVATIONS, "tanh", wrong)
    errors = check_gradients(settings.network(), settings.task, a, b)
    assert errors["W1"] > 1e-3 and errors["W2"] <= 1e-7


def test_single_precision_is_no_judge_of_a_gradient() -> None:
    """The rounding of two losses that nearly agree is as large as what lies between them."""
    network, cell = USUAL.network(), (np.array([7]), np.array([8]))
    fine = max(check_gradients(network, USUAL.task, *cell).values())
    single = coarser(network, np.float32)
    assert single.W[0].dtype == single.b[1].dtype == np.float32 and network.W[0].dtype == np.float64
    rough = max(check_gradients(single, USUAL.task, *cell).values())
    assert fine < 1e-8 and 0.01 < rough < 1


def test_the_gradient_at_the_logits_is_p_minus_y() -> None:
    network, a, b = USUAL.network(), np.array([7]), np.array([8])
    ahead = by_hand(network, USUAL.task, a, b, 0, 7, 0).ahead
    assert ahead is not None
    p = softmax(network(encode(a, b, "one_hot", 1)).reshape(2, 10))
    y = np.eye(10)[[6, 5]]  # of 56, units first
    assert np.allclose(ahead.reshape(2, 10), (p - y) / 2)  # the mean over two places


@pytest.mark.parametrize("rule", ["sgd", "momentum", "adam"])
def test_neurons_that_begin_equal_stay_equal_to_the_last_bit(rule) -> None:
    """And know hardly more together than one of them would alone."""
    settings = replace(USUAL, init="equal", optimiser=rule, epochs=100)
    *_, last = film(settings, hide(USUAL.task))
    assert (last.W[0] == last.W[0][:, :1]).all() and (last.W[1] == last.W[1][:1]).all()
    assert (last.W[0] != settings.network().W[0]).any()
    assert right_cells(USUAL.task, last.answers).sum() <= 40
    *_, drawn = film(replace(settings, init="he"), hide(USUAL.task))
    assert (drawn.W[0] != drawn.W[0][:, :1]).any()


def test_a_neuron_answers_to_seven_as_first_digit_as_to_seven_as_second() -> None:
    """Nobody told it that the order does not matter. Before training nothing of it is there."""
    for seed in range(3):
        settings = replace(USUAL, seed=seed, epochs=200)
        *_, last = film(settings, hide(USUAL.task))
        before = likeness(settings.network())
        after = likeness(MLP(last.W, last.b))
        assert np.median(abs(before)) < 0.5 and np.median(after) > 0.6


def test_a_neuron_that_is_taken_away_costs_cells_and_one_that_says_nothing_costs_none() -> None:
    *_, last = film(replace(USUAL, epochs=200), hide(USUAL.task))
    network = MLP(last.W, last.b)
    h = hidden_outputs(network, USUAL.task)
    assert h.shape == (100, 16) and (h >= 0).all()
    right = [right_without(network, USUAL.task, o).sum() for o in range(16)]
    assert max(right) < 100 and min(right) > 30
    network.W[1][3] = 0
    now = right_cells(USUAL.task, USUAL.task.answers(network(encode(*CELLS, "one_hot", 1))))
    assert (right_without(network, USUAL.task, 3) == now).all()


def test_a_pattern_that_was_put_in_is_found_and_noise_is_not() -> None:
    odd = np.arange(10) % 2 == 1
    rng = np.random.default_rng(0)
    noise = rng.normal(size=(16, 10))
    by_noise, ways = as_well_by_chance(noise, odd)
    assert ways == 252 and by_noise > 50
    planted = np.vstack([noise, odd + 0.01 * rng.normal(size=10)])
    assert as_well_by_chance(planted, odd) == (2, 252)  # itself, and its mirror


def test_a_picked_example_is_looked_at_and_is_the_next_one_stepped_on() -> None:
    stepper = Stepper.start(USUAL)
    stepper.step(1)
    stepper.look_at(34)
    assert stepper.batch.tolist() == [34] and len(stepper.frames) == 3
    assert stepper.frames[-1].epoch == 1 and (stepper.frames[-1].W[0] == stepper.network.W[0]).all()
    lit = np.flatnonzero(stepper.frames[-1].dW[0].any(axis=1))
    assert lit.tolist() == [3, 14]
    stepper.step(1)
    assert stepper.batch.tolist() == [34]
    stepper.step(98)
    assert 34 not in stepper.batch


def test_a_stepper_visits_every_cell_before_any_again_and_rewinds() -> None:
    stepper = Stepper.start(USUAL)
    seen: list[int] = []
    for _ in range(10):
        stepper.step(10)
        seen.extend(stepper.batch.tolist())
    assert sorted(seen) == list(range(100))
    assert [frame.epoch for frame in stepper.frames] == list(range(11))
    again = Stepper.start(USUAL)
    assert (again.network.W[0] == stepper.frames[0].W[0]).all()


def test_a_step_on_one_cell_moves_the_edges_of_its_two_numbers_alone() -> None:
    stepper = Stepper.start(replace(USUAL, optimiser="sgd", rate=0.1))
    stepper.step(1)
    a, b = divmod(int(stepper.batch[0]), 10)
    moved = (stepper.frames[0].W[0] != stepper.network.W[0]).any(axis=1)
    assert set(np.flatnonzero(moved)) == {a, 10 + b}
    gradient = stepper.frames[1].dW[0]
    assert np.allclose(stepper.frames[0].W[0] - 0.1 * gradient, stepper.network.W[0])


def test_the_gradient_of_a_step_is_that_of_the_network_it_was_asked_of() -> None:
    """Of one cell, of a batch, and after a weight was changed by hand."""
    stepper = Stepper.start(replace(USUAL, optimiser="sgd", rate=0.5), cell=78)
    a, b = USUAL.task.cells()
    for do in (None, lambda: stepper.step(1), lambda: stepper.step(10), change_a_weight(stepper)):
        if do:
            do()
        cells = (a[stepper.batch], b[stepper.batch])
        loss, g = gradients(stepper.asked, USUAL.task, *cells)
        assert loss == pytest.approx(stepper.frames[-1].loss)
        for layer in (0, 1):
            assert np.allclose(g[layer], stepper.frames[-1].dW[layer], rtol=1e-9, atol=1e-15)


def test_the_strongest_edge_is_the_one_whose_nudge_changes_the_loss_most() -> None:
    """Each edge that leaves an active unit, a hair lower and a hair higher."""
    stepper = Stepper.start(replace(USUAL, optimiser="sgd", rate=0.5), cell=78)
    a, b = (x[stepper.batch] for x in USUAL.task.cells())
    for layer, sources in ((0, (7, 18)), (1, range(16))):
        edges = [(layer, i, o) for i in sources for o in range(stepper.network.W[layer].shape[1])]
        steepest = max(
            edges, key=lambda edge: abs(nudge(stepper.asked, USUAL.task, a, b, *edge)[-1])
        )
        assert stepper.strongest(layer) == steepest


def change_a_weight(stepper: Stepper):
    return lambda: stepper.set_weight(0, 7, 3, 2.5)


def test_a_weight_of_the_readers_own_changes_the_answers_and_nonsense_is_refused() -> None:
    stepper = Stepper.start(USUAL)
    stepper.set_weight(1, 0, 3, 50.0)
    assert stepper.network.W[1][0, 3] == 50.0 == stepper.frames[-1].W[1][0, 3]
    assert (stepper.frames[-1].answers != stepper.frames[0].answers).any()
    with pytest.raises(ValueError, match="-100 to 100"):
        stepper.set_weight(0, 0, 0, float("nan"))


def test_a_stepper_at_a_rate_too_high_ends_in_words() -> None:
    stepper = Stepper.start(replace(USUAL, task=Task(1, "scalar", "regression"), rate=1e4,
                                    optimiser="sgd", hidden=(16, 16)))  # fmt: skip
    with pytest.raises(FloatingPointError, match="rate is too high"), np.errstate(all="ignore"):
        for _ in range(100):
            stepper.step(10)


def test_the_neurons_gradient_is_that_of_finite_differences() -> None:
    w = np.array([0.4, -1.3])
    neuron = Neuron(3, 4, *w)
    numeric = differences(lambda: Neuron(3, 4, *w).E, w)
    assert apart(np.array(neuron.dw), numeric) <= 1e-9


def test_a_neuron_by_hand() -> None:
    neuron = Neuron(3, 4, 1.0, 1.0)
    assert (neuron.y, neuron.error, neuron.E, neuron.dy) == (7, -5, 25, -10)
    assert neuron.dw == (-30, -40)
    assert (neuron.stepped(0.01).w1, neuron.stepped(0.01).w2) == pytest.approx((1.3, 1.4))


def test_beyond_the_largest_rate_a_step_makes_the_error_grow() -> None:
    neuron = Neuron(3, 4, 1.0, 1.0)
    for share, grows in ((0.5, False), (0.99, False), (1.01, True), (2.0, True)):
        assert (neuron.stepped(share * neuron.largest_rate).E > neuron.E) == grows


def test_a_walk_of_plain_descent_is_the_neurons_own_steps() -> None:
    neuron = Neuron(3, 4, -1, -1)
    path = walk(neuron, SGD(0.01), 5)
    for w1, w2, error in path:
        assert (w1, w2, error) == pytest.approx((neuron.w1, neuron.w2, neuron.E))
        neuron = neuron.stepped(0.01)
    assert path.shape == (6, 3) and path[-1, 2] < 1


def test_momentum_walks_straight_downhill_and_beyond_and_adam_the_diagonal() -> None:
    """Two optimisers from one start come to rest at different pairs of weights, both right."""
    start = Neuron(3, 4, -1, -1)
    rolled, even = (walk(start, rule, 400) for rule in (Momentum(0.002), Adam(0.2)))
    assert np.allclose(4 * (rolled[:, 0] + 1), 3 * (rolled[:, 1] + 1))
    miss = rolled[:, :2] @ [3, 4] - 12
    assert miss.max() > 5 and (np.diff(np.sign(miss)) != 0).sum() >= 3
    assert np.allclose(even[:, 0], even[:, 1], atol=1e-6)
    assert rolled[-1, 2] < 1e-6 and even[-1, 2] < 1e-6
    assert np.linalg.norm(rolled[-1, :2] - even[-1, :2]) > 0.4


def test_the_surface_is_the_error_at_every_pair_of_weights() -> None:
    w1, w2 = np.array([0.0, 1.0]), np.array([1.0, 2.0, 3.0])
    surface = error_surface(3, 4, w1, w2)
    assert surface.shape == (2, 3)
    assert surface[1, 2] == Neuron(3, 4, 1.0, 3.0).E


@pytest.mark.parametrize("layer", [0, 1, 2])
def test_the_gradient_by_hand_is_that_of_backward_and_of_a_nudge(layer: int) -> None:
    settings = replace(USUAL, hidden=(6, 5), activation="gelu")
    network, a, b = settings.network(), np.array([7, 3, 7]), np.array([8, 4, 1])
    _, g = gradients(network, settings.task, a, b)
    i, o = (7, 2) if layer == 0 else (3, 4)
    hand = by_hand(network, settings.task, a, b, layer, i, o)
    assert hand.total == pytest.approx(g[layer][i, o], rel=1e-12)
    below, above, slope = nudge(network, settings.task, a, b, layer, i, o)
    assert slope == pytest.approx(hand.total, rel=1e-6) and below != above
    assert (network.W[layer] == settings.network().W[layer]).all()
    if layer == 2:
        assert hand.back is None
    else:
        assert hand.back is not None and hand.slope is not None
        assert np.allclose(hand.back.sum(axis=1) * hand.slope, hand.dy)


def test_the_telling_example_is_the_one_that_adds_most() -> None:
    hand = ByHand(np.array([0.0, 1.0, 1.0]), np.array([9.0, 0.1, -0.3]), None, None, None)
    assert hand.telling == 2


@pytest.mark.parametrize("seed", range(3))
def test_without_an_activation_a_table_fills_only_with_one_place_a_product(seed: int) -> None:
    """Where each product has its own vote, adding up is enough; for digits and size it is not."""

    def right(target, activation, width=16) -> int:
        settings = Settings(Task(1, "one_hot", target), (width,), activation, epochs=300, seed=seed)
        *_, last = film(settings, hide(settings.task))
        return int(right_cells(settings.task, last.answers).sum())

    assert right("class", "none") == 100
    assert right("digits", "relu") == 100 and 40 <= right("digits", "none") <= 60
    assert right("regression", "relu", 64) == 100 and right("regression", "none", 64) <= 10


def test_a_run_goes_on_a_little_at_a_time_to_the_same_end() -> None:
    shown = hide(USUAL.task, [7])
    going = Going(replace(USUAL, epochs=200), shown)
    while not going.ended:
        going.advance(10.0, most=7)
    assert going.ended == "done"
    assert len(going.losses) == 201 and len(going.frames) <= 102
    assert going.frames[0].epoch == 0 and going.frames[-1].epoch == 200
    *_, last = film(replace(USUAL, epochs=200), shown)
    assert going.losses[-1] == last.loss and (going.frames[-1].W[0] == last.W[0]).all()
    assert going.right_shown[-1] == 90


def test_a_run_that_diverges_says_so_and_keeps_what_it_had() -> None:
    wild = replace(USUAL, task=Task(1, "scalar", "regression"), rate=1e3, optimiser="sgd")
    going = Going(replace(wild, hidden=(16, 16)), hide(wild.task))
    while not going.ended:
        going.advance(10.0, most=50)
    assert "rate is too high" in going.ended
    assert np.isfinite(going.losses).all() and going.frames


def test_a_stopped_run_stays_stopped() -> None:
    going = Going(USUAL, hide(USUAL.task))
    going.stop()
    assert going.ended == "stopped" and len(going.losses) == 1
