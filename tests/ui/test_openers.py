"""components.ui.drawings.openers: what opens a page shows the numbers that it is given."""

from __future__ import annotations

import re

import numpy as np
import pytest

from components.ui.drawings import openers
from components.ui.loaded_models import BOOK_RUN
from components.ui.page_records import opening
from lab.data.problems import Format

FORM = Format("plain", 1, 1)


def test_a_figure_has_its_words_and_its_sentence_as_text() -> None:
    html = openers.opener("<b>body</b>", "a < b", "c & d")
    assert 'aria-label="a &lt; b"' in html and "<figcaption>c &amp; d</figcaption>" in html


def test_only_written_tokens_have_a_bar_and_the_dearest_is_the_highest() -> None:
    text = FORM.text(7, 8)  # 7*8=56$
    html = openers.priced_text(text, FORM, [9.0, 9.0, 9.0, 1.0, 2.0, 0.01], FORM.prompt_length)
    shares = [float(s) for s in re.findall(r"--share:([\d.]+)", html)]
    assert shares == [0, 0, 0, 0, 0.5, 1, 0.005]
    assert re.findall(r"<b>([\d.]+)</b>", html) == ["1.00", "2.00"]
    with pytest.raises(ValueError, match="7 tokens has 6"):
        openers.priced_text(text, FORM, [1.0], FORM.prompt_length)


def test_the_longest_note_has_the_strongest_cell_and_none_below_one_is_seen() -> None:
    html = openers.contribution_map(
        np.array([[0.5, 1.0, 10.0], [100.0, 1.0, 1.0]]), ["a", "b"], "3*4"
    )
    assert re.findall(r"--s:(\d+)%", html) == ["0", "0", "50", "100", "0", "0"]
    assert html.count("<b ") == 2 and html.count("<span>") == 3


def test_a_missing_record_opens_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    found = opening(BOOK_RUN)
    assert found is not None and found.weights.shape == (4, 20, 20)
    assert found.weights.sum(axis=2) == pytest.approx(1, abs=1e-3)
    assert found.lengths.shape == (len(found.lines), 20)
    monkeypatch.setattr("components.ui.page_records.ROOT", tmp_path)
    assert opening(BOOK_RUN) is None
