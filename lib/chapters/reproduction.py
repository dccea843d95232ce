"""Each published figure beside the one recomputed from the data at hand, and what to think of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from lib.chapters.result_expressions import MissingResultError, evaluate
from lib.errors import DataError
from lib.project import LEDGER
from lib.results import Entry, Results, load_results, nest
from lib.study_data import StudyData

VERDICTS = ["reproduced", "differs", "superseded", "not available", "not computable"]
COMPARED = VERDICTS[:3]  # those for which there is a recomputed figure
ROUNDING = 1e-9  # floating-point error of a figure that lies exactly half way between two printed ones
KINDS = {
    "categories": ["accuracy", "percent_correct", "recall", "precision", "f1", "macro_f1", "kappa", "fleiss_kappa",
                   "confusion", "false_positive_rate", "agreement_rate", "error_share", "percentage_points"],
    "ratings": ["r", "rho", "ccc", "mae", "rmse", "folded_mae", "bias", "bias_size", "bias_gap", "sd_difference",
                "mean", "sd", "sd_ratio", "difference", "mae_ratio", "unique_values"],
    "people": ["alpha_ordinal", "alpha_interval", "alpha_nominal", "icc", "loo_mae", "pairwise_mae", "variance",
               "variance_ratio"],
    "tests": ["f", "df1", "df2", "p", "eta_squared", "partial_eta_squared", "chi2", "df", "t", "z", "beta", "beta_size",
              "se", "cohens_d"],
    "thinking": ["tokens", "percent_change"],
    "counts": ["count"],
}  # fmt: skip
OTHER = "other"
Row = dict[str, Any]


def built_results(data: StudyData) -> dict[str, Any]:
    """The numbers of all chapters that are computed from data, nested by the parts of their keys.

    A chapter that itself reads other chapters' numbers is left out, as is the file of a chapter that is no more.
    """
    entries: list[Entry] = []
    for path in sorted((data.project.cache / "results").glob("*.json")):
        if not (data.project.root / f"notebooks/{path.stem}.ipynb").is_file():
            continue
        found, inputs = load_results(path)
        if any("/results/" in name for name in inputs):
            continue
        data.read_input(path)
        entries += found.values()
    return nest(entries)


def reproduce(ledger: pl.DataFrame, results: Mapping[str, Any]) -> pl.DataFrame:
    """Hold each published figure against the result that it is bound to.

    Parameters
    ----------
    ledger
        `lib.contracts.published.read_published`.
    results
        Nested numbers, as in `results.json`.

    Returns
    -------
    polars.DataFrame
        The ledger's columns, then kind (of statistic), recomputed, difference (recomputed - printed), last_digits
        (the difference in units of the last printed digit), verdict and reason. Verdicts:

        - `reproduced`: rounds to the printed figure; a figure half way between two may be rounded either way. A limit
          (`< .001`) holds; `about` is taken as rounded to its last digit.
        - `differs`.
        - `superseded`: does not round to it, and a later version prints another figure, which the reason names.
        - `not available`: the results hold no such number, or it is null: the data do not have it.
        - `not computable`: no data of this study can give it; the reason says why.

    Raises
    ------
    DataError
        A row's `result` cannot be read; the message names the row.
    """
    by_id = {row["id"]: row for row in ledger.iter_rows(named=True)}
    rows = [_verdict(row, results, by_id) for row in ledger.iter_rows(named=True)]
    schema = {"recomputed": pl.Float64, "difference": pl.Float64, "last_digits": pl.Float64, "verdict": pl.String,
              "reason": pl.String}  # fmt: skip
    kind = {statistic: name for name, statistics in KINDS.items() for statistic in statistics}
    return ledger.with_columns(
        pl.when(pl.col("quoted_from").is_not_null())
        .then(pl.lit(OTHER))
        .otherwise(pl.col("statistic").replace_strict(kind, default=OTHER))
        .alias("kind")
    ).hstack(pl.DataFrame(rows, schema=schema))


def record_reproduction(results: Results, compared: pl.DataFrame) -> None:
    """Record how many figures there are and how many got each verdict, in all and by version, under claims.ledger.

    Percentages are of what could be compared for `reproduced`, `differs` and `superseded`, else of all figures.
    """
    path = ["claims", "ledger"]
    results.put([*path, "total"], compared.height)
    _put_verdicts(results, path, compared)
    for (version,), rows in compared.group_by("version", maintain_order=True):
        results.put([*path, "versions", str(version), "total"], rows.height)
        _put_verdicts(results, [*path, "versions", str(version)], rows)


def summarise(compared: pl.DataFrame) -> pl.DataFrame:
    """Count verdicts: document, version, kind, total and one column a verdict, in the ledger's order of versions."""
    counts = [(pl.col("verdict") == verdict).sum().cast(pl.Int64).alias(verdict) for verdict in VERDICTS]
    kinds = pl.Enum([*KINDS, OTHER])
    versions = compared["version"].unique(maintain_order=True).to_list()
    frame = compared.group_by("version", pl.col("kind").cast(kinds)).agg(
        pl.len().cast(pl.Int64).alias("total"), *counts
    )
    return frame.with_columns(pl.col("version").cast(pl.Enum(versions))).sort("version", "kind")


def document_names(compared: pl.DataFrame) -> dict[str, str]:
    """Version -> the document that prints most of its figures."""
    counts = compared.group_by("version", "document", maintain_order=True).len().sort("len", maintain_order=True)
    return dict(counts.select("version", "document").iter_rows())


def _put_verdicts(results: Results, path: list[str], rows: pl.DataFrame) -> None:
    computed = rows.filter(pl.col("verdict").is_in(COMPARED)).height
    results.put([*path, "compared"], computed)
    for verdict in VERDICTS:
        count = rows.filter(pl.col("verdict") == verdict).height
        name = verdict.replace(" ", "_")
        results.put([*path, name, "count"], count)
        base = computed if verdict in COMPARED else rows.height
        results.put([*path, name, "percent"], 100 * count / base if base else None)


def _verdict(row: Row, results: Mapping[str, Any], by_id: Mapping[str, Row]) -> dict[str, object]:
    last = _last(row, by_id)
    changed = last is not row and not _same_figure(row, last)
    replaced = f"now {last['printed']} in {last['document']}, {last['place']}" if changed else None
    if row["result"] is None:
        return _without(row, replaced)
    try:
        value = evaluate(row["result"], results)
    except MissingResultError:
        return {"verdict": "not available", "reason": "no chapter has computed it"}
    except DataError as error:
        raise DataError(f"{LEDGER}: row {row['row']} ({row['id']}), column 'result': {error}") from error
    if value is None:
        return {"verdict": "not available", "reason": "the data at hand do not have it"}
    difference = value - row["value"]
    found = {"recomputed": value, "difference": difference, "last_digits": difference * 10.0 ** row["decimals"]}
    if holds(value, row["value"], row["decimals"], row["relation"]):
        return found | {"verdict": "reproduced"}
    return found | {"verdict": "superseded" if replaced else "differs", "reason": replaced}


def _last(row: Row, by_id: Mapping[str, Row]) -> Row:
    """The row of the last version; a circle of successors ends where it began."""
    seen = {row["id"]}
    while row["superseded_by"] is not None and row["superseded_by"] not in seen:
        row = by_id[row["superseded_by"]]
        seen.add(row["id"])
    return row


def _same_figure(row: Row, later: Row) -> bool:
    """Whether two versions print the same figure, be it as a percentage, without its sign or with fewer decimals."""
    decimals, values = [], []
    for one in (row, later):
        percent = one["unit"] == "percent" and row["unit"] != later["unit"]
        values.append(one["value"] / 100 if percent else one["value"])
        decimals.append(one["decimals"] + 2 if percent else one["decimals"])
    if any(one["statistic"].endswith("_size") for one in (row, later)):
        values = [abs(value) for value in values]
    return holds(values[0], values[1], min(decimals), "=")


def _without(row: Row, replaced: str | None) -> dict[str, object]:
    quoted = f"a figure of {row['quoted_from']}" if row["quoted_from"] else None
    reason = row["not_computable"] or quoted
    if reason is None and replaced:
        return {"verdict": "superseded", "reason": replaced}
    return {"verdict": "not computable", "reason": reason or "bound to no result"}


def holds(value: float, printed: float, decimals: int, relation: str) -> bool:
    """Whether a recomputed figure says what the printed one says.

    Half of the last digit is accepted either way, as programs round halves up, down or to even. `<` and `>` are limits
    of the figure itself, `<=` and `>=` of the rounded one; `~`, `lowest` and `highest` are read like `=`.

    Examples
    --------
    >>> holds(0.8985, 0.899, 3, "="), holds(0.0004, 0.001, 3, "<"), holds(0.8984, 0.899, 3, "=")
    (True, True, False)
    """
    half = 0.5 * 10.0**-decimals + ROUNDING
    limits = {"<": value < printed, ">": value > printed, "<=": value <= printed + half, ">=": value >= printed - half}
    return limits.get(relation, abs(value - printed) <= half)
