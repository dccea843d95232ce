"""Tables of the design: what was rated by whom, which conditions were asked and how, and the prompts word for word."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape

import polars as pl
from great_tables import GT

from lib.contracts.condition import Condition
from lib.formats import ABSENT, format_value
from lib.tables.style import plain_table

BACKENDS = {
    "gemini": "Google API", "openai": "OpenAI API", "ollama": "Ollama", "mlx": "MLX",
    "transformers": "Hugging Face", "onnx": "ONNX Runtime", "tflite": "LiteRT", "image-classification": "Hugging Face",
    "emotiefflib": "EmotiEffLib", "held-out-rater": "people", "unknown": "unknown",
}  # fmt: skip
STRATEGIES = {
    "context_carry": "context carry", "json_single": "single question", "text_only": "text only",
    "classifier": "classifier", "unknown": "unknown",
}  # fmt: skip


def design_table(
    images: pl.DataFrame, ratings: pl.DataFrame, factors: Mapping[str, str], notes: Iterable[str | None] = ()
) -> GT:
    """Images and ratings in all, and by level of each factor.

    Parameters
    ----------
    images
        image_id and the columns of `factors`.
    ratings
        image_id, participant_id.
    factors
        Column -> label, in order; only columns with levels to list.
    notes
        Paragraphs below the table.
    """
    rows = [("Study", "All", images.height, ratings.height)]
    joined = ratings.select("image_id").join(images, on="image_id", how="left", maintain_order="left")
    for name, label in factors.items():
        counts = images.group_by(name).len().sort(name).drop_nulls(name)
        given = dict(joined.group_by(name).len().iter_rows())
        rows += [(label, str(level), n, given.get(level, 0)) for level, n in counts.iter_rows()]
    frame = pl.DataFrame(
        [(label, level, format_value("n", n), format_value("n", m)) for label, level, n, m in rows],
        schema=["factor", "level", "images", "ratings"], orient="row",
    )  # fmt: skip
    labels = {"level": "Level", "images": "Images", "ratings": "Ratings"}
    return plain_table(frame, "tbl-design", labels, notes, groups="factor")


def conditions_table(conditions: Sequence[Condition], notes: Iterable[str | None] = ()) -> GT:
    """Name, short name, backend, strategy, thinking and steps of each condition."""
    rows = [
        {
            "name": item.name,
            "short_name": item.short_name,
            "type": "Machine" if item.kind == "machine" else item.kind.upper(),
            "backend": BACKENDS[item.backend],
            "strategy": STRATEGIES[item.strategy],
            "thinking": thinking_text(item),
            "steps": ", ".join(f"{step} (derived)" if step in item.derived else step for step in item.steps),
        }
        for item in conditions
    ]
    labels = {"name": "Condition", "short_name": "Short name", "type": "Type", "backend": "Backend"}
    labels |= {"strategy": "Strategy", "thinking": "Thinking", "steps": "Asked for"}
    table = plain_table(pl.DataFrame(rows), "tbl-conditions", labels, notes, text_columns=list(labels))
    return table.cols_width(dict(zip(labels, ("25%", "15%", "6%", "13%", "13%", "12%", "16%"), strict=True)))


def specifications_table(conditions: Sequence[Condition], identifier: str, notes: Iterable[str | None] = ()) -> GT:
    """What the makers say of each model: developer, release, parameters, precision, reasoning, weights."""
    rows = [
        {
            "name": item.name,
            "developer": item.specification.developer,
            "released": item.specification.released or ABSENT,
            "parameters": item.specification.parameters or ABSENT,
            "quantization": item.specification.quantization or ABSENT,
            "thinking": thinking_text(item),
            "weights": item.specification.weights or ABSENT,
        }
        for item in conditions
    ]
    labels = {"name": "Condition", "developer": "Developer", "released": "Released", "parameters": "Parameters"}
    labels |= {"quantization": "Precision", "thinking": "Thinking", "weights": "Weights"}
    return plain_table(pl.DataFrame(rows), identifier, labels, notes, text_columns=list(labels))


def prompts_table(prompts: Sequence[tuple[str, str, str]], notes: Iterable[str | None] = ()) -> GT:
    """The prompts word for word: (set, step, text) in order; `{...}` is filled with the machine's earlier answers."""
    rows = [(name, step, "<br>".join(escape(line) for line in text.splitlines())) for name, step, text in prompts]
    frame = pl.DataFrame(rows, schema=["set", "step", "prompt"], orient="row")
    labels = {"step": "Step", "prompt": "Prompt"}
    table = plain_table(frame, "tbl-prompts", labels, notes, groups="set", text_columns=["prompt"])
    return table.fmt(str, columns="prompt")  # already escaped, so that line breaks survive


def thinking_text(condition: Condition) -> str:
    """How a machine was allowed to reason: `no`, `yes (dynamic)`, `yes (up to 1,024 tokens a question)`."""
    if condition.kind != "vlm":
        return ABSENT
    thinking = condition.thinking
    if thinking.mode == "budget":
        return f"yes (up to {format_value('n', thinking.budget)} tokens a question)"
    if thinking.mode == "dynamic":
        return "yes (dynamic)"
    return "no (budget of 0)" if thinking.budget == 0 else "no"
