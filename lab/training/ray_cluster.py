"""Which Ray cluster computes, if any, and how this process joins it.

Ray is the optional extra `cluster`; without `LAB_CLUSTER` nothing of it is imported.
"""

from __future__ import annotations

import os
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from lab.records import ROOT

VARIABLE = "LAB_CLUSTER"


def asked_for() -> str:
    """The address of the cluster, auto or ray://HOST:PORT; empty if everything is computed here."""
    address = os.environ.get(VARIABLE, "")
    if address not in ("", "auto") and not address.startswith("ray://"):
        raise ValueError(f"{VARIABLE}={address!r} must be auto or ray://HOST:PORT")
    return address


def ray() -> Any:
    """The library. Whoever computes on one machine never asks for it."""
    return import_module("ray")


def join(address: str) -> None:
    """`ValueError` without Ray, `ConnectionError` without a cluster at the address."""
    if find_spec("ray") is None:
        raise ValueError(
            f"{VARIABLE}={address} needs Ray: pip install 'white-box-transformer[cluster]'"
        )
    if not ray().is_initialized():
        # So that a worker finds this work tree, wherever it was started.
        own = {"env_vars": {"PYTHONPATH": str(ROOT)}}
        ray().init(address=address, runtime_env=own, log_to_driver=False, logging_level="ERROR")
