"""lab.interp.view_python: what is offered to copy runs."""

from dataclasses import replace
from types import SimpleNamespace

import pytest
from tiny import BASE, tiny_model

from lab.inference.forward import run_with_trace
from lab.interp.view_python import MORE, view_as_python
from lab.training import checkpoint


@pytest.mark.parametrize("view", MORE)
def test_every_view_can_be_copied_and_prints(
    view: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    loaded = SimpleNamespace(model=tiny_model(replace(BASE, n_layer=3)))
    monkeypatch.setattr(checkpoint, "load_run", lambda name: loaded)
    exec(view_as_python(view, "a_run", "12*34=840", layer=1, head=2, neuron=3), {})
    assert len(capsys.readouterr().out) > 20


def test_what_is_printed_is_the_cell_that_was_chosen(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A neuron by its trace, and a lead by the logits."""
    model = tiny_model(replace(BASE, n_layer=3))
    monkeypatch.setattr(checkpoint, "load_run", lambda name: SimpleNamespace(model=model))
    trace = run_with_trace(model, "12*34=840", ["ffn_post", "logits"])
    exec(view_as_python("neuron", "a_run", "12*34=840", layer=2, neuron=5), {})
    assert f"{float(trace['blocks.2.ffn_post'][0, -1, 5]):.4f}" in capsys.readouterr().out
    exec(view_as_python("direct", "a_run", "12*34=8401"), {})
    added = [float(line.split()[-1]) for line in capsys.readouterr().out.splitlines()]
    logits = trace["logits"][0, -1]
    rival = max(float(x) for i, x in enumerate(logits) if i != 1)
    assert sum(added) == pytest.approx(float(logits[1]) - rival, abs=1e-6)


def test_an_unknown_view_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="view='smell'"):
        view_as_python("smell", "a_run", "1*1=")
