"""The bench of pages and of the viewer, on two pages; what it finds is the record's to say."""

from __future__ import annotations

import pytest
from page_weight import of_the_viewer, weigh

pytestmark = pytest.mark.slow


def test_a_page_is_weighed_by_kind_and_timed_where_it_has_a_figure(browser) -> None:
    home, words = weigh(browser, "", 1), weigh(browser, "glossary", 1)
    assert min(home["cold_s"]) > 0 and min(home["warm_s"]) > 0
    assert (words["cold_s"], words["warm_s"]) == (None, None)
    for found in (home, words):
        *kinds, whole = found["kilobytes"].values()
        assert min(kinds) > 0 and sum(kinds) == whole


def test_the_viewer_is_weighed_and_its_frames_are_waited_for(browser) -> None:
    found = of_the_viewer(browser)
    assert found["draw_calls"] == 3 and found["boxes"] > 100
    assert found["front_end"]["gzipped"] < found["front_end"]["bytes"]
    assert found["frame_script_ms"]["p50"] > 0 and found["frame_drawn_ms"]["p50"] > 0
    assert found["scene_bytes"]["weights"] > found["scene_bytes"]["activations"] > 0
