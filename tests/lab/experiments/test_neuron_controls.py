"""lab.experiments.neuron_controls: others that write at least as much, and draws of the record."""

import numpy as np
from tiny import BASE, tiny_model

from lab.experiments import neuron_controls as experiment
from lab.records import RECORDS, read_lines, select


def test_others_write_at_least_as_much_layer_by_layer_and_no_more_than_one_too_many() -> None:
    rng = np.random.default_rng(0)
    spreads = [rng.random(40), rng.random(40)]
    awake = [np.ones(40, dtype=bool), np.arange(40) % 4 != 0]
    masks = [np.arange(40) < 6, np.zeros(40, dtype=bool)]
    others = experiment.others_as_much(masks, awake, spreads, rng)
    assert others is not None and not others[1].any()
    assert not (others[0] & masks[0]).any()
    more = spreads[0][others[0]].sum() - spreads[0][masks[0]].sum()
    assert 0 <= more < spreads[0][others[0]].max()
    nearly_all = [np.arange(40) > 3, masks[1]]
    assert experiment.others_as_much(nearly_all, awake, spreads, rng) is None


def test_what_is_written_is_what_moves_the_stream() -> None:
    model = tiny_model(BASE)
    values = [
        np.random.default_rng(0).normal(size=(50, block.ffn.w_out.weight.shape[1]))
        for block in model.blocks
    ]
    spread = experiment.written(model, values)[0][3]
    column = model.blocks[0].ffn.w_out.weight.detach().double().numpy()[:, 3]
    moved = np.outer(values[0][:, 3], column)
    assert np.isclose(spread, moved.var(axis=0).sum())


def test_the_record_has_every_cell_and_its_swaps_are_those_of_the_other() -> None:
    rows = read_lines(RECORDS / "neuron_controls.jsonl")
    assert [row["cell"] for row in rows] == experiment.control_cells()
    for row in rows:
        (found,) = select(read_lines(RECORDS / "product_neurons.jsonl"), **row["cell"])
        for name, called in (("layer 0", "layer 0"), ("lookups", "a lookup")):
            own = found["swaps"][called]
            assert {what: row[name][what] for what in ("neurons", "follows", "stays")} == {
                what: own[what] for what in ("neurons", "follows", "stays")
            }
            assert len(row[name]["others"]["follows"]) in (0, experiment.DRAWS)
        assert row["n"] == found["swaps"]["all"]["n"]
