"""Thinking: what it changes in accuracy, pair by pair, and how much of it machines spend on what."""

from __future__ import annotations

import polars as pl

from lib.chapters.claims_thinking import claim_pair_effects, claim_tokens
from lib.chapters.conditions import condition_names
from lib.chapters.records_thinking import record_load, record_pair_effects, record_ratios, record_tokens
from lib.chapters.thinking import compare_tokens, pair_effects, relate_tokens, summarise_tokens, thinking_tokens
from lib.results import Results
from lib.study_data import StudyData


def thinking_section(data: StudyData, results: Results) -> dict[str, pl.DataFrame]:
    """Compare planned pairs of conditions, and describe thinking tokens.

    Parameters
    ----------
    data
        The study.
    results
        Takes effects.<pair>.<all or emotion>.*, conditions.<id>.thinking_tokens.*, claims.{effect, tokens}.*.

    Returns
    -------
    dict of str to polars.DataFrame
        `pair_effects`: `lib.chapters.thinking.pair_effects`. `thinking_tokens`: condition, step, part (all, correct,
        wrong or an emotion), n, mean, sd, mean_low, mean_high. `thinking_ratios`: condition, ratio, over, under, value,
        low, high, n. `thinking_load`: condition, measure, value (Spearman's rho of tokens and people's disagreement
        about the image), low, high, n. No rows where no pair is planned or no machine reports tokens.
    """
    tokens = thinking_tokens(data)
    summary = summarise_tokens(tokens, data.resampling)
    frames = {
        "pair_effects": pair_effects(data),
        "thinking_tokens": summary,
        "thinking_ratios": compare_tokens(tokens, summary, data.resampling),
        "thinking_load": relate_tokens(data, tokens),
    }
    record_pair_effects(results, frames["pair_effects"])
    record_tokens(results, summary)
    record_ratios(results, frames["thinking_ratios"])
    record_load(results, frames["thinking_load"])
    claim_pair_effects(results, frames["pair_effects"], data.significance_level)
    claim_tokens(results, frames, condition_names(data))
    return frames
