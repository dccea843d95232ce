"""What the record of a run shows: what was asked, how the run went, how answers were read, and samples of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import polars as pl
from great_tables import GT

from lib.asking.counting import Count
from lib.asking.report import RunReport
from lib.build.asking import Inquiry
from lib.contracts.condition import Condition
from lib.contracts.prompts import fill
from lib.formats import ABSENT, capitalised
from lib.responses.predictions import predictions_of
from lib.responses.store import Store, read_store
from lib.responses.summary import ResponsesSummary, responses_summary
from lib.tables.responses import costs_table, notes_table, stages_table
from lib.tables.style import plain_table


@dataclass(frozen=True)
class Record:
    """The stored answers of what a run was about, after it: its own and those of earlier runs."""

    inquiry: Inquiry
    store: Store
    answers: pl.DataFrame
    summary: ResponsesSummary

    def stages(self) -> GT:
        """At which stage answers were read, by step."""
        return stages_table(self.summary.steps, self._names, "tbl-stages")

    def notes(self) -> GT | str:
        """What was noted in reading, and why some answers have no value."""
        if self.summary.reasons.is_empty():
            return "Every answer was read at once, with all values."
        return notes_table(self.summary.reasons, self._names, "tbl-notes")

    def costs(self) -> GT:
        """Tokens, money and time."""
        costs = [(self.inquiry.condition.id, currency, cost) for currency, cost in sorted(self.store.spent().items())]
        schema = {"condition": pl.String, "currency": pl.String, "spent": pl.Float64}
        note = (
            "Spent is what all stored answers of the condition cost, those of other images and replaced ones included."
        )
        frame = pl.DataFrame(costs, schema=schema, orient="row")
        return costs_table(self.summary.steps, frame, self._names, "tbl-costs", [note])

    @property
    def _names(self) -> dict[str, str]:
        return {self.inquiry.condition.id: self.inquiry.condition.name}


def record_of(inquiry: Inquiry) -> Record:
    """Read what is stored about the items of an inquiry."""
    store = read_store(inquiry.project.responses, inquiry.condition.id, detailed=True)
    answers = predictions_of(inquiry.plan, inquiry.items, store).answers
    return Record(inquiry, store, answers, responses_summary(answers))


def asked_table(inquiry: Inquiry, before: Count) -> GT:
    """What was asked: model, settings, images, and how much of it was answered before the run."""
    condition, plan = inquiry.condition, inquiry.plan
    decoding = condition.decoding.model_dump(exclude_none=True)
    unset = [name.replace("_", " ") for name, value in condition.decoding if value is None]
    budget = f", at most {condition.thinking.budget:,} tokens a question" if condition.thinking.budget else ""
    rows = {
        "Condition": f"{condition.id}: {condition.name}",
        "Model": f"{condition.model}, backend {condition.backend}",
        "Strategy": condition.strategy.replace("_", " "),
        "Steps": ", ".join(condition.steps),
        "Prompts": f"{condition.prompts or 'none'} ({plan.prompts.source})",
        "Thinking": f"{condition.thinking.mode}{budget}",
        **{capitalised(name.replace("_", " ")): _setting(value) for name, value in decoding.items()},
        "Left to the server": ", ".join(unset) or "nothing",
        "Images are sent": f"at most {plan.longest_side} pixels long" if plan.longest_side else "as their files are",
        "Unparsed answers": f"later steps: {plan.study.asking.unparsed.replace('_', ' ')}",
        "Images": f"{before.images:,}",
        "Repeats": f"{condition.repeats:,}",
        "Questions": f"{before.questions:,}",
        "Answered before": f"{before.answered:,}",
        "Cost": inquiry.tariff.note,
    }
    return _pairs(rows, "tbl-asked", ("Setting", "Value"))


def run_table(report: RunReport) -> GT:
    """How the run went, in counts."""
    parts = report.parts
    cost = ABSENT if report.cost is None else f"{report.cost:.6f} {report.currency or ''}".strip()
    how = "by batches; this notebook describes what they brought" if report.by_batches else "live"
    rows = {
        "Asked": how,
        "Questions": f"{report.questions:,}",
        "Answered": f"{parts.answered:,}, {report.answered:,} of them in this run",
        "Skipped, since an earlier answer could not be read": f"{parts.skipped:,}",
        "Left out": ", ".join(parts.left_out_words(report.failed)) or "none",
        "Not yet asked": f"{parts.to_ask:,}",
    }
    of_live_runs = {
        "Retries": f"{report.retries:,}",
        "Answers of this run without a usable value": f"{report.unparsed:,}",
        "Tokens in, out, thinking": f"{report.tokens_in:,}, {report.tokens_out:,}, {report.tokens_thinking:,}",
        "Cost of this run": f"{cost}"
        + (f" and {report.unpriced:,} answers of unknown cost" if report.unpriced else ""),
        "Seconds": f"{report.seconds:,.1f}" + (f", {report.paused:,.1f} of them paused" if report.paused else ""),
    }
    rows |= {} if report.by_batches else of_live_runs
    rows |= {
        "Ended": report.message or ("complete" if report.complete else "with questions left"),
        **({"Warnings": " ".join(report.warnings)} if report.warnings else {}),
    }
    return _pairs(rows, "tbl-run", ("Count", "Value"))


def versions_table(report: RunReport) -> GT:
    """Which versions of the model answered, as the server named them; more than one is a change in mid-run."""
    rows = [
        {
            "version": each.model_version or "not said",
            "fingerprint": each.fingerprint or ABSENT,
            "answers": f"{each.answers:,}",
            "first": each.first_seen,
        }
        for each in report.versions
    ]
    labels = {"version": "Model version", "fingerprint": "Fingerprint", "answers": "Answers", "first": "Since"}
    note = "The model changed while it was asked: its answers are not all of one machine." if len(rows) > 1 else None
    return plain_table(pl.DataFrame(rows, schema=dict.fromkeys(labels, pl.String)), "tbl-versions", labels, [note])


def prompts_text(inquiry: Inquiry) -> str:
    """The questions with the study's words, as Markdown; earlier answers stay in braces."""
    prompts, study = inquiry.plan.prompts, inquiry.project.study
    if inquiry.plan.meanings is not None:
        return _meanings_text(inquiry.plan.meanings, inquiry.condition)
    templates: Iterable[tuple[str, str]]
    if inquiry.condition.strategy == "json_single":
        templates = [("all at once", prompts.single or "")]
    else:
        section = prompts.steps if inquiry.plan.with_image else prompts.text_only
        templates = [(step, section[step]) for step in inquiry.condition.steps]
    parts = [f"#### {capitalised(name)}\n\n````text\n{fill(text, study)}\n````" for name, text in templates]
    return "\n\n".join(parts)


def _meanings_text(meanings: Mapping[str, str], condition: Condition) -> str:
    """What the labels of a classifier become, and where its values come from; it is asked without words."""
    assert condition.classifier is not None
    rows = [f"| {label} | {becomes} |" for label, becomes in meanings.items()]
    table = "\n".join(["| Label of the model | In this study |", "|---|---|", *rows])
    values = [f"{name} ({'derived' if name in condition.derived else 'of the model'})" for name in condition.dimensions]
    rated = f"Values: {', '.join(values) or 'none'}."
    return "\n\n".join(["A classifier is shown the image, without words.", table, rated])


def _setting(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _pairs(rows: dict[str, str], identifier: str, heads: tuple[str, str]) -> GT:
    frame = pl.DataFrame({"name": list(rows), "value": list(rows.values())})
    return plain_table(frame, identifier, {"name": heads[0], "value": heads[1]}, text_columns=["value"])
