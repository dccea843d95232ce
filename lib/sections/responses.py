"""How machines' stored answers were read, why some could not be, and what they took."""

from __future__ import annotations

import polars as pl

from lib.chapters.conditions import condition_names
from lib.responses.predictions import ANSWERS_SCHEMA
from lib.responses.summary import responses_summary
from lib.results import Results
from lib.study_data import StudyData

COUNTED = (
    "n", "answered", "failed", "open", "skipped", "json", "fence", "regex", "none", "parsed", "unparsed",
    "rate_json", "rate_fence", "rate_regex", "rate_none", "rate_parsed",
)  # fmt: skip
TAKEN = ("tokens_in", "tokens_out", "tokens_thinking", "cost", "currency", "latency")
SPENT = {"condition": pl.String, "currency": pl.String, "spent": pl.Float64}


def responses_section(data: StudyData, results: Results) -> dict[str, pl.DataFrame]:
    """Count how the stored answers of all conditions that have any came about and were read.

    Parameters
    ----------
    data
        The study.
    results
        Takes conditions.<id>.answers.<step>.* and conditions.<id>.spent.<currency>.

    Returns
    -------
    dict of str to polars.DataFrame
        `answer_stages`: `lib.responses.summary.ResponsesSummary.steps`, one row a condition and step.
        `answer_notes`: its `reasons`: what was done to read answers (flag), why some have no value (reason), why
        questions failed or were not asked. `answer_costs`: condition, currency, spent (all lines that were ever paid,
        replaced ones included). Conditions in the order of all tables; no rows where no answers are stored.
    """
    order = {name: place for place, name in enumerate(condition_names(data)["condition"])}
    known = sorted(data.answers, key=lambda name: order.get(name, len(order)))
    answers = [data.answers[name] for name in known]
    summary = responses_summary(pl.concat(answers) if answers else pl.DataFrame(schema=ANSWERS_SCHEMA))
    spent = [data.spent[name] for name in known]
    frames = {
        "answer_stages": summary.steps,
        "answer_notes": summary.reasons,
        "answer_costs": pl.concat(spent) if spent else pl.DataFrame(schema=SPENT),
    }
    for row in frames["answer_stages"].iter_rows(named=True):
        path = ("conditions", str(row["condition"]), "answers", str(row["step"]))
        results.put(path, {name: row[name] for name in (*COUNTED, *TAKEN)})
    for row in frames["answer_costs"].iter_rows(named=True):
        if row["currency"]:
            results.put(("conditions", str(row["condition"]), "spent", str(row["currency"])), row["spent"])
    return frames
