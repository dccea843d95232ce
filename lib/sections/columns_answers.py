"""What the columns of the tables about stored answers mean."""

from __future__ import annotations

ANSWERS: dict[str, str] = {
    "answer_stages.n": "questions of the condition and step",
    "answered": "questions with an answer",
    "failed": "questions that failed after all attempts",
    "open": "questions that were not asked yet",
    "skipped": "questions left out, since an earlier answer could not be parsed",
    "json": "answers read as JSON",
    "fence": "answers read after a markdown fence was stripped",
    "regex": "answers read by regular expressions",
    "none": "answers of which nothing could be read",
    "parsed": "answers with every value asked for",
    "unparsed": "answers without one",
    "tokens_in": "tokens of the questions, images included",
    "tokens_out": "tokens of the answers without thinking",
    "tokens_thinking": "tokens of thinking",
    "cost": "what the answers cost, in currency",
    "currency": "currency of the cost",
    "n_cost": "answers of which the cost is known",
    "latency": "median time from question to answer, in seconds",
    "rate_json": "share of the answers read as JSON",
    "rate_fence": "share of the answers read after a markdown fence was stripped",
    "rate_regex": "share of the answers read by regular expressions",
    "rate_none": "share of the answers of which nothing could be read",
    "rate_parsed": "share of the answers with every value asked for",
    "answer_notes.kind": "flag (what was done to read it), reason (why it has no value), failure or skip",
    "answer_notes.name": "the flag or reason, by its word in docs/parsing.md",
    "answer_notes.n": "answers (or questions) with it",
    "spent": "what all stored lines cost, those that were replaced later included",
}
