"""Time the crossed mixed model of the laboratory's size, 1,000 people x 1,440 images with 72,000 ratings, beside lme4.

Run from the project root: python -m benchmarks.crossed_fit [intercept|emotion ...] [df]

With `df` also beside lmerTest, whose degrees of freedom take R longer than the fit.
Without R it is compared, on a smaller design, with the plain way: the whole covariance matrix.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
from scipy import optimize

from lib.metrics.mixed_crossed import fit_crossed
from lib.metrics.mixed_model import MixedFit
from lib.metrics.mixed_terms import coefficient_table

N_IMAGES, N_RATERS, RATERS_PER_IMAGE = 1440, 1000, 50
EMOTIONS = ["angry", "disgust", "fear", "happy", "neutral", "sad"]
REPEATS = 3
MODELS: dict[str, list[str]] = {"intercept": [], "emotion": ["emotion"]}
LME4 = """
suppressMessages({library(lmerTest); library(jsonlite)})
cpu <- function(task) { spent <- system.time(task); spent[["user.self"]] + spent[["sys.self"]] }
ratings <- read.csv("ratings.csv", colClasses = c(participant_id = "factor", image_id = "factor", emotion = "factor"))
formulas <- list(intercept = value ~ 1 + (1 | participant_id) + (1 | image_id),
  emotion = value ~ emotion + (1 | participant_id) + (1 | image_id))
result <- list()
for (name in MODELS) {
  plain <- cpu(fit <- lme4::lmer(formulas[[name]], ratings))
  df <- if (WITH_DF) cpu(table <- coef(summary(as_lmerModLmerTest(fit)))) else { table <- coef(summary(fit)); NULL }
  v <- as.data.frame(VarCorr(fit))
  result[[name]] <- list(seconds = plain, seconds_df = df, reml = lme4::REMLcrit(fit),
    variances = setNames(as.list(v$vcov), v$grp), se = as.list(unname(table[, "Std. Error"])),
    df = if (WITH_DF) as.list(unname(table[, "df"])))
}
write_json(result, "lme4.json", auto_unbox = TRUE, digits = NA)
"""


def make_ratings(n_images: int = N_IMAGES, n_raters: int = N_RATERS, per_image: int = RATERS_PER_IMAGE) -> pl.DataFrame:
    rng = np.random.default_rng(0)
    image = np.repeat(np.arange(n_images), per_image)
    rater = np.concatenate([rng.choice(n_raters, per_image, replace=False) for _ in range(n_images)])
    emotion = image % len(EMOTIONS)
    centre = np.array([3.2, 3.4, 4.0, 7.0, 5.0, 3.5])[emotion]
    value = centre + rng.normal(0, 0.2, n_images)[image] + rng.normal(0, 0.65, n_raters)[rater]
    value = np.clip(np.rint(value + rng.normal(0, 1.25, image.size)), 1, 9)
    names = {"image_id": [f"i{one:05d}" for one in image], "participant_id": [f"p{one:06d}" for one in rater]}
    return pl.DataFrame(names | {"emotion": [EMOTIONS[one] for one in emotion], "value": value})


def seconds(task: Callable[[], object], repeats: int = REPEATS) -> float:
    """CPU seconds, the least of several runs: on a busy machine they say more than the clock."""
    spent = []
    for _ in range(repeats):
        start = time.process_time()
        task()
        spent.append(time.process_time() - start)
    return min(spent)


def by_lme4(ratings: pl.DataFrame, models: list[str], *, with_df: bool) -> dict:
    with tempfile.TemporaryDirectory() as folder:
        ratings.write_csv(Path(folder) / "ratings.csv")
        names = ", ".join(f'"{name}"' for name in models)
        script = f"MODELS <- c({names})\nWITH_DF <- {str(with_df).upper()}\n{LME4}"
        (Path(folder) / "fit.R").write_text(script, encoding="utf-8")
        alone = os.environ | {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
        subprocess.run(["Rscript", "fit.R"], cwd=folder, check=True, capture_output=True, env=alone)
        return json.loads((Path(folder) / "lme4.json").read_text(encoding="utf-8"))


def plainly(ratings: pl.DataFrame) -> tuple[float, float]:
    """Variances of participants and images over the residual's, with the whole covariance matrix inverted each time."""
    y = ratings["value"].to_numpy()
    numbers = [ratings[name].to_numpy() for name in ("participant_id", "image_id")]
    same = [(own[:, None] == own).astype(float) for own in numbers]
    x = np.ones((len(y), 1))

    def criterion(logs: np.ndarray) -> float:
        v = np.eye(len(y)) + np.exp(logs[0]) * same[0] + np.exp(logs[1]) * same[1]
        inverse = np.linalg.inv(v)
        information = x.T @ inverse @ x
        rest = y - x @ np.linalg.solve(information, x.T @ inverse @ y)
        logdet = np.linalg.slogdet(v)[1] + np.linalg.slogdet(information)[1]
        return float(logdet + (len(y) - 1) * np.log(rest @ inverse @ rest))

    found = optimize.minimize(criterion, np.log([0.3, 0.3]), method="Nelder-Mead", options={"xatol": 1e-5}).x
    return float(np.exp(found[0])), float(np.exp(found[1]))


def worst(fit: MixedFit, expected: dict) -> dict[str, float]:
    table = coefficient_table(fit)
    own = {"Residual" if name == "residual" else name: value for name, value in fit.variances.items()}
    found = {
        "reml": abs(fit.reml / expected["reml"] - 1),
        "variances": max(abs(own[name] / value - 1) for name, value in expected["variances"].items()),
    }
    for name in ("se", "df"):
        if expected.get(name):
            found[name] = float(np.abs(table[name].to_numpy() / np.array(expected[name]) - 1).max())
    return found


def main() -> None:
    asked = sys.argv[1:]
    ratings = make_ratings()
    models = {name: factors for name, factors in MODELS.items() if name in asked or not set(asked) - {"df"}}
    own = {name: seconds(lambda f=factors: fit_crossed(ratings, "value", f)) for name, factors in models.items()}
    print(f"{ratings.height:,} ratings, {N_RATERS:,} people, {N_IMAGES:,} images; CPU seconds of one core")
    for name, spent in own.items():
        print(f"{name:10} {spent:7.2f} s with covariances and Satterthwaite df", flush=True)
    if shutil.which("Rscript") is None:
        small = make_ratings(60, 40, 20)
        fast, slow = seconds(lambda: fit_crossed(small, "value")), seconds(lambda: plainly(small), 1)
        print(f"no R: {small.height:,} ratings {fast:.3f} s, plainly {slow:.1f} s, {slow / fast:,.0f} times as long")
        return
    reference = by_lme4(ratings, list(models), with_df="df" in asked)
    for name, factors in models.items():
        fast, expected = own[name], reference[name]
        slow, more = expected["seconds"], expected.get("seconds_df") or 0.0
        print(f"{name:10} lme4 {slow:.1f} s, {slow / fast:.0f} times as long")
        if more:
            print(f"{'':10} lme4 with lmerTest's df {slow + more:.1f} s, {(slow + more) / fast:.0f} times as long")
        fit = fit_crossed(ratings, "value", factors)
        differences = worst(fit, expected)
        print(f"{'':10} REML criterion {fit.reml - expected['reml']:+.1e} from lme4's (below 0: a better optimum)")
        print(f"{'':10} worst relative difference: " + ", ".join(f"{k} {v:.1e}" for k, v in differences.items()))


if __name__ == "__main__":
    main()
