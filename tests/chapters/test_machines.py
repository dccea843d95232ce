"""Machines whose ranks, leanings and thinking are known: the chapter must find what was put into them."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import polars as pl
import pytest

from lib.chapters.attribution import attribution_frame
from lib.chapters.machine_ranks import machine_ranks
from lib.chapters.thinking_gains import answer_names, forced_frame, thinking_gains, thinking_slopes
from lib.contracts.condition import Thinking
from lib.contracts.known_conditions import KnownConditions
from lib.contracts.predictions import HUMAN_NULL
from lib.contracts.study import Pair, read_study
from lib.metrics.resampling import Resampling
from lib.results import Results
from lib.sections.machines import machines_section
from lib.study_data import StudyData

ROOT = Path(__file__).parents[2]
STUDY = read_study(ROOT / "params/demo.yaml")
EMOTIONS = STUDY.emotion.categories
LEVEL = dict(zip(EMOTIONS, (7.0, 3.0, 2.0, 3.0, 2.0, 5.0), strict=True))
WHO = ("pocket-rater", "pocket-rater-json", "face-api-drawn", "fer-drawn")
RACES, IDENTITIES = ("Black", "Caucasian", "Korean"), 60
OPENED = KnownConditions(ROOT, "params/library", WHO).own


def images() -> pl.DataFrame:
    rows = [
        (f"{race}{number:02d}-{emotion}", race, ("Man", "Woman")[number % 2], f"{race}{number:02d}", emotion)
        for race in RACES
        for number in range(IDENTITIES)
        for emotion in EMOTIONS
    ]
    return pl.DataFrame(rows, schema=["image_id", "race", "gender", "identity", "intended_emotion"], orient="row")


IMAGES = images()
SHOWN = np.array(IMAGES["intended_emotion"])
BLACK = np.array(IMAGES["race"] == "Black")
VALUE = np.array([LEVEL[emotion] for emotion in SHOWN])


def ratings(people: int = 8) -> pl.DataFrame:
    random, parts = np.random.default_rng(4), []
    for person in range(people):
        value = np.clip(np.rint(VALUE + random.normal(0, 1.2, VALUE.size)), 1, 9)
        named = np.where(random.random(SHOWN.size) < 0.75, SHOWN, random.choice(EMOTIONS, SHOWN.size))
        parts.append(
            IMAGES.select("image_id").with_columns(
                participant_id=pl.lit(f"p{person}"), emotion=pl.Series(named), valence=pl.Series(value),
                arousal=pl.Series(value),
            )
        )  # fmt: skip
    return pl.concat(parts)


RATINGS = ratings()


def answered(
    named: np.ndarray, value: np.ndarray | None = None, tokens: np.ndarray | None = None, repeat: int = 0
) -> pl.DataFrame:
    given = VALUE if value is None else value
    return IMAGES.select("image_id").with_columns(
        repeat=pl.lit(repeat, pl.Int64), emotion=pl.Series(named), valence=pl.Series(given), arousal=pl.Series(given),
        valid=pl.lit(value=True), thinking_tokens=pl.Series(tokens if tokens is not None else [None] * SHOWN.size,
                                                            dtype=pl.Int64),
    )  # fmt: skip


def mistaken(random: np.random.Generator, chance: np.ndarray | float, named: np.ndarray = SHOWN) -> np.ndarray:
    """Labels of which a share is replaced by any of the others, each as likely."""
    other = (np.array([EMOTIONS.index(name) for name in named]) + random.integers(1, 6, named.size)) % 6
    return np.where(random.random(named.size) < chance, np.array(EMOTIONS)[other], named)


def opened(
    answers: dict[str, pl.DataFrame], *, pairs: dict[str, Pair] | None = None, thinkers: tuple[str, ...] = (),
    steps: dict[str, pl.DataFrame] | None = None,
) -> StudyData:  # fmt: skip
    analysis = STUDY.analysis.model_copy(update={"pairs": pairs or {}, "correction": "bonferroni"})
    study = STUDY.model_copy(update={"machines": (), "analysis": analysis})
    conditions = {
        name: OPENED[name].model_copy(update={"thinking": Thinking(mode="dynamic")} if name in thinkers else {})
        for name in answers
    }
    source = SimpleNamespace(
        study=study, conditions=conditions, simulated_note=None, available=list(answers), answered=list(steps or {}),
        ablated=[],
    )  # fmt: skip
    data = StudyData.__new__(StudyData)
    data.__dict__ |= {
        "source": source, "study": study, "inputs": {}, "images": IMAGES, "ratings": RATINGS, "conditions": conditions,
        "repeated_predictions": answers, "answers": steps or {},
        "predictions": {name: frame.filter(pl.col("repeat") == 0) for name, frame in answers.items()},
        "human_null": answered(SHOWN).with_columns(condition=pl.lit(HUMAN_NULL)), "remaining_ratings": RATINGS,
    }  # fmt: skip
    return data


@pytest.fixture(autouse=True)
def few_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(StudyData, "resampling", property(lambda _: Resampling(1, 200, "image", 0.95)))
    monkeypatch.setattr(StudyData, "project", property(lambda data: data.source))


def leaning(seed: int) -> dict[str, np.ndarray]:
    """Four machines: one reads anger into Black faces, one is worse at all of them, one both, one neither."""
    random = np.random.default_rng(seed)
    even = mistaken(random, 0.08)
    read_in = np.where(BLACK & (random.random(SHOWN.size) < 0.25) & (SHOWN != "angry"), "angry", mistaken(random, 0.08))
    worse = mistaken(random, np.where(BLACK, 0.45, 0.08))
    both = np.where(BLACK & (random.random(SHOWN.size) < 0.3) & (SHOWN != "angry"), "angry", worse)
    return dict(zip(WHO, (read_in, worse, both, even), strict=True))


def test_over_attribution_inaccuracy_both_and_neither_are_told_apart() -> None:
    found = attribution_frame(opened({name: answered(named) for name, named in leaning(11).items()}))
    assert found.height == len(WHO) * len(EMOTIONS) * 4 and found["n_units"].unique().to_list() == [120, 180]
    black = found.filter(pl.col("first") == "Black")
    verdicts = {name: own.filter(emotion="angry")["verdict"].to_list() for (name,), own in black.group_by("condition")}
    assert verdicts[WHO[0]] == ["over-attribution"] * 2
    assert verdicts[WHO[1]] == ["inaccuracy"] * 2
    assert verdicts[WHO[2]] == ["both"] * 2
    assert verdicts[WHO[3]] == ["none"] * 2
    worse = black.filter(pl.col("condition").cast(pl.String) == WHO[1])
    assert worse["verdict"].to_list() == ["inaccuracy"] * 12  # of every emotion, and none of them is read in
    assert (worse["false_alarms_difference"] > 0).all() and (worse["named_low"] < 0.02).all()
    others = found.filter((pl.col("first") != "Black") & (pl.col("factor") == "race"))
    assert (others["verdict"] == "none").mean() > 0.95
    row = black.filter(pl.col("condition").cast(pl.String) == WHO[0], emotion="angry").row(0, named=True)
    assert row["false_alarms_low"] < 0.25 * 0.92 < row["false_alarms_high"] + 0.03 and row["criterion_high"] < 0


def test_which_group_is_named_first_does_not_matter() -> None:
    data = opened({WHO[0]: answered(leaning(12)[WHO[0]])})
    turned = {"race": data.study.factors["race"].model_copy(update={"levels": RACES[::-1]})}
    other = opened({WHO[0]: answered(leaning(12)[WHO[0]])})
    other.study = data.study.model_copy(update={"factors": data.study.factors | turned})
    rows = attribution_frame(other).filter(second="Black", emotion="angry")
    assert rows["verdict"].to_list() == ["under-attribution"] * 2


def test_nothing_is_seldom_taken_for_something() -> None:
    """Identities differ, groups do not: of whole studies, few hold any verdict at all."""
    with_any, each, studies = 0, [], 40
    for seed in range(studies):
        random = np.random.default_rng(seed)
        hard = np.repeat(random.beta(1, 6, len(RACES) * IDENTITIES), len(EMOTIONS))
        found = attribution_frame(opened({WHO[3]: answered(mistaken(random, hard))}))
        with_any += (found["verdict"] != "none").any()
        each += [(found[f"{name}_p"] < 0.05).mean() for name in ("hits", "named", "sensitivity")]
    assert with_any / studies <= 0.2  # two factors and two families that can give a verdict, each at .05
    assert 0.02 <= np.mean(each) <= 0.07


def test_ranks_follow_a_known_order_and_ties_are_shared() -> None:
    random = np.random.default_rng(5)
    noise = random.normal(0, 1, SHOWN.size)
    close, far = (
        answered(mistaken(random, chance), VALUE + size * noise) for chance, size in ((0.02, 0.2), (0.6, 2.5))
    )
    middle = answered(mistaken(random, 0.3), VALUE + 1.0 * noise)
    found = machine_ranks(opened(dict(zip(WHO, (middle, far, close, close), strict=True))))
    machines = found.filter(pl.col("condition").cast(pl.String) != HUMAN_NULL)
    assert found.height == 5 * 7 and machines["machines"].unique().to_list() == [4]
    for (scale, measure), own in machines.group_by("scale", "measure"):
        ranks = dict(zip(own["condition"].cast(pl.String), own["rank"], strict=True))
        assert [ranks[name] for name in WHO] == [3, 4, 1.5, 1.5], (scale, measure)
        assert own["rank_low"].to_list() == own["rank_high"].to_list() == own["rank"].to_list()
    person = found.filter(pl.col("condition").cast(pl.String) == HUMAN_NULL, measure="mae")
    assert person["rank"].to_list() == [4, 4]  # one person errs by 1.2 points: between the machines of 1 and 2.5
    assert person["value"].to_list() == pytest.approx([1.0, 1.0], abs=0.15)


def test_machines_that_are_alike_have_ranks_that_overlap() -> None:
    random = np.random.default_rng(6)
    alike = {name: answered(mistaken(random, 0.2), VALUE + random.normal(0, 1, SHOWN.size)) for name in WHO}
    found = machine_ranks(opened(alike)).filter(pl.col("condition").cast(pl.String) != HUMAN_NULL)
    assert ((found["rank_high"] - found["rank_low"]) >= 1).all()
    assert found.group_by("scale", "measure").agg(pl.col("first").sum())["first"].to_list() == pytest.approx([1.0] * 7)


def repeated(slope: float, seed: int) -> pl.DataFrame:
    """Five answers to each image; hard images get more thinking, and each doubling changes the error by `slope`."""
    random, parts = np.random.default_rng(seed), []
    hard = random.exponential(1, SHOWN.size)
    people = RATINGS.group_by("image_id").agg(pl.col("valence").mean())
    means = (
        IMAGES.select("image_id").join(people, on="image_id", how="left", maintain_order="left")["valence"].to_numpy()
    )
    for repeat in range(5):
        x = 8 + hard + random.normal(0, 0.6, SHOWN.size)
        error = 2 + hard + slope * (x - 8 - hard) + random.normal(0, 0.2, SHOWN.size)
        parts.append(answered(SHOWN, means + error, np.rint(2**x - 1), repeat))
    return pl.concat(parts)


@pytest.mark.parametrize("slope", [-0.4, 0.0])
def test_more_thinking_within_an_image_is_told_from_hard_images(slope: float) -> None:
    found = thinking_slopes(opened({WHO[0]: repeated(slope, 7)}, thinkers=WHO[:1]))
    rows = {row["measure"]: row for row in found.iter_rows(named=True)}
    assert list(rows) == ["emotion", "valence", "arousal"]
    row = rows["valence"]
    assert row["low"] < slope < row["high"] and (row["p_adjusted"] < 0.01) is (slope != 0)
    assert rows["emotion"]["reason"] == "errors do not vary within images" and row["n"] == 5 * SHOWN.size


def test_what_thinking_spares_and_whether_longer_thinking_spares_more() -> None:
    random = np.random.default_rng(8)
    people = RATINGS.group_by("image_id").agg(pl.col("valence").mean())
    means = (
        IMAGES.select("image_id").join(people, on="image_id", how="left", maintain_order="left")["valence"].to_numpy()
    )
    hard, x = random.exponential(1, SHOWN.size), 9 + random.normal(0, 1, SHOWN.size)
    without = 3 + hard + random.normal(0, 0.2, SHOWN.size)
    answers = {
        WHO[0]: answered(SHOWN, means + without - 0.5 - 0.3 * (x - 9), np.rint(2**x - 1)),
        WHO[1]: answered(mistaken(random, 0.2), means + without),
    }
    pairs = {
        "same": Pair(first=WHO[0], second=WHO[1], differ_in="thinking"),
        "other": Pair(first=WHO[1], second=WHO[0], differ_in="thinking, the other way round"),
    }
    found = thinking_gains(opened(answers, pairs=pairs, thinkers=WHO[:1]))
    assert found["pair"].unique().to_list() == ["same"]  # of which the first thinks and the second does not
    rows = {row["measure"]: row for row in found.iter_rows(named=True)}
    assert rows["valence"]["gain"] == pytest.approx(0.5, abs=0.05)
    assert rows["valence"]["slope_low"] < 0.3 < rows["valence"]["slope_high"]
    assert rows["emotion"]["gain"] == pytest.approx(0.2, abs=0.05) and rows["emotion"]["slope_p_adjusted"] > 0.001
    assert rows["valence"]["n_units"] == 180


def test_thinking_that_ends_without_a_label_spares_nothing() -> None:
    """A tenth of the images get no label from the one that thinks; all others are right in both."""
    label = pl.when(pl.int_range(pl.len()) % 10 > 0).then("emotion")
    thinker = answered(SHOWN, tokens=100 + np.arange(SHOWN.size)).with_columns(label)
    answers = {WHO[0]: thinker, WHO[1]: answered(SHOWN)}
    pairs = {"same": Pair(first=WHO[0], second=WHO[1], differ_in="thinking")}
    found = thinking_gains(opened(answers, pairs=pairs, thinkers=WHO[:1])).filter(measure="emotion")
    assert found["n"][0] == SHOWN.size and found["gain"][0] == pytest.approx(-0.1, abs=0.001)
    unasked = {name: frame.with_columns(emotion=pl.lit(None, pl.String)) for name, frame in answers.items()}
    assert "emotion" not in thinking_gains(opened(unasked, pairs=pairs, thinkers=WHO[:1]))["measure"]


def test_answers_whose_thinking_was_cut_off_are_counted() -> None:
    random = np.random.default_rng(9)
    cut = random.random(SHOWN.size) < np.where(SHOWN == "fear", 0.6, 0.1)
    open_end = (random.random(SHOWN.size) < 0.05) & ~cut
    steps = IMAGES.select("image_id").with_columns(
        repeat=pl.lit(0, pl.Int64), step=pl.lit("all"), state=pl.lit("answered"),
        finish_reason=pl.Series(np.where(cut, "thinking_budget.stop", "stop")),
        reason=pl.Series(np.where(open_end, "unfinished_thinking", "")).replace("", None),
    )  # fmt: skip
    again = steps.with_columns(repeat=pl.lit(1, pl.Int64), finish_reason=pl.lit("thinking_budget.stop"))
    lost = steps.head(6).with_columns(
        state=pl.lit("failed"), finish_reason=pl.lit(None, pl.String), step=pl.lit("late")
    )
    given = {WHO[0]: pl.concat([steps, again, lost]), WHO[1]: steps}
    data = opened({name: answered(SHOWN) for name in WHO[:2]}, thinkers=WHO[:1], steps=given)
    found = forced_frame(data)
    assert found["condition"].cast(pl.String).unique().to_list() == [WHO[0]]  # the other may not think
    assert found["step"].unique().to_list() == ["all"]  # of the other step nothing is known
    whole = found.filter(part="all").row(0, named=True)
    assert (whole["x"], whole["n"], whole["n_excluded"]) == (int((cut | open_end).sum()), SHOWN.size, 0)
    assert whole["p"] < 1e-6
    share = dict(found.select("part", "share").iter_rows())
    assert share["fear"] == pytest.approx(np.mean((cut | open_end)[SHOWN == "fear"])) and share["happy"] < 0.3


def test_the_section_keeps_all_numbers_under_their_keys() -> None:
    answers = {name: answered(named, tokens=np.full(SHOWN.size, 9)) for name, named in leaning(13).items()}
    pairs = {"own": Pair(first=WHO[0], second=WHO[1], differ_in="thinking")}
    data, results = opened(answers, pairs=pairs, thinkers=WHO[:1]), Results("machines")
    machines_section(data, results)
    key = f"ablations.false-positives.{WHO[0]}.race.Black-Korean.angry"
    assert results.entries[f"{key}.verdict"].value == "over-attribution"
    assert results.entries[f"{key}.false_alarms.difference"].text.startswith(".2")
    assert results.entries[f"ablations.models.{WHO[3]}.emotion.kappa.rank"].text == "1"
    assert results.entries[f"ablations.models.{HUMAN_NULL}.valence.mae.rank"].value == 5
    assert results.entries["ablations.thinking.pairs.own.valence.gain"].value == 0
    assert results.entries["ablations.thinking.pairs.own.valence.slope"].value is None
    assert answer_names(data)[WHO[0]] == "Pocket rater"
