from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from responses_support import response, responses

from lib.responses.record import HALF_CHARACTER, Response, encode, with_whole_characters


@given(responses())
def test_a_line_is_read_back_as_it_was_written(original: Response) -> None:
    mended = with_whole_characters(original)
    line = encode(mended)
    assert line.count(b"\n") == 1 and line.endswith(b"\n")
    assert msgspec.json.decode(line, type=Response) == mended
    assert mended.text == HALF_CHARACTER.sub("\ufffd", original.text)
    assert with_whole_characters(mended) == mended


def test_halves_of_characters_become_the_mark_of_no_character() -> None:
    cut = response(text="happy \ud83d", thoughts="\udc00", values={"emotion": "a\ud83d"}, flags=("\ud83d",))
    with pytest.raises(UnicodeEncodeError):
        encode(cut)
    read = with_whole_characters(cut)
    assert (read.text, read.thoughts, read.key) == ("happy \ufffd", "\ufffd", cut.key)
    assert (read.values, read.flags) == ({"emotion": "a\ufffd"}, ("\ufffd",))
    assert with_whole_characters(response(text="\U0001f600")) == response(text="\U0001f600")


def test_what_is_not_known_is_not_written() -> None:
    assert b"tokens_in" not in encode(response()) and b'"tokens_in":0' in encode(response(tokens_in=0))
