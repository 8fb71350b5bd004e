"""Shares of a run by what it does; how large they are is the machine's."""

import pytest
import torch

from lab.measure.profiled import kind_of, shares, shares_of


def test_an_operation_is_a_product_attention_or_another() -> None:
    assert kind_of("aten::addmm") == kind_of("aten::bmm") == "products"
    assert kind_of("aten::_scaled_dot_product_flash_attention_for_cpu") == "attention"
    assert kind_of("aten::exp_") == kind_of("aten::_fused_adamw_") == "other"
    assert kind_of("autograd::engine::evaluate_function: MmBackward0") == "between"
    assert kind_of("Optimizer.step#AdamW.step") == kind_of("AddmmBackward0") == "between"


def test_what_is_left_of_the_clock_lies_between() -> None:
    spent = {"aten::mm": 1e6, "aten::add": 5e5, "aten::mul": 5e5, "AddmmBackward0": 9e5}
    assert shares(spent, 4.0) == {"products": 0.25, "attention": 0, "other": 0.25, "between": 0.5}
    assert sum(shares(spent, 1.0).values()) == pytest.approx(1)


def test_a_run_of_products_is_seen_as_such() -> None:
    a = torch.ones(64, 64)
    found = shares_of(lambda: a @ a)
    assert found["products"] > 0 and found["attention"] == 0
    assert sum(found.values()) == pytest.approx(1, abs=1e-3)
