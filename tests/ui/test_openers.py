"""components.ui.drawings.openers: what opens a page shows the numbers that it is given."""

from __future__ import annotations

import re

import numpy as np
import pytest

from components.ui.drawings import openers
from components.ui.loaded_models import BOOK_RUN
from components.ui.page_records import opening


def test_a_figure_has_its_words_and_its_sentence_as_text() -> None:
    html = openers.opener("<b>body</b>", "a < b", "c & d")
    assert 'aria-label="a &lt; b"' in html and "<figcaption>c &amp; d</figcaption>" in html


def test_the_longest_note_has_the_strongest_cell_and_none_below_one_is_seen() -> None:
    html = openers.contribution_map(
        np.array([[0.5, 1.0, 10.0], [100.0, 1.0, 1.0]]), ["a", "b"], "3*4"
    )
    cells, scale = html.split('class="wb-shades"')
    assert re.findall(r"--s:(\d+)%", cells) == ["0", "0", "50", "100", "0", "0"]
    assert cells.count("<b ") == 2 and cells.count("<span>") == 3
    assert re.findall(r"--s:(\d+)%\"></i>([^<]+)", scale)[:2] == [("0", "1 or less"), ("50", "10")]


def test_a_missing_record_opens_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    found = opening(BOOK_RUN)
    assert found is not None and found.weights.shape == (4, 20, 20)
    assert found.weights.sum(axis=2) == pytest.approx(1, abs=1e-3)
    assert found.lengths.shape == (len(found.lines), 20)
    monkeypatch.setattr("components.ui.page_records.ROOT", tmp_path)
    assert opening(BOOK_RUN) is None
