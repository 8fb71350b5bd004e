"""A digit of the working is forged so that its column implies another carry: by hand, on a problem
with few of them."""

from __future__ import annotations

import numpy as np

from lab.data.problems import Format
from lab.experiments.carried import forgeries

FORM = Format("cot_reversed")


def implied_by(a: int, b: int, slot: int) -> dict[int, int]:
    """The digit that may be written before `slot` instead, and what should follow it."""
    texts, _ = FORM.render(np.array([a]), np.array([b]))
    forged, implied = forgeries(FORM, texts, slot)
    assert all((text != texts[0]).sum() == 1 for text in forged)
    return dict(zip(forged[:, slot - 1].tolist(), implied.tolist(), strict=True))


def test_only_digits_that_the_column_could_have_come_to_are_forged() -> None:
    # 37 x 8: 3 x 8 = 24, and a carry of 0 to 7 makes it 24 to 31; 29 stands there, so 0 and 1 are
    # the digits with which the hundreds are no longer 2.
    assert implied_by(37, 48, 8) == {0: 3, 1: 3}
    # 27 x 50: 2 x 5 = 10, with a carry of 0 to 4 at most 14: always a 1.
    assert implied_by(27, 50, 13) == {}
    # 45 x 12 = 90 + 450: tens 9 + 5, to 14 or 15, both carry. 36 x 21 = 36 + 720: 3 + 2 never does.
    assert implied_by(45, 12, 17) == implied_by(36, 21, 17) == {}
    # 34 x 21 = 34 + 680: the tens 3 + 8 = 11; the hundreds 0 + 6 never carry.
    assert implied_by(34, 21, 18) == {}
    # 50 x 18 = 400 + 500: the hundreds 4 + 5 come to 9, or with a carry to 10.
    assert implied_by(50, 18, 18) == {0: 1}
