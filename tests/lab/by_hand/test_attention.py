"""The head built by hand: its numbers against the definition, its counts against a plain count."""

from __future__ import annotations

import math
from collections import Counter, defaultdict

import numpy as np
import pytest
from tiny import failures

from lab.by_hand import attention as hand
from lab.by_hand.attention import A_UNITS, B_UNITS, FORM
from lab.data.problems import all_pairs
from lab.data.vocabulary import encode

GOOD, BETWEEN = hand.arrow(26, 5.0), hand.arrow(60, 1.2)


def softmax(scores: list[float]) -> list[float]:
    powers = [math.exp(score) for score in scores]
    return [power / sum(powers) for power in powers]


def weights_by_definition(text: str, query: np.ndarray) -> list[float]:
    """One sum, one key at a time."""
    scores: list[float] = []
    for token, angle in zip(text, hand.ANGLES, strict=True):
        x, y = (3 * f(math.radians(angle)) for f in (math.cos, math.sin))
        if token.isdigit():
            x += 0.25 * math.cos(2 * math.pi * int(token) / 10)
            y += 0.25 * math.sin(2 * math.pi * int(token) / 10)
        scores.append((x * query[0] + y * query[1]) / math.sqrt(2))
    return softmax(scores)


def test_the_weights_are_softmax_of_the_matches() -> None:
    def holds(text: str, query: np.ndarray) -> None:
        weights, z = hand.look(encode(text)[None], query)
        expected = weights_by_definition(text, query)
        assert np.allclose(weights[0], expected)
        blend = np.zeros(10)
        for token, weight in zip(text, expected, strict=True):
            if token.isdigit():
                blend[int(token)] += weight
        assert np.allclose(z[0], blend)

    cases = [
        (x, y)
        for x in ["37*48=", "00*00=", "91*55="]
        for y in [GOOD, BETWEEN, hand.arrow(225, 3.0)]
    ]
    assert failures(holds, cases) == []


def test_a_query_of_no_length_is_the_average() -> None:
    prompts = np.random.default_rng(0).choice(hand.all_prompts(), 104, replace=False)
    weights, z = hand.look(prompts, np.zeros(2))
    assert np.allclose(weights, 1 / 6)
    assert np.allclose(z, hand.average(prompts))


def test_turned_to_a_sign_nearly_nothing_arrives() -> None:
    weights, z = hand.look(encode("37*48=")[None], hand.arrow(225, 6.0))
    assert weights[0, 2] > 0.95 and z.sum() < 0.05


def test_a_good_query_is_accepted_and_short_or_wrong_ones_are_refused() -> None:
    assert hand.grade(GOOD, [B_UNITS], 0.95).accepted
    for query in (hand.arrow(26, 2.5), hand.arrow(95, 5.0), hand.arrow(206, 5.0), np.zeros(2)):
        assert not hand.grade(query, [B_UNITS], 0.95).accepted


def test_half_and_half_needs_a_length_that_is_neither_small_nor_large() -> None:
    both = [A_UNITS, B_UNITS]
    assert hand.grade(BETWEEN, both, 0.3).accepted
    assert not hand.grade(hand.arrow(60, 0.2), both, 0.3).accepted
    assert not hand.grade(hand.arrow(60, 5.0), both, 0.3).accepted


def test_the_grade_names_the_hardest_sum_and_who_takes_the_weight() -> None:
    query = hand.arrow(45, 2.5)
    graded = hand.grade(query, [B_UNITS], 0.8)
    held = [weights_by_definition(FORM.text(a, b)[:6], query)[B_UNITS] for a, b in sums()]
    assert graded.worst == pytest.approx(min(held))
    assert graded.mean == pytest.approx(sum(held) / len(held))
    assert graded.n_short == sum(x < 0.8 for x in held)
    a, b = graded.hardest
    there = weights_by_definition(FORM.text(a, b)[:6], query)
    assert there[B_UNITS] == pytest.approx(graded.worst)
    assert (graded.thief, graded.lacking) == (A_UNITS, B_UNITS)


def sums() -> list[tuple[int, int]]:
    return [(a, b) for a in range(100) for b in range(100)]


def test_the_average_cannot_tell_two_orders_apart() -> None:
    z = hand.average(np.stack([encode("37*48="), encode("84*73=")]))
    assert (z[0] == z[1]).all()


def test_what_the_average_can_tell_agrees_with_a_plain_count() -> None:
    seen: dict[tuple[str, ...], Counter[int]] = defaultdict(Counter)
    for a, b in sums():
        digits = tuple(sorted(f"{a:02d}{b:02d}"))
        seen[digits][(a % 10) * (b % 10)] += 1
    expected = sum(max(products.values()) for products in seen.values())
    assert hand.right_from_average() == expected < 5000


def test_a_reader_who_sees_everything_is_always_right_and_one_who_sees_nothing_guesses() -> None:
    a, b = all_pairs()
    answers = hand.units_product(a, b)
    assert hand.most_right(np.stack([a % 10, b % 10], axis=1).astype(float), answers) == 10_000
    most = Counter(answers.tolist()).most_common(1)[0][1]
    assert hand.most_right(np.zeros((10_000, 1)), answers) == most


def test_a_match_of_random_arrows_has_the_variance_d_and_the_root_takes_it_back() -> None:
    q, k = hand.random_arrows()
    for d in (16, 256):
        matches = (q[..., :d] * k[..., :d]).sum(axis=-1)
        assert matches.var() == pytest.approx(d, rel=0.15)
        expected = softmax((matches[3, 0] / math.sqrt(d)).tolist())
        assert np.allclose(hand.random_weights(d, True)[3], expected)


def test_without_the_root_long_keys_snap_to_one() -> None:
    largest = {
        (d, rooted): hand.random_weights(d, rooted).max(axis=1).mean()
        for d in (4, 1024)
        for rooted in (True, False)
    }
    assert largest[1024, False] > 0.95
    assert abs(largest[1024, True] - largest[4, True]) < 0.1


def test_without_a_mask_the_head_copies_what_it_should_find() -> None:
    texts, _ = FORM.render(np.array([37, 5]), np.array([48, 90]))
    weights, said = hand.peek(texts, causal=False)
    assert (said[:, :-1] == texts[:, 1:]).all()
    assert weights[4, 5] == pytest.approx(1)
    assert hand.peek_score(False) == (140_000, 140_000)


def test_with_the_mask_it_averages_its_own_past() -> None:
    texts, _ = FORM.render(np.array([37]), np.array([48]))
    weights, _ = hand.peek(texts, causal=True)
    assert np.triu(weights, 1).max() == 0
    assert np.allclose(weights[9, :10], 0.1)
    right, n = hand.peek_score(True)
    assert right < n / 4


def test_one_head_delivers_the_product_and_not_the_difference() -> None:
    a, b = hand.all_digits()
    half = hand.deliver(a, b, [0.5], "digit")
    assert hand.most_right(half, a * b) == 100
    assert hand.most_right(half, a - b) == 10 + 90 // 2
    assert hand.closest(half, a - b) == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize(
    ("shares", "kind"), [([1.0, 0.0], "digit"), ([0.6], "digit"), ([0.5], "digit and place")]
)
def test_a_second_head_uneven_shares_or_places_bring_the_order(shares, kind) -> None:
    a, b = hand.all_digits()
    delivered = hand.deliver(a, b, shares, kind)
    assert hand.most_right(delivered, a - b) == hand.most_right(delivered, a * b) == 100


def test_blended_sizes_lose_the_product() -> None:
    a, b = hand.all_digits()
    sizes = hand.deliver(a, b, [0.5], "size")
    assert np.allclose(sizes[:, 0], (a + b) / 2)
    assert hand.most_right(sizes, a * b) < 50


def test_one_head_serves_both_best_at_a_share_of_two_thirds() -> None:
    a, b = hand.all_digits()

    def near(share: float) -> float:
        z = hand.deliver(a, b, [share], "digit")
        return min(hand.closest(z, a * b), hand.closest(z, a - b))

    assert near(0.67) > 0.45 > max(near(0.55), near(0.8), near(0.95))


def test_a_look_step_by_step_ends_in_the_weights_of_the_kernel() -> None:
    query = hand.arrow(45, 2.5)
    found = hand.look_at(encode("37*48="), query)
    assert found.matches == pytest.approx([key @ query for key in found.keys])
    assert found.scores == pytest.approx(found.matches / math.sqrt(2))
    powers = np.exp(found.scores)
    assert found.weights == pytest.approx(powers / powers.sum())


@pytest.mark.parametrize(("share", "kind"), [(0.5, "digit"), (0.5, "size"), (0.95, "digit")])
def test_what_can_be_told_agrees_with_a_plain_count(share: float, kind) -> None:
    a, b = hand.all_digits()
    arrived = hand.deliver(a, b, (share,), kind).round(6)
    told = hand.tell((share,), kind)
    for answers, right, apart in (
        (a * b, told.products, told.products_apart),
        (a - b, told.differences, told.differences_apart),
    ):
        meanings = defaultdict(Counter)
        for blend, answer in zip(map(tuple, arrived), answers.tolist(), strict=True):
            meanings[blend][answer] += 1
        assert right == sum(max(counts.values()) for counts in meanings.values())
        assert apart == pytest.approx(
            min(
                math.dist(arrived[i], arrived[j])
                for i in range(100)
                for j in range(100)
                if answers[i] != answers[j]
            ),
            abs=1e-5,
        )


def test_a_share_near_the_half_blurs_the_order() -> None:
    def holds(share: float) -> None:
        a, b, c = np.array([7, 8, 7]), np.array([8, 7, 9]), (share,)
        one, swapped, another = hand.deliver(a, b, c, "digit")
        other_first = hand.deliver(np.array([9]), np.array([8]), c, "digit")[0]
        nearest = min(math.dist(one, another), math.dist(one, other_first))
        assert hand.blurs_the_order(share) == (math.dist(one, swapped) < nearest)

    assert failures(holds, [0.05, 0.3, 0.45, 0.5, 0.6, 0.7, 0.95]) == []


def test_the_largest_random_weight_is_a_mean_over_queries() -> None:
    weights = hand.random_weights(64, rooted=False)
    assert hand.largest_weight(64, rooted=False) == pytest.approx(
        sum(max(row) for row in weights.tolist()) / len(weights)
    )
