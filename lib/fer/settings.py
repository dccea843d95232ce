"""Whether a condition describes a classifier in full: without network, file or runtime."""

from __future__ import annotations

from lib.contracts.condition import Condition, Decoding
from lib.errors import ParameterError
from lib.fer.emotiefflib import check_convention

OWN_PROCESSOR = "image-classification"


def check_classifier(condition: Condition) -> None:
    """Refuse what cannot be asked as it is written.

    Raises
    ------
    ParameterError
        There is no section `classifier`, its image is not described (or described where the model brings its own
        description), or a setting has no meaning for a classifier.
    """
    where = f"condition {condition.id}"
    described = condition.classifier
    if described is None:
        raise ParameterError(
            f"{where}: classifier: is missing, so nothing says what the model {condition.model} takes and gives. "
            "Describe it there (docs/fer.md), or put its predictions into the study's folder of predictions."
        )
    drawn = condition.decoding.model_dump(exclude_none=True)
    for key in set(Decoding.model_fields) & set(drawn) - {"seed"}:
        if drawn[key]:
            raise ParameterError(
                f"{where}: decoding.{key}: got {drawn[key]!r}, but a classifier draws nothing. Take it out."
            )
    if condition.thinks:
        raise ParameterError(
            f"{where}: thinking.mode: got {condition.thinking.mode!r}, but a classifier does not think."
        )
    if condition.backend == OWN_PROCESSOR:
        if described.input is not None:
            raise ParameterError(
                f"{where}: classifier.input: is given, but the model's own image processor makes its images ready. "
                "Take it out."
            )
        return
    if described.input is None:
        raise ParameterError(
            f"{where}: classifier.input: is missing; describe how an image becomes numbers (docs/fer.md)."
        )
    if condition.backend == "emotiefflib":
        check_convention(condition)
