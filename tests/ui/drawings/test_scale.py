"""Models for scale: what is sent to the browser, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from drawing_cases import Case, case
from refused import not_refused

from components.ui.drawings import scale
from components.ui.drawings.scale import scale_data
from lab.model.config import GPTConfig
from lab.published.matrices import PartSize
from lab.published.models import DEEPSEEK_V3, GPT_2, LLAMA_3_8B, Model, ours

# ---------------------------------------------------------------- what the front end is tried on

GROWING = (GPT_2, LLAMA_3_8B, DEEPSEEK_V3)


def models_for_scale() -> Case:
    models = [ours("Ours", GPTConfig()), *GROWING]

    def sizes(parts: list[PartSize], level: int) -> list[int]:
        """Of all copies at so many steps below the model, from large to small."""
        if level == 0:
            found = [part.parameters_of_one for part in parts for _ in range(part.times)]
            return sorted(found, reverse=True)
        inner = [p for part in parts for p in list(part.parts) * part.times]
        return sizes(inner, level - 1)

    def expected(model: Model) -> list[dict[str, Any]]:
        found = [sizes([model.whole], level) for level in range(4)]
        return [{"n": len(level), "parameters": sum(level)} for level in found]

    return case(
        scale,
        lambda: scale.show_scale("k", models, alt="Models for scale"),
        {
            "levels": [expected(model) for model in models],
            "told": [
                "Ours: 4.75 million parameters.",
                "GPT-2 small: 124 million parameters, 26.2 times ours.",
                "Llama 3.1 8B: 8.03 billion parameters, 1,690 times ours.",
                "DeepSeek-V3: 671 billion parameters, 141,000 times ours. "
                "A token meets 37 billion of them. Ours is the grain at the arrow.",
            ],
        },
    )


CASES = {"scale": models_for_scale}


# ---------------------------------------------------------------- what Python sends


def test_copies_travel_as_a_number_and_not_one_by_one() -> None:
    whole = scale_data(GROWING)["models"][-1]["whole"]
    layer = whole["parts"][2]
    expert = layer["parts"][1]["parts"][-1]
    assert (layer["times"], expert["times"], expert["met"]) == (58, 256, 8)
    assert expert["size"] == 3 * 2048 * 7168
    assert whole["size"] == DEEPSEEK_V3.whole.parameters_of_one


def test_models_that_do_not_grow_are_refused() -> None:
    cases: list[tuple[Any, ...]] = [
        (models, "two or more are wanted, each larger")
        for models in [(), (GPT_2,), (GPT_2, GPT_2), GROWING[::-1]]
    ]
    assert not_refused(lambda models: scale_data(models), cases) == []


def test_what_is_drawn_is_sent_with_its_words_and_a_digest(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[dict[str, Any]] = []
    monkeypatch.setattr(scale, "component", lambda data, **_: sent.append(data))
    own = ours("Ours", GPTConfig())
    for first in (own, own, replace(own, name="Mine")):
        scale.show_scale("k", [first, *GROWING], alt="Models")
    same, again, other = (data["digest"] for data in sent)
    assert sent[0]["alt"] == "Models"
    assert same == again != other
