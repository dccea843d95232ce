"""What is found inside machines: those with known insides must be found to have them (A5, A9)."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import polars as pl
import pytest

import lib.chapters.hidden_states as inside
from lib.chapters.conditions import condition_names
from lib.chapters.dark_knowledge import emotion_tracking, rating_points, rating_tracking
from lib.chapters.hidden_states import layer_ceilings, layer_relations
from lib.chapters.inner import compared_images, untraced
from lib.chapters.inner_record import record_dark_knowledge, record_hidden_states
from lib.contracts.known_conditions import KnownConditions
from lib.contracts.study import read_study
from lib.figures.inner import expected_figure, layers_figure
from lib.metrics.resampling import Resampling
from lib.results import Results, nest
from lib.study_data import StudyData
from lib.tables.inner import emotion_table, layer_table, rating_table

ROOT = Path(__file__).parents[2]
STUDY = read_study(ROOT / "params/demo.yaml").model_copy(update={"machines": (), "factors": {}})
EMOTIONS = STUDY.emotion.categories
CENTRES = dict(zip(EMOTIONS, [(7.0, 6.0), (3.0, 3.5), (2.5, 6.5), (3.0, 7.0), (2.5, 5.0), (5.0, 3.0)], strict=True))
WHO, EACH, RATERS = "pocket-rater", 40, 12
SCALE = np.arange(1, 10)
DIMENSIONS = ("valence", "arousal")
LABELLED = 0.8  # of people choose the intended emotion of the usual face


@pytest.fixture(autouse=True)
def few_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(StudyData, "resampling", property(lambda _: Resampling(1, 300, "image", 0.95)))
    monkeypatch.setattr(StudyData, "project", property(lambda data: data.source))
    monkeypatch.setattr(inside, "PERMUTATIONS", 199)
    monkeypatch.setattr(inside, "SPLITS", 5)


@pytest.fixture(scope="module")
def images() -> pl.DataFrame:
    rows = [(f"{emotion}-{number:02d}", emotion) for emotion in EMOTIONS for number in range(EACH)]
    return pl.DataFrame(rows, schema=["image_id", "intended_emotion"], orient="row")


@pytest.fixture(scope="module")
def faces(images: pl.DataFrame) -> np.ndarray:
    """How far each face is from the usual one of its emotion, on both scales, in points; (n_images, 2)."""
    return np.random.default_rng(3).normal(0, 0.8, (images.height, 2))


@pytest.fixture(scope="module")
def clarity(images: pl.DataFrame) -> np.ndarray:
    """The share of people who would choose each image's intended emotion."""
    return np.clip(np.random.default_rng(8).normal(LABELLED, 0.12, images.height), 0.4, 1)


@pytest.fixture(scope="module")
def ratings(images: pl.DataFrame, faces: np.ndarray, clarity: np.ndarray) -> pl.DataFrame:
    random, parts = np.random.default_rng(4), []
    for person in range(RATERS):
        value = np.clip(np.rint(centres(images) + faces + random.normal(0, 0.7, faces.shape)), 1, 9)
        right = random.random(images.height) < clarity
        shown = images["intended_emotion"]
        label = [name if ok else taken_for(name) for name, ok in zip(shown, right, strict=True)]
        parts.append(
            images.select("image_id").with_columns(
                pl.lit(f"p{person}").alias("participant_id"), pl.Series("emotion", label),
                pl.Series("valence", value[:, 0]), pl.Series("arousal", value[:, 1]),
            )
        )  # fmt: skip
    return pl.concat(parts)


def centres(images: pl.DataFrame) -> np.ndarray:
    return np.array([CENTRES[emotion] for emotion in images["intended_emotion"]])


def study_data(images: pl.DataFrame, ratings: pl.DataFrame, **traced: pl.DataFrame) -> StudyData:
    """A study whose frames are in memory, with what `lib.build.traced` would have read of one machine."""
    known = KnownConditions(ROOT, "params/library", (WHO,))
    source = SimpleNamespace(
        study=STUDY, conditions=known.own, uses_twin=False, simulated_note=None, available=[WHO], answered=[],
        ablated=[], known=known,
    )  # fmt: skip
    data = StudyData.__new__(StudyData)
    data.__dict__ |= {
        "source": source, "study": STUDY, "inputs": {}, "images": images, "ratings": ratings, "conditions": known.own,
        "_traced": {kind: {WHO: traced[kind]} if kind in traced else {} for kind in ("logits", "hidden", "attention")},
    }  # fmt: skip
    return data


def around(level: np.ndarray, spread: float) -> np.ndarray:
    """Probabilities of the scale's values: a bell around each level; (n_images, 9)."""
    bell = np.exp(-((SCALE - np.asarray(level)[:, None]) ** 2) / (2 * spread**2))
    return bell / bell.sum(axis=1, keepdims=True)


def named(images: pl.DataFrame, right: np.ndarray) -> np.ndarray:
    """Probabilities of the emotions: `right` for the intended one, the rest for the one that people take it for."""
    place = np.array([EMOTIONS.index(emotion) for emotion in images["intended_emotion"]])
    other = np.array([EMOTIONS.index(taken_for(emotion)) for emotion in images["intended_emotion"]])
    table = np.zeros((len(place), len(EMOTIONS)))
    table[np.arange(len(place)), place] = right
    table[np.arange(len(place)), other] = 1 - right
    return table


def taken_for(emotion: str) -> str:
    return "sad" if emotion == "neutral" else "neutral"


def logits(images: pl.DataFrame, ratings: dict[str, np.ndarray], emotions: np.ndarray, repeat: int = 0) -> pl.DataFrame:
    tables = {"emotion": (EMOTIONS, emotions)} | {name: (map(str, SCALE), table) for name, table in ratings.items()}
    parts = [
        images.select("image_id").join(pl.DataFrame({"value": list(values)}), how="cross").with_columns(
            pl.lit(repeat, pl.Int64).alias("repeat"), pl.lit(step).alias("step"), pl.Series("raw", table.ravel()),
            pl.Series("probability", table.ravel()), pl.lit(1.0).alias("mass"), pl.lit(value=False).alias("shared"),
        )
        for step, (values, table) in tables.items()
    ]  # fmt: skip
    return pl.concat(parts)


def states(
    images: pl.DataFrame, layers: dict[int, np.ndarray], step: str = "valence", pooled: str = "last"
) -> pl.DataFrame:
    parts = [
        images.select("image_id").with_columns(
            pl.lit(0, pl.Int64).alias("repeat"), pl.lit(step).alias("step"), pl.lit(pooled).alias("pooled"),
            pl.lit(layer, pl.Int64).alias("layer"),
            pl.Series("vector", table.tolist(), dtype=pl.List(pl.Float32)),
        )
        for layer, table in layers.items()
    ]  # fmt: skip
    return pl.concat(parts)


def place_code(points: np.ndarray, width: int = 400) -> np.ndarray:
    """Units that each answer to a place of their own, so that the farther two points are, the less states go together.

    Random features of a Gaussian kernel (Rahimi & Recht, 2007).
    """
    random = np.random.default_rng(11)
    return np.cos(points @ random.normal(0, 0.35, (points.shape[1], width)) + random.uniform(0, 2 * np.pi, width))


def tracking(data: StudyData) -> dict[tuple[str, str], dict]:
    found = rating_tracking(data, rating_points(data))
    return {(row["dimension"], row["part"]): row for row in found.iter_rows(named=True)}


class TestDarkKnowledge:
    def test_a_machine_that_looks_ratings_up_holds_nothing_else_likely(self, images, ratings) -> None:
        level = np.rint(centres(images))
        sure = {name: (level[:, [at]] == SCALE).astype(float) for at, name in enumerate(DIMENSIONS)}
        data = study_data(images, ratings, logits=logits(images, sure, named(images, np.ones(images.height))))
        rows = tracking(data)
        assert {part for _, part in rows} == {"all", "same answer", "argmax constant", *EMOTIONS}
        for row in rows.values():
            assert row["expected_r"] is None and row["expected_reason"] == "the values do not vary within the category"
            assert row["argmax_r"] is None and row["r_difference"] is None
            assert row["part"] in ("same answer", "argmax constant") or row["entropy"] == row["entropy_high"] == 0
        for row in emotion_tracking(data).iter_rows(named=True):
            assert row["expected_r"] is None
            assert row["entropy"] in (0, None) and row["distance"] == row["said_distance"]

    def test_a_machine_that_saw_more_than_it_says_is_found_to_have(self, images, ratings, faces, clarity) -> None:
        """One answer for each emotion, and a bell that leans as the face does."""
        level = np.rint(centres(images))
        noise = np.random.default_rng(5).normal(0, 0.5, faces.shape)
        lean = level + 0.4 * np.tanh(faces + noise)
        leaning = {name: around(lean[:, at], 1.2) for at, name in enumerate(DIMENSIONS)}
        data = study_data(images, ratings, logits=logits(images, leaning, named(images, 0.1 + 0.8 * clarity)))
        rows = tracking(data)
        for dimension in DIMENSIONS:
            row = rows[dimension, "argmax constant"]
            assert row["n"] == images.height and row["argmax_distinct"] > 1
            assert row["expected_r_low"] > 0.5 and row["expected_p"] == pytest.approx(0.001) and row["argmax_r"] is None
            assert rows[dimension, "same answer"]["expected_r"] == pytest.approx(row["expected_r"])
            assert rows[dimension, "all"]["entropy_low"] > 1.5
            own = rows[dimension, "sad"]
            assert (own["n"], own["argmax_distinct"]) == (EACH, 1) and own["expected_r_low"] > 0.3
        whole = emotion_tracking(data).row(0, named=True)
        assert whole["expected_r_low"] > 0.4 and whole["distance_high"] < whole["said_distance_low"]

    def test_a_machine_that_is_only_unsure_is_not(self, images, ratings, monkeypatch) -> None:
        """Entropy without sight: bells that lean at random. At 5%, more than 3 of 10 come once in 1,000 times."""
        monkeypatch.setattr(StudyData, "resampling", property(lambda _: Resampling(1, 20, "image", 0.95)))
        few, found = images.filter(pl.Series(range(images.height)) % 4 == 0), 0
        level = np.rint(centres(few))
        for seed in range(5):
            random = np.random.default_rng([7, seed])
            blind = level + 0.4 * np.tanh(random.normal(0, 1, level.shape))
            leaning = {name: around(blind[:, at], 1.2) for at, name in enumerate(DIMENSIONS)}
            frame = logits(few, leaning, named(few, np.full(few.height, 0.7)))
            rows = tracking(study_data(images, ratings, logits=frame))
            found += sum(rows[name, "argmax constant"]["expected_p"] <= 0.05 for name in DIMENSIONS)
            assert all(rows[name, "all"]["entropy_low"] > 1.5 for name in DIMENSIONS)
        assert found <= 3

    def test_an_answer_that_follows_people_leaves_nothing_held_back(self, images, ratings, faces) -> None:
        """A bell around the answer itself: the expected value is the answer."""
        answer = np.clip(np.rint(centres(images) + faces), 3, 7)
        said = {name: around(answer[:, at], 0.3) for at, name in enumerate(DIMENSIONS)}
        rows = tracking(study_data(images, ratings, logits=logits(images, said, named(images, np.ones(len(faces))))))
        for dimension in DIMENSIONS:
            assert rows[dimension, "all"]["r_difference"] == pytest.approx(0, abs=0.01)
            assert rows[dimension, "same answer"]["expected_r"] is None
            assert (dimension, "argmax constant") not in rows

    def test_labels_that_only_people_had_are_labels(self, images, ratings, monkeypatch) -> None:
        """Every fourth label is one that machines are not asked for: that share cannot be moved away."""
        emotion = STUDY.emotion.model_copy(update={"people_also": ("surprised",)})
        monkeypatch.setitem(globals(), "STUDY", STUDY.model_copy(update={"emotion": emotion}))
        shown = ratings.select("image_id", "participant_id", *DIMENSIONS).join(images, on="image_id")
        other = (pl.int_range(pl.len()).over("image_id") % 4 == 0).alias("other")
        label = pl.when(other).then(pl.lit("surprised")).otherwise("intended_emotion").alias("emotion")
        sure = logits(images, {}, named(images, np.ones(images.height)))
        whole = emotion_tracking(study_data(images, shown.with_columns(label), logits=sure)).row(0, named=True)
        assert (whole["distance"], whole["said_distance"]) == pytest.approx((0.25, 0.25))

    def test_only_first_repeats_and_known_images_count(self, images, ratings, faces) -> None:
        level = centres(images) + faces
        said = {"valence": around(level[:, 0], 1.0)}
        first = logits(images[:50], said | {"valence": said["valence"][:50]}, named(images[:50], np.full(50, 0.9)))
        second = logits(images, {"valence": said["valence"][::-1]}, named(images, np.full(len(faces), 0.9)), repeat=1)
        stray = first.filter(pl.col("image_id") == "happy-00").with_columns(image_id=pl.lit("nobody"))
        data = study_data(images, ratings, logits=pl.concat([first, second, stray]))
        points = rating_points(data)
        assert points["image_id"].to_list() == images["image_id"][:50].to_list()
        assert points["dimension"].unique().to_list() == ["valence"]
        expected = (said["valence"][:50] * SCALE).sum(axis=1)
        assert points["expected"].to_list() == pytest.approx(expected.tolist())


def relations(data: StudyData) -> dict[tuple[str, str, int], dict]:
    found = layer_relations(data)
    return {(row["measure"], row["target"], row["layer"]): row for row in found.iter_rows(named=True)}


class TestHiddenStates:
    def test_layers_that_hold_what_people_see_reach_the_ceiling(self, images, ratings, faces) -> None:
        truth = centres(images) + faces
        kinds = np.repeat(np.eye(len(EMOTIONS)), EACH, axis=0)
        jitter = np.random.default_rng(2).normal(0, 0.01, (images.height, 400))
        layers = {1: place_code(truth), 2: place_code(kinds) + jitter, 3: place_code(centres(images)) + jitter}
        data = study_data(images, ratings, hidden=states(images, layers))
        found, ceilings = relations(data), layer_ceilings(data).rows_by_key("target", named=True, unique=True)
        for target in ("ratings", "within"):
            own, ceiling = found["rsa", target, 1], ceilings[target]
            assert own["n"] == ceiling["n"] == images.height and own["p_family"] == pytest.approx(1 / 200)
            assert ceiling["halves"] < own["value"] and own["value"] == pytest.approx(ceiling["ceiling"], abs=0.04)
            assert found["cka", target, 1]["p_family"] == pytest.approx(1 / 200)
        for layer in (2, 3):  # these know the emotion, and nothing about faces of one
            assert found["rsa", "ratings", layer]["p_family"] == pytest.approx(1 / 200)
            assert found["rsa", "emotion", layer]["value"] > 0.6
            for measure in ("rsa", "cka"):
                assert found[measure, "within", layer]["p"] > 0.05
                assert abs(found[measure, "within", layer]["value"]) < 0.06

    def test_random_layers_are_not_above_chance(self, images, ratings) -> None:
        """Of 10 models of 3 layers, at 5% over a model's layers, more than 3 are above chance once in 1,000 times."""
        above = dict.fromkeys([(m, t) for m in ("rsa", "cka") for t in ("ratings", "within", "emotion")], 0)
        few = images.filter(pl.col("image_id").str.tail(2).cast(pl.Int64) < 12)
        for seed in range(10):
            random = np.random.default_rng([9, seed])
            noise = {layer: random.normal(size=(few.height, 30)) for layer in range(3)}
            found = relations(study_data(images, ratings, hidden=states(few, noise)))
            for measure, target in above:
                rows = [found[measure, target, layer] for layer in noise]
                above[measure, target] += any(row["p_family"] <= 0.05 for row in rows)
                assert all(abs(row["value"]) < 0.25 for row in rows)
        assert max(above.values()) <= 3, above

    def test_a_layer_that_is_the_same_for_all_images_has_no_likeness(self, images, ratings, faces) -> None:
        same = np.tile(np.random.default_rng(1).normal(size=64).astype(np.float16), (images.height, 1))
        frame = states(images, {0: same, 1: place_code(centres(images) + faces)})
        image = states(images, {0: place_code(faces)}, "valence", "image")
        found = layer_relations(study_data(images, ratings, hidden=pl.concat([frame, image])))
        assert found["step"].unique(maintain_order=True).to_list() == ["image", "valence"]
        still = found.filter(step="valence", layer=0)
        assert still["value"].null_count() == still["p_family"].null_count() == still.height == 6
        assert set(still["reason"]) == {
            "one side's distances are all the same", "one side's features do not vary",
        }  # fmt: skip
        assert found.filter(step="image")["value"].null_count() == 0

    def test_an_odd_image_costs_no_layer(self, images, ratings, faces) -> None:
        code = place_code(centres(images) + faces)
        frame = pl.concat(
            [states(images[5:], {0: code[5:], 2: code[5:]}), states(images[:5], {0: code[:5], 1: code[:5]})]
        )
        found = layer_relations(study_data(images, ratings, hidden=frame))
        assert found["layer"].unique().sort().to_list() == [0, 2] and found["n"].unique().to_list() == [len(code) - 5]
        few = states(images[:4], {0: code[:4]})
        assert layer_relations(study_data(images, ratings, hidden=few)).is_empty()


def test_without_traces_nothing_is_read_and_there_are_no_rows(images, ratings) -> None:
    data = study_data(images, ratings)
    data.__dict__.pop("ratings")
    assert rating_points(data).is_empty() and rating_tracking(data, pl.DataFrame()).is_empty()
    assert emotion_tracking(data).is_empty() and layer_relations(data).is_empty() and layer_ceilings(data).is_empty()
    note = untraced(emotion_tracking(data), "emotions")
    assert note is not None and note.sentence.startswith("*Not available: this study has no traces about emotions.")


def test_tables_figures_and_numbers(images, ratings, faces) -> None:
    some = pl.Series(range(images.height)) % 4 == 0
    images, faces = images.filter(some), faces[::4]
    level = centres(images) + faces
    said = {name: around(level[:, at], 1.0) for at, name in enumerate(DIMENSIONS)}
    code = place_code(level)
    data = study_data(
        images, ratings, logits=logits(images, said, named(images, np.full(len(faces), 0.9))),
        hidden=states(images, {0: code, 1: np.ones_like(code) * np.arange(code.shape[1])}),
    )  # fmt: skip
    names, points = condition_names(data), rating_points(data)
    found, emotions = rating_tracking(data, points), emotion_tracking(data)
    layers, ceilings = layer_relations(data), layer_ceilings(data)
    assert compared_images(found) == {"pocket-rater": 60}
    page = rating_table(found, names, ["a note"]).as_raw_html()
    assert "Pocket rater: arousal" in page and "Within emotion and answer" in page and "a note" in page
    assert "Distance from people" in emotion_table(emotions, names).as_raw_html()
    page = layer_table(layers, ceilings, names).as_raw_html()
    assert "Noise ceiling" in page and "(.005)" in page
    for figure in (expected_figure(points, names, "Simulated data."), layers_figure(layers, ceilings, names, 0.05)):
        assert len(figure._repr_mimebundle_()[0]["image/png"]) > 5000
    results = Results("inner")
    record_dark_knowledge(results, found, emotions)
    record_hidden_states(results, layers, ceilings)
    numbers = nest(results.entries.values())["ablations"]
    own = numbers["dark-knowledge"][WHO]
    assert own["valence"]["all"]["expected"]["r"] == found["expected_r"][0]
    assert own["emotion"]["all"]["difference"].keys() == {"r", "r_low", "r_high", "rho", "rho_low", "rho_high"}
    hidden = numbers["hidden-states"][WHO]
    assert hidden["valence"]["0"]["within"]["cka"]["p_family"] <= 1 and hidden["ceiling"]["ratings"]["ceiling"] > 0.9
