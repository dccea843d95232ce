"""Which traces a run keeps, as `rater infer --traces` says it, and what that means to an engine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from lib.contracts.condition import Condition
from lib.contracts.study import Study
from lib.errors import ParameterError
from lib.local.engine import Wanted

KINDS = ("attention", "logits", "hidden", "vision")
ALL = "all"
TOP = 50
SPREAD = 4
MOST_VALUES = 25
"""A scale of more values, such as 0 to 100, has no short list of words."""
EXAMPLE = "--traces attention,logits,hidden"


@dataclass(frozen=True, slots=True)
class Choice:
    """What is kept.

    Attributes
    ----------
    kinds : tuple of str
        Of `KINDS`, in that order.
    layers : dict of str to tuple of int
        Layers of attention (from 1) and hidden states (from 0, what goes into the first layer), where the user says
        them; else all of attention, and a spread of hidden ones.
    """

    kinds: tuple[str, ...]
    layers: dict[str, tuple[int, ...]] = field(default_factory=dict)

    def hidden_layers(self, count: int) -> tuple[int, ...]:
        """Layers of hidden states in a model with `count` layers: those chosen, or the ends of its quarters."""
        return self.layers.get("hidden", tuple(sorted({round(count * part / SPREAD) for part in range(SPREAD + 1)})))

    def check_layers(self, count: int, model: str) -> None:
        """Refuse layers that a model with `count` layers does not have.

        Raises
        ------
        ParameterError
            Names the layer and those there are.
        """
        for kind, layers in self.layers.items():
            least = 0 if kind == "hidden" else 1
            for layer in layers:
                if not least <= layer <= count:
                    raise ParameterError(
                        f"--traces: {kind}: got layer {layer}, but {model} has layers {least} to {count}. Name one of "
                        "them, or none to leave the choice to the default."
                    )


def parse_choice(text: str) -> Choice:
    """Read what `--traces` says: kinds with commas between, each with its layers if not the default's.

    `attention,hidden:0+8+16` keeps attention of all layers and hidden states of three; `all` keeps every kind.

    Raises
    ------
    ParameterError
        A kind or layer is none.
    """
    kinds: list[str] = []
    layers: dict[str, tuple[int, ...]] = {}
    for part in text.replace(" ", "").split(","):
        kind, colon, numbers = part.partition(":")
        if kind == ALL and not colon:
            kinds += KINDS
            continue
        if kind not in KINDS:
            raise ParameterError(
                f"--traces: got {part!r}; there are {', '.join(KINDS)} and {ALL}. For example: {EXAMPLE}"
            )
        kinds.append(kind)
        if colon:
            layers[kind] = _layers(kind, numbers)
    return Choice(tuple(kind for kind in KINDS if kind in kinds), layers)


def _layers(kind: str, numbers: str) -> tuple[int, ...]:
    given = numbers.split("+")
    if kind not in {"attention", "hidden"} or not all(number.isdecimal() and len(number) < 5 for number in given):
        raise ParameterError(
            f"--traces: {kind}: got layers {numbers!r}. Attention and hidden take layers, as numbers with + between: "
            "hidden:0+8+16"
        )
    return tuple(sorted({int(number) for number in given}))


def refuse_others(condition: Condition) -> None:
    """Refuse conditions that nobody can look into.

    Raises
    ------
    ParameterError
        Its backend is not `transformers`.
    """
    if condition.backend != "transformers":
        why = {
            "mlx": "MLX computes attention in one piece that gives no weights",
            "ollama": "Ollama's server gives text alone",
        }.get(condition.backend, "that gives answers and nothing from inside")
        raise ParameterError(
            f"{condition.id}: --traces: got backend {condition.backend!r}; {why}. Only models of the backend "
            "transformers can be traced: leave --traces out, or take a condition that runs the model so."
        )


def scale_values(study: Study, condition: Condition) -> tuple[str, ...]:
    """The whole numbers that a condition can rate with, as words: 1 to 9 in the paper's study; none of long scales."""
    found: set[int] = set()
    for name in condition.dimensions:
        scale = study.dimensions[name]
        values = [scale.low + number * scale.step for number in range(round((scale.high - scale.low) / scale.step) + 1)]
        if len(values) <= MOST_VALUES:
            found |= {round(value) for value in values if value == round(value)}
    return tuple(map(str, sorted(found)))


def ways_to_write(word: str) -> tuple[str, ...]:
    """How a category may begin an answer: as it is or with a capital, behind a space or not."""
    return tuple(dict.fromkeys([word, word.capitalize(), f" {word}", f" {word.capitalize()}"]))


def wanted_for(choice: Choice, layer_count: int, values: Sequence[str], categories: Sequence[str]) -> Wanted:
    """What an engine is to keep of every question."""
    logits = "logits" in choice.kinds
    return Wanted(
        top=TOP if logits else 0,
        words=tuple(values) if logits else (),
        starts=tuple(way for word in categories for way in ways_to_write(word)) if logits else (),
        attention="attention" in choice.kinds,
        vision_attention="vision" in choice.kinds,
        hidden=choice.hidden_layers(layer_count) if "hidden" in choice.kinds else (),
        answer_only=True,
    )
