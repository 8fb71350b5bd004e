"""lab.data.vocabulary: one character, one token, and nothing else gets in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.data.vocabulary import DOT, END, EQUALS, PADDING, PLUS, TIMES, VOCABULARY, decode, encode


def test_the_vocabulary_is_the_frozen_one() -> None:
    assert VOCABULARY == "0123456789*+=$._"
    assert [VOCABULARY[i] for i in (TIMES, PLUS, EQUALS, END, DOT, PADDING)] == list("*+=$._")


@given(st.text(VOCABULARY))
def test_encode_and_decode_undo_each_other(text: str) -> None:
    assert decode(encode(text)) == text
    assert [VOCABULARY.index(c) for c in text] == encode(text).tolist()


@given(st.text(VOCABULARY, max_size=5), st.characters(exclude_characters=VOCABULARY))
def test_encode_names_the_first_character_that_is_no_token(before: str, foreign: str) -> None:
    with pytest.raises(ValueError) as error:
        encode(before + foreign + "?")
    assert f"character {len(before)} is {foreign!r}" in str(error.value)


@pytest.mark.parametrize("number", [-1, 16, 255])
def test_decode_refuses_an_id_outside_the_vocabulary(number: int) -> None:
    with pytest.raises(ValueError, match=f"token id {number} is outside 0 to 15"):
        decode([0, number])
