"""Made-up studies whose printed statistics are computed from answers, for the tests of the audit."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from scipy.stats import f as f_distribution

from lib.contracts.published import read_published

COLUMNS = [
    "id", "version", "subject", "dimension", "emotion", "answer", "group", "test", "statistic", "printed", "unit",
    "decimals", "n", "categories", "scale_low", "scale_high", "step", "superseded_by", "from", "operation",
    "tested_after", "quoted_from", "note",
]  # fmt: skip


@dataclass
class Made:
    """A made-up data set: `size` images in each of `classes` emotions, whole-number answers from `low` to `high`."""

    seed: int
    classes: int = 6
    size: int = 20
    low: int = 1
    high: int = 9
    unanswered: float = 0.05

    def rows(self, decimals: int = 3) -> list[dict[str, object]]:
        """Everything that the audit knows, computed and rounded."""
        draw = np.random.default_rng(self.seed)
        intended = np.repeat(np.arange(self.classes), self.size)
        share = draw.uniform(0, 1)
        answers = np.where(
            draw.random(intended.size) < share, intended, draw.integers(self.classes, size=intended.size)
        )
        answers = np.where(draw.random(intended.size) < self.unanswered, -1, answers)
        return [*self._shares(intended, answers, decimals), *self._ratings(draw, intended, decimals)]

    def _row(self, statistic: str, value: float, decimals: int, n: int, **more: object) -> dict[str, object]:
        text = f"{value:.{decimals}f}" if np.isfinite(value) else None
        name = "-".join(str(item) for item in (statistic, *more.values()))
        defaults = {"categories": self.classes, "scale_low": self.low, "scale_high": self.high, "subject": "machine"}
        return defaults | {"id": name, "version": "v1", "statistic": statistic, "printed": text, "n": n} | more

    def _shares(self, intended: np.ndarray, answers: np.ndarray, decimals: int) -> list[dict[str, object]]:
        n, found = intended.size, []
        right = answers == intended
        chance = sum((answers == one).mean() / self.classes for one in range(self.classes))
        kappa = (right.mean() - chance) / (1 - chance)
        f1s = []
        for one in range(self.classes):
            own = intended == one
            hits, called = int((right & own).sum()), int((answers == one).sum())
            f1s.append(2 * hits / (self.size + called))
            emotion = {"emotion": f"e{one}"}
            found += [
                self._row("accuracy", hits / self.size, decimals, self.size, **emotion),
                self._row("f1", f1s[-1], decimals, self.size, **emotion),
            ]
            other = (one + 1) % self.classes
            taken = ((answers == other) & own).mean() / own.mean()
            found.append(
                self._row("confusion", 100 * taken, 1, self.size, **emotion, answer=f"e{other}", unit="percent")
            )
        return [
            self._row("accuracy", right.mean(), decimals, n), self._row("kappa", kappa, decimals, n),
            self._row("macro_f1", float(np.mean(f1s)), decimals, n), *found,
        ]  # fmt: skip

    def _ratings(self, draw: np.random.Generator, intended: np.ndarray, decimals: int) -> list[dict[str, object]]:
        n, d = intended.size, {"dimension": "valence"}
        centre = draw.uniform(self.low, self.high, self.classes)[intended]
        human = np.clip(centre + draw.normal(0, draw.uniform(0.05, 2), n), self.low, self.high)
        machine = np.clip(
            np.round(centre + draw.normal(draw.uniform(-2, 2), draw.uniform(0.05, 3), n)), self.low, self.high
        )
        difference = machine - human
        line = int(draw.integers(2))  # n - 1 or n below the line: papers rarely say which
        found = [
            self._row("mean", machine.mean(), decimals, n, **d, step=1),
            self._row("sd", machine.std(ddof=line), decimals, n, **d),
            self._row("mean", human.mean(), decimals, n, **d, subject="human"),
            self._row("sd", human.std(ddof=line), decimals, n, **d, subject="human"),
            self._row("bias", difference.mean(), decimals, n, **d),
            self._row("mae", np.abs(difference).mean(), decimals, n, **d),
            self._row("sd_difference", difference.std(ddof=line), decimals, n, **d),
            self._row("rmse", float(np.sqrt((difference**2).mean())), decimals, n, **d),
        ]  # fmt: skip
        if machine.std() > 0 and human.std() > 0:
            found.append(self._row("r", float(np.corrcoef(machine, human)[0, 1]), decimals, n, **d))
        for one in range(self.classes):
            own = intended == one
            emotion = d | {"emotion": f"e{one}"}
            found += [
                self._row("bias", difference[own].mean(), decimals, self.size, **emotion),
                self._row("mae", np.abs(difference[own]).mean(), decimals, self.size, **emotion),
                self._row("mean", machine[own].mean(), 2, self.size, **emotion, step=1),
                self._row("sd", machine[own].std(ddof=line), decimals, self.size, **emotion, step=1),
            ]
        return [*found, *self._anova(draw, intended, difference)]

    def _anova(self, draw: np.random.Generator, intended: np.ndarray, outcome: np.ndarray) -> list[dict[str, object]]:
        """outcome ~ emotion + factor and emotion x factor for two factors, nested: F, df, eta squared, p."""
        total = ((outcome - outcome.mean()) ** 2).sum()
        if total == 0:
            return []
        found: list[dict[str, object]] = []
        emotion = np.eye(self.classes)[intended]
        for name, levels in (("race", 2), ("gender", 3)):
            factor = np.eye(levels)[draw.integers(levels, size=intended.size)][:, 1:]
            crossed = np.hstack([emotion * factor[:, [one]] for one in range(levels - 1)])
            models = [emotion, np.hstack([emotion, factor]), np.hstack([emotion, factor, crossed])]
            fits = [_left(model, outcome) for model in models]
            for test, after, (small, large) in ((name, "emotion", fits[:2]), (f"{name}-x", name, fits[1:])):
                df1, df2 = large[1] - small[1], intended.size - large[1]
                if df1 == 0 or df2 <= 0 or large[0] < 1e-9 * total:
                    break
                f = (small[0] - large[0]) / df1 / (large[0] / df2)
                p = float(f_distribution.sf(f, df1, df2))
                more = {"test": test, "tested_after": after, "subject": "machine", "dimension": "valence"}
                share = (small[0] - large[0]) / total
                found += [
                    self._row("f", f, 2, intended.size, **more), self._row("df1", df1, 0, intended.size, **more),
                    self._row("df2", df2, 0, intended.size, **more),
                    self._row("eta_squared", share, 3, intended.size, **more),
                    self._row("partial_eta_squared", f * df1 / (f * df1 + df2), 3, intended.size, **more),
                    self._row("p", p, 3, intended.size, **more) | {"printed": starred(p)},
                ]  # fmt: skip
        return found


def starred(p: float) -> str:
    """A p value as papers print it, with stars."""
    stars = "*" * sum(p < limit for limit in (0.05, 0.01, 0.001))
    return f"< .001{stars}" if p < 0.001 else f"{p:.3f}{stars}"


def table(rows: list[dict[str, object]], path: Path) -> pl.DataFrame:
    """Rows as the reader of tables of printed statistics gives them; rows without a number are left out."""
    kept = [{name: row.get(name) for name in COLUMNS} for row in rows if row["printed"] is not None]
    pl.DataFrame(kept, infer_schema_length=None, strict=False).write_csv(path)
    return read_published(path)


def _left(model: np.ndarray, outcome: np.ndarray) -> tuple[float, int]:
    fitted, _, rank, _ = np.linalg.lstsq(model, outcome, rcond=None)
    return float(((outcome - model @ fitted) ** 2).sum()), int(rank)
