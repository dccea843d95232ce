"""The step from the study's table of regions to what the chapter of attention reads."""

from __future__ import annotations

from lib.build.asking import real_images
from lib.build.data import write_frame
from lib.contracts.regions import read_regions
from lib.errors import ParameterError
from lib.project import Project
from lib.protocol.image_files import ImageFiles
from lib.stimuli.image_sizes import image_size
from lib.study_data import REGIONS, regions_file


def gather_regions(project: Project) -> None:
    """Check the study's regions against its images and put them into `cache/data/`.

    Raises
    ------
    ParameterError
        The study names none, or no images.
    RaterError
        As `lib.contracts.regions.read_regions`; an image is not there.
    """
    path, manifest = regions_file(project), project.manifest
    if path is None or manifest is None:
        raise ParameterError(
            f"{project.relative(project.study_file)}: files: names no regions and images. Name both to use regions."
        )
    images = real_images(project)
    files = ImageFiles(manifest).paths(images.select("image_id", "file").iter_rows())
    sizes = {image_id: image_size(file) for image_id, file in files.items()}
    write_frame(project, REGIONS, read_regions(path, sizes), path, manifest)
