"""What the columns of the tables of all machines mean: ranks, attribution by group, thinking image by image."""

from __future__ import annotations

_FIGURES = {
    "hits": "share of the images that show the emotion named so",
    "false_alarms": "share of the images that show another emotion named so, emotions weighing the same",
    "named": "share of all images named so, emotions weighing the same",
    "sensitivity": "d', how well the emotion is told apart from the others",
    "criterion": "criterion c: below 0, the emotion is named readily",
}
_PARTS = {
    "first": "in the first group",
    "second": "in the second group",
    "difference": "first minus second",
    "low": "lower end of the interval of the difference",
    "high": "upper end of the interval of the difference",
    "p": "p of no difference",
    "p_adjusted": "p of no difference, corrected for the family by the study's correction",
}
MACHINES: dict[str, str] = {
    "scale": "emotion (labels) or the rated dimension",
    "machine_ranks.measure": "kappa (with people's most frequent label), r, ccc or mae (with people's means)",
    "machine_ranks.first": "share of bootstrap samples in which it is closest to people",
    "machines": "machines that are ranked",
    "rank": "rank by closeness to people, 1 = closest",
    "attribution.emotion": "label in question",
    "attribution.first": "first group of faces",
    "attribution.second": "second group of faces",
    "attribution.n_units": "independent units of faces (identities, or images) in both groups",
    "attribution.verdict": "over-attribution or under-attribution (to the first group), inaccuracy, both, or none",
    **{f"{kind}_{group}": f"images of the {group} group that show {what}" for group in ("first", "second")
       for kind, what in (("shown", "the emotion"), ("other", "another emotion"))},
    **{f"{figure}_{part}": f"{said}: {where}" for figure, said in _FIGURES.items() for part, where in _PARTS.items()},
    "thinking_gains.gain": "error of the second, which does not think, minus error of the first, which does",
    "thinking_gains.slope": "change of the gain when the first's thinking tokens double, within emotions",
    "gain_p_adjusted": "p of no gain, corrected for the family by the study's correction",
    "slope_p_adjusted": "p of the slope, corrected for the family by the study's correction",
    "thinking_slopes.condition": "id of the machine, or of the variant of an ablation",
    "thinking_slopes.n": "answers to images whose repeats differ in tokens",
    "thinking_slopes.n_excluded": "answers without tokens or error, or to images whose repeats do not differ in tokens",
    "thinking_slopes.slope": "change of the error when thinking tokens double, among answers to one image",
    "thinking_slopes.rank": "correlation of the ranks of tokens and errors within images",
    "forced_closes.x": "answers whose thinking was cut off",
    "forced_closes.n": "answers that tell",
    "forced_closes.n_excluded": "answers that do not tell",
    "forced_closes.part": "all, or an emotion",
    "forced_closes.p": "p of equal shares in all emotions",
    "share": "share",
}  # fmt: skip
