"""A sweep on a cluster has the rows of one that ran here, whatever happens to the machines.

The slow tests start a real cluster of Ray on this machine: two nodes with one processor each, every
one with processes of its own. They need the extra `cluster`.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from tiny import tiny_recipe

from lab.__main__ import main
from lab.experiments import sweep
from lab.experiments.cluster import on_cluster
from lab.experiments.sweep import Cell, Sweep, run_sweep
from lab.experiments.sweep_index import SWEEPS
from lab.records import ROOT, read_lines
from lab.training import ray_cluster
from lab.training.ray_cluster import asked_for, join
from lab.training.recipe import Recipe
from tools.latency import until

PATIENCE = 900.0
"""Seconds: on a busy machine a process of Ray takes a minute or two to begin."""

CELLS = [{"seed": seed} for seed in range(16)]


@pytest.mark.slow
def test_without_a_cluster_nothing_of_ray_is_imported() -> None:
    code = (
        "import sys; import lab.__main__, lab.experiments.cluster, lab.experiments.sweep_index;"
        "import lab.live.ray_backend, lab.live.backends;"
        "print(sorted(m for m in sys.modules if m.partition('.')[0] == 'ray'))"
    )
    command = [sys.executable, "-c", code]
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert said.stdout.split() == ["[]"]


def test_the_address_is_auto_or_that_of_a_cluster(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LAB_CLUSTER", raising=False)
    assert asked_for() == ""
    for address in ("", "auto", "ray://head:10001"):
        monkeypatch.setenv("LAB_CLUSTER", address)
        assert asked_for() == address
    monkeypatch.setenv("LAB_CLUSTER", "head:10001")
    with pytest.raises(ValueError, match=r"LAB_CLUSTER='head:10001' must be auto or ray://"):
        asked_for()


def test_who_asks_for_a_cluster_without_ray_is_told_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ray_cluster, "find_spec", lambda name: None)
    with pytest.raises(ValueError, match=r"pip install 'white-box-transformer\[cluster\]'"):
        join("auto")


# ---------------------------------------------------------------- a real cluster


def measure(recipe: Recipe, folder: Path, cell: Cell) -> dict[str, Any]:
    """A tiny run of this seed, and on which node it was trained. It tells that it has begun, and
    waits while the folder holds a file `hold`; a file `die` ends the process, once."""
    import os
    from dataclasses import replace

    import ray

    from lab.training.state import TrainState
    from lab.training.train import train
    from tools.latency import until

    node, seed = str(ray.get_runtime_context().get_node_id()), cell["seed"]
    if (folder / "die").exists():
        (folder / "die").unlink()
        os._exit(1)  # as a process that is killed for its memory
    (folder / f"begun.{node}").touch()
    until(lambda: not (folder / "hold").exists(), 600)
    one = replace(recipe, seed=seed)
    losses = [metrics.loss for metrics in train(one, TrainState.start(one))]
    return {"losses": losses, "node": node, "seeds": [seed]}


@pytest.fixture
def tiny_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Sweep:
    """Sixteen of them, the sweep `tiny_runs`; its record goes to the test's own folder."""
    runs = Sweep(lambda: CELLS, partial(measure, tiny_recipe(steps=4), tmp_path))
    monkeypatch.setattr(sweep, "RECORDS", tmp_path)
    monkeypatch.setitem(SWEEPS, "tiny_runs", runs)
    return runs


@pytest.fixture
def nodes(two_nodes: Any) -> Any:
    """What this module defines travels as code: it is on no path that a worker has."""
    import ray

    ray.cloudpickle.register_pickle_by_value(sys.modules[__name__])
    return two_nodes


def losses(folder: Path) -> dict[int, list[float]]:
    rows = read_lines(folder / "tiny_runs.jsonl")
    assert len(rows) == len(CELLS), "each cell has one row"
    return {row["cell"]["seed"]: row["losses"] for row in rows}


@contextmanager
def held(folder: Path) -> Generator[None]:
    """Within it no cell ends, until it is let go; nor does anybody wait for one after it."""
    (folder / "hold").touch()
    try:
        yield
    finally:
        let_go(folder)


def let_go(folder: Path) -> None:
    (folder / "hold").unlink(missing_ok=True)


def nodes_that_began(folder: Path) -> int:
    return len([*folder.glob("begun.*")])


@pytest.mark.slow
def test_a_cluster_records_what_is_recorded_here(
    nodes: Any, tiny_runs: Sweep, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the command line, on both nodes; one process dies on the way."""
    monkeypatch.setenv("LAB_CLUSTER", "auto")
    (tmp_path / "die").touch()
    with ThreadPoolExecutor(1) as pool, held(tmp_path):
        ended = pool.submit(main, ["sweep", "tiny_runs"])
        until(lambda: nodes_that_began(tmp_path) == 2 or ended.done(), PATIENCE)
        let_go(tmp_path)
        assert ended.result() == 0
    found = losses(tmp_path)
    assert len({row["node"] for row in read_lines(tmp_path / "tiny_runs.jsonl")}) == 2
    (tmp_path / "tiny_runs.jsonl").unlink()
    list(run_sweep("tiny_runs", tiny_runs))
    assert losses(tmp_path) == found


@pytest.mark.slow
def test_who_stops_a_sweep_stops_its_cells_and_may_go_on_later(
    nodes: Any, tiny_runs: Sweep, tmp_path: Path
) -> None:
    import ray

    steps = run_sweep("tiny_runs", tiny_runs, measured=on_cluster(print))
    for _ in range(3):
        next(steps)
    (tmp_path / "hold").touch()  # whatever is being measured now would never end
    steps.close()  # pyright: ignore[reportAttributeAccessIssue]
    assert len(read_lines(tmp_path / "tiny_runs.jsonl")) == 3
    until(lambda: ray.available_resources().get("CPU") == 2, PATIENCE)
    let_go(tmp_path)
    list(run_sweep("tiny_runs", tiny_runs, measured=on_cluster(print)))
    assert len(losses(tmp_path)) == len(CELLS)


@pytest.mark.slow
def test_what_a_killed_machine_measured_is_told_and_measured_again(
    nodes: Any, tiny_runs: Sweep, tmp_path: Path
) -> None:
    said: list[str] = []
    with ThreadPoolExecutor(1) as pool, held(tmp_path):
        ended = pool.submit(
            lambda: list(run_sweep("tiny_runs", tiny_runs, measured=on_cluster(said.append)))
        )
        until(lambda: nodes_that_began(tmp_path) == 2 or ended.done(), PATIENCE)
        (killed,) = nodes.worker_nodes
        nodes.remove_node(killed, allow_graceful=False)
        until(lambda: said or ended.done(), PATIENCE)
        let_go(tmp_path)
        assert len(ended.result()) == len(CELLS)
    assert len(said) == 1 and said[0].endswith("was lost with its process, and is measured again")
    assert len(losses(tmp_path)) == len(CELLS)
    rows = read_lines(tmp_path / "tiny_runs.jsonl")
    assert {row["node"] for row in rows} == {nodes.head_node.node_id}


@pytest.mark.slow
def test_a_cell_that_kills_every_process_ends_the_sweep(
    nodes: Any, tiny_runs: Sweep, tmp_path: Path
) -> None:
    def die(cell: Cell) -> dict[str, Any]:
        import os

        os._exit(1)

    said: list[str] = []
    one = Sweep(lambda: CELLS[:1], die)
    with pytest.raises(RuntimeError, match=r"\{'seed': 0\} was lost 4 times with its process"):
        list(run_sweep("tiny_runs", one, measured=on_cluster(said.append)))
    assert len(said) == 3
