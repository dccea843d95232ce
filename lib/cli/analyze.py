"""`rater analyze`: tables and numbers for any study's files, without a project and without notebooks."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

from lib.errors import BuildError, DataError, MissingFileError, ParameterError
from lib.formats import counted

ImagesOption = Annotated[
    Path | None,
    typer.Option(
        "--images", help="Manifest (CSV or Parquet): image_id, emotion, one column a factor.", show_default=False
    ),
]
RatingsOption = Annotated[
    Path, typer.Option("--ratings", help="People's ratings: image_id, participant_id, emotion, one column a dimension.")
]
PredictionsOption = Annotated[
    Path | None,
    typer.Option(
        "--predictions",
        help="Folder of <condition>.csv or .parquet, or one file with a column condition.",
        show_default=False,
    ),
]
OutOption = Annotated[Path, typer.Option("--out", help="Folder for tables/, results.json and study.yaml.")]
StudyFileOption = Annotated[
    Path | None,
    typer.Option("--study", help="Study file; without it the study is read off the columns.", show_default=False),
]
ConditionsOption = Annotated[
    Path | None,
    typer.Option(
        "--conditions", help="Folder of files that describe conditions; default: the study's.", show_default=False
    ),
]
ScaleOption = Annotated[
    tuple[float, float] | None,
    typer.Option(
        "--scale",
        help="Lowest and highest value of every dimension, without --study; default: each one's own.",
        show_default=False,
    ),
]
StepOption = Annotated[
    float | None,
    typer.Option(
        "--step", help="Step of the scale; default: 1 with --scale, else what the values say.", show_default=False
    ),
]
DimensionOption = Annotated[
    list[str] | None,
    typer.Option(
        "--dimension",
        help="This column of the ratings is a dimension, whatever its name; may be repeated.",
        show_default=False,
    ),
]
OnlyOption = Annotated[
    list[str] | None, typer.Option("--only", help="Compute this section alone; may be repeated.", show_default=False)
]
OverwriteOption = Annotated[bool, typer.Option("--overwrite", help="Write into a folder that holds other things.")]

SCALE_SAID = "The scale is the one that --scale and --step say; without them it is read off each dimension's values."


def analyze(
    *,
    ratings: RatingsOption,
    out: OutOption,
    images: ImagesOption = None,
    predictions: PredictionsOption = None,
    study: StudyFileOption = None,
    conditions: ConditionsOption = None,
    scale: ScaleOption = None,
    step: StepOption = None,
    dimension: DimensionOption = None,
    only: OnlyOption = None,
    overwrite: OverwriteOption = False,
) -> None:
    """Compute every statistic of the paper for your own files; write tidy tables and results.json."""
    from lib.build.analyze import choose_sections, compute_sections, study_text, write_analysis
    from lib.build.outputs import Outputs
    from lib.build.user_files import UserFiles, find_conditions, read_user_files
    from lib.contracts.study import read_study
    from lib.study_data import StudyData

    started = time.monotonic()
    if study is not None and (scale is not None or step is not None):
        raise ParameterError("--scale and --step: got them beside --study. The study file says what the scales are.")
    if study is not None and dimension:
        raise ParameterError("--dimension: got it beside --study. The study file says what the dimensions are.")
    sections = choose_sections(only or [])
    outputs = Outputs(out, overwrite=overwrite)
    files = UserFiles(images, ratings, predictions)
    if study is None:
        from lib.build.guess import guess_study
        from lib.build.guess_dimensions import SaidScale
        from lib.contracts.table_files import plain_name

        said = SaidScale(scale, step, tuple(plain_name(name) for name in dimension or ()))
        guess = guess_study(images, ratings, files.prediction_files(), said)
        described = find_conditions(None, guess.study, None, conditions)
        chosen, text, remarks = guess.study, study_text(guess.study, guess.remarks), list(guess.remarks)
    else:
        chosen, text, remarks = read_study(study), study.read_text(encoding="utf-8-sig"), []
        described = find_conditions(study, chosen, _root_above(study), conditions)
    try:
        checked, warnings = read_user_files(files, chosen, described)
    except DataError as error:
        hint = f" {SCALE_SAID}" if scale or step else ""
        raise DataError(f"{error}{hint}") from error
    for line in ([] if study else ["without --study:"]) + remarks + warnings:
        _say(line)
    if checked.simulated_note:
        _say("SIMULATED data: tables and numbers say so and are no findings.")
    analysis = compute_sections(StudyData(checked), sections, _say)
    for reason in dict.fromkeys(analysis.empty.values()):
        names = [name for name, own in analysis.empty.items() if own == reason]
        _say(f"empty: {', '.join(names)}: {reason}")
    write_analysis(outputs, checked, analysis, text)
    written = f"{counted(len(analysis.tables), 'table')}, {counted(len(analysis.entries), 'number')}"
    typer.echo(f"{out}: {written} ({time.monotonic() - started:.1f} s)")
    if analysis.refused:
        raise BuildError(f"not computed, all else is written: {', '.join(analysis.refused)}. The reasons are above.")


def _root_above(study: Path) -> Path | None:
    from lib.project import find_root

    try:
        return find_root(study.resolve().parent)
    except MissingFileError:
        return None


def _say(line: str) -> None:
    typer.echo(f"  {line}", err=True)
