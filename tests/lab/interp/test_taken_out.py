"""A part taken out in its row of a batch is that part taken out alone."""

from __future__ import annotations

import numpy as np
import pytest
from tiny import tiny_model

from lab.data.vocabulary import VOCABULARY, decode
from lab.inference.forward import run_with_trace
from lab.inference.transcript import transcribe
from lab.interp.attribution import components_of
from lab.interp.taken_out import take_each_out

PROMPT, LENGTH = "12*34=", 16


def test_every_part_of_the_batch_is_that_part_taken_out_alone() -> None:
    model = tiny_model()
    found = take_each_out(model, transcribe(model, PROMPT, LENGTH).text, len(PROMPT))
    parts = {part.name: part for part in components_of(model) if part.layer is not None}
    assert [*found.without] == [*parts]
    assert len({without.text for without in found.without.values()}) > 1

    rows = range(len(PROMPT) - 1, LENGTH - 1)
    for name, part in parts.items():
        alone, without = [part.ablated()], found.without[name]
        logits = run_with_trace(model, found.text, {"logits"}, alone)["logits"][0].numpy()
        pairs = zip(rows, found.text[len(PROMPT) :], found.rivals, strict=True)
        leads = [
            logits[row, VOCABULARY.index(own)] - logits[row, VOCABULARY.index(rival)]
            for row, own, rival in pairs
        ]
        assert without.leads == pytest.approx(leads, abs=1e-3), name
        assert without.says == decode(int(np.argmax(logits[row])) for row in rows), name
        assert without.text == transcribe(model, PROMPT, LENGTH, alone).text, name
