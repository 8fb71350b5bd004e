"""mirrored: half of the orders is shown, and what is asked is told apart by its mirror image."""

from __future__ import annotations

from lab.data.problems import two_digit_split
from lab.experiments.mirrored import by_mirror, mirrored_cells, split_by_order
from lab.recipes.live import multiply


def test_half_of_the_orders_is_shown_and_no_pair_that_is_held_out() -> None:
    plans = [split_by_order(multiply(**cell)) for cell in mirrored_cells()]
    shown = [plan.trained_on() for plan in plans]
    allowed = two_digit_split() < 0.30
    for one in shown:
        assert one.sum() == allowed.sum() // 2 and not (one & ~allowed).any()
    assert (shown[0] != shown[1]).any(), "each seed draws its own"


def test_every_order_that_is_asked_is_in_one_group_and_its_mirror_image_says_which() -> None:
    shown = split_by_order(multiply(style="plain")).trained_on()
    groups = {name: group.reshape(100, 100) for name, group in by_mirror(shown).items()}
    read, unread = groups["mirror_shown"], groups["mirror_not_shown"]
    assert (read.sum(), unread.sum()) > (500, 500)
    assert not (read & unread).any() and not ((read | unread) & shown).any()
    assert (read.T & shown).sum() == read.sum()
    assert not (unread.T & shown).any()
