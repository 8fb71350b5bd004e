"""prompted: half of what is trained on asks for working; what is written is told from its text."""

from __future__ import annotations

import json

import numpy as np

from components.ui.chapters.ch10 import worked
from lab.data.vocabulary import decode, encode
from lab.experiments import prompted
from lab.experiments.prompted import MARKS, PLAIN, WORKING, told
from lab.records import RECORDS, read_lines
from lab.weights import digest


def test_either_mark_stands_before_half_of_the_texts_and_its_format_behind_it() -> None:
    tokens, _ = prompted.two_formats().data.draw(np.random.default_rng(0), 400)
    texts = [decode(row).rstrip("_") for row in tokens]
    forms = {MARKS["working"]: WORKING, MARKS["plain"]: PLAIN}
    for text in texts:
        forms[text[0]].parse(text[1:])
    assert 160 < sum(text[0] == MARKS["working"] for text in texts) < 240
    assert {asked: mark for asked, (mark, _) in worked.PROMPTS.items()} == {
        asked: MARKS[asked] for asked in worked.PROMPTS
    }
    assert prompted.len_working() == worked.LEN_WORKING


def test_a_text_is_told_by_its_signs_and_is_right_only_as_a_whole() -> None:
    texts = ["37*48=692+0841=6771$", "37*48=1776$000000000", "37*48=692+0841=1771$"]
    a, b = np.full(3, 37), np.full(3, 48)
    found = told(np.stack([encode(text) for text in texts]), a, b)
    assert found["working"].tolist() == [True, False, True]
    assert found["plain"].tolist() == [False, True, False]
    assert found["right"].tolist() == [True, True, False]


def test_the_texts_on_record_are_those_of_the_kept_weights() -> None:
    (row,) = read_lines(RECORDS / "prompted_texts.jsonl")
    assert row["digest"] == digest(prompted.weights_path().read_bytes())
    given = [row["cell"]["a"], row["cell"]["b"], 5]
    both = prompted.both_texts(prompted.kept_network().model, *given)
    assert json.dumps(both) == json.dumps({"working": row["working"], "plain": row["forced"][5]})
