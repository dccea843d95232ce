"""The SD of all ratings from the SDs within emotions and the biases of the emotions."""

from __future__ import annotations

from dataclasses import dataclass

from lib.audit.intervals import Interval, mean, show
from lib.audit.outcome import Outcome, compare


@dataclass(frozen=True)
class Parts:
    """SDs of a machine within equally large emotions (n images each), its biases there, and people's SD over all."""

    within: list[Interval]
    biases: list[Interval]
    human_sd: Interval
    n: int


def sd_from_parts(sd: Interval, parts: Parts) -> Outcome:
    """Whether the machine's SD over all images is possible.

    Its variance is the mean variance within emotions plus that of its means between emotions. A mean is people's mean
    plus the bias, so the SD between emotions is at most people's SD plus that of the biases, and at least
    their difference, where people's own SD between emotions is at most their SD over all images.
    """
    bias_sd = _sd_between(parts.biases)
    size, n = len(parts.biases), parts.n
    # (n - 1)/n within and over all images: either line below the SD is allowed for
    within = mean([one.square() for one in parts.within]) * Interval((n - 1) / n, 1.0)
    between = Interval(max(bias_sd.low - parts.human_sd.high, 0.0), bias_sd.high + parts.human_sd.high)
    possible = ((within + between.square()) * Interval(1.0, size * n / (size * n - 1))).root()
    reason = (
        f"The SDs within {size} emotions leave {show(within.root())} within (n or n - 1 below the line), and the "
        f"emotions' biases have an SD of {show(bias_sd)}; the SD between emotions is at most that plus people's SD of "
        f"{show(parts.human_sd)}, and at least that less people's; by SD^2 = within^2 + between^2, "
        f"or that times n/(n - 1) = {size * n:,}/{size * n - 1:,}"
    )
    return compare(sd, possible, reason, "the SD of all")


def _sd_between(biases: list[Interval]) -> Interval:
    """SD (n below the line) of the biases: at their printed values, give or take the largest rounding error.

    A change of every bias by at most e changes their SD by at most e.
    """
    middles = [(one.low + one.high) / 2 for one in biases]
    half = max((one.high - one.low) / 2 for one in biases)
    centre = sum(middles) / len(middles)
    sd = float((sum((one - centre) ** 2 for one in middles) / len(middles)) ** 0.5)
    return Interval(max(sd - half, 0.0), sd + half)
