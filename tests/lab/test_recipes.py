"""lab.recipes: every committed recipe builds, and none ever draws a held-out pair, but for two."""

import hashlib
from collections import Counter
from dataclasses import replace
from math import ceil
from typing import Any

import numpy as np
import pytest
import torch
from tiny import BASE

from lab.data.packing import texts_in
from lab.data.problems import HELDOUT_FROM, Format, sample_pairs, split_value
from lab.data.sources import Mix, PackedStream, Pairs, Shapes, WholeTable
from lab.data.vocabulary import decode
from lab.model.cost import parameters
from lab.model.gpt import GPT
from lab.recipes.recipe_index import RECIPES, recipe, rows_read
from lab.training.recipe import Recipe
from lab.training.state import TrainState
from lab.training.train import draw_batch, masked_loss, train

TIMES_TABLES = ("times_table", "times_table_small")
"""The exception to the split: they learn all one-digit products by heart. No other run may."""

SPLIT = [name for name in RECIPES if isinstance(RECIPES[name]().data, Pairs | PackedStream)]


def u(a: int, b: int) -> float:
    text = f"{min(a, b)} x {max(a, b)}"
    return int(hashlib.blake2b(text.encode(), digest_size=8).hexdigest(), 16) / 2**64


class Eavesdropper(torch.nn.Module):
    """Stands where the model stands and keeps every token it is shown."""

    def __init__(self) -> None:
        super().__init__()
        self.bias = torch.nn.Parameter(torch.zeros(16))
        self.seen: list[torch.Tensor] = []

    def forward(
        self, tokens: torch.Tensor, positions: None = None, trace: Any = None
    ) -> torch.Tensor:
        self.seen.append(tokens)
        return self.bias.expand(*tokens.shape, 16)


@pytest.mark.parametrize("name", SPLIT)
def test_no_batch_of_a_run_ever_holds_a_held_out_pair(name: str) -> None:
    """Every batch of the whole run, drawn from the very stream that training draws from."""
    plan = recipe(name)
    assert plan.fraction <= HELDOUT_FROM == 0.30
    rng, drawn, form = np.random.default_rng(plan.seed), set[tuple[int, int]](), plan.format
    for _ in range(plan.steps):
        a, b = sample_pairs(rng, plan.batch_size, form.p, form.q, 0.0, plan.fraction)
        drawn.update(zip(a.tolist(), b.tolist(), strict=True))
    assert len(drawn) > 100
    assert max(u(a, b) for a, b in drawn) < plan.fraction


def test_exactly_the_two_times_tables_train_on_everything() -> None:
    assert [name for name in RECIPES if isinstance(RECIPES[name]().data, WholeTable)] == [
        *TIMES_TABLES
    ]
    for name in TIMES_TABLES:
        plan = recipe(name)
        assert plan.format == Format("plain", p=1, q=1)
        assert plan.trained_on().shape == (10, 10) and plan.trained_on().all()


@pytest.mark.parametrize(("p", "q"), [(2, 2), (1, 2), (2, 1)])
def test_nothing_but_the_one_digit_products_may_be_shown_as_a_whole(p: int, q: int) -> None:
    with pytest.raises(ValueError, match=f"only the one-digit products .*: p={p} and q={q} must"):
        WholeTable(Format("plain", p, q))
    with pytest.raises(ValueError, match=r"fraction=1\.0 of the pairs"):
        Pairs(Format("plain", 1, 1), 1.0)


def test_a_run_holds_pairs_out_unless_it_says_otherwise() -> None:
    assert Recipe(name="any", model=BASE).fraction == 0.30


def overheard(name: str, steps: int = 20) -> tuple[Recipe, list[torch.Tensor]]:
    """The tokens that reach the model in the first steps of a run."""
    plan, model = replace(recipe(name), precision="fp32"), Eavesdropper()
    state = TrainState.start(replace(plan, model=replace(BASE, n_layer=1), start_from=""))
    state.model = model  # pyright: ignore[reportAttributeAccessIssue]
    for _ in range(steps):
        masked_loss(plan, state.model, draw_batch(plan, state))
    return plan, model.seen


PACKED = [name for name in RECIPES if isinstance(RECIPES[name]().data, PackedStream)]
MANY_SHAPES = [name for name in RECIPES if isinstance(RECIPES[name]().data, Shapes)]
MIXED = [name for name in RECIPES if isinstance(RECIPES[name]().data, Mix)]
ONE_SHAPE = [name for name in RECIPES if name not in {*PACKED, *MANY_SHAPES, *MIXED}]


@pytest.mark.parametrize("name", ONE_SHAPE)
def test_the_model_is_shown_that_sample_and_nothing_else(name: str) -> None:
    """The operands read back from the tokens that reach the model in training."""
    plan, seen = overheard(name)
    form, rng = plan.format, np.random.default_rng(plan.seed)
    for tokens in seen:
        a, b = sample_pairs(rng, plan.batch_size, form.p, form.q, 0.0, plan.fraction)
        for start, stop, operand in ((0, form.p, a), (form.p + 1, form.p + 1 + form.q, b)):
            places = 10 ** np.arange(stop - start)[::-1]
            assert (tokens[:, start:stop].numpy() @ places == operand).all()


@pytest.mark.parametrize("name", MANY_SHAPES)
def test_a_run_of_many_shapes_sees_each_as_often_as_it_is_listed(name: str) -> None:
    data = recipe(name).data
    assert isinstance(data, Shapes)
    listed = Counter(data.shapes)
    rarest = min(listed.values()) / listed.total()
    plan, seen = overheard(name, max(20, ceil(8 / (rarest * recipe(name).batch_size))))
    p, q = (plan.format.p, plan.format.q) if plan.format.padded else (0, 0)
    met: Counter[tuple[int, int]] = Counter()
    for tokens in seen:
        for row in tokens.tolist():
            left, _, right = decode(row).partition("=")[0].partition("*")
            a, b = str(int(left)), str(int(right))
            assert split_value(int(a), int(b)) < plan.fraction
            assert (left, right) == (a.zfill(p), b.zfill(q))
            met[len(a), len(b)] += 1
    n = met.total()
    assert met.keys() == listed.keys()
    for shape, times in listed.items():
        share = times / listed.total()
        assert abs(met[shape] / n - share) < 4 * (share * (1 - share) / n) ** 0.5


def test_no_stage_of_a_mixed_run_shows_a_held_out_pair() -> None:
    assert len(MIXED) > 3
    offenders: list[tuple[str, int, str]] = []
    for name in MIXED:
        plan = recipe(name)
        assert plan.fraction <= HELDOUT_FROM
        for number, stage in enumerate(plan.course):
            tokens, _ = stage.data.draw(np.random.default_rng(plan.seed), 300)
            for row in tokens.tolist():
                a, _, b = decode(row).partition("=")[0].partition("*")
                if split_value(int(a), int(b)) >= plan.fraction:
                    offenders.append((name, number, f"{a}*{b}"))
    assert offenders == []


@pytest.mark.parametrize("name", PACKED)
def test_a_stream_is_cut_from_that_sample_and_from_nothing_else(name: str) -> None:
    plan, seen = overheard(name)
    form, n, rng = plan.format, plan.batch_size, np.random.default_rng(plan.seed)
    assert isinstance(plan.data, PackedStream)
    for tokens in seen:
        pairs = sample_pairs(
            rng, n * texts_in(plan.data.length, form), form.p, form.q, 0.0, plan.fraction
        )
        rng.integers(0, form.length, n)  # where each stream begins
        lines = form.render(*pairs)[0].reshape(n, -1)
        for row, line in zip(tokens.tolist(), lines, strict=True):
            assert decode(row) in decode(line)


def test_a_recipe_bears_its_name_and_its_texts_fit_its_model() -> None:
    plans = {name: recipe(name) for name in RECIPES}
    assert len(plans) > 30
    assert [name for name, plan in plans.items() if plan.name != name] == []
    assert [
        name
        for name, plan in plans.items()
        if (plan.model.position.longest_text or plan.format.length) < plan.format.length
    ] == []


def test_every_recipe_takes_its_first_step() -> None:
    """Of a course the first of its first stage, and from random weights."""

    def first_loss(name: str) -> float:
        plan = recipe(name)
        first = plan.course[0].data
        plan = replace(plan, stages=(), data=first, start_from="", batch_size=2, steps=1)
        return next(train(plan, TrainState.start(plan))).loss

    losses = {name: first_loss(name) for name in RECIPES}
    assert losses == pytest.approx({name: np.log(16) for name in RECIPES}, abs=1e-3)


def test_the_books_model_has_4_7_million_parameters_and_learns_from_17_million_tokens() -> None:
    plan = recipe("chain_of_thought")
    assert 4_700_000 <= sum(parameters(GPT(plan.model)).values()) <= 4_800_000
    assert plan.steps * plan.tokens_per_step <= 17_000_000


def test_the_plain_run_has_the_same_parts_and_pairs_and_no_working() -> None:
    one, other = recipe("chain_of_thought"), recipe("plain")
    assert replace(other.model, embedding_std=one.model.embedding_std) == one.model
    assert replace(other.format, style=one.format.style) == one.format
    assert other.fraction == one.fraction
    assert other.format.style == "plain"


def test_a_run_that_begins_with_another_has_read_its_rows_as_well() -> None:
    """A whole chain of them: the twin of the course, a run a stage."""
    chain = ["course_2x2_small", "course_2x3_small", "course_3x3_small", "curriculum_before_small"]
    plans = [recipe(name) for name in chain]
    assert [plan.start_from for plan in plans] == ["", *chain[:-1]]
    read = 0
    for name, plan in zip(chain, plans, strict=True):
        read += plan.steps * plan.batch_size
        assert rows_read(name) == read, name


def test_a_recipe_may_be_changed_by_field_and_an_unknown_name_lists_the_known() -> None:
    assert recipe("plain", steps=7) == replace(RECIPES["plain"](), steps=7)
    with pytest.raises(ValueError, match="no run is called 'plane'; there are: chain_of_thought, "):
        recipe("plane")
    with pytest.raises(ValueError, match=r"steps=0"):
        recipe("plain", steps=0)


@pytest.mark.parametrize(
    "name",
    ["parallel_block", "cross_layer_attention", "first_layer_dense", "local_and_global_attention"],
)
def test_a_network_that_is_built_otherwise_learns_in_forty_steps(name: str) -> None:
    plan = recipe(name, batch_size=24)
    losses = [step.loss for step in train(plan, TrainState.start(plan))]
    assert len(losses) == 40 and losses[0] == pytest.approx(np.log(16), abs=1e-3)
    assert np.mean(losses[-5:]) < 1.5
