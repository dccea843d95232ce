"""The design report of a study's images, as files: tidy tables and one page."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import polars as pl
from polars.exceptions import PolarsError

from lib.contracts.images import read_images
from lib.contracts.study import Study
from lib.errors import MissingFileError
from lib.files import write_aside, write_text
from lib.project import Project
from lib.stimuli.design_report import DesignReport, examine
from lib.stimuli.report_page import report_page

PAGE = "report.html"
TABLES = ("images", "cells", "brightness", "findings")
FLAGS_OF_TRANSFORMATION = "transform/checks.csv"


def images_of(project: Project, images: Path | None) -> Path:
    """Where the images to look at are: `images`, or what the study names; never simulated ones.

    Raises
    ------
    MissingFileError
        The study names none, or they are not there.
    """
    source = images or project.manifest
    if source is None or not source.exists():
        named = source or "files.images"
        raise MissingFileError(
            f"{named}: is not there, so there are no images to look at. Name the manifest or folder of images "
            "(--images), or put it where the study file says (files.images)."
        )
    return source


def look_at_design(
    source: Path, study: Study, workers: int | None = None, told: Callable[[int], object] = lambda _: None
) -> DesignReport:
    """Read the images of a manifest or folder and look at each.

    Raises
    ------
    MissingFileError, DataError
        The manifest cannot be understood in this study.
    """
    return examine(source, read_images(source, study), study, workers=workers or os.cpu_count() or 1, told=told)


def write_report(report: DesignReport, out: Path) -> list[Path]:
    """Write tables and page; give their paths, the page last."""
    paths = [write_aside(out / f"{name}.csv", getattr(report, name).write_csv) for name in TABLES]
    return [*paths, write_text(out / PAGE, report_page(report, flags_of_transformation(report.folder)))]


def flags_of_transformation(folder: Path) -> pl.DataFrame | None:
    """The checks that `rater stimuli transform` left beside the images; None where there are none to be read."""
    path = folder / FLAGS_OF_TRANSFORMATION
    if not path.is_file():
        return None
    try:
        checks = pl.read_csv(path, infer_schema=False)
    except (PolarsError, OSError):
        return None
    return checks if {"image_id", "flags"} <= set(checks.columns) else None
