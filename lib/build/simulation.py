"""The step that makes the twin, kept apart so that real data do not depend on its code."""

from __future__ import annotations

from lib.build.data import write_frame
from lib.project import TWIN_TARGETS, Project
from lib.twin.design import twin_images
from lib.twin.simulate import simulate
from lib.twin.targets import read_targets


def make_twin(project: Project) -> None:
    """Simulate images, ratings and predictions into `cache/twin/`, in files whose names say that they are simulated."""
    images = twin_images()
    twin = simulate(images, read_targets(project.root / TWIN_TARGETS), project.study.analysis.seed)
    write_frame(project, "twin/simulated_images.parquet", images.rename({"intended_emotion": "emotion"}))
    write_frame(project, "twin/simulated_ratings.parquet", twin.ratings)
    for condition, frame in twin.predictions.items():
        write_frame(project, f"twin/simulated_predictions/{condition}.parquet", frame)
