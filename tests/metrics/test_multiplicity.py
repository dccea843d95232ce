import polars as pl
import pytest

from lib.errors import DataError, ParameterError
from lib.metrics.multiplicity import adjust, adjust_within

P = [0.01, 0.02, None, 0.03, 0.04, 0.5]
# R 4.2.2: p.adjust(c(.01, .02, NA, .03, .04, .5), method); R leaves NA out of n as well.
R = {
    "bonferroni": [0.05, 0.1, None, 0.15, 0.2, 1.0],
    "holm": [0.05, 0.08, None, 0.09, 0.09, 0.5],
    "fdr_bh": [0.05, 0.05, None, 0.05, 0.05, 0.5],
}


@pytest.mark.parametrize("correction", R)
def test_it_adjusts_as_r_does(correction):
    adjusted = adjust(P, correction)
    assert adjusted[2] is None
    known = [value for value in adjusted if value is not None]
    assert known == pytest.approx([value for value in R[correction] if value is not None], rel=1e-12)


def test_a_family_without_any_test_stays_empty():
    assert adjust([None, float("nan")], "holm") == [None, None]
    assert adjust([], "holm") == []


def test_faulty_input_is_named():
    with pytest.raises(DataError, match=r"between 0 and 1, got 1\.2"):
        adjust([1.2], "holm")
    with pytest.raises(ParameterError, match="got 'sidak'"):
        adjust([0.1], "sidak")


def test_each_family_is_adjusted_by_itself_and_without_one_all_rows_are():
    frame = pl.DataFrame({"of": ["a", "b", "a", None, "b"], "p": [0.01, 0.02, 0.03, 0.04, None]})
    by_family = adjust_within(frame, ["of"], "bonferroni")["p_adjusted"]
    assert by_family[4] is None
    assert by_family.drop_nulls().to_list() == pytest.approx([0.02, 0.02, 0.06, 0.04])
    together = adjust_within(frame, [], "bonferroni", name="corrected")["corrected"]
    assert together.drop_nulls().to_list() == pytest.approx([0.04, 0.08, 0.12, 0.16])
    assert adjust_within(frame.head(0), [], "holm").is_empty()
    assert frame.columns == ["of", "p"]
