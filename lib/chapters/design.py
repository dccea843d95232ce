"""The facts of a study's design: counts, levels, scales, conditions, prompts."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from lib.chapters.claims import listed
from lib.chapters.conditions import KINDS, available_dimensions
from lib.chapters.person import DRAWS
from lib.contracts.condition import Condition
from lib.contracts.prompts import PromptSet, fill
from lib.formats import count_in_words, format_value
from lib.metrics.multiplicity import CORRECTIONS
from lib.results import Results
from lib.study_data import StudyData
from lib.tables.design import BACKENDS, STRATEGIES, thinking_text


def record_counts(results: Results, data: StudyData) -> None:
    """Record design.{images, participants, ratings, ratings_per_image, images_per_participant, ...} and the factors.

    A count that differs between images (or participants) is recorded as its mean, with `_low` and `_high` beside it.
    """
    ratings = data.ratings
    results.put(["design", "title"], data.study.title)
    results.put(["design", "images"], data.images.height)
    results.put(["design", "participants"], ratings["participant_id"].n_unique())
    results.put(["design", "ratings"], ratings.height)
    _put_per(results, "ratings_per_image", ratings.group_by("image_id").len()["len"])
    _put_per(results, "images_per_participant", ratings.group_by("participant_id").len()["len"])
    results.put(["design", "simulated"], data.simulated_note is not None)
    for name, factor in data.study.factors.items():
        counts = data.images.group_by(name).len()
        levels = list(factor.levels) or sorted(counts[name].drop_nulls())
        results.put(["design", "factors", name, "label"], factor.label)
        results.put(["design", "factors", name, "n_levels"], len(levels))
        if factor.levels:
            results.put(["design", "factors", name, "levels"], listed(levels))
            for level, n in counts.drop_nulls(name).sort(name).iter_rows():
                results.put(["design", "images_by", name, level], n)
    if "intended_emotion" in data.images.columns:
        for emotion, n in (
            data.images.group_by("intended_emotion").len().drop_nulls().sort("intended_emotion").iter_rows()
        ):
            results.put(["design", "images_by", "emotion", emotion], n)


def record_scales(results: Results, data: StudyData) -> None:
    """Record design.emotion.{categories, n_categories, people_also}, design.dimensions.<name>.{low, high, ...}."""
    emotion = data.study.emotion
    results.put(["design", "emotion", "categories"], listed(emotion.categories))
    results.put(["design", "emotion", "n_categories"], len(emotion.categories), count_in_words(len(emotion.categories)))
    results.put(["design", "emotion", "people_also"], listed(emotion.people_also))
    results.put(["design", "emotion", "intended"], emotion.intended)
    for name in available_dimensions(data):
        scale = data.study.dimensions[name]
        for word in ("low", "high", "step"):
            results.put(
                ["design", "dimensions", name, word],
                getattr(scale, word),
                f"{getattr(scale, word):g}".replace("-", "−"),
            )
        for word in ("low_label", "high_label"):
            results.put(["design", "dimensions", name, word], getattr(scale, word))


def record_conditions(results: Results, data: StudyData) -> None:
    """Record design.{conditions, vlms, fers, ...} and conditions.<id>.{name, short_name, type, model, backend, ...}.

    Counts and lists are of the conditions that have predictions; the others are counted in design.conditions_missing
    and named in design.conditions_missing_names, and their facts are recorded too.
    """
    every = list(data.conditions.values())
    results.put(["design", "conditions"], len(every))
    results.put(["design", "conditions_in_words"], count_in_words(len(every)))
    missing = list(data.missing_conditions.values())
    results.put(["design", "conditions_missing"], len(missing))
    results.put(["design", "conditions_missing_names"], listed([item.short_name for item in missing]))
    for word, kind in (("vlms", "vlm"), ("fers", "fer")):
        own = [item for item in every if item.kind == kind]
        results.put(["design", word], len(own))
        results.put(["design", f"{word}_in_words"], count_in_words(len(own)))
        results.put(["design", f"{word}_names"], listed([item.short_name for item in own]))
    rating = [item.short_name for item in every if item.kind == "fer" and item.dimensions]
    results.put(["design", "fers_that_rate"], len(rating), count_in_words(len(rating)))
    results.put(["design", "fers_that_rate_names"], listed(rating))
    thinking = [item.short_name for item in every if item.thinks]
    results.put(["design", "thinking_in_words"], count_in_words(len(thinking)))
    results.put(["design", "thinking_names"], listed(thinking))
    for item in [*every, *missing]:
        for name, value in condition_facts(item).items():
            results.put(["conditions", item.id, name], value)


def record_analysis(results: Results, data: StudyData) -> None:
    """Record design.analysis.{draws, unit, confidence_percent, level, correction, pairs, held_out_draws}.

    `held_out_draws` is null in a study without a held-out person.
    """
    analysis = data.study.analysis
    facts = {
        "draws": (data.resampling.draws, f"{data.resampling.draws:,}"),
        "unit": (data.resampling.unit, f"{data.resampling.unit}s"),
        "confidence_percent": (100 * analysis.confidence, f"{100 * analysis.confidence:g}%"),
        "level": (data.significance_level, format_value("p", data.significance_level).rstrip("0")),
        "correction": (analysis.correction, CORRECTIONS[analysis.correction]),
        "pairs": (len(analysis.pairs), count_in_words(len(analysis.pairs))),
        "held_out_draws": (DRAWS if analysis.human_null else None, None),
    }
    for name, (value, text) in facts.items():
        results.put(["design", "analysis", name], value, text)


def record_asking(results: Results, data: StudyData) -> None:
    """Record design.asking.{strategies, unparsed, longest_side}: how machines are asked, in words for the methods."""
    asking = data.study.asking
    used = {item.strategy for item in data.all_conditions.values() if item.prompts}
    size = None if asking.longest_side is None else format_value("n", asking.longest_side)
    sent = "as they are" if size is None else f"with at most {size} pixels on the longer side, reduced where larger"
    rules = {
        "skip": "the steps whose questions repeat that answer are not asked",
        "without_context": "the steps whose questions repeat that answer are asked without earlier answers",
    }
    results.put(["design", "asking", "strategies"], listed([word for name, word in STRATEGIES.items() if name in used]))
    results.put(["design", "asking", "unparsed"], asking.unparsed, rules[asking.unparsed])
    results.put(["design", "asking", "longest_side"], asking.longest_side, sent)


def condition_facts(condition: Condition) -> dict[str, str | None]:
    """What documents may say of a condition."""
    specification = condition.specification
    return {
        "name": condition.name,
        "short_name": condition.short_name,
        "type": KINDS[condition.kind],
        "model": condition.model,
        "backend": BACKENDS[condition.backend],
        "strategy": STRATEGIES[condition.strategy],
        "thinking": thinking_text(condition),
        "temperature": None if condition.decoding.temperature is None else f"{condition.decoding.temperature:g}",
        "developer": specification.developer,
        "released": specification.released,
        "parameters": specification.parameters,
        "quantization": specification.quantization,
        "weights": specification.weights,
        "architecture": specification.architecture,
        "rationale": specification.rationale,
        "notes": condition.notes,
    }


def prompts_in_use(data: StudyData) -> list[tuple[str, str, str]]:
    """The prompts that the study's conditions are asked with, filled with its words: (strategy and set, step, text)."""
    used = {(item.strategy, str(item.prompts)): item for item in data.all_conditions.values() if item.prompts}
    rows = []
    for strategy, name in sorted(used, key=lambda pair: (list(STRATEGIES).index(pair[0]), pair[1])):
        prompts, steps = _read(data, name), used[strategy, name].steps
        heading = f"{STRATEGIES[strategy].capitalize()}, prompt set {name}"
        if strategy == "json_single" and prompts.single is not None:
            rows.append((heading, "one step", fill(prompts.single, data.study)))
        if strategy == "context_carry":
            rows += _numbered(heading, _filled(data, prompts.steps, steps))
            if data.study.asking.unparsed == "without_context":
                rows += _numbered(f"{heading}, without context", _filled(data, prompts.without_context, steps))
        if strategy == "text_only":
            rows += _numbered(heading, _filled(data, prompts.text_only, steps))
    return rows


def carried_steps(data: StudyData) -> dict[str, str]:
    """Step -> filled prompt of the context-carry strategy, of the first prompt set by name that is asked so."""
    carrying = [item for item in data.all_conditions.values() if item.strategy == "context_carry" and item.prompts]
    first = min(carrying, key=lambda item: str(item.prompts))
    return _filled(data, _read(data, str(first.prompts)).steps, first.steps)


def _numbered(heading: str, steps: dict[str, str]) -> list[tuple[str, str, str]]:
    return [(heading, f"{number}.\u00a0{step}", text) for number, (step, text) in enumerate(steps.items(), start=1)]


def _filled(data: StudyData, templates: dict[str, str], steps: Sequence[str]) -> dict[str, str]:
    return {step: fill(templates[step], data.study) for step in steps if step in templates}


def pipeline_lines(data: StudyData) -> tuple[list[str], dict[str, list[str]], list[str]]:
    """Lines of the pipeline figure: about the images, about each kind of rater, about the comparison."""
    study = data.study
    crossed = [f"{study.factors[name].label} ({len(study.factors[name].levels)})" for name in study.group_factors]
    if study.emotion.intended:
        crossed.append(f"Emotion ({len(study.emotion.categories)})")
    images = [f"{format_value('n', data.images.height)} images", *([" × ".join(crossed)] if crossed else [])]
    people = [
        f"{format_value('n', data.ratings['participant_id'].n_unique())} participants",
        f"{format_value('n', data.ratings.height)} ratings",
        "emotion label",
        *available_dimensions(data),
    ]
    raters = {"People": people}
    for heading, kind in (("VLMs", "vlm"), ("FER classifiers", "fer"), ("Other machines", "machine")):
        own = sorted(item.short_name for item in data.conditions.values() if item.kind == kind)
        if own:
            raters[heading] = own
    reference = "intended emotion" if study.emotion.intended else "majority label of people"
    compared = [
        f"Labels with the {reference}: accuracy, kappa, F1, confusions",
        "Values with people's means: correlation, errors, bias",
    ]
    compared += ["By group of faces: accuracy and bias"] if study.group_factors else []
    return images, raters, compared


def _read(data: StudyData, name: str) -> PromptSet:
    data.read_input(data.project.root / f"params/prompts/{name}.yaml")
    return data.project.prompts(name)


def _put_per(results: Results, name: str, counts: pl.Series) -> None:
    low, high = counts.min(), counts.max()
    results.put(["design", name], low if low == high else counts.mean())
    results.put(["design", f"{name}_low"], low)
    results.put(["design", f"{name}_high"], high)
