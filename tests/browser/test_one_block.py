"""The page on the stream in a real browser: charts are drawn, it fits a phone, a pull shows."""

from __future__ import annotations

import pytest
from driver import fit_height, sideways_scroll

PAGE = "/one_block"

pytestmark = pytest.mark.slow
MARKS = ".mark-rect path, .mark-symbol path, .mark-area path"
ALL_WITH_MARKS = f"""() => {{
  const charts = [...document.querySelectorAll('[data-testid="stVegaLiteChart"] svg')];
  return charts.length === 6 && charts.every(svg => svg.querySelector('{MARKS}'));
}}"""


@pytest.mark.parametrize(("width", "dark"), [(390, True), (1280, False)])
def test_every_figure_is_drawn_and_nothing_scrolls_sideways(open_page, width, dark) -> None:
    page = open_page(f"{PAGE}?reveal=1", width, dark)
    fit_height(page, most=20_000)
    page.wait_for_function(ALL_WITH_MARKS)
    assert sideways_scroll(page) == []
    assert page.console_errors == []
