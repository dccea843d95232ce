"""Sizes of tables on paper."""

from hypothesis import given
from hypothesis import strategies as st

from lib.press.layout import LANDSCAPE_WIDTH, PORTRAIT_WIDTH, Fit, fit, needed_width
from lib.press.tables import Grid


def grid(characters):
    return Grid({}, [], characters, characters, 10)


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
