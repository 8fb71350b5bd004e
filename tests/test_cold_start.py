"""The cold start is measured on a server of its own; how long it takes is the tool's to say."""

import os

import pytest

from tools import cold_start

pytestmark = pytest.mark.slow


def test_two_pages_are_opened_on_a_server_that_has_one_core_and_the_reader_keeps_all() -> None:
    cores = os.sched_getaffinity(0)
    found = cold_start.measure(*cold_start.PAGES)
    assert [*found] == ["the server answers", "first page: home", "second page: chain_of_thought"]
    answers, first, second = found.values()
    assert 0 < answers.server <= first.server and second.server > 0
    assert answers.clock < first.clock
    assert os.sched_getaffinity(0) == cores
