"""lab.experiments.carry_*: a swap is what it says, and a planted carry is found."""

import numpy as np
import pytest
import torch
from tiny import BASE, tiny_model

from lab.experiments import carry_models, carry_probes, carry_sets, carry_swaps
from lab.experiments.carry_swaps import OUTCOMES, Begun, Site, counted, kept_at, swapped
from lab.inference.scoring import teacher_forced
from lab.interp.carries import CARRIES, predicted
from lab.interp.intervene import Node, along, patch
from lab.interp.patching import record
from lab.model.gpt import GPT


@pytest.fixture(scope="module")
def model() -> GPT:
    return tiny_model(BASE)


def texts(n: int = 8) -> tuple[np.ndarray, np.ndarray]:
    return carry_swaps.drawn("sum", "both differ", "validation", n, 0)


def test_pairs_are_drawn_once_each_and_again_the_same() -> None:
    x, y = texts(300)
    assert len({(*a, *b) for a, b in zip(x.tolist(), y.tolist(), strict=True)}) == 300
    carry_swaps.drawn.cache_clear()
    again = texts(300)
    assert (again[0] == x).all() and (again[1] == y).all()


def test_a_swap_at_the_slot_is_a_patch_of_the_whole_text(model: GPT) -> None:
    """What was read before the slot is kept; the same tokens come of a forward of the whole."""
    carry, (x, y) = CARRIES["sum"], texts()
    other = record(model, y[:, :-1]).trace
    for node in (
        Node("z", 0, 1, (carry.slot,)),
        Node("ffn_out", 1, None, (carry.slot,)),
        Node("resid_mid", 1, None, (carry.slot,)),
    ):
        (said,) = swapped(model, carry, x, y, [Site("one", (node,))], to_end=True)
        whole = teacher_forced(model, x, edits=[patch(node, other)])
        assert (said == whole[:, carry.token :]).all(), node


def test_along_its_directions_alone_a_site_is_swapped(model: GPT) -> None:
    carry, (x, y) = CARRIES["sum"], texts()
    node = Node("resid_mid", 0, None, (carry.slot,))
    directions = torch.randn(2, model.config.d_model, generator=torch.Generator().manual_seed(0))
    (said,) = swapped(model, carry, x, y, [Site("two", (node,), directions)], to_end=True)
    other = record(model, y[:, :-1]).trace
    edits = [along(directions, patch(node, other))]
    assert (said == teacher_forced(model, x, edits=edits)[:, carry.token :]).all()
    every = Site("all", (node,), torch.eye(model.config.d_model))
    found = swapped(model, carry, x, y, [every, Site("whole", (node,))], to_end=True)
    assert (found[0] == found[1]).all()


def test_a_swap_with_oneself_changes_nothing(model: GPT) -> None:
    carry, (x, _) = CARRIES["partial_product"], texts()
    nodes = tuple(Node("z", layer, None, (carry.slot,)) for layer in range(model.config.n_layer))
    own, none = swapped(model, carry, x, x, [Site("own", nodes), Site("none", ())], to_end=True)
    assert (own == none).all()


def test_outcomes_are_told_apart_and_another_token_is_collateral() -> None:
    carry, (x, y) = CARRIES["sum"], texts(6)
    expected = predicted(carry, x, y)
    said = x[:, carry.token :].copy()
    said[0, 0], said[1, 0], said[2, 0] = expected.carry[0], expected.column[1], expected.digit[2]
    said[4, 0] = next(
        d for d in range(10) if all(d != vars(expected)[k][4] for k in vars(expected))
    )
    said[5, 0], said[5, -1] = expected.carry[5], 3
    row = counted(carry, x, y, said)
    assert [row[name] for name in OUTCOMES] == [1, 1, 1, 1, 2]
    assert (row["n"], row["collateral"]) == (6, 1)


def test_class_means_carry_where_a_carry_was_planted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of activations that hold the carry along one direction, the means find that direction."""
    carry = CARRIES["sum"]
    rng = np.random.default_rng(0)
    axis = rng.normal(size=16)

    def planted(_: GPT, t: np.ndarray, nodes: list[Node], __: int) -> dict[Node, np.ndarray]:
        whole = np.concatenate([t, t[:, :1]], axis=1)
        noise = rng.normal(size=(len(t), 16))
        return {node: noise + 5 * carry.into(whole)[:, None] * axis for node in nodes}

    monkeypatch.setattr(carry_swaps, "activations", planted)
    carry_swaps.subspaces_of.cache_clear()
    sites = carry_swaps.subspaces_of("chain_of_thought", "sum")
    carry_swaps.subspaces_of.cache_clear()
    means = next(site for site in sites if site.kind == "means of resid_mid")
    assert means.directions is not None and means.directions.shape == (1, 16)
    found = means.directions[0].numpy()
    assert abs(found @ axis) / np.linalg.norm(found) / np.linalg.norm(axis) > 0.99


def test_what_stands_at_a_node_is_what_a_whole_forward_records(model: GPT) -> None:
    carry, (x, _) = CARRIES["sum"], texts()
    node = Node("ffn_post", 1, 3, (carry.slot,))
    kept = kept_at(Begun(model, x, carry.slot), [node])[node]
    assert torch.allclose(kept, node.of(record(model, x[:, :-1], ["ffn_post"]).trace), atol=1e-5)


def test_units_are_all_heads_and_ffns_and_pruning_keeps_what_matters(model: GPT) -> None:
    units = carry_sets.units_of(model, CARRIES["sum"])
    heads = sum(layer.attention.n_head for layer in model.config.layers)
    assert len(set(units)) == heads + model.config.n_layer
    needed = frozenset(units[1:3])
    kept = carry_sets.pruned(lambda nodes: 1.0 - 0.4 * len(nodes & needed), units)
    assert kept == needed


def test_six_networks_are_named_and_the_small_ones_differ_by_their_seed_alone() -> None:
    assert len(carry_models.MODELS) == 6
    recipes = [carry_models.recipe_of(model) for model in carry_models.SMALL]
    assert [recipe.seed for recipe in recipes] == [0, 1, 2, 3, 4]
    assert len({recipe.model for recipe in recipes}) == 1
    assert carry_models.committed({"model": "chain_of_thought"}) == ["chain_of_thought"]
    assert carry_models.committed({"model": "small_3"}) == []
    assert len(carry_swaps.swap_cells()) == 12 and carry_probes.probes_small().keys()
