"""Finding numbers among the results by key, and small arithmetic with them, as the ledger's column `result` says it.

`conditions.gemma3-4b.kappa` is a key. `conditions.{vlm}.valence.mae` stands for all VLMs, `conditions.{a,b}.kappa` for
two, `design.images_by.race.{*}` for whatever is there. `anova[factor=race,term=race].f` is the one row of a table with
these attributes. `abs`, `min`, `max`, `below(limit, ...)` (how many are below it), parentheses and ` + `, ` - `, ` * `,
` / ` (with spaces, as keys hold hyphens) do the arithmetic; ` - ` between two lists of one length goes pair by pair.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from lib.errors import DataError

Values = list[float | None]
BRACKETS = r"\[(?:[^\[\]]|\[[^\]]*\])*\]"  # they may hold brackets: [term=rater_type[machine]]
TOKEN = re.compile(
    r"\s*(?P<number>\d+(?:\.\d+)?|\.\d+)(?![\w.])"
    r"|\s*(?P<function>[a-z]+)\("
    rf"|\s*(?P<key>[A-Za-z_](?:[\w.:-]|{BRACKETS}|\{{[^}}]*\}})*)"
    r"|(?P<operator> [-+*/] )"
    r"|\s*(?P<sign>[(),])"
)
STEP = re.compile(rf"(?:[^.\[{{]|{BRACKETS}|\{{[^}}]*\}})+")
FILTER = re.compile(r"(?P<name>[^\[]*)\[(?P<attributes>.*)\]")


class MissingResultError(DataError):
    """A key is not among the results."""


def evaluate(expression: str, results: Mapping[str, Any]) -> float | None:
    """Compute an expression from the results.

    Parameters
    ----------
    expression
        A key or arithmetic with keys, as this module's description says.
    results
        Nested mappings and lists of rows, as in `results.json`.

    Returns
    -------
    float or None
        None where a number that it needs is null, or a divisor is 0.

    Raises
    ------
    MissingResultError
        A key, or a row of a table, is not there.
    DataError
        The expression cannot be read, stands for several numbers, or needs a text.
    """
    reader = _Reader(_tokens(expression), results, expression)
    values = reader.sum()
    if reader.rest or len(values) != 1:
        said = f"{len(values)} numbers" if not reader.rest else f"{reader.rest[0][1]!r} too much"
        raise DataError(f"result {expression!r}: got {said}. Give one number: a key, min(...), max(...), below(...).")
    return values[0]


def find_values(key: str, results: Mapping[str, Any]) -> Values:
    """All numbers that a key stands for: one, or several where it holds braces.

    Raises
    ------
    MissingResultError, DataError
        See `evaluate`.
    """
    found: list[object] = [results]
    for step in _steps(key):
        found = [inner for branch in found for inner in step(branch, key)]
    if not found:
        raise MissingResultError(f"result {key!r}: is not among the results. Correct the key, or build its chapter.")
    wrong = next((value for value in found if not isinstance(value, int | float | None)), None)
    if wrong is not None:
        raise DataError(f"result {key!r}: got {str(wrong)[:60]!r}, which is no number. Name a number.")
    return [float(value) if isinstance(value, int | float) else None for value in found]


def _steps(key: str) -> list[Callable[[Any, str], list[object]]]:
    """What to do with each branch in turn. Ids hold dots, so that plain parts are looked up together."""
    steps: list[Callable[[Any, str], list[object]]] = []
    plain: list[str] = []
    for part in STEP.findall(key):
        if part.startswith("{"):
            steps += [_walk(tuple(plain))] if plain else []
            steps.append(_spread(part.strip("{}")))
            plain = []
        elif match := FILTER.fullmatch(part):
            steps += [_walk((*plain, match["name"])), _row(match["attributes"])]
            plain = []
        else:
            plain.append(part)
    return steps + ([_walk(tuple(plain))] if plain else [])


def _walk(parts: tuple[str, ...]) -> Callable[[Any, str], list[object]]:
    def step(branch: object, key: str) -> list[object]:
        found = _descend(branch, parts)
        if not found:
            raise MissingResultError(f"result {key!r}: {'.'.join(parts)!r} is not among the results.")
        return found

    return step


def _descend(branch: object, parts: tuple[str, ...]) -> list[object]:
    if not parts:
        return [branch]
    if not isinstance(branch, Mapping):
        return []
    for length in range(1, len(parts) + 1):
        name = ".".join(parts[:length])
        if name in branch and (found := _descend(branch[name], parts[length:])):
            return found
    return []


def _spread(names: str) -> Callable[[Any, str], list[object]]:
    def step(branch: object, key: str) -> list[object]:
        if not isinstance(branch, Mapping):
            raise MissingResultError(f"result {key!r}: nothing stands where {{{names}}} is to be filled in.")
        if names == "*":
            return list(branch.values())
        if names in {"vlm", "fer"}:
            return [item for item in branch.values() if isinstance(item, Mapping) and item.get("type") == names.upper()]
        missing = [name for name in names.split(",") if name not in branch]
        if missing:
            raise MissingResultError(f"result {key!r}: {missing[0]!r} is not among the results.")
        return [branch[name] for name in names.split(",")]

    return step


def _row(attributes: str) -> Callable[[Any, str], list[object]]:
    wanted = [pair.partition("=")[::2] for pair in attributes.split(",")]

    def step(branch: object, key: str) -> list[object]:
        rows = branch if isinstance(branch, list) else []
        found = [row for row in rows if all(str(row.get(name)) == value for name, value in wanted)]
        if len(found) != 1:
            raise MissingResultError(f"result {key!r}: {len(found)} of {len(rows)} rows have [{attributes}], not one.")
        return found

    return step


def _tokens(expression: str) -> list[tuple[str, str]]:
    tokens: list[tuple[str, str]] = []
    position = 0
    while position < len(expression):
        match = TOKEN.match(expression, position)
        if match is None or match.lastgroup is None:
            raise DataError(f"result {expression!r}: got {expression[position:]!r}, which cannot be read. Correct it.")
        tokens.append((match.lastgroup, match[match.lastgroup].strip()))
        position = match.end()
    return tokens


class _Reader:
    """Reads the tokens of one expression from left to right."""

    def __init__(self, tokens: list[tuple[str, str]], results: Mapping[str, Any], expression: str) -> None:
        self.rest, self.results, self.expression = tokens, results, expression

    def sum(self) -> Values:
        return self._chain(self.product, {"+": lambda a, b: a + b, "-": lambda a, b: a - b})

    def product(self) -> Values:
        return self._chain(self.single, {"*": lambda a, b: a * b, "/": lambda a, b: a / b if b else None})

    def single(self) -> Values:
        kind, text = self.rest.pop(0) if self.rest else ("end", "nothing")
        if kind == "number":
            return [float(text)]
        if kind == "key":
            return find_values(text, self.results)
        if kind == "function" and text in FUNCTIONS:
            return FUNCTIONS[text](self._arguments())
        if (kind, text) == ("sign", "("):
            inner = self.sum()
            self._expect(")")
            return inner
        raise DataError(f"result {self.expression!r}: got {text!r}, expected a key. Functions: {', '.join(FUNCTIONS)}.")

    def _arguments(self) -> Values:
        values = self.sum()
        while self.rest and self.rest[0] == ("sign", ","):
            self.rest.pop(0)
            values += self.sum()
        self._expect(")")
        return values

    def _expect(self, sign: str) -> None:
        if not self.rest or self.rest.pop(0) != ("sign", sign):
            raise DataError(f"result {self.expression!r}: a {sign!r} is missing. Add it.")

    def _chain(
        self, inner: Callable[[], Values], signs: Mapping[str, Callable[[float, float], float | None]]
    ) -> Values:
        left = inner()
        while self.rest and self.rest[0][0] == "operator" and self.rest[0][1] in signs:
            combine = signs[self.rest.pop(0)[1]]
            right = inner()
            if len(right) == 1:
                right = right * len(left)
            left = left * len(right) if len(left) == 1 else left
            if len(left) != len(right):
                raise DataError(f"result {self.expression!r}: got {len(left)} and {len(right)} numbers to combine.")
            pairs = zip(left, right, strict=True)
            left = [None if a is None or b is None else combine(a, b) for a, b in pairs]
        return left


def _known(reduce: Callable[[list[float]], float]) -> Callable[[Values], Values]:
    def apply(values: Values) -> Values:
        known = [value for value in values if value is not None]
        return [reduce(known) if known and len(known) == len(values) else None]

    return apply


FUNCTIONS: dict[str, Callable[[Values], Values]] = {
    "abs": lambda values: [None if value is None else abs(value) for value in values],
    "min": _known(min),
    "max": _known(max),
    "below": _known(lambda values: float(sum(value < values[0] for value in values[1:]))),
}
