"""Tables of where machines look."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import polars as pl
from great_tables import GT

from lib.formats import ABSENT, capitalised, signed
from lib.tables.intervals import estimates
from lib.tables.style import formatted, plain_table, short_names

SHAPES = {
    "mass": "Share of all attention that the image gets", "entropy_share": "Evenness",
    "x": "Centre, from the left", "y": "Centre, from the top", "spread": "Spread around the centre",
}  # fmt: skip
REGIONS = {"face": "Rest of the face", "elsewhere": "Elsewhere"}
CLOSE = {
    "emotion": ("emotion named as most people do", "otherwise"),
    "rating": ("rated as close to people as the median image", "farther"),
}


def shape_table(means: pl.DataFrame, names: pl.DataFrame, notes: Iterable[str | None] = ()) -> GT:
    """How much attention the image gets, how even it is and where its centre lies, by step.

    Parameters
    ----------
    means
        `lib.chapters.attention.attention_means`.
    names
        condition and short_name.
    notes
        Paragraphs below the table.
    """
    own = means.filter(pl.col("kind") == "shape")
    cells = own.with_columns(estimates(own, "mean", 3).alias("cell"))
    steps = own["step"].unique(maintain_order=True).to_list()
    wide = cells.pivot("step", index=["condition", "measure"], values="cell")
    texts = _named(wide, names).with_columns(_labels(wide["measure"]))
    labels = {"label": "Attention", **{step: f"{capitalised(step)} step" for step in steps}}
    return plain_table(texts, "tbl-attention-shape", labels, notes, groups="who")


def regions_table(means: pl.DataFrame, names: pl.DataFrame, notes: Iterable[str | None] = ()) -> GT:
    """Share of the attention in each region and how dense it is there, by step.

    Parameters
    ----------
    means
        `lib.chapters.attention.attention_means`.
    names
        condition and short_name.
    notes
        Paragraphs below the table.
    """
    keys, short = ["condition", "step", "measure"], short_names(names)
    parts = {kind: means.filter(pl.col("kind") == kind) for kind in ("area", "share", "density")}
    wide = parts["area"].select(*keys, _percent(parts["area"]["mean"]).alias("area"))
    cells = {"share": _percents(parts["share"]), "density": estimates(parts["density"], "mean", 2)}
    for kind, cell in cells.items():
        wide = wide.join(parts[kind].select(*keys, cell.alias(kind)), on=keys, how="left", maintain_order="left")
    groups = [f"{short[name]}, {step} step" for name, step in wide.select("condition", "step").iter_rows()]
    texts = wide.with_columns(pl.Series("who", groups, dtype=pl.String), _labels(wide["measure"]))
    labels = {"label": "Region", "area": "Area", "share": "Attention in percent", "density": "Density"}
    return plain_table(texts, "tbl-attention-regions", labels, notes, groups="who")


def steps_table(between: pl.DataFrame, names: pl.DataFrame, notes: Iterable[str | None] = ()) -> GT:
    """Differences between steps on the same images, with permutation tests.

    Parameters
    ----------
    between
        `lib.chapters.attention.step_differences`.
    names
        condition and short_name.
    notes
        Paragraphs below the table.
    """
    pairs = between.select("first", "second").unique(maintain_order=True).rows()
    keys = ["condition", "measure"]
    wide = between.select(keys).unique(maintain_order=True)
    labels = {"label": "Measure"}
    for first, second in pairs:
        part = between.filter(pl.col("first") == first, pl.col("second") == second)
        cells = part.select(
            *keys, _signed(part["difference"]).alias(f"{first}_{second}"),
            formatted(part["p_family"], "p").alias(f"p_{first}_{second}"),
        )  # fmt: skip
        wide = wide.join(cells, on=keys, how="left", maintain_order="left")
        labels |= {f"{first}_{second}": f"{capitalised(first)} − {second}", f"p_{first}_{second}": "*p*"}
    texts = _named(wide, names).with_columns(_labels(wide["measure"], tested=True))
    return plain_table(texts, "tbl-attention-steps", labels, notes, groups="who")


def agreement_table(agreed: pl.DataFrame, names: pl.DataFrame, notes: Iterable[str | None] = ()) -> GT:
    """Images where machine and people agree beside the others, over all and within emotions, with permutation tests.

    Parameters
    ----------
    agreed
        `lib.chapters.attention.agreement_differences`.
    names
        condition and short_name.
    notes
        Paragraphs below the table.
    """
    short = short_names(names)
    groups = [_group(row, short) for row in agreed.iter_rows(named=True)]
    texts = agreed.select(
        pl.Series("who", groups, dtype=pl.String),
        _labels(agreed["measure"], tested=True),
        *(_signed(agreed[name], 2).alias(name) for name in ("agree", "disagree")),
        *(_signed(agreed[name]).alias(name) for name in ("difference", "within")),
        *(formatted(agreed[name], "p") for name in ("p_family", "within_p_family")),
    )
    labels = {
        "label": "Measure", "agree": "Agree", "disagree": "Disagree", "difference": "Difference", "p_family": "*p*",
        "within": "Within emotions", "within_p_family": "*p*",
    }  # fmt: skip
    return plain_table(texts, "tbl-attention-agreement", labels, notes, groups="who")


def _group(row: Mapping[str, object], short: Mapping[str, str]) -> str:
    close, far = CLOSE[str(row["by"])]
    counts = f"{close} ({row['n_agree']:,} images), {far} ({row['n_disagree']:,})"
    return f"{short[str(row['condition'])]}, {row['step']} step: {counts}"


def _named(wide: pl.DataFrame, names: pl.DataFrame) -> pl.DataFrame:
    short = short_names(names)
    return wide.with_columns(pl.col("condition").replace_strict(short, default=pl.col("condition")).alias("who"))


def _labels(measures: pl.Series, *, tested: bool = False) -> pl.Series:
    """What readers call the measures; among tests, regions are densities."""
    texts = []
    for name in measures:
        region = REGIONS.get(name, capitalised(name.replace("_", " ")))
        texts.append(SHAPES.get(name) or (f"{region}, density" if tested else region))
    return pl.Series("label", texts, dtype=pl.String)


def _percent(values: pl.Series) -> pl.Series:
    return pl.Series([ABSENT if value is None else f"{100 * value:.1f}%" for value in values], dtype=pl.String)


def _percents(frame: pl.DataFrame) -> pl.Series:
    """Shares with their intervals in percent."""
    ends = ("mean", "mean_low", "mean_high")
    return estimates(frame.with_columns(pl.col(name) * 100 for name in ends), "mean", 1)


def _signed(values: pl.Series, decimals: int = 3) -> pl.Series:
    texts = [ABSENT if value is None else signed(f"{value:.{decimals}f}") for value in values]
    return pl.Series(texts, dtype=pl.String)
