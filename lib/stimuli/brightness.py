"""Brightness by group of faces: what is to be compared may also differ in how bright the pictures are."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from lib.formats import ABSENT

MEASURES = ("luminance", "contrast")
SCHEMA = {
    "factor": pl.String, "level": pl.String, "measure": pl.String, "n": pl.Int64, "mean": pl.Float64,
    "sd": pl.Float64, "eta_squared": pl.Float64,
}  # fmt: skip
CROSSED = " x "
HEADS = ("Factor", "Level", "Images", "Luminance", "SD", "η²", "Contrast", "SD", "η²")


def brightness_by_group(images: pl.DataFrame, factors: Sequence[str], crossed: Sequence[str] = ()) -> pl.DataFrame:
    """Mean and SD of luminance and contrast by the levels of each factor, and by some of them crossed.

    Parameters
    ----------
    images
        One row an image: `image_luminance` and `image_contrast` (0 to 1; null where an image could not be decoded,
        which is left out), and one text column a factor.
    factors, crossed
        The factors to go by one at a time, and those (two or more) to go by together.

    Returns
    -------
    polars.DataFrame
        factor, level, measure, n, mean, sd (n - 1; null for one image), eta_squared: the share of the measure's
        variance between images that lies between the levels of this factor, SS_between / SS_total (0 to 1; null where
        nothing varies). It describes; it is no test.
    """
    ways = [*([name] for name in factors), *([list(crossed)] if len(crossed) > 1 else [])]
    parts = []
    for names in ways:
        level = pl.concat_str(names, separator=CROSSED).alias("level")
        for measure in MEASURES:
            known = images.select(level, pl.col(f"image_{measure}").alias("value")).drop_nulls()
            parts.append(
                known.group_by("level")
                .agg(
                    pl.len().cast(pl.Int64).alias("n"),
                    pl.col("value").mean().alias("mean"),
                    pl.col("value").std().alias("sd"),
                )
                .sort("level")
                .with_columns(
                    pl.lit(CROSSED.join(names)).alias("factor"),
                    pl.lit(measure).alias("measure"),
                    pl.lit(eta_squared(known), dtype=pl.Float64).alias("eta_squared"),
                )
                .select(*SCHEMA)
            )
    return pl.concat(parts) if parts else pl.DataFrame(schema=SCHEMA)


def eta_squared(known: pl.DataFrame) -> float | None:
    """SS_between / SS_total of `value` by `level`; None where nothing varies."""
    if known.height == 0:
        return None
    centred = known.with_columns(pl.col("value") - pl.col("value").mean())
    total = float((centred["value"] ** 2).sum())
    if total <= 1e-15 * known.height:
        return None
    groups = centred.group_by("level").agg(pl.len().alias("n"), pl.col("value").mean().alias("mean"))
    return float((groups["n"] * groups["mean"] ** 2).sum()) / total


def side_by_side(brightness: pl.DataFrame) -> list[tuple[str, ...]]:
    """Brightness as people read it, below `HEADS`: one row a level, a factor and its eta squared on its first row."""
    rows: list[tuple[str, ...]] = []
    before: str | None = None
    luminance, contrast = (brightness.filter(pl.col("measure") == measure) for measure in MEASURES)
    keys = ["factor", "level"]
    both = luminance.join(contrast, on=keys, how="left", suffix="_contrast", maintain_order="left")
    for row in both.iter_rows(named=True):
        first, before = row["factor"] != before, row["factor"]
        shown = [_number(row[f"{name}{end}"]) for end in ("", "_contrast") for name in ("mean", "sd")]
        shares = [_number(row[f"eta_squared{end}"]) if first else "" for end in ("", "_contrast")]
        named = (row["factor"] if first else "", row["level"], f"{row['n']:,}")
        rows.append((*named, shown[0], shown[1], shares[0], shown[2], shown[3], shares[1]))
    return rows


def _number(value: float | None) -> str:
    return ABSENT if value is None else f"{value:.3f}"
