"""From the outputs of a network to what is kept of them: probabilities by label, and raw values by dimension."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from lib.contracts.classifier import Classifier
from lib.fer.network import Array, NetworkError
from lib.protocol.classifier import TOLERANCE, write_outputs


def outputs_as_text(outputs: Mapping[str, Array], classifier: Classifier) -> list[str]:
    """Write each image's outputs as the text of an answer.

    Parameters
    ----------
    outputs
        Of the network, by name, one row an image; what is left of a row is read as one line of numbers.
    classifier
        Says which numbers are what. Every number of the output with the scores must be one of its labels' scores or
        one of its values, so that a model with another number of labels is not read as if it had these.

    Raises
    ------
    NetworkError
        The outputs are not what the condition says they are.
    """
    scores = _output(outputs, classifier.scores.output, "scores")
    named = classifier.scores.output or next(iter(outputs))
    own = [place.index for place in classifier.values.values() if (place.output or next(iter(outputs))) == named]
    first, last = classifier.scores.first, classifier.scores.first + len(classifier.labels)
    claimed = {*range(first, last), *own}
    if claimed != set(range(scores.shape[1])) or len(claimed) != len(own) + len(classifier.labels):
        also = f" and {len(own)} values" if own else ""
        raise NetworkError(
            f"output {named!r} has {scores.shape[1]} numbers an image, but classifier names {len(classifier.labels)} "
            f"labels from the column {first} on{also}"
        )
    probabilities = _probabilities(scores[:, first:last], classifier.scores.are)
    values = {name: _column(outputs, place.output, place.index, name) for name, place in classifier.values.items()}
    try:
        return [
            write_outputs(
                dict(zip(classifier.labels, row.tolist(), strict=True)),
                {name: float(column[number]) for name, column in values.items()},
            )
            for number, row in enumerate(probabilities)
        ]
    except ValueError as error:
        raise NetworkError(str(error)) from error


def _probabilities(scores: Array, are: str) -> Array:
    """Softmax of logits, in double precision; probabilities as they are. Refuses one that is declared as the other."""
    alike = bool(np.all(scores >= 0) and np.all(np.abs(scores.sum(axis=1) - 1) <= TOLERANCE))
    if are == "probabilities":
        if not alike and np.all(np.isfinite(scores)):
            raise NetworkError("its probabilities do not add up to 1; if they are logits, set classifier.scores.are")
        return scores
    if alike:
        raise NetworkError("its scores add up to 1 already; set classifier.scores.are to probabilities")
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def _column(outputs: Mapping[str, Array], output: str | None, index: int, what: str) -> Array:
    rows = _output(outputs, output, what)
    if index >= rows.shape[1]:
        raise NetworkError(f"values.{what}: got index {index}, but the output has {rows.shape[1]} numbers an image")
    return np.asarray(rows[:, index])


def _output(outputs: Mapping[str, Array], name: str | None, what: str) -> Array:
    """One output as (images, numbers) in double precision."""
    found = next(iter(outputs.values())) if name is None else outputs.get(name)
    if found is None:
        raise NetworkError(f"{what}: got output {name!r}, but there are {', '.join(outputs)}")
    array = np.asarray(found, np.float64)
    return array.reshape(array.shape[0], -1) if array.ndim else array.reshape(1, 1)
