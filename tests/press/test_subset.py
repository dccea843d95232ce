"""The statement in `lib.press` says what the code understands, no more and no less."""

import re

import lib.press
from lib.press import subset

STATED = set(re.findall(r"`([^`]+)`", lib.press.__doc__ or ""))


def words():
    """Every name that the code understands."""
    tables = (
        subset.FORMATS,
        subset.DIVS,
        subset.SPANS,
        subset.FRONT_MATTER,
        subset.AUTHOR,
        subset.AFFILIATION,
        subset.CROSSREF,
        subset.CROSSREF_TITLES,
        subset.CELL_OPTIONS,
        *subset.FORMAT_OPTIONS.values(),
        *subset.QUARTO_ONLY.values(),
        *subset.PROJECT.values(),
    )
    return {name for table in tables for name in table}


def test_all_that_is_understood_is_stated():
    assert words() - STATED == set()


def test_all_that_is_stated_is_understood():
    names = {name for name in STATED if re.fullmatch(r"[a-z][a-z-]+", name)}
    assert names - words() - {"unnumbered", "today", "lib"} == set()


def test_shortcodes_and_references_are_stated():
    for name in subset.SHORTCODES:
        assert f"{{{{< {name} " in lib.press.__doc__
    for kind in subset.REFERENCES:
        assert f"`@{kind}-…`" in lib.press.__doc__
    for output in subset.CELL_OUTPUTS:
        assert output in lib.press.__doc__
