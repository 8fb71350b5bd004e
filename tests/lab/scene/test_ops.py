"""The eight operations on models that are not built yet, against NumPy; and how each is undone."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pytest
from tiny import failures

from lab.model.rules import (
    OPERATIONS,
    Choose,
    Contract,
    Largest,
    Lookup,
    Map,
    Norm,
    Operand,
    Rule,
    Softmax,
    Sum,
    from_document,
    names_in,
    to_document,
)
from lab.scene.expression import evaluate, index_of, names_of
from lab.scene.operands import Numbers, Projection, row
from lab.scene.ops.table import OPS
from lab.scene.recompute import Reader

H, T, D, E, K, F = 2, 5, 6, 4, 3, 7
"""Heads, tokens, width, experts, chosen experts, neurons: every size is another number."""


@dataclass(frozen=True)
class Handmade(Reader):
    """A scene of numbers made up here; what begins with `w` is learned."""

    made: dict[str, Numbers]

    def entry(self, name: str) -> Any:
        kind = "weight" if name.startswith("w") else "activation"
        return {"name": name, "shape": list(self.made[name].shape), "kind": kind, "scale": 1.0}

    @cached_property
    def entries(self) -> dict[str, Any]:
        return {name: self.entry(name) for name in self.made}

    def read(self, name: str, *index: Any) -> Numbers:
        return np.asarray(self.made[name][index])


def handmade(**given: Any) -> Handmade:
    dice = np.random.default_rng(0)
    sizes = {"x": (T, D), "y": (T, D), "q": (H, T, D), "k": (1, T, D), "latent": (T, K)}
    sizes |= {"w_up": (H * D, K), "w_in": (E, F, D), "w_gain": (D,), "w_row": (E, D)}
    sizes |= {
        "w_bias": (H, 3),
        "share": (T, K),
        "depth": (T, 2),
        "pattern": (H, T, T),
        "hidden": (T, K, F),
    }
    made = {name: dice.normal(size=size) for name, size in sizes.items()}
    made["expert"] = dice.integers(E, size=(T, K)).astype(float)
    return Handmade({"given": given, "tensors": []}, {}, made)  # pyright: ignore[reportArgumentType]


def whole(scene: Reader, rule: Rule) -> Numbers:
    """All cells of a rule, asked for at once and one by one."""
    shape = scene.shape_of(rule)
    at_once = scene.cells(rule, tuple(np.indices(shape))).value
    single = [float(scene.cells(rule, at).value) for at in np.ndindex(shape)]
    assert np.array_equal(np.ravel(at_once), single, equal_nan=True)
    return np.reshape(single, shape)


LATENT_KEYS = Contract(("latent", "w_up"), f"t c, h*{D}+i c -> h t i", sizes={"h": H, "i": D})
CASES: dict[str, tuple[Rule, Any]] = {
    "a product of matrices": (
        Contract(("x", "w_row"), "t d, e d -> t e", 0.5),
        lambda m: 0.5 * m["x"] @ m["w_row"].T,
    ),
    "keys made of a latent when they are read": (
        Contract(("q", LATENT_KEYS), "h t i, h s i -> h t s"),
        lambda m: np.einsum(
            "hti,hsi->hts", m["q"], (m["latent"] @ m["w_up"].T).reshape(T, H, D).swapaxes(0, 1)
        ),
    ),
    "one key head for all": (
        Contract(("q", "k"), f"h t i, h//{H} s i -> h t s"),
        lambda m: m["q"] @ m["k"][0].T,
    ),
    "the experts that a router chose": (
        Contract(("x", "w_in"), "t d, expert[t,k] f d -> t k f", sizes={"k": K}),
        lambda m: np.einsum("td,tkfd->tkf", m["x"], m["w_in"][m["expert"].astype(int)]),
    ),
    "their sum, by their shares": (
        Contract(("share", "hidden"), "t k, t k f -> t f"),
        lambda m: np.einsum("tk,tkf->tf", m["share"], m["hidden"]),
    ),
    "a depth pattern": (
        Sum(
            (
                Contract(("depth", "x"), "t 0, t d -> t d"),
                Contract(("depth", "y"), "t 1, t d -> t d"),
            )
        ),
        lambda m: m["depth"][:, :1] * m["x"] + m["depth"][:, 1:] * m["y"],
    ),
    "a norm": (
        Norm(("x", "w_gain"), 1e-3),
        lambda m: m["x"] / np.sqrt((m["x"] ** 2).mean(-1, keepdims=True) + 1e-3) * m["w_gain"],
    ),
    "a gate": (
        Map((Map(("x",), "silu"), "y"), "multiply"),
        lambda m: m["x"] / (1 + np.exp(-m["x"])) * m["y"],
    ),
    "a shape of gelu": (
        Map(("x",), "gelu"),
        lambda m: np.vectorize(lambda x: x * (1 + math.erf(x / 2**0.5)) / 2)(m["x"]),
    ),
    "shares of what is seen": (
        Softmax((Choose((None, "pattern"), "h t s", "t - 3 < s <= t"),)),
        lambda m: seen_shares(m["pattern"]),
    ),
    "one of three by a table": (
        Choose(("x", "y", None), "t d", "case[t]"),
        lambda m: np.stack([m["x"][0], m["y"][1], np.full(D, -np.inf), m["y"][3], m["x"][4]]),
    ),
    "a bias by clipped distance": (
        Contract(("w_bias",), "h where[t,s] -> h t s"),
        lambda m: m["w_bias"][:, WHERE],
    ),
    "a number again and again": (
        Softmax((Contract(("w_gain",), "d -> d n", sizes={"n": 2}),)),
        lambda m: np.full((D, 2), 0.5),
    ),
    "a row of which are largest": (
        Largest((Sum(("x", Contract(("w_gain",), "d -> t d"))),), n=3),
        lambda m: np.argsort(-(m["x"] + m["w_gain"]), axis=-1, kind="stable")[:, :3],
    ),
    "a number turned over": (
        Map((Map((Map(("x",), "sigmoid"),), "reciprocal"), "y"), "multiply"),
        lambda m: (1 + np.exp(-m["x"])) * m["y"],
    ),
    "a row of a table": (Lookup(("w_row",), rows="case"), lambda m: m["w_row"][[0, 1, 2, 1, 0]]),
}


WHERE = np.clip(np.arange(T)[:, None] - np.arange(T), 0, 2)


def seen_shares(x: Numbers) -> Numbers:
    t, s = np.indices(x.shape[-2:])
    raised = np.where((t - 3 < s) & (s <= t), np.exp(x), 0.0)
    return raised / raised.sum(-1, keepdims=True)


def test_an_operation_gives_what_numpy_gives() -> None:
    def holds(name: str) -> None:
        (rule, expected), scene = CASES[name], handmade(case=[0, 1, 2, 1, 0], where=WHERE.tolist())
        assert np.allclose(whole(scene, rule), expected(scene.made), rtol=1e-12, atol=1e-14)
        assert from_document(to_document(rule)) == rule
        assert set(names_in(rule)) <= scene.made.keys()

    assert failures(holds, CASES) == []


def test_the_cases_hold_every_operation() -> None:
    def inside(rule: Operand) -> set[type[Rule]]:
        return {type(rule)}.union(*map(inside, rule.of)) if isinstance(rule, Rule) else set()

    assert set().union(*(inside(rule) for rule, _ in CASES.values())) == set(OPERATIONS.values())


UNDONE = [
    name
    for name in CASES
    if not name.startswith(("shares", "one of", "a row", "keys", "a bias", "a number again"))
]


def test_what_a_rule_is_undone_into_adds_up_to_it() -> None:
    def holds(name: str) -> None:
        rule, scene = CASES[name][0], handmade(case=[0, 1, 2, 1, 0], where=WHERE.tolist())
        dice = np.random.default_rng(1)
        shape = scene.shape_of(rule)
        for at in np.ndindex(shape[:-1]):
            direction = dice.normal(size=shape[-1])
            parts = OPS[type(rule)].undo(scene, rule, Projection(rule, at, direction))
            found = sum(
                float(p.direction @ scene.values(p.operand, row(scene, p.operand, p.at)))
                for p in parts
            )
            assert found == pytest.approx(
                float(direction @ scene.values(rule, row(scene, rule, at))), rel=1e-10
            )
            assert all(p.operand in OPS[type(rule)].followed(scene, rule) for p in parts)

    assert failures(holds, UNDONE) == []


def test_keys_made_of_a_latent_are_undone_down_to_the_latent() -> None:
    scene, direction = handmade(), np.random.default_rng(1).normal(size=D)
    (part,) = OPS[Contract].undo(scene, LATENT_KEYS, Projection(LATENT_KEYS, (1, 3), direction))
    assert (part.operand, part.at) == ("latent", (3,))
    assert np.allclose(part.direction, direction @ scene.made["w_up"][D:])


def test_experts_are_undone_one_by_one() -> None:
    rule, scene = CASES["their sum, by their shares"][0], handmade()
    parts = OPS[Contract].undo(scene, rule, Projection(rule, (2,), np.ones(F)))
    assert [p.at for p in parts] == [(2, k) for k in range(K)]
    assert [p.direction[0] for p in parts] == scene.made["share"][2].tolist()


def test_a_name_whose_length_nothing_says_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"nothing says how long d is in 'd\*2\+e -> d'"):
        handmade().shape_of(Contract(("w_gain",), "d*2+e -> d"))


def test_along_a_name_of_the_result_alone_all_is_alike() -> None:
    scene, rule = handmade(), Contract(("w_gain",), "d -> t d")
    assert scene.shape_of(rule) == (1, D)
    alike = scene.cells(rule, (np.arange(T)[:, None], np.arange(D))).value
    assert np.array_equal(alike, np.tile(scene.made["w_gain"], (T, 1)))


def test_a_function_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match=r"Map.fn='tanh'"):
        Map(("x",), "tanh")  # pyright: ignore[reportArgumentType]


# ---------------------------------------------------------------- the language of indices


def test_an_expression_is_what_python_makes_of_it() -> None:
    def holds(text: str) -> None:
        h, i = np.indices((7, 4)) - 3
        at_once = np.broadcast_to(evaluate(text, {"h": h, "i": i}, no_table), (7, 4))
        for place in np.ndindex(7, 4):
            names = {"h": int(h[place]), "i": int(i[place])}
            expected = int(eval(text, names.copy()))
            assert int(evaluate(text, names, no_table)) == at_once[place] == expected

    cases = [
        "h",
        "7",
        "h//2",
        "h*4+i",
        "-h%3",
        "(h+1)*i-2",
        "h - 3 < i <= h",
        "h==i",
        "-h//3",
    ]
    assert failures(holds, cases) == []


def no_table(name: str, places: Any) -> Any:
    raise AssertionError(name)


def test_an_expression_may_read_a_table_under_a_name_with_dots() -> None:
    table = np.arange(12).reshape(3, 4)
    found = evaluate("blocks.0.expert[t,k+1]*2", {"t": 1, "k": 2}, lambda name, at: table[at])
    assert int(found) == 2 * table[1, 3]
    assert names_of("blocks.0.expert[t,k+1]*h") == ("t", "k", "h")


def test_what_is_no_expression_is_refused() -> None:
    def holds(text: str) -> None:
        with pytest.raises(ValueError, match="is no expression of places"):
            evaluate(text, {"h": 1}, no_table)

    cases = ["h.real", "f(h)", "h + 'a'", "h +", "unknown", "1.5", "h ** 2"]
    assert failures(holds, cases) == []


def test_a_comma_inside_brackets_parts_no_operands() -> None:
    index = index_of("t d, expert[t,k] f d -> t k f")
    assert index.operands == (("t", "d"), ("expert[t,k]", "f", "d"))
    assert (index.out, index.summed) == (("t", "k", "f"), ("d",))
