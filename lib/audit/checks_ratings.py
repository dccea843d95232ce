"""Which printed means, SDs, biases, errors and correlations are held against which."""

from __future__ import annotations

from collections.abc import Iterator

from lib.audit.checks_shares import emotion_parts
from lib.audit.counts import mean_of_parts
from lib.audit.errors_of_ratings import (
    bias_from_means,
    folded_normal,
    mae_from_bias,
    mae_from_spread,
    on_scale,
    rmse_from_mae,
    rmse_from_spread,
    sd_of_differences,
    sd_on_scale,
)
from lib.audit.finding import Finding, found
from lib.audit.moments import Moments, mae_from_moments
from lib.audit.rows import HUMAN, Row, Scope
from lib.audit.spread import Parts, sd_from_parts


def rating_checks(scope: Scope) -> Iterator[Finding | None]:
    """All tests of ratings within one scope."""
    for mae in scope.all("mae"):
        yield from _mae(scope, mae)
    for rmse in scope.all("rmse"):
        yield from _rmse(scope, rmse)
    for average in scope.all("mean"):
        yield from _scale(scope, average)
    for bias in scope.all("bias", "bias_size"):
        yield from _bias(scope, bias)
    yield from _bias_of_parts(scope)
    for sd in scope.all("sd"):
        yield from _sd_of_all(scope, sd)
    for spread in scope.all("sd_difference"):
        yield from _sd_difference(scope, spread)
    for approximation in scope.all("folded_mae"):
        yield from _folded(scope, approximation)


def people(scope: Scope, row: Row, statistic: str) -> Row | None:
    """People's own figure for the same thing."""
    return scope.get(row.key, statistic, subject=HUMAN)


def _bias_row(scope: Scope, row: Row) -> Row | None:
    return scope.get(row.key, "bias") or scope.get(row.key, "bias_size")


def _mae(scope: Scope, mae: Row) -> Iterator[Finding | None]:
    bias, spread = _bias_row(scope, mae), scope.get(mae.key, "sd_difference")
    if bias:
        yield found("mae_bias", mae_from_bias(mae.interval, bias.interval), scope, mae, bias)
    else:
        machine, human = scope.get(mae.key, "mean"), people(scope, mae, "mean")
        if machine and human and machine is not human:
            outcome = mae_from_bias(mae.interval, machine.interval - human.interval)
            yield found("mae_bias", outcome, scope, mae, machine, human)
    if bias and spread:
        width = mae.scale[1] - mae.scale[0] if mae.scale else None
        outcome = mae_from_spread(mae.interval, bias.interval, spread.interval, mae.n, width)
        yield found("mae_spread", outcome, scope, mae, bias, spread)
    yield from _mae_moments(scope, mae)


def _mae_moments(scope: Scope, mae: Row) -> Iterator[Finding | None]:
    mean, sd, r = (scope.get(mae.key, name) for name in ("mean", "sd", "r"))
    human_mean, human_sd = people(scope, mae, "mean"), people(scope, mae, "sd")
    if mean and sd and r and human_mean and human_sd and mae.scale and mae.key.subject != HUMAN:
        moments = Moments(mean.interval, sd.interval, human_mean.interval, human_sd.interval, r.interval, mae.n)
        outcome = mae_from_moments(mae.interval, moments, *mae.scale)
        yield found("mae_moments", outcome, scope, mae, mean, sd, r, human_mean, human_sd)


def _rmse(scope: Scope, rmse: Row) -> Iterator[Finding | None]:
    mae, bias, spread = scope.get(rmse.key, "mae"), _bias_row(scope, rmse), scope.get(rmse.key, "sd_difference")
    if mae:
        yield found("rmse", rmse_from_mae(rmse.interval, mae.interval), scope, rmse, mae)
    if bias and spread:
        outcome = rmse_from_spread(rmse.interval, bias.interval, spread.interval, rmse.n)
        yield found("rmse", outcome, scope, rmse, bias, spread)


def _scale(scope: Scope, average: Row) -> Iterator[Finding | None]:
    if average.scale is None:
        return
    yield found("scale", on_scale(average.interval, *average.scale, "the mean"), scope, average)
    sd = scope.get(average.key, "sd")
    if sd:
        yield found("scale", sd_on_scale(sd.interval, average.interval, *average.scale, sd.n), scope, sd, average)


def _bias(scope: Scope, bias: Row) -> Iterator[Finding | None]:
    machine, human = scope.get(bias.key, "mean"), people(scope, bias, "mean")
    if machine and human:
        difference = machine.interval - human.interval
        if bias.key.statistic == "bias_size":
            difference = abs(difference)
        outcome = bias_from_means(bias.interval, machine.interval, human.interval, difference)
        yield found("bias", outcome, scope, bias, machine, human)


def _bias_of_parts(scope: Scope) -> Iterator[Finding | None]:
    """The mean of the emotions' biases is the difference of the means; of a printed bias, `share_checks` has it."""
    for machine in scope.all("mean"):
        human = people(scope, machine, "mean")
        if machine.key.subject == HUMAN or machine.key.emotion or human is None:
            continue
        parts = emotion_parts(scope, machine, "bias")
        if parts:
            what = "the difference of the means"
            outcome = mean_of_parts([part.interval for part in parts], machine.interval - human.interval, what)
            yield found("bias", outcome, scope, machine, human, *parts)


def _folded(scope: Scope, approximation: Row) -> Iterator[Finding | None]:
    bias, spread = _bias_row(scope, approximation), scope.get(approximation.key, "sd_difference")
    if bias and spread:
        outcome = folded_normal(approximation.interval, bias.interval, spread.interval)
        yield found("folded", outcome, scope, approximation, bias, spread)


def _sd_difference(scope: Scope, spread: Row) -> Iterator[Finding | None]:
    machine, human, r = scope.get(spread.key, "sd"), people(scope, spread, "sd"), scope.get(spread.key, "r")
    if machine and human and r and not spread.key.emotion:
        outcome = sd_of_differences(spread.interval, machine.interval, human.interval, r.interval)
        yield found("sd_difference", outcome, scope, spread, machine, human, r)


def _sd_of_all(scope: Scope, sd: Row) -> Iterator[Finding | None]:
    human = people(scope, sd, "sd")
    if sd.key.emotion or sd.key.subject == HUMAN or human is None:
        return
    within, biases = emotion_parts(scope, sd, "sd"), emotion_parts(scope, sd, "bias")
    if within and biases:
        parts = Parts(
            [row.interval for row in within], [row.interval for row in biases], human.interval, within[0].n or 0
        )
        yield found("sd_parts", sd_from_parts(sd.interval, parts), scope, sd, human, *within, *biases)
