from __future__ import annotations

import msgspec
from hypothesis import given
from responses_support import response, responses

from lib.responses.record import HALF_CHARACTER, Response, encode


@given(responses())
def test_a_line_is_read_back_as_it_was_written(original: Response) -> None:
    line = encode(original)
    assert line.count(b"\n") == 1 and line.endswith(b"\n")
    read = msgspec.json.decode(line, type=Response)
    assert read.text == HALF_CHARACTER.sub("\ufffd", original.text)
    assert encode(read) == line


def test_halves_of_characters_become_the_mark_of_no_character() -> None:
    cut = response(text="happy \ud83d", thoughts="\udc00", values={"emotion": "a\ud83d"}, flags=("\ud83d",))
    read = msgspec.json.decode(encode(cut), type=Response)
    assert (read.text, read.thoughts) == ("happy \ufffd", "\ufffd")
    assert (read.values, read.flags) == ({"emotion": "a\ufffd"}, ("\ufffd",))
    assert read.key == cut.key


def test_what_is_not_known_is_not_written() -> None:
    assert b"tokens_in" not in encode(response()) and b'"tokens_in":0' in encode(response(tokens_in=0))
