"""All sections of the results in the order of the paper, and what each of their tables holds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import polars as pl

from lib.results import Results
from lib.sections.agreement import agreement_section
from lib.sections.calibration import calibration_section
from lib.sections.categories import categories_section
from lib.sections.demographics import demographics_section
from lib.sections.design import design_section
from lib.sections.dimensions import dimensions_section
from lib.sections.human import human_section
from lib.sections.machines import machines_section
from lib.sections.mixed import mixed_section
from lib.sections.omnibus import omnibus_section
from lib.sections.reliability import reliability_section
from lib.sections.responses import responses_section
from lib.sections.stereotypes import stereotypes_section
from lib.sections.substitutability import substitutability_section
from lib.sections.thinking import thinking_section
from lib.study_data import StudyData

Compute = Callable[[StudyData, Results], dict[str, pl.DataFrame]]


@dataclass(frozen=True)
class Table:
    """One tidy table of a section.

    Attributes
    ----------
    name : str
        Name of the frame: the CSV file of `rater analyze`, and (in other letters) the sheet of `rater export`.
    title : str
        What a row holds.
    needs : tuple of str
        What a study must have for the table to have rows, in the words of `lib.chapters.lacking`.
    otherwise : str
        Why the table has no rows in a study that lacks none of these.
    sheet, sheet_number : str, int
        Name and number of its sheet where documents refer to them; 0 is the next free number.
    """

    name: str
    title: str
    needs: tuple[str, ...] = ()
    otherwise: str = "nothing in this study calls for a row"
    sheet: str = ""
    sheet_number: int = 0


@dataclass(frozen=True)
class Section:
    """One theme of the results: the function that computes it, and its tables in order."""

    name: str
    compute: Compute
    tables: tuple[Table, ...]


MACHINES, RATED, GROUPS, COMPARED = ("machines",), ("rated",), ("machines", "groups"), ("rated", "groups")
REPEATS = "no machine was asked the same question several times (column repeat of its predictions)"
BESIDE = ("machines", "human-null")
ALONE = "there is one machine only"
UNLABELLED = "people gave no emotion labels"
SIZES = "no three models of one family state their number of parameters"
NO_NOTES = "all stored answers were read at once, whole and without any note"
NO_COSTS = "no stored answer has a known cost"
NO_SUCH_PAIR = "no planned pair sets a machine that thinks beside one that does not"
NO_THOUGHTS = "no stored answer is of a machine that thinks"

SECTIONS: tuple[Section, ...] = (
    Section("design", design_section, (
        Table("design", "Images and ratings, in all and by level of each factor"),
        Table("scales", "The rated dimensions and their scales"),
        Table("conditions", "What is known of each condition", ("conditions",)),
    )),
    Section("human", human_section, (
        Table("human_dimensions", "People's ratings of each dimension: mean, spread, agreement, errors"),
        Table("human_labels", "People's emotion labels, all images"),
        Table("human_labels_by_emotion", "People's emotion labels by intended emotion", ("intended",)),
        Table("human_null_labels", "One held-out person's labels, means over draws", ("human-null",)),
        Table("human_null_dimensions", "One held-out person's ratings, means over draws", ("human-null",)),
    )),
    Section("categories", categories_section, (
        Table("raters", "Names and kinds of the raters"),
        Table("accuracy", "Each rater's emotion labels: accuracy with Wilson interval, kappa, F1", MACHINES),
        Table("accuracy_by_emotion", "Each rater's emotion labels by emotion", MACHINES),
        Table("confusion", "What each rater took each emotion for", MACHINES),
    )),
    Section("agreement", agreement_section, (
        Table("kappa", "Each rater's kappa with the reference emotions: standard errors, interval, test", MACHINES),
        Table("pairs", "Every pair of machines: McNemar's test and their kappa with each other", MACHINES, ALONE),
        Table("beside_person", "Each machine's accuracy minus that expected of one person", BESIDE, UNLABELLED),
        Table("weighted_kappa", "Weighted kappa of each rater's values and people's rounded means", RATED),
        Table("alpha", "Krippendorff's alpha of people, by level of measurement, with bootstrap interval"),
        Table("fleiss", "Fleiss' kappa of each machine's repeated labels", MACHINES, REPEATS),
        Table("repeats", "Spread of each machine's repeated values", MACHINES, REPEATS),
    )),
    Section("dimensions", dimensions_section, (
        Table("dimension_scores", "Each rater's values beside people's means: correlations, errors, bias", RATED),
        Table("limits_of_agreement", "Bland-Altman limits of each rater, with proportional bias", RATED),
        Table("bias_by_emotion", "Each rater's bias by emotion", RATED),
        Table("human_errors", "People's own errors: leave-one-out and pairwise, with intervals"),
    )),
    Section("reliability", reliability_section, (
        Table("reliability", "People's variance components and intraclass correlations"),
        Table("reliability_within_emotion", "The same with the images' emotions held constant"),
        Table("machine_reliability", "Intraclass correlations of each rater with people's means", RATED),
    )),
    Section("substitutability", substitutability_section, (
        Table("z_scores", "Each rater's error as z-score among single people's errors", RATED),
        Table("z_scores_by_emotion", "The same by emotion", RATED, sheet="ZScore_Per_Emotion", sheet_number=23),
        Table("ceilings", "Each rater's figures over a held-out person's", MACHINES),
    )),
    Section("stereotypes", stereotypes_section, (
        Table("variation", "Spread, distinct values and entropy of each machine within each emotion", RATED),
        Table("variation_people", "The same of people's single ratings"),
        Table("variation_image_means", "The same of the images' mean ratings"),
        Table("stereotyping", "Collapse and polarity of each rater", RATED),
    )),
    Section("thinking", thinking_section, (
        Table("pair_effects", "Accuracy of the first of a planned pair minus that of the second", ("pairs",)),
        Table("thinking_tokens", "Mean thinking tokens by step, emotion and outcome", ("thinking",)),
        Table("thinking_ratios", "Ratios of mean thinking tokens", ("thinking",)),
        Table("thinking_load", "Thinking tokens against people's disagreement about the image", ("thinking",)),
    )),
    Section("demographics", demographics_section, (
        Table("accuracy_by_group", "Each machine's accuracy by group of faces", GROUPS),
        Table("accuracy_by_group_and_emotion", "The same by emotion", GROUPS, sheet="Accuracy_By_Group_Emotion"),
        Table("accuracy_tests", "Tests of equal accuracy between groups", GROUPS),
        Table("accuracy_tests_by_emotion", "The same by emotion", GROUPS),
        Table("accuracy_models", "Likelihood-ratio tests of logistic models of accuracy", GROUPS),
        Table("false_positives", "How often each emotion is given where it is not shown, by group", GROUPS),
        Table("false_positive_tests", "Tests of equal false-positive rates between groups", GROUPS),
        Table("bias_by_group", "Each machine's bias by group of faces, tested", COMPARED),
        Table("bias_tests_by_emotion", "Each machine's bias by emotion, tested", RATED),
    )),
    Section("omnibus", omnibus_section, (
        Table("omnibus_anova", "Nested analyses of variance: bias by factor and emotion", COMPARED),
        Table("anova_by_emotion", "Analyses of variance of bias within each emotion", COMPARED),
        Table("model_sizes", "Bias against the size of the model", RATED, SIZES),
        Table("model_size_trends", "Trends over the size of the model", RATED, SIZES),
    )),
    Section("mixed", mixed_section, (
        Table("mixed_coefficients", "Mixed models of machine against people: coefficients", RATED),
        Table("mixed_terms", "Mixed models of machine against people: type III tests", RATED),
        Table("mixed_bias", "Mixed models of machine against people: estimated bias by level", RATED),
        Table("mixed_fits", "Mixed models of machine against people: variances, n, notes", RATED),
    )),
    Section("responses", responses_section, (
        Table("answer_stages", "At which stage each machine's stored answers were read", ("answers",)),
        Table("answer_notes", "Why answers have no value, failed or were noted", ("answers",), NO_NOTES),
        Table("answer_costs", "What each machine's stored answers cost", ("answers",), NO_COSTS),
    )),
    Section("calibration", calibration_section, (
        Table("calibration", "Errors of each machine before and after cross-validated calibration", RATED),
        Table("hybrid", "The best classifier's label joined with each model's intensity", ("rated", "vlm", "fer")),
    )),
    Section("machines", machines_section, (
        Table("machine_ranks", "Every machine's rank by each measure of closeness to people, with interval", MACHINES),
        Table("attribution", "How each machine names an emotion in one group of faces and in another", GROUPS),
        Table("thinking_gains", "Error spared by thinking in each planned pair", ("thinking", "pairs"), NO_SUCH_PAIR),
        Table("thinking_slopes", "Thinking tokens and error over repeats of one question", ("thinking",), REPEATS),
        Table("forced_closes", "How often thinking was cut off, by step and emotion", ("answers",), NO_THOUGHTS),
    )),
)  # fmt: skip
