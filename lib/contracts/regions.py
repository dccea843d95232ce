"""Regions of the study's images, such as eyes and mouth: a table of boxes or outlines in pixels."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import polars as pl
from polars.exceptions import PolarsError

from lib.contracts.problems import Problems
from lib.contracts.study import SAFE_NAME
from lib.contracts.table_files import read_table
from lib.errors import MissingFileError

BOX = ("left", "top", "right", "bottom")
OUTLINE = ("x", "y")
ELSEWHERE = "elsewhere"
"""What the chapter of attention calls all that lies in no region."""
CURE = (
    "Name a table with the columns image_id, region, left, top, right and bottom under files.regions in the study "
    "file, or take that line out. `rater stimuli regions` makes one of landmarks."
)
NUMBERS = pl.List(pl.Float64)


def read_regions(path: Path, sizes: Mapping[str, tuple[int, int]]) -> pl.DataFrame:
    """Read and check a table of regions.

    Parameters
    ----------
    path
        CSV or Parquet: image_id, region (small letters, digits and _); left, top, right, bottom, or the corners of an
        outline in x and y (lists in Parquet, numbers with spaces between in CSV), in pixels of the picture as it is
        seen, from its upper left corner. Where a row has both, the outline counts.
    sizes
        Width and height in pixels of each of the study's images, by id.

    Returns
    -------
    polars.DataFrame
        image_id, region, x, y: the corners as shares of the picture's width and height, 0 to 1 within the picture.

    Raises
    ------
    MissingFileError
        There is no such file.
    DataError
        With row, column and value: an unknown image, a region without name or given twice, no box and no outline, what
        is no number, a box that has no extent or of which more than half lies outside the image.
    """
    table = _placed(path)
    problems = Problems(path)
    problems.add_unknown(table, "image_id", list(sizes), "an image of the study")
    problems.add(table, pl.col("image_id").is_null(), "image_id", "every region needs its image")
    named = pl.col("region").str.contains(f"^(?:{SAFE_NAME.pattern})$") & (pl.col("region") != ELSEWHERE)
    say = f"a region is called by small letters, digits and _, and not {ELSEWHERE!r}"
    problems.add(table, ~named.fill_null(value=False), "region", say)
    twice = pl.struct("image_id", "region").is_duplicated() & pl.col("region").is_not_null()
    problems.add(table, twice, "region", "which is given twice for one image")
    _check_numbers(table, problems)
    known = pl.DataFrame(
        [(name, float(width), float(height)) for name, (width, height) in sizes.items()],
        schema={"image_id": pl.String, "width": pl.Float64, "height": pl.Float64}, orient="row",
    )  # fmt: skip
    sized = table.join(known, on="image_id", how="left", maintain_order="left")
    _check_places(sized, problems)
    problems.raise_any("Correct the table; regions are in pixels of the images that files.images names.")
    return sized.select(
        "image_id", "region",
        pl.col("x") / pl.col("width"), pl.col("y") / pl.col("height"),
    )  # fmt: skip


def _placed(path: Path) -> pl.DataFrame:
    """The table with corners as lists of numbers in x and y; null where a row has none."""
    if not path.is_file():
        raise MissingFileError(f"{path}: there is no such file. {CURE}")
    lists = path.suffix == ".parquet" and _has_lists(path)
    text = read_table(path, ["image_id", "region"], CURE, optional=[*BOX, *([] if lists else OUTLINE)])
    absent = [name for name in (*BOX, *OUTLINE) if name not in text.columns]
    text = text.with_columns(pl.lit(None, dtype=pl.String).alias(name) for name in absent)
    if lists:
        text = text.drop(OUTLINE).hstack(pl.read_parquet(path, columns=list(OUTLINE)).cast(NUMBERS, strict=False))
    else:
        text = text.with_columns(
            pl.col(name).str.extract_all(r"[^\s;]+").list.eval(pl.element().cast(pl.Float64, strict=False))
            for name in OUTLINE
        )
    numbers = text.with_columns(pl.col(name).cast(pl.Float64, strict=False).alias(f"{name}_at") for name in BOX)
    boxed = pl.all_horizontal(pl.col(f"{name}_at").is_not_null() for name in BOX)
    left, top, right, bottom = (pl.col(f"{name}_at") for name in BOX)
    corners = {"x": (left, right, right, left), "y": (top, top, bottom, bottom)}
    return numbers.with_columns(pl.col(name).is_not_null().alias(f"{name}_given") for name in OUTLINE).with_columns(
        pl.when(pl.col(name).is_not_null())
        .then(pl.col(name))
        .when(boxed & ~pl.col("x_given") & ~pl.col("y_given"))
        .then(pl.concat_list(corners[name]))
        .alias(name)
        for name in OUTLINE
    )


def _has_lists(path: Path) -> bool:
    try:
        schema = pl.read_parquet_schema(path)
    except (PolarsError, OSError):
        return False  # `read_table` says what is wrong
    return all(isinstance(schema.get(name), pl.List | pl.Array) for name in OUTLINE)


def _check_numbers(table: pl.DataFrame, problems: Problems) -> None:
    for name in BOX:
        number = pl.col(f"{name}_at")
        unreadable = pl.col(name).is_not_null() & (number.is_null() | ~number.is_finite())
        problems.add(table, unreadable, name, "which is not a number of pixels")
    nothing = pl.col("x").is_null() | pl.col("y").is_null()
    partly = pl.any_horizontal(pl.col(name).is_not_null() for name in BOX)
    readable = pl.all_horizontal(pl.col(name).is_null() == pl.col(f"{name}_at").is_null() for name in BOX)
    problems.add(table, nothing & readable & ~partly, "region", "which has neither a box nor an outline")
    problems.add(table, nothing & readable & partly, "region", f"whose box lacks one of {', '.join(BOX)}")
    unlike = pl.col("x").list.len() != pl.col("y").list.len()
    problems.add(table, unlike, "region", "whose outline has not as many numbers in x as in y")
    problems.add(table, ~unlike & (pl.col("x").list.len() < 3), "region", "whose outline has fewer than three corners")
    broken = pl.any_horizontal(
        (pl.col(name).list.eval(pl.element().is_finite().fill_null(value=False)).list.all()).not_() for name in OUTLINE
    )
    problems.add(table, broken, "region", "whose outline has a corner that is not a number of pixels")


def _check_places(sized: pl.DataFrame, problems: Problems) -> None:
    ends = {
        "left": pl.col("x").list.min(), "right": pl.col("x").list.max(),
        "top": pl.col("y").list.min(), "bottom": pl.col("y").list.max(),
    }  # fmt: skip
    boxed = (pl.col("right_at") <= pl.col("left_at")) | (pl.col("bottom_at") <= pl.col("top_at"))
    ended = sized.with_columns(**ends)
    across, down = pl.col("right") - pl.col("left"), pl.col("bottom") - pl.col("top")
    said = ended.with_columns(
        pl.format(
            "{}: {} to {} across, {} to {} down; image {} x {}",
            "region", *(pl.col(name).round(1) for name in ("left", "right", "top", "bottom")),
            *(pl.col(name).cast(pl.Int64, strict=False) for name in ("width", "height")),
        ).alias("box")
    )  # fmt: skip
    empty = boxed.fill_null(value=False) | (across <= 0) | (down <= 0)
    problems.add(said, empty, "box", "which has no extent: left comes before right, and top before bottom")
    inside = [
        pl.min_horizontal("right", "width") - pl.max_horizontal("left", pl.lit(0.0)),
        pl.min_horizontal("bottom", "height") - pl.max_horizontal("top", pl.lit(0.0)),
    ]
    share = inside[0].clip(lower_bound=0) * inside[1].clip(lower_bound=0) / (across * down)
    outside = ~empty & pl.col("width").is_not_null() & (share < 0.5)
    problems.add(said, outside, "box", "of which more than half lies outside the image")
