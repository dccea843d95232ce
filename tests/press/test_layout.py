"""Sizes of tables on paper."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.press.layout import LANDSCAPE_WIDTH, PORTRAIT_WIDTH, Fit, column_width, fit, is_short, needed_width, shares
from lib.press.tables import Grid, read_tables


def grid(characters):
    return Grid({}, [], characters, characters, characters, 10)


def test_small_tables_have_the_largest_size():
    assert fit(grid([20, 6, 6])) == Fit(9.0, landscape=False)


def test_wide_tables_shrink_then_turn():
    assert fit(grid([20] + [8] * 8)).landscape is False
    assert fit(grid([20] + [8] * 8)).size < 9
    assert fit(grid([20] + [7] * 14)).landscape is True


def test_few_columns_are_never_turned():
    assert fit(grid([60] * 9)) == Fit(7.0, landscape=False)


@given(st.lists(st.integers(1, 40), min_size=1, max_size=20))
def test_a_chosen_size_fits_unless_it_is_the_smallest(characters):
    chosen = fit(grid(characters))
    width = LANDSCAPE_WIDTH if chosen.landscape else PORTRAIT_WIDTH
    assert needed_width(characters, chosen.size) <= width or chosen.size in {7.0, 6.5}


def text_grid(words, texts, lines=10):
    return Grid({}, [], words, texts, texts, lines)


def test_long_headings_turn_no_table_and_break_before_its_cells_do():
    words, cells = [6, *[6, 4, 6, 9, 8] * 2], [19, *[6] * 10]
    headed = Grid({}, [], words, [19, *[15] * 10], cells, 10)
    assert fit(headed).landscape is False
    assert fit(Grid({}, [], words, [19, *[15] * 10], [19, *[15] * 10], 10)).landscape is True
    first = shares(headed)[0]
    assert first * PORTRAIT_WIDTH >= column_width(19, fit(headed).size) - 1e-6


def test_no_shares_where_nothing_is_broken():
    assert shares(text_grid([10, 5], [12, 5])) is None


def test_long_texts_get_what_short_columns_leave():
    step, prompt = shares(text_grid([9, 12], [10, 280]))
    assert step + prompt == pytest.approx(1)
    assert step < 0.2


@given(st.lists(st.tuples(st.integers(1, 20), st.integers(0, 300)), min_size=1, max_size=12))
def test_shares_fill_the_page_and_no_word_is_starved(columns):
    grid = text_grid([word for word, _ in columns], [word + more for word, more in columns])
    parts = shares(grid)
    if parts is not None:
        chosen = fit(grid)
        assert sum(parts) == pytest.approx(1)
        crowded = max(1.0, needed_width(grid.words, chosen.size) / chosen.width)
        for part, word in zip(parts, grid.words, strict=True):
            assert part * chosen.width * crowded >= column_width(word, chosen.size) - 1e-6


def test_short_tables_are_kept_on_one_page():
    assert is_short(text_grid([5], [5], lines=20))
    assert not is_short(text_grid([5], [5], lines=60))


def test_shares_that_a_table_gives_are_taken_where_they_hold_every_word():
    page = "<table><colgroup><col style='width:{}%'><col style='width:{}%'></colgroup><tbody><tr><td>{}</td><td>{}</td>"
    cells = ("short words", "long text " * 40)
    wide = read_tables([page.format(40, 60, *cells) + "</tr></tbody></table>"])[0]
    assert shares(wide) == pytest.approx([0.4, 0.6])
    starved = read_tables([page.format(1, 99, *cells) + "</tr></tbody></table>"])[0]
    assert shares(starved)[0] * PORTRAIT_WIDTH >= column_width(5, fit(starved).size)
