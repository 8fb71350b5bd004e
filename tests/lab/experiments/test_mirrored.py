"""mirrored: half of the orders is shown, and what is asked is told apart by its mirror image."""

from __future__ import annotations

from lab.data.problems import two_digit_split
from lab.experiments.mirrored import by_mirror, split_by_order
from lab.recipes.live import multiply


def test_half_of_the_orders_is_shown_and_no_pair_that_is_held_out() -> None:
    shown = [split_by_order(multiply(style="plain", seed=seed)).trained_on() for seed in (0, 1)]
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


def test_one_order_of_each_pair_leaves_none_read_both_ways_and_all_others_turned_round() -> None:
    shown = split_by_order(multiply(style="plain"), one_of_each=True).trained_on()
    twice = shown & shown.T
    assert twice.sum() == twice.diagonal().sum(), "only a number times itself is its own mirror"
    groups = by_mirror(shown)
    assert groups["mirror_shown"].sum() > 1000 and groups["mirror_not_shown"].sum() == 0
