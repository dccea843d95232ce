"""What goes on inside machines: expected ratings beside people's, and layers beside people's noise ceiling."""

# mypy: untyped-calls-exclude=plotnine
from __future__ import annotations

import polars as pl
from plotnine import (
    aes,
    facet_grid,
    facet_wrap,
    geom_abline,
    geom_hline,
    geom_line,
    geom_point,
    geom_rect,
    ggplot,
    guides,
    labs,
    scale_color_manual,
    scale_fill_manual,
    scale_shape_manual,
    scale_x_continuous,
    scale_y_continuous,
    theme,
)  # fmt: skip

from lib.figures.style import (
    COLOURS,
    SHAPES,
    emotion_scales,
    house_theme,
    minus_signs,
    named_emotions,
    to_pandas,
    with_notes,
)

SIDES = {"expected": "Expected value", "argmax": "Most probable value"}
STEPS = {"image": "image tokens", "all": "all at once"}
MEASURES = {"rsa": "RSA", "cka": "CKA"}
TARGETS = {"ratings": "people's ratings", "within": "ratings within emotions", "emotion": "emotions"}
CEILING = "#F3E3C2"
NOT_ABOVE = "not above chance"


def expected_figure(points: pl.DataFrame, names: pl.DataFrame, *notes: str | None) -> ggplot:
    """Expected and most probable ratings beside people's means, all as differences from the emotion's mean.

    Parameters
    ----------
    points
        `lib.chapters.dark_knowledge.rating_points`.
    names
        `lib.chapters.conditions.condition_names`.
    notes
        Lines below the figure.
    """
    short = _short(names)
    keys = ["condition", "dimension", "emotion"]
    centred = points.with_columns(pl.col(name) - pl.col(name).mean().over(keys) for name in ("people", *SIDES))
    rows = [
        f"{short.get(who, who)}: {what}"
        for who, what in points.select(keys[:2]).unique(maintain_order=True).iter_rows()
    ]
    long = centred.unpivot(
        list(SIDES), index=[*keys, "people"], variable_name="side", value_name="machine"
    ).with_columns(
        pl.format("{}: {}", pl.col("condition").replace(short), "dimension").cast(pl.Enum(rows)).alias("row"),
        pl.col("side").replace_strict(SIDES, return_dtype=pl.Enum(list(SIDES.values()))),
    )  # fmt: skip
    drawn = named_emotions(long)
    slopes = long.group_by("row", "side").agg(
        ((pl.col("people") * pl.col("machine")).sum() / (pl.col("people") ** 2).sum()).alias("slope")
    )
    slopes = slopes.filter(pl.col("slope").is_finite()).with_columns(pl.lit(0.0).alias("level"))
    return with_notes(
        ggplot(to_pandas(drawn), aes("people", "machine"))
        + geom_hline(yintercept=0, color="#BBBBBB", size=0.4)
        + geom_point(aes(color="emotion", shape="emotion"), size=1.5, alpha=0.75)
        + geom_abline(aes(slope="slope", intercept="level"), data=to_pandas(slopes), color="#111111", size=0.6)
        + facet_grid("row ~ side")
        + emotion_scales(drawn)
        + scale_x_continuous(labels=minus_signs)
        + scale_y_continuous(labels=minus_signs)
        + labs(x="People's mean, less that of its emotion", y="Machine, less its mean of that emotion")
        + house_theme(7, 2.3 * len(rows) + 1),
        *notes,
    )


def layers_figure(
    relations: pl.DataFrame, ceilings: pl.DataFrame, names: pl.DataFrame, level: float, *notes: str | None
) -> ggplot:
    """Likeness of each layer to people's ratings and to the emotions, with the band that people's noise allows.

    Parameters
    ----------
    relations, ceilings
        `lib.chapters.hidden_states.layer_relations` and `layer_ceilings`.
    names
        `lib.chapters.conditions.condition_names`.
    level
        Filled points have a family's p below it, open ones have not.
    notes
        Lines below the figure.
    """
    short = _short(names)
    shown = relations.with_columns(_panel(short), pl.col("step").replace(STEPS)).drop_nulls("value")
    several = relations["condition"].unique(maintain_order=True)
    kinds = [(who, measure, target) for who in several for measure in MEASURES for target in TARGETS]
    panels = [_title(short, *kind) for kind in kinds if _title(short, *kind) in set(shown["panel"])]
    steps = shown["step"].unique(maintain_order=True).to_list()
    shown = shown.with_columns(
        pl.col("panel").cast(pl.Enum(panels)),
        pl.col("step").cast(pl.Enum(steps)),
        pl.when(pl.col("p_family") < level).then("step").otherwise(pl.lit(NOT_ABOVE)).alias("filled"),
    )
    bands = ceilings.with_columns(pl.lit("rsa").alias("measure")).with_columns(_panel(short))
    bands = pl.DataFrame({"panel": panels}).join(bands, on="panel", how="left", maintain_order="left")
    bands = bands.with_columns(pl.col("panel").cast(pl.Enum(panels)))
    colours = dict(zip(steps, COLOURS[1:], strict=False))
    data = to_pandas(shown)
    return with_notes(
        ggplot(data, aes("layer", "value", color="step", shape="step"))
        + geom_rect(
            aes(xmin=float("-inf"), xmax=float("inf"), ymin="halves", ymax="ceiling"), data=to_pandas(bands),
            inherit_aes=False, fill=CEILING, na_rm=True,
        )
        + geom_hline(yintercept=0, color="#555555", linetype="dashed", size=0.4)
        + geom_line(data=to_pandas(shown.filter(pl.len().over("panel", "step") > 1)), size=0.6)
        + geom_point(aes(fill="filled"), size=2.2)
        + facet_wrap("panel", ncol=len(TARGETS), scales="free_x")
        + scale_color_manual(values=colours)
        + scale_fill_manual(values=colours | {NOT_ABOVE: "#FFFFFF"})
        + scale_shape_manual(values=dict(zip(steps, SHAPES, strict=False)))
        + scale_x_continuous(breaks=_whole)
        + scale_y_continuous(labels=minus_signs)
        + guides(fill="none")
        + labs(x="Layer", y="Likeness")
        + house_theme(7.4, 1.9 * -(-len(panels) // len(TARGETS)) + 1)
        + theme(panel_spacing_x=0.03),
        *notes,
    )  # fmt: skip


def _short(names: pl.DataFrame) -> dict[str, str]:
    return {str(name): text for name, text in names.select("condition", "short_name").iter_rows()}


def _panel(short: dict[str, str]) -> pl.Expr:
    whose = pl.struct("condition", "measure", "target")
    return whose.map_elements(
        lambda row: _title(short, row["condition"], row["measure"], row["target"]), return_dtype=pl.String
    ).alias("panel")


def _title(short: dict[str, str], condition: str, measure: str, target: str) -> str:
    return f"{short.get(condition, condition)}\n{MEASURES[measure]}: {TARGETS[target]}"


def _whole(limits: tuple[float, float]) -> list[int]:
    """Layers at which an axis has a mark: eight at most."""
    low, high = (round(end) for end in limits)
    return list(range(low, high + 1, max(1, -(-(high - low) // 8))))
