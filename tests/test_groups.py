"""The tests of a group share one process, so that what they open is paid for once."""

from __future__ import annotations

import pytest


@pytest.mark.xdist_group("probe")
def test_the_workers_know_the_group_of_a_test(request: pytest.FixtureRequest) -> None:
    """xdist tells workers apart by the end of a test's name; without it each takes any test."""
    if request.config.getoption("dist", "no") == "loadgroup":
        assert request.node.nodeid.endswith("@probe")
