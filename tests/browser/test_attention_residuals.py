"""A newcomer reads the second page of chapter 5: a problem of one's own, with a connection cut."""

from __future__ import annotations

import pytest
from driver import wait_idle
from playwright.sync_api import expect

PAGE = "/attention_residuals"

pytestmark = pytest.mark.slow


def test_a_cut_reaches_the_network_and_the_address(open_page) -> None:
    page = open_page(f"{PAGE}?ch51_a=58&ch51_b=76")
    figure = page.locator(".connections")
    said = figure.locator(".said")
    said.wait_for()
    wait_idle(page)
    expect(said).to_contain_text("Cut: attention 2 → FFN 2.")
    figure.get_by_label("cut from").select_option("FFN 1")
    expect(said).to_contain_text("Cut: FFN 1 → FFN 2. ", timeout=30_000)
    page.wait_for_url(lambda url: "ch51_cut=FFN+1+to+FFN+2" in url)
    assert not page.console_errors
