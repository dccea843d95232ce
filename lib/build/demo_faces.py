"""The demonstration's second set of images: faces of other persons, drawn alike, and people who rate them alike."""

from __future__ import annotations

from collections.abc import Callable

from lib.build.demo_people import write_people
from lib.chapters.second_sets import open_second
from lib.drawing.design import plan_faces
from lib.drawing.drawn_set import draw_set, refuse_other_faces
from lib.errors import ParameterError
from lib.project import Project

ABLATION = "other-faces"
IDENTITIES = 3
"""People in each cell of race and gender: 108 faces."""
SEED = 20261125


def make_other_faces(project: Project, workers: int, report: Callable[[int, int], None]) -> Project:
    """Draw what is missing of the second set, and simulate its people's ratings.

    Parameters
    ----------
    project
        The study that the set is the second of.
    workers, report
        As in `lib.drawing.drawn_set.draw_set`.

    Returns
    -------
    Project
        The second set's study, about which machines can be asked.

    Raises
    ------
    RaterError
        Its study does not fit, its folder holds other faces, or the mesh that faces are drawn from is not installed.
    """
    second = open_second(project, project.known.ablation(ABLATION))
    if second.manifest is None:
        raise ParameterError(f"{second.relative(second.study_file)}: files.images: is missing. Name the manifest.")
    plans = plan_faces(IDENTITIES, "study", SEED)
    refuse_other_faces(plans, second.manifest.parent)
    draw_set(plans, second.manifest.parent, workers, report)
    write_people(second)
    return second
