"""What the chapter of attention finds: machines that look at one known corner must be found to look there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import polars as pl
import pytest
from great_tables import GT
from scipy.stats import kstest

from lib.chapters.attention import agreement_differences, attention_looks, attention_means, step_differences
from lib.chapters.attention_examples import disagreement_examples, typical_examples
from lib.chapters.attention_lacking import too_few, without_regions
from lib.chapters.attention_measures import Regions, measure, pair_name
from lib.chapters.attention_pictures import emotion_panels, example_panels, mean_panels
from lib.chapters.attention_record import record_attention
from lib.chapters.attention_traced import attention_names
from lib.contracts.known_conditions import KnownConditions
from lib.contracts.study import read_study
from lib.figures.attention import heat_figure
from lib.metrics.resampling import Resampling
from lib.results import Results
from lib.study_data import StudyData
from lib.tables.attention import agreement_table, regions_table, shape_table, steps_table
from lib.traces.parts import Part
from lib.traces.summaries import summarise

ROOT = Path(__file__).parents[2]
STUDY = read_study(ROOT / "params/demo.yaml").model_copy(update={"machines": (), "factors": {}})
EMOTIONS = STUDY.emotion.categories
WHO, EACH, SIDE = "pocket-rater", 8, 8
IDS = [f"{emotion}-{number}" for emotion in EMOTIONS for number in range(EACH)]
SHOWN = dict(zip(IDS, np.repeat(EMOTIONS, EACH), strict=True))
CORNERS = {"top_left": (0, 0), "bottom_right": (6, 6)}
GRID = {"rows": SIDE, "columns": SIDE, "box": [0, 0, 80, 80], "size": [80, 80]}


def corner_map(corner: str, noise: np.ndarray | float = 0.0) -> np.ndarray:
    """Half of the attention goes to the image, most of it to two by two places in one corner."""
    row, column = CORNERS[corner]
    values = np.full((SIDE, SIDE), 1.0) + noise
    values[row : row + 2, column : column + 2] += 40
    return 0.5 * values / values.sum()


def trace(values: np.ndarray, image_id: str, step: str, grid: dict[str, object] = GRID) -> pl.DataFrame:
    """A trace of two layers and two heads as a model would have left it, read as the build reads it."""
    maps = np.stack([np.stack([0.5 * values, values]), np.stack([values, 1.5 * values])])
    arrays = {
        "maps": maps.astype(np.float16), "tokens": maps.mean(1)[None].astype(np.float16),
        "mass": maps.sum((-2, -1))[None].astype(np.float32),
    }  # fmt: skip
    (frame,) = summarise("attention", Part(arrays, {"layers": [1, 2], "grid": grid}), (image_id, 0, step), (), ())
    return frame


def traced(look: Callable[[str, str], np.ndarray], steps: tuple[str, ...] = ("emotion", "arousal")) -> pl.DataFrame:
    return pl.concat([trace(look(image_id, step), image_id, step) for image_id in IDS for step in steps])


def box_regions(ids: list[str] = IDS) -> pl.DataFrame:
    """Both corners as regions, the first in two halves as eyes are, within a face down to the lower edge."""
    boxes = {
        "left_corner": (0.0, 0.0, 0.125, 0.25), "right_corner": (0.125, 0.0, 0.25, 0.25),
        "mouth": (0.75, 0.75, 1.0, 1.0), "face": (0.0, 0.0, 1.0, 0.875),
    }  # fmt: skip
    rows = [
        (image_id, name, [a, c, c, a], [b, b, d, d]) for image_id in ids for name, (a, b, c, d) in boxes.items()
    ]  # fmt: skip
    kinds = {"image_id": pl.String, "region": pl.String, "x": pl.List(pl.Float64), "y": pl.List(pl.Float64)}
    return pl.DataFrame(rows, schema=kinds, orient="row")


def study_data(
    frame: pl.DataFrame, labels: dict[str, str] | None = None, regions: pl.DataFrame | None = None, draws: int = 200
) -> StudyData:
    """A study in memory; everybody names the intended emotion, and rates 3 and 5; the machine names `labels`."""
    known = KnownConditions(ROOT, "params/library", (WHO,))
    images = pl.DataFrame({"image_id": IDS, "intended_emotion": [SHOWN[name] for name in IDS]})
    rated = images.rename({"intended_emotion": "emotion"}).with_columns(valence=pl.lit(3.0), arousal=pl.lit(5.0))
    named = rated.with_columns(
        repeat=pl.lit(0, pl.Int64), emotion=pl.Series([(labels or SHOWN).get(name) for name in IDS]),
        arousal=pl.Series([4.0 + (place % 4) / 4 for place in range(len(IDS))]),
    )  # fmt: skip
    study = STUDY.model_copy(update={"analysis": STUDY.analysis.model_copy(update={"bootstrap_draws": draws})})
    source = SimpleNamespace(
        study=study, conditions=known.own, uses_twin=False, simulated_note=None, available=[WHO], answered=[],
        ablated=[], known=known,
    )  # fmt: skip
    data = StudyData.__new__(StudyData)
    people = pl.concat([rated.with_columns(participant_id=pl.lit(f"p{person}")) for person in range(3)])
    data.__dict__ |= {
        "source": source, "study": study, "inputs": {}, "images": images, "ratings": people, "conditions": known.own,
        "repeated_predictions": {WHO: named}, "predictions": {WHO: named}, "regions": regions,
        "_traced": {"attention": {WHO: frame}},
    }  # fmt: skip
    return data


@pytest.fixture(autouse=True)
def few_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(StudyData, "resampling", property(lambda _: Resampling(1, 200, "image", 0.95)))


@pytest.fixture(scope="module")
def cornered() -> pl.DataFrame:
    """The emotion step looks at the upper left corner, the arousal step at the lower right one, with some noise."""
    random = np.random.default_rng(1)
    where = {"emotion": "top_left", "arousal": "bottom_right"}
    return traced(lambda _, step: corner_map(where[step], random.random((SIDE, SIDE))))


def figures(means: pl.DataFrame, step: str, kind: str) -> dict[str, float]:
    own = means.filter(pl.col("step") == step, pl.col("kind") == kind)
    return dict(own.select("measure", "mean").iter_rows())


def test_evidence_in_one_corner_is_found_there(cornered) -> None:
    data = study_data(cornered, regions=box_regions())
    looks = attention_looks(data)
    assert [(look.step, look.images.height) for look in looks] == [("emotion", len(IDS)), ("arousal", len(IDS))]
    means = attention_means(data, looks)
    shape = {step: figures(means, step, "shape") for step in ("emotion", "arousal")}
    assert shape["emotion"]["mass"] == pytest.approx(0.5, rel=1e-3)
    assert max(shape["emotion"]["x"], shape["emotion"]["y"]) < 0.3
    assert min(shape["arousal"]["x"], shape["arousal"]["y"]) > 0.7
    density = {step: figures(means, step, "density") for step in ("emotion", "arousal")}
    assert density["emotion"]["corners"] > 8 and density["emotion"]["mouth"] < 0.6
    assert density["arousal"]["mouth"] > 8 and density["arousal"]["corners"] < 0.6
    assert figures(means, "emotion", "area") == pytest.approx(
        {"corners": 4 / 64, "mouth": 4 / 64, "face": 50 / 64, "elsewhere": 6 / 64}, abs=0.003
    )


def test_shares_of_the_regions_and_the_rest_sum_to_one(cornered) -> None:
    for look in attention_looks(study_data(cornered, regions=box_regions())):
        assert look.measured.regions == ("corners", "mouth", "face", "elsewhere")
        np.testing.assert_allclose(look.measured.share.sum(axis=1), 1, rtol=1e-9)
        np.testing.assert_allclose(look.measured.area.sum(axis=1), 1, rtol=1e-9)


def test_steps_that_look_elsewhere_differ(cornered) -> None:
    data = study_data(cornered, regions=box_regions())
    found = step_differences(data, attention_looks(data))
    assert found["measure"].to_list() == [
        "corners", "mouth", "face", "elsewhere", "entropy_share", "x", "y", "spread"
    ]  # fmt: skip
    row = found.rows_by_key("measure", named=True, unique=True)
    assert (row["corners"]["first"], row["corners"]["second"]) == ("emotion", "arousal")
    assert row["corners"]["difference"] > 8 and row["mouth"]["difference"] < -8
    assert row["corners"]["p_family"] == row["x"]["p_family"] == 1 / 201


def test_steps_that_do_not_differ_give_uniform_p() -> None:
    """The chapter's own call, on noise that is the same at both steps."""
    random, smallest, single = np.random.default_rng(2), [], []
    whole = traced(lambda _image, _step: corner_map("top_left"))
    chosen = whole.filter(pl.col("image_id").str.ends_with("1") | pl.col("image_id").str.ends_with("2"))
    base = np.stack(chosen["map"].to_list())
    for _ in range(80):
        noisy = base * random.gamma(2, 0.5, base.shape)
        frame = chosen.with_columns(pl.Series("map", noisy.tolist(), dtype=pl.List(pl.Float32)))
        data = study_data(frame, draws=100)
        found = step_differences(data, attention_looks(data))
        single.append(found["p"][1])
        smallest.append(found["p_family"].min())
    assert kstest(single, "uniform").pvalue > 0.005
    assert kstest(smallest, "uniform").pvalue > 0.005


def wrong(*endings: str) -> dict[str, str]:
    """Another emotion for images whose ids end so."""
    other = dict(zip(EMOTIONS, (*EMOTIONS[1:], EMOTIONS[0]), strict=True))
    return {name: other[SHOWN[name]] if name.endswith(endings) else SHOWN[name] for name in IDS}


def test_images_of_disagreement_that_are_looked_at_elsewhere_are_found() -> None:
    labels, random = wrong("-0", "-1", "-2"), np.random.default_rng(3)
    frame = traced(
        lambda image_id, _: corner_map(
            "top_left" if labels[image_id] == SHOWN[image_id] else "bottom_right", random.random((SIDE, SIDE))
        )
    )
    data = study_data(frame, labels, box_regions())
    found = agreement_differences(data, attention_looks(data))
    row = found.filter(by="emotion", step="emotion", measure="corners").row(0, named=True)
    assert (row["n_agree"], row["n_disagree"], row["n_within"]) == (30, 18, 48)
    assert row["agree"] > 8 > row["disagree"]
    assert row["difference"] == pytest.approx(row["agree"] - row["disagree"])
    assert row["within"] == pytest.approx(row["difference"], rel=0.01)
    assert row["p_family"] == row["within_p_family"] == 1 / 201


def test_what_goes_with_the_emotion_is_no_difference_within_emotions() -> None:
    """Happy and sad faces are looked at elsewhere, and are the ones that are mistaken most."""
    random, labels = np.random.default_rng(4), wrong("-0")
    other = wrong("-1", "-2", "-3", "-4", "-5")
    labels |= {name: other[name] for name in IDS if SHOWN[name] in ("happy", "sad")}
    frame = traced(
        lambda image_id, _: corner_map(
            "bottom_right" if SHOWN[image_id] in ("happy", "sad") else "top_left", random.random((SIDE, SIDE))
        )
    )
    data = study_data(frame, labels)
    row = (
        agreement_differences(data, attention_looks(data))
        .filter(by="emotion", step="arousal", measure="x")
        .row(0, named=True)
    )
    assert row["p"] < 0.02 and row["difference"] < -0.1
    assert row["within_p"] > 0.05 and abs(row["within"]) < 0.01


def test_ratings_near_people_are_compared_with_those_far_away(cornered) -> None:
    data = study_data(cornered)
    found = agreement_differences(data, attention_looks(data))
    assert found["by"].unique().to_list() == ["rating"]  # it names every emotion as people do
    assert found["step"].unique().to_list() == ["arousal"]
    assert found.select("n_agree", "n_disagree").unique().rows() == [(24, 24)]


def test_a_study_without_regions_has_everything_else(cornered) -> None:
    data = study_data(cornered)
    means = attention_means(data, attention_looks(data))
    assert means["kind"].unique().to_list() == ["shape"] and without_regions(means) is not None
    assert step_differences(data, attention_looks(data))["measure"].to_list() == ["entropy_share", "x", "y", "spread"]


def test_images_without_all_regions_are_left_out_of_them(cornered) -> None:
    table = box_regions().filter((pl.col("image_id") != IDS[0]) | (pl.col("region") != "mouth"))
    data = study_data(cornered, regions=table)
    means = attention_means(data, attention_looks(data))
    assert without_regions(means) is None
    assert dict(means.select("kind", "n").unique().iter_rows()) == {"shape": 48, "share": 47, "area": 47, "density": 47}


def test_grids_of_several_sizes_and_padding_are_put_on_the_picture() -> None:
    whole = trace(corner_map("bottom_right"), "a", "emotion")
    coarse = np.zeros((4, 4))
    coarse[1, 3] = 0.5  # the picture's lowest row: the grid goes on below it
    padded = {"rows": 4, "columns": 4, "box": [0, 0, 80, 160], "size": [80, 80]}
    found = measure(pl.concat([whole, trace(coarse, "b", "emotion", padded)]), Regions(box_regions(["a", "b"])))
    assert found.shape[1, 2] == pytest.approx(7 / 8) and found.shape[1, 3] == pytest.approx(0.75)
    assert found.share[1].tolist() == pytest.approx([0, 0.5, 0.5, 0], abs=0.01)
    assert pair_name("left_lip_corner") == "lip_corners" and pair_name("nose") == "nose"


def test_examples_are_those_of_the_rules(cornered) -> None:
    odd = {f"{emotion}-{place}" for place, emotion in enumerate(EMOTIONS)}
    frame = traced(lambda image_id, _: corner_map("bottom_right" if image_id in odd else "top_left"))
    near = typical_examples(study_data(frame))
    assert [example.emotion for example in near] == list(EMOTIONS)
    assert not odd & {example.image_id for example in near}
    assert near[1].image_id == f"{EMOTIONS[1]}-0" and near[0].image_id == f"{EMOTIONS[0]}-1"  # the first that is alike
    far = disagreement_examples(study_data(frame, wrong("-5")))
    assert [example.image_id for example in far] == [f"{emotion}-5" for emotion in EMOTIONS]
    assert far[0].text.splitlines() == ["Happy", "happy-5", "M: sad 3 4.25", "P: happy 3.0 5.0"]
    data = study_data(frame, wrong("-5"))
    data.__dict__["ratings"] = data.ratings.with_columns(pl.col("valence") + 0.96)
    assert disagreement_examples(data)[0].text.endswith("P: happy 4.0 5.0")  # rounded, not cut off
    ratings = disagreement_examples(study_data(frame))  # all labels agree; every fourth rating is farthest away
    assert [example.image_id for example in ratings] == [f"{emotion}-0" for emotion in EMOTIONS]


def test_figures_tables_and_numbers(cornered) -> None:
    data = study_data(cornered, wrong("-0", "-1"), box_regions())
    looks = attention_looks(data)
    means, between, agreed = (
        attention_means(data, looks),
        step_differences(data, looks),
        agreement_differences(data, looks),
    )
    assert too_few(agreed) is None and too_few(agreed.clear()) is not None
    names = attention_names(data)
    tables = [shape_table(means, names), regions_table(means, names), steps_table(between, names)]
    html = [table.as_raw_html() for table in [*tables, agreement_table(agreed, names)] if isinstance(table, GT)]
    assert len(html) == 4 and all("Pocket rater" in text for text in html)
    assert (
        "Rest of the face" in html[1]
        and "Pocket rater, arousal step" in html[1]
        and "Emotion − arousal" in html[2]
        and "(36 images)" in html[3]
    )
    panels = mean_panels(data)
    assert [(panel.row, panel.column) for panel in panels] == [("Pocket rater", "Emotion"), ("Pocket rater", "Arousal")]
    for panel, corner in zip(panels, (0, -1), strict=True):
        assert panel.heat is not None and panel.heat.mean() == pytest.approx(1)
        assert panel.heat[corner, corner] > 5 > panel.heat[-1 - corner, corner]
    assert len(emotion_panels(data)) == 12
    shown = example_panels(data, disagreement_examples(data))
    assert [panel.row for panel in shown] == ["Picture"] * 6 + ["Emotion"] * 6 + ["Arousal"] * 6
    assert len(heat_figure(panels, "Simulated data.")._repr_mimebundle_()[0]["image/png"]) > 5000
    results = Results("attention")
    record_attention(results, means, between, agreed)
    for key in (
        "emotion.x.mean", "emotion.regions.corners.density.mean", "between.emotion.arousal.x.p_family",
        "arousal.agreement.rating.x.within",
    ):  # fmt: skip
        assert f"ablations.attention.pocket-rater.{key}" in results.entries
