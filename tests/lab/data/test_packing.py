"""lab.data.packing: streams against the texts they were cut from."""

import numpy as np
import pytest

from lab.data.packing import pack, texts_in, whole_texts
from lab.data.problems import Format, sample_pairs
from lab.data.vocabulary import decode

FORM = Format("cot_reversed")
N, LENGTH = 40, 64


def streams(length: int = LENGTH) -> tuple[list[str], np.ndarray, set[str]]:
    rng = np.random.default_rng(0)
    texts, mask = FORM.render(*sample_pairs(rng, N * texts_in(length, FORM), 2, 2))
    tokens, loss, _ = pack(texts, mask, N, length, rng)
    return [decode(row) for row in tokens], loss, {decode(row) for row in texts}


@pytest.mark.parametrize("length", [20, 57, 58, 64])
def test_a_stream_is_sum_after_sum_cut_anywhere(length: int) -> None:
    rows, _, texts = streams(length)
    starts: set[int] = set()
    for row in rows:
        assert len(row) == length
        head, *middle, tail = row.split("$")
        assert any(text.endswith(head + "$") for text in texts)
        assert all(part + "$" in texts for part in middle)
        assert any(text.startswith(tail) for text in texts)
        starts.add(len(head))
    assert len(starts) > 10


def test_only_sums_whose_beginning_is_there_bear_loss() -> None:
    rows, loss, _ = streams()
    for row, mask in zip(rows, loss, strict=True):
        cut_off = row.index("$") + 1 if len(row.split("$")[0]) < FORM.length - 1 else 0
        assert not mask[:cut_off].any()
        marked = "".join(c if m else " " for c, m in zip(row, mask, strict=True))
        for begin in range(cut_off, LENGTH, FORM.length):
            part = marked[begin : begin + FORM.length]
            assert part[:6].strip() == "" and " " not in part[6:]


def test_whole_texts_are_found() -> None:
    found = whole_texts(19, 64, np.array([0, 1, 18]))
    assert [list(slots) for slots in found] == [[0, 19, 38], [18, 37], [1, 20, 39]]
    assert all(slot + 19 <= 64 for slots in found for slot in slots)
