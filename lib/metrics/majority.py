"""What most people see in each image, how many of them, and whether it is what was intended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import polars as pl

from lib.errors import DataError, ParameterError
from lib.metrics.agreement import krippendorff_alpha
from lib.metrics.checks import require_columns
from lib.metrics.counts import LabelCounts, count_labels

TieRule = Literal["share", "none"]


@dataclass(frozen=True)
class MajorityAgreement:
    """People's labels: agreement among themselves and with the intended emotions.

    Attributes
    ----------
    n_images : int
        Images with at least one label.
    n_ratings : int
        Labels counted.
    n_missing : int
        Ratings left out because no label was given.
    n_tied : int
        Images with more than one most frequent label.
    modal_share : float
        Mean over images of the share of people who chose a most frequent label, 0 to 1.
    alpha_nominal : float or None
        Krippendorff's alpha of the labels; None where undefined, see `alpha_reason`.
    alpha_reason : str or None
        Why alpha is undefined; None where it is defined.
    n_intended : int or None
        Images of `n_images` with an intended emotion. This and all that follows is None where there is none.
    intended_share : float or None
        Share of single labels equal to the intended emotion, 0 to 1.
    majority_agreement : float or None
        Share of images whose most frequent label is the intended emotion, 0 to 1; an image with k most frequent
        labels, the intended among them, counts 1/k, or 0 where `ties` is "none".
    ties : str
        The rule for ties, as chosen.
    per_emotion : polars.DataFrame or None
        One row an intended emotion: emotion, n, n_ratings, n_tied, majority_correct, majority_agreement,
        modal_share, intended_share.
    confusion : polars.DataFrame or None
        intended, answered, count, proportion (of the labels given to images of that intended emotion).
    """

    n_images: int
    n_ratings: int
    n_missing: int
    n_tied: int
    modal_share: float
    alpha_nominal: float | None
    alpha_reason: str | None
    n_intended: int | None
    intended_share: float | None
    majority_agreement: float | None
    ties: TieRule
    per_emotion: pl.DataFrame | None
    confusion: pl.DataFrame | None


def majority(
    ratings: pl.DataFrame, intended: pl.DataFrame | None, categories: Sequence[str], ties: TieRule = "share"
) -> MajorityAgreement:
    """Find each image's most frequent label and compare it with the intended emotion.

    Parameters
    ----------
    ratings : polars.DataFrame
        Columns image_id and emotion (null = not answered).
    intended : polars.DataFrame or None
        Columns image_id and intended_emotion, one row an image; images without one do not enter the comparison.
        None, or nulls only, for a study without intended emotions.
    categories : sequence of str
        Every label people could give (more than the intended emotions, where people had more to choose from).
    ties : {"share", "none"}
        What an image with k most frequent labels counts where the intended emotion is one of them: 1/k, or nothing,
        as in studies that ask for an absolute winner. Either way the image stays in the denominator.

    Returns
    -------
    MajorityAgreement

    Raises
    ------
    DataError
        If no image has a label, a label or an intended emotion is not one of `categories`, an image stands twice
        in `intended`, or none of its images was rated.
    ParameterError
        If `ties` is neither rule.

    Notes
    -----
    1/k is the expected value of choosing among k tied labels at random: no chance enters, and no label is favoured
    by its place in a list. Checked against R: irr::kripp.alpha (nominal), table and tapply
    (tests/reference/human.R).
    """
    if ties not in ("share", "none"):
        raise ParameterError(f"ties must be 'share' or 'none', got {ties!r}.")
    counts = count_labels(ratings, categories)
    per_image = _per_image(counts)
    rated = per_image.filter(pl.col("n_ratings") > 0)
    alpha = krippendorff_alpha(counts.counts, "nominal")
    compared = None if intended is None else _with_intended(per_image, counts, intended, ties)
    overall = {} if compared is None else _summarise(compared).row(0, named=True)
    return MajorityAgreement(
        n_images=rated.height,
        n_ratings=int(counts.counts.sum()),
        n_missing=counts.n_missing,
        n_tied=int((rated["n_modes"] > 1).sum()),
        modal_share=float(rated["modal_share"].to_numpy().mean()),
        alpha_nominal=alpha.value,
        alpha_reason=alpha.reason,
        n_intended=overall.get("n"),
        intended_share=overall.get("intended_share"),
        majority_agreement=overall.get("majority_agreement"),
        ties=ties,
        per_emotion=None if compared is None else _per_emotion(compared, categories),
        confusion=None if compared is None else _confusion(compared, counts),
    )


def _per_image(counts: LabelCounts) -> pl.DataFrame:
    """Each image's row number in the counts, its labels, its number of modes and the share that chose one."""
    n_ratings = counts.counts.sum(axis=1)
    top = counts.counts.max(axis=1)
    return pl.DataFrame(
        {
            "image_id": counts.image_ids,
            "row": np.arange(len(top)),
            "n_ratings": n_ratings,
            "top": top,
            "n_modes": (counts.counts == top[:, np.newaxis]).sum(axis=1),
            "modal_share": top / np.maximum(n_ratings, 1),
        }
    )


def _with_intended(
    per_image: pl.DataFrame, counts: LabelCounts, intended: pl.DataFrame, ties: TieRule
) -> pl.DataFrame | None:
    """The rated images that have an intended emotion, with the credit of each; None where the study has none."""
    require_columns(intended, ["image_id", "intended_emotion"], "The intended emotions")
    known = intended.select("image_id", pl.col("intended_emotion").cast(pl.String).alias("emotion")).drop_nulls()
    if known.is_empty():
        return None
    if known["image_id"].is_duplicated().any():
        twice = known.filter(pl.col("image_id").is_duplicated())["image_id"][0]
        raise DataError(f"An image must have one intended emotion, got two rows for {twice!r}. Remove one.")
    stray = known.filter(~pl.col("emotion").is_in(counts.labels))
    if stray.height:
        raise DataError(
            f"An intended emotion must be one that people could answer, {list(counts.labels)!r}, "
            f"got {stray['emotion'][0]!r} for image {stray['image_id'][0]!r}. Correct it, or add it to the study."
        )
    joined = per_image.filter(pl.col("n_ratings") > 0).join(known, on="image_id", how="inner", maintain_order="left")
    if joined.is_empty():
        raise DataError(
            f"No image with an intended emotion was rated, got {known['image_id'][0]!r} and others. "
            "Do the images' table and the ratings use the same image_id?"
        )
    place = joined["emotion"].replace_strict(list(counts.labels), list(range(len(counts.labels)))).to_numpy()
    hits = counts.counts[joined["row"].to_numpy(), place]
    counted = 1 / pl.col("n_modes") if ties == "share" else (pl.col("n_modes") == 1).cast(pl.Float64)
    credit = pl.when(pl.col("hits") == pl.col("top")).then(counted).otherwise(0.0)
    return joined.with_columns(pl.Series("hits", hits)).with_columns(credit.alias("credit"))


def _summarise(compared: pl.DataFrame, groups: Sequence[str] = ()) -> pl.DataFrame:
    """Agreement over images (and within groups of them)."""
    figures = [
        pl.len().cast(pl.Int64).alias("n"),
        pl.col("n_ratings").sum(),
        (pl.col("n_modes") > 1).sum().cast(pl.Int64).alias("n_tied"),
        pl.col("credit").sum().alias("majority_correct"),
        pl.col("credit").mean().alias("majority_agreement"),
        pl.col("modal_share").mean(),
        (pl.col("hits").sum() / pl.col("n_ratings").sum()).alias("intended_share"),
    ]
    return compared.group_by(groups).agg(figures) if groups else compared.select(figures)


def _per_emotion(compared: pl.DataFrame, categories: Sequence[str]) -> pl.DataFrame:
    """Agreement by intended emotion, in the order of the categories."""
    order = pl.col("emotion").replace_strict(list(categories), list(range(len(categories))))
    return _summarise(compared, ["emotion"]).sort(order)


def _confusion(compared: pl.DataFrame, counts: LabelCounts) -> pl.DataFrame:
    """Labels given to the images of each intended emotion."""
    rows = []
    for emotion in counts.labels:
        chosen = compared.filter(pl.col("emotion") == emotion)["row"].to_numpy()
        if chosen.size:
            given = counts.counts[chosen].sum(axis=0)
            share = given / given.sum()
            rows.append(
                pl.DataFrame(
                    {
                        "intended": [emotion] * given.size,
                        "answered": list(counts.labels),
                        "count": given,
                        "proportion": share,
                    }
                )
            )
    return pl.concat(rows)
