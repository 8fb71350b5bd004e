"""Lets the tests here say `from tiny import tiny_model`: importlib mode leaves sys.path alone; one
thread for each; and a cluster for those that want one."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

HERE = str(Path(__file__).resolve().parent)
if HERE not in sys.path:
    sys.path.insert(0, HERE)


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Tensors this small gain nothing from threads, and lose much where the cores are busy: what
    measures seconds with more of them would leave them to every test that comes after it."""
    torch.set_num_threads(1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(torch, "set_num_threads", lambda n_thread: None)
        yield


@pytest.fixture
def two_nodes() -> Iterator[Any]:
    """A cluster of Ray on this machine, a processor each, and this process joined to it; they need
    the extra `cluster`."""
    ray = pytest.importorskip("ray", reason="the extra `cluster` is not installed")
    from ray.cluster_utils import Cluster

    from lab.training.ray_cluster import join

    both = Cluster(initialize_head=True, head_node_args={"num_cpus": 1})
    try:
        both.add_node(num_cpus=1)
        join(both.address)
        both.wait_for_nodes()
        yield both
    finally:
        ray.shutdown()
        both.shutdown()
