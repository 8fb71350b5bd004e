"""samples: a sample is drawn by a seed, favours no digit, and a larger one holds a smaller."""

import ast
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from lab.data.problems import HELDOUT_FROM, split_values
from lab.data.samples import CENSUS, hashed_pairs, some_pairs
from lab.records import ROOT


def listed(n: int, seed: int = 0) -> set[tuple[int, int]]:
    a, b = hashed_pairs(n, seed)
    return set(zip(a.tolist(), b.tolist(), strict=True))


def test_a_sample_is_decided_by_its_seed_and_a_larger_one_holds_it() -> None:
    assert len(listed(1000)) == 1000
    assert listed(20) < listed(1000) < listed(10_000)
    assert listed(1000) == listed(1000) != listed(1000, seed=1)
    assert 50 < len(listed(1000) & listed(1000, seed=1)) < 150


def test_no_digit_is_favoured_and_the_split_is_met_in_proportion() -> None:
    """Within four standard deviations of a tenth, for each digit in each of the four places."""
    a, b = hashed_pairs(1000)
    for place in (a // 10, a % 10, b // 10, b % 10):
        found = Counter(place.tolist())
        assert set(found) == set(range(10))
        assert all(abs(n - 100) < 4 * np.sqrt(90) for n in found.values())
    assert abs((split_values(a, b) >= HELDOUT_FROM).mean() - 0.7) < 0.06


def test_all_pairs_are_a_census_and_fewer_are_not() -> None:
    assert some_pairs(10_000)[2] == CENSUS
    *_, sample = some_pairs(50, 3)
    assert (sample.drawn, sample.n, sample.seed) == ("hash", 50, 3)
    assert sample.document()["sample"]["of"] == CENSUS.of


@pytest.mark.parametrize("n", [0, -1, 10_001])
def test_more_pairs_than_there_are_is_refused(n: int) -> None:
    with pytest.raises(ValueError, match="there are 1 to 10000"):
        hashed_pairs(n)


def strides(path: Path) -> list[str]:
    """Slices [::k] of a file in which k is not written as a number: a sample by stride."""
    found: list[str] = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Slice) and not isinstance(
            node.step, ast.Constant | ast.UnaryOp | None
        ):
            found.append(f"{path.name}:{node.lineno}")
    return found


def test_a_stride_is_found(tmp_path: Path) -> None:
    file = tmp_path / "x.py"
    file.write_text("a = x[::every]\nb = x[::-1]\nc = x[1:n]\nd = x[..., 0::2]\n")
    assert strides(file) == ["x.py:1"]


def test_nothing_in_the_lab_samples_by_a_stride() -> None:
    """A list of pairs has an order, and every k-th follows it: b = 0, 10, ..., 90."""
    assert [hit for path in sorted((ROOT / "lab").rglob("*.py")) for hit in strides(path)] == []
