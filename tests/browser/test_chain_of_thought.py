"""The page on the chain of thought in a browser: the reader's own sum follows down the page.

Both are seen in test_training too, in a window that is made narrow.
"""

from __future__ import annotations

import pytest
from own_sum import (
    a_sum_typed_there_is_the_sum_of_the_page,
    stays_at_the_top_and_leaves_the_buttons_free,
)


@pytest.mark.slow
@pytest.mark.parametrize("width", [1280, 390])
def test_the_own_sum_stays_at_the_top_slim_and_leaves_the_buttons_of_the_page_free(
    open_page, width: int
) -> None:
    page = open_page("/chain_of_thought", width)
    stays_at_the_top_and_leaves_the_buttons_free(page)
    a_sum_typed_there_is_the_sum_of_the_page(page)
    assert page.console_errors == []
