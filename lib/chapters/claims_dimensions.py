"""Computed statements about rated dimensions."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from lib.chapters.claims import KINDS, extreme_row, of_kind, put_count, put_extremes, put_range, put_raters, put_row
from lib.formats import count_in_words, format_value, plus_signed
from lib.metrics.human import HumanBaseline
from lib.results import Results

FIGURES = ("short_name", "r", "mae", "mae_ratio", "bias")


def claim_values(
    results: Results, scores: pl.DataFrame, names: pl.DataFrame, baselines: Mapping[str, HumanBaseline]
) -> None:
    """Ranges, extremes, and how many machines are closer to people's mean than people are.

    Keys, for each kind and dimension:
    claims.range.<kind>.<dimension>.{r, mae, rmse, bias, mae_ratio, sd_ratio}.{low, high};
    claims.{closest, farthest, highest_r, lowest_r}.<kind>.<dimension>.{short_name, r, mae, mae_ratio, bias};
    claims.{below_loo, below_pairwise, negative_bias, positive_bias, wider_than_people}.<kind>.<dimension>.{count, ...}.
    """
    joined = scores.join(names, on="condition", maintain_order="left").with_columns(
        (pl.col("machine_sd") / pl.col("people_sd")).alias("sd_ratio")
    )
    for kind in KINDS:
        for (dimension,), own in of_kind(joined, kind).group_by("dimension", maintain_order=True):
            place = [kind, str(dimension)]
            for figure in ("r", "mae", "rmse", "bias", "mae_ratio", "sd_ratio"):
                put_range(results, ["claims", "range", *place, figure], own[figure])
            for by, words in (("mae", ("closest", "farthest")), ("r", ("lowest_r", "highest_r"))):
                known = own.drop_nulls(by)
                for word, highest in zip(words, (False, True), strict=True):
                    if known.height:
                        put_row(results, ["claims", word, *place], extreme_row(known, by, highest=highest), FIGURES)
            counted = {
                "below_loo": pl.col("mae") < (baselines[str(dimension)].loo_mae or 0),
                "below_pairwise": pl.col("mae") < (baselines[str(dimension)].pairwise_mae or 0),
                "negative_bias": pl.col("bias") < 0,
                "positive_bias": pl.col("bias") > 0,
                "wider_than_people": pl.col("sd_ratio") > 1,
            }
            for word, holds in counted.items():
                put_count(results, ["claims", word, *place], own.filter(holds)["short_name"].to_list(), own.height)


def claim_emotion_bias(results: Results, biases: pl.DataFrame, names: pl.DataFrame) -> None:
    """For each kind, dimension and emotion: range of the biases and how many are below and above zero.

    Keys: claims.emotion_bias.<kind>.<dimension>.<emotion>.{range.{low, high}, negative.{count, ...}, positive.{...}};
    claims.{lowest_bias,highest_bias}.<kind>.<dimension>.{short_name, emotion, bias}.
    """
    joined = biases.join(names, on="condition", maintain_order="left").drop_nulls(["emotion", "bias"])
    for kind in KINDS:
        own = of_kind(joined, kind)
        for (dimension, emotion), rows in own.group_by("dimension", "emotion", maintain_order=True):
            path = ["claims", "emotion_bias", kind, str(dimension), str(emotion)]
            for end, value in (("low", rows["bias"].min()), ("high", rows["bias"].max())):
                results.put([*path, "range", end], value, plus_signed(float(value)))  # type: ignore[arg-type]
            put_raters(results, path, rows, negative=pl.col("bias") < 0, positive=pl.col("bias") > 0)
        for (dimension,), rows in own.group_by("dimension", maintain_order=True):
            for word, highest in (("lowest_bias", False), ("highest_bias", True)):
                row = extreme_row(rows, "bias", highest=highest)
                path = ["claims", word, kind, str(dimension)]
                put_row(results, path, row, ["short_name", "emotion"])
                results.put([*path, "bias"], row["bias"], plus_signed(float(str(row["bias"]))))


def claim_inversion(results: Results, scores: pl.DataFrame, names: pl.DataFrame) -> None:
    """How many machines of one kind correlate higher with people than every machine of the other kind.

    Keys: claims.above_all.<kind>.<dimension>.{count, ...}; `vlm` counts the VLMs above every FER.
    """
    joined = scores.join(names, on="condition", maintain_order="left").drop_nulls("r")
    for (dimension,), rows in joined.group_by("dimension", maintain_order=True):
        for kind, other in (("vlm", "fer"), ("fer", "vlm")):
            own, rivals = of_kind(rows, kind), of_kind(rows, other)
            if own.height and rivals.height:
                above = own.filter(pl.col("r") > rivals["r"].max())["short_name"].to_list()
                put_count(results, ["claims", "above_all", kind, str(dimension)], above, own.height)


def claim_folded(results: Results, scores: pl.DataFrame, names: pl.DataFrame, threshold: float) -> None:
    """How many VLMs' MAE is within `threshold` points of what their bias and SD imply, and the farthest from it.

    Keys: claims.folded.threshold; claims.folded.<dimension>.within.{count, ...};
    claims.folded.<dimension>.{nearest,farthest}.{short_name, gap}.
    """
    results.put(["claims", "folded", "threshold"], threshold, format_value("threshold", threshold))
    gap = (pl.col("mae") - pl.col("folded_mae")).abs().alias("gap")
    joined = of_kind(scores.with_columns(gap).join(names, on="condition", maintain_order="left"), "vlm")
    for (dimension,), own in joined.drop_nulls("gap").group_by("dimension", maintain_order=True):
        path = ["claims", "folded", str(dimension)]
        put_raters(results, path, own, within=pl.col("gap") <= threshold)
        put_extremes(results, path, own, "gap", columns=["short_name", "gap"], words=("nearest", "farthest"))


def claim_people(results: Results, baselines: Mapping[str, HumanBaseline], per_emotion: pl.DataFrame | None) -> None:
    """On which dimension people agree most and least, and on which emotion.

    Keys: claims.people.{agree_most,agree_least}.{dimension, alpha_ordinal}; claims.people.dimensions;
    claims.people.{clearest,least_clear}_emotion.{emotion, majority_agreement, intended_share}.
    """
    known = {name: item.alpha_ordinal for name, item in baselines.items() if item.alpha_ordinal is not None}
    results.put(["claims", "people", "dimensions"], len(baselines), count_in_words(len(baselines)))
    if known:
        for word, name in (
            ("agree_most", max(known, key=known.__getitem__)),
            ("agree_least", min(known, key=known.__getitem__)),
        ):
            results.put(["claims", "people", word, "dimension"], name)
            results.put(["claims", "people", word, "alpha_ordinal"], known[name])
    if per_emotion is not None:
        for word, highest in (("clearest_emotion", True), ("least_clear_emotion", False)):
            row = extreme_row(per_emotion.drop_nulls("intended_share"), "intended_share", highest=highest)
            results.put(["claims", "people", word, "emotion"], row["emotion"])
            for figure in ("majority_agreement", "intended_share"):
                share = float(str(row[figure]))
                results.put(["claims", "people", word, figure], share, format_value("proportion", share))
