"""Which of the loaded runs stay, when nobody asks for them any more."""

from typing import Any

from components.ui.loaded_models import KEPT_SECONDS, LoadedModels


def test_runs_that_nobody_asks_for_are_let_go_but_for_the_last() -> None:
    models, loaded = LoadedModels(), dict[str, Any](early=object(), late=object())
    models.loaded, models.asked = loaded, {"early": 100.0, "late": 101.0}
    models.let_go(100.0 + KEPT_SECONDS)
    assert set(models.loaded) == {"early", "late"}
    models.let_go(100.5 + KEPT_SECONDS)
    assert set(models.loaded) == set(models.asked) == {"late"}
    models.let_go(101.0 + 100 * KEPT_SECONDS)
    assert set(models.loaded) == {"late"}, "the next reader probably asks for it"


def test_nothing_is_let_go_before_anything_was_asked_for() -> None:
    models = LoadedModels()
    models.let_go(0.0)
    assert models.loaded == {}
