"""lab.interp.view_python: what is offered to copy runs."""

from dataclasses import replace
from types import SimpleNamespace

import pytest
from tiny import BASE, tiny_model

from lab.interp.view_python import MORE, view_as_python
from lab.training import checkpoint


@pytest.mark.parametrize("view", MORE)
def test_every_view_can_be_copied_and_prints(
    view: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    loaded = SimpleNamespace(model=tiny_model(replace(BASE, n_layer=3)))
    monkeypatch.setattr(checkpoint, "load_run", lambda name: loaded)
    exec(view_as_python(view, "a_run", "12*34=840"), {})
    assert len(capsys.readouterr().out) > 20


def test_an_unknown_view_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="view='smell'"):
        view_as_python("smell", "a_run", "1*1=")
