"""The exercise of chapter 3, graded: right, and wrong in the ways that readers are."""

from lab.exercises.curriculum_exercises import FAR, Carry


def carries_by_hand(a: int, b: int) -> int:
    """The longest way of one carry, added up as on paper."""
    longest, total = 0, 0
    for j, digit in enumerate(reversed(str(b))):
        added = a * int(digit) * 10**j
        x, y, way, carry = total, added, 0, 0
        while x or y or carry:
            column = x % 10 + y % 10
            if column > 9:
                way, carry = 1, 1
            elif column == 9 and carry:
                way += 1
            else:
                way, carry = 0, 0
            longest = max(longest, way)
            x, y = x // 10, y // 10
            if not (x or y):
                break
        total += added
    return longest


def test_a_carry_goes_as_far_as_on_paper_and_a_far_one_can_be_found() -> None:
    found = 0
    for a in range(2, 10_000, 37):
        for b in (99, 999, 1001, 9999, 4837):
            carry = Carry(a, b)
            assert carry.columns == carries_by_hand(a, b), (a, b)
            found += carry.solved
    assert found > 0
    assert not Carry(12, 34).solved and Carry(12, 34).columns < FAR
