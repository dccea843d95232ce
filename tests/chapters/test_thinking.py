from __future__ import annotations

import polars as pl
import pytest

from lib.chapters.claims_thinking import claim_pair_effects, claim_tokens
from lib.chapters.lacking import lacking
from lib.chapters.records_thinking import record_load, record_pair_effects, record_ratios, record_tokens
from lib.chapters.thinking import (
    compare_tokens,
    pair_effects,
    relate_tokens,
    study_pairs,
    summarise_tokens,
    thinking_tokens,
)
from lib.contracts.study import Pair
from lib.errors import ParameterError
from lib.metrics.resampling import Resampling
from lib.results import Results
from lib.sections.thinking import thinking_section
from lib.study_data import StudyData

HOW = Resampling(seed=1, draws=100)
TOKENS = pl.DataFrame(
    {
        "condition": ["a"] * 8,
        "image_id": ["1", "2", "3", "4"] * 2,
        "emotion": ["sad", "sad", "joy", None] * 2,
        "outcome": ["correct", "wrong", "correct", None] * 2,
        "step": ["all"] * 4 + ["valence"] * 4,
        "tokens": [100, 300, 200, 400, 10, 30, 20, 40],
    },
    schema_overrides={
        "condition": pl.Enum(["a", "b"]),
        "emotion": pl.Enum(["joy", "sad"]),
        "step": pl.Enum(["all", "emotion", "valence"]),
    },
)


def _with_pairs(project, pairs: dict[str, Pair]) -> StudyData:
    data = StudyData(project)
    analysis = project.study.analysis.model_copy(update={"pairs": pairs})
    data.study = project.study.model_copy(update={"analysis": analysis})
    return data


def test_means_by_step_emotion_and_outcome() -> None:
    summary = summarise_tokens(TOKENS, HOW)
    means = {(row["step"], row["part"]): row["mean"] for row in summary.iter_rows(named=True)}
    assert means["all", "all"] == 250
    assert {part: means["all", part] for part in ("correct", "wrong", "joy", "sad")} == {
        "correct": 150, "wrong": 300, "joy": 200, "sad": 200
    }  # fmt: skip
    assert means["valence", "wrong"] == 30
    assert summary.filter(pl.col("part") == "all")["n"].to_list() == [4, 4]


def test_ratios_are_to_the_emotion_with_the_fewest_tokens() -> None:
    tokens = TOKENS.with_columns(pl.when(pl.col("emotion") == "joy").then(50).otherwise("tokens").alias("tokens"))
    found = compare_tokens(tokens, summarise_tokens(tokens, HOW), HOW)
    assert dict(found.select("ratio", "value").iter_rows()) == {"wrong_to_correct": 300 / 75, "sad_to_joy": 4}


def test_keys_of_tokens() -> None:
    results = Results("thinking")
    summary = summarise_tokens(TOKENS, HOW)
    record_tokens(results, summary)
    record_ratios(results, compare_tokens(TOKENS, summary, HOW))
    texts = {key: entry.text for key, entry in results.entries.items()}
    assert texts["conditions.a.thinking_tokens.wrong_more_percent"] == "100.0%"
    assert texts["conditions.a.thinking_tokens.correct"] == "150"
    assert texts["conditions.a.thinking_tokens.step.valence.wrong"] == "30"
    assert texts["conditions.a.thinking_tokens.ratio.wrong_to_correct"] == "2.00"
    assert float(results.entries["conditions.a.thinking_tokens.all_low"].value) < 250


def test_machines_without_tokens_are_left_out(small_project) -> None:
    data = StudyData(small_project)
    tokens = thinking_tokens(data)
    summary = summarise_tokens(tokens, HOW)
    frames = {
        "thinking_tokens": summary,
        "thinking_ratios": compare_tokens(tokens, summary, HOW),
        "thinking_load": relate_tokens(data, tokens),
    }
    assert all(frame.is_empty() for frame in (tokens, *frames.values()))
    results = Results("thinking")
    record_tokens(results, summary)
    claim_tokens(results, frames, pl.DataFrame())
    assert results.entries == {}


def test_a_server_that_counts_no_thinking_tokens_makes_no_thinker(lab_project) -> None:
    own = StudyData(lab_project)
    columns = ["thinking_tokens", *(f"thinking_tokens_{step}" for step in ("emotion", "valence", "arousal"))]
    zeros = [pl.lit(0, pl.Int64).alias(column) for column in columns]
    own.repeated_predictions = {name: frame.with_columns(zeros) for name, frame in own.repeated_predictions.items()}
    assert {frame["thinking_tokens"].sum() for frame in own.predictions.values()} == {0}
    assert thinking_tokens(own).is_empty()
    assert lacking(own, "thinking") is not None
    assert lacking(own, "steps") is not None
    results = Results("thinking")
    thinking_section(own, results)
    assert not any(entry.key.startswith("claims.tokens") for entry in results.entries.values())


def test_tokens_of_every_step_and_outcome_reach_the_chapter(lab_project) -> None:
    data = StudyData(lab_project)
    name = "gemini-2.5-flash"
    answers = data.predictions[name].with_columns(
        pl.lit(3, pl.Int64).alias("thinking_tokens_emotion"), pl.lit(None, pl.Int64).alias("thinking_tokens_valence")
    )
    own = StudyData(lab_project)
    own.repeated_predictions = data.repeated_predictions | {name: answers}
    tokens = thinking_tokens(own).filter(pl.col("condition") == name)
    assert set(tokens["step"]) == {"all", "emotion", "arousal"}
    assert tokens.filter(pl.col("step") == "emotion")["tokens"].unique().to_list() == [3]
    labels = data.images.join(answers, on="image_id")
    right = int((labels["intended_emotion"] == labels["emotion"]).fill_null(value=False).sum())
    assert tokens.filter((pl.col("step") == "all") & (pl.col("outcome") == "correct")).height == right


def test_disagreement_about_label_and_ratings(lab_project) -> None:
    data = StudyData(lab_project)
    found = relate_tokens(data, thinking_tokens(data))
    assert set(found["measure"]) == {"emotion", "valence", "arousal"}
    results = Results("thinking")
    record_load(results, found)
    rho = results.entries["conditions.gemini-2.5-flash.thinking_tokens.load.emotion.rho"].value
    assert isinstance(rho, float) and -1 < rho < 1


class TestPairs:
    def test_effects_are_of_the_same_images_and_sum_over_emotions(self, lab_project) -> None:
        data = StudyData(lab_project)
        effects = pair_effects(data)
        own = effects.filter(pl.col("pair") == "gemini")
        assert own["emotion"].to_list() == ["all", *data.study.emotion.categories]
        for name in ("n", "both", "first_only", "second_only", "neither"):
            assert own[name][0] == own[name][1:].sum(), name
        assert (effects["p_adjusted"] >= effects["p_exact"] - 1e-12).all()
        thinking = effects.filter(pl.col("thinking"))["pair"].unique(maintain_order=True).to_list()
        assert thinking == ["gemini", "frontier", "local", "small_thinking_large", "local_frontier"]

    def test_a_missing_label_is_wrong(self, small_project) -> None:
        data = _with_pairs(small_project, {"both": Pair(first="machine-1", second="machine-2", differ_in="nothing")})
        whole = pair_effects(data).row(0, named=True)
        labels = data.predictions["machine-1"].join(data.images, on="image_id")
        right = int((labels["emotion"] == labels["intended_emotion"]).fill_null(value=False).sum())
        assert (whole["n"], whole["both"] + whole["first_only"]) == (24, right)
        assert whole["thinking"] is False

    def test_an_unknown_condition_is_named(self, small_project) -> None:
        data = _with_pairs(small_project, {"odd": Pair(first="machine-1", second="machine-9", differ_in="name")})
        with pytest.raises(
            ParameterError, match=r"analysis\.pairs\.odd\.second: got 'machine-9', which is none of mach"
        ):
            study_pairs(data)

    def test_a_study_without_pairs_has_no_rows(self, bare_project) -> None:
        effects = pair_effects(StudyData(bare_project))
        assert effects.is_empty() and "p_adjusted" in effects.columns

    def test_claims_count_emotions_by_the_adjusted_p(self) -> None:
        effects = pl.DataFrame(
            {
                "pair": ["x"] * 4,
                "emotion": ["all", "sad", "joy", "calm"],
                "thinking": [True] * 4,
                "difference": [0.1, 0.4, -0.3, 0.2],
                "p_adjusted": [0.01, 0.001, 0.04, 0.2],
            }
        )
        results = Results("thinking")
        claim_pair_effects(results, effects, 0.05)
        texts = {key: entry.text for key, entry in results.entries.items()}
        assert texts["claims.effect.x.better.names"] == "sad"
        assert texts["claims.effect.x.worse.names"] == "joy"
        assert texts["claims.effect.x.undecided.share"] == "one of three"
        assert texts["claims.effect.x.largest.points"] == "+40.0"
        assert texts["claims.effect.thinking.better.share"] == "the one"
        assert texts["claims.effect.level"] == ".05"

    def test_keys_of_effects(self, lab_project) -> None:
        results = Results("thinking")
        record_pair_effects(results, pair_effects(StudyData(lab_project)))
        entry = results.entries["effects.gemini.sad.points"]
        difference = results.entries["effects.gemini.sad.difference"].value
        assert entry.value == pytest.approx(100 * difference)
        assert results.entries["effects.gemini.first"].value == "gemini-2.5-flash"


def test_claims_name_the_hardest_emotion_and_the_longest_step() -> None:
    summary = summarise_tokens(
        TOKENS.with_columns(pl.col("tokens") + (pl.col("emotion") == "sad").fill_null(False)), HOW
    )
    frames = {
        "thinking_tokens": summary,
        "thinking_ratios": compare_tokens(TOKENS, summary, HOW),
        "thinking_load": pl.DataFrame(
            {"condition": ["a"], "measure": ["valence"], "value": [0.3], "low": [0.1], "high": [0.5], "n": [4]}
        ),
    }
    results = Results("thinking")
    claim_tokens(results, frames, pl.DataFrame({"condition": ["a"], "short_name": ["A"]}))
    texts = {key: entry.text for key, entry in results.entries.items()}
    assert texts["claims.tokens.a.most.emotion"] == "sad"
    assert texts["claims.tokens.a.longest_step.step"] == "valence"
    assert texts["claims.tokens.longest_step.valence.names"] == "A"
    assert texts["claims.tokens.load.valence.positive.share"] == "the one"
    assert texts["claims.tokens.load.valence.negative.share"] == "not the one"
