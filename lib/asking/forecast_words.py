"""A forecast in words and as a table on a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from lib.asking.forecast import Forecast, Span

if TYPE_CHECKING:
    from rich.table import Table

UNKNOWN = "unknown"


def cost_text(forecast: Forecast) -> str:
    """What asking costs: a range, `nothing`, or that it is not known."""
    if forecast.count.to_ask == 0:
        return "nothing"
    if forecast.tariff.local:
        return "nothing (local)"
    if forecast.cost is None:
        return UNKNOWN
    return money_range(forecast.cost, forecast.tariff.currency)


def money_range(cost: tuple[Decimal, Decimal], currency: str | None) -> str:
    """Two amounts and their currency, such as `0.63 to 1.10 USD`."""
    low, high = (_amount(each) for each in cost)
    return f"{low if low == high else f'{low} to {high}'} {currency or ''}".strip()


def totals(forecasts: Sequence[Forecast]) -> str:
    """What all conditions cost together, currency by currency; the unknown is said."""
    sums: dict[str, tuple[Decimal, Decimal]] = {}
    for each in forecasts:
        if each.cost is not None and not each.free and each.tariff.currency:
            low, high = sums.get(each.tariff.currency, (Decimal(0), Decimal(0)))
            sums[each.tariff.currency] = (low + each.cost[0], high + each.cost[1])
    parts = [money_range(cost, currency) for currency, cost in sums.items()]
    unknown = [each.condition for each in forecasts if each.cost is None]
    if unknown:
        parts.append(f"unknown for {', '.join(unknown)}")
    return " and ".join(parts) or "nothing"


def forecast_table(forecasts: Sequence[Forecast]) -> Table:
    """One row a condition."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
    table.add_column("Condition", overflow="fold")
    for name in ("Images", "Questions", "Done", "To ask", "Tokens in", "Tokens out", "Cost"):
        table.add_column(name, justify="right", no_wrap=True)
    for each in forecasts:
        table.add_row(*forecast_cells(each))
    return table


def forecast_cells(forecast: Forecast) -> list[str]:
    """The cells of one row."""
    count = forecast.count
    return [
        forecast.condition, f"{count.images:,}", f"{count.questions:,}", f"{count.parts.done:,}", f"{count.to_ask:,}",
        span_text(forecast.tokens_in), span_text(forecast.tokens_out), cost_text(forecast),
    ]  # fmt: skip


def left_out_line(forecast: Forecast) -> str | None:
    """What is neither done nor asked now, and what done consists of; None if the table says it all."""
    count = forecast.count
    parts = count.parts
    if not parts.skipped and not parts.left_out:
        return None
    text = parts.done_words()
    if parts.left_out:
        text = f"{text}; not asked now: {', '.join(parts.left_out_words())}"
    if count.in_batches and forecast.held is not None and forecast.held[1]:
        text = f"{text}; what is in batches may cost {money_range(forecast.held, forecast.tariff.currency)}"
    return f"{forecast.condition}: {text}."


def assumption_lines(forecasts: Sequence[Forecast]) -> list[str]:
    """What is left out and what the figures rest on, said once of conditions of which the same holds."""
    lines = [line for each in forecasts if (line := left_out_line(each))]
    same: dict[str, list[str]] = {}
    for each in forecasts:
        if each.count.to_ask:
            named = [*each.assumptions, *([each.tariff.note] if each.tariff.known else [])]
            same.setdefault("; ".join(named), []).append(each.condition)
    return [*lines, *(f"{', '.join(conditions)}: {text}" for text, conditions in same.items())]


def span_text(span: Span | None) -> str:
    """A range of tokens, to three digits: `1.2 to 1.3 M`."""
    if span is None:
        return UNKNOWN
    low, high = (_short(end) for end in span)
    return low if low == high else f"{low} to {high}"


def _short(number: float) -> str:
    for size, unit in ((1e9, " G"), (1e6, " M"), (1e3, " k")):
        if number >= 0.9995 * size:
            return f"{float(f'{number / size:.3g}'):g}{unit}"
    return f"{number:.0f}"


def _amount(cost: Decimal) -> str:
    """At least two decimals, and two digits that say something."""
    if cost == 0 or cost >= 1:
        return f"{cost:,.2f}"
    digits = max(2, -cost.adjusted() + 1)
    return f"{cost:.{digits}f}"
