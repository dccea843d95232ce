"""Making emotions of neutral faces: what is to be made, what it will take, and the making itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import polars as pl

from lib.asking.counting import count_questions
from lib.asking.forecast import Forecast
from lib.asking.progress import Progress
from lib.asking.report import RunReport
from lib.asking.run import ask_all
from lib.asking.settings import run_settings
from lib.asking.stopping import Stop, stopped_by_signals
from lib.contracts.prices import read_prices
from lib.contracts.providers import Provider, read_providers
from lib.contracts.yaml_files import nearest
from lib.errors import MissingFileError, ParameterError
from lib.protocol.items import asking_order, chosen_ids, distinct
from lib.protocol.question import Item, Question
from lib.responses.store import Store, condition_folder, open_store, read_store, shard_files
from lib.stimuli.bases import Base, read_bases
from lib.stimuli.image_costs import ImageTariff, image_forecast, image_tariff
from lib.stimuli.placing import current_images, place
from lib.stimuli.transform_checks import check_images, write_checks
from lib.stimuli.transform_log import read_log
from lib.stimuli.transform_plan import TransformPlan, transform_items
from lib.stimuli.transformation import FOLDER, Transformation, read_transformation

STORE = "transform"
IMAGES = "images"
CHECKS = "checks.csv"
ORDER_SEED = 0
REJECTED = "rejected"


@dataclass(frozen=True)
class Transforming:
    """A set of images that is to be made of base faces; `items` are those that were chosen, in the order of asking."""

    out: Path
    plan: TransformPlan
    bases: list[Base]
    items: list[Item]
    tariff: ImageTariff
    provider: Provider

    @property
    def store_folder(self) -> Path:
        """The folder of the stores of all transformations of this set."""
        return self.out / STORE

    @property
    def folder(self) -> Path:
        """The transformation's own store."""
        return condition_folder(self.store_folder, self.plan.condition.id)

    @cached_property
    def stored(self) -> Store:
        """What was asked before, as it was when it was first looked at."""
        return read_store(self.store_folder, self.plan.condition.id)


def prepare_transform(
    root: Path,
    source: Path,
    out: Path,
    name: str,
    *,
    choice: str | None = None,
    emotions: Sequence[str] = (),
    limit: int | None = None,
    take: int = 1,
) -> Transforming:
    """Make ready to make images.

    Parameters
    ----------
    root
        The project's root, for `params/`.
    source, out
        The base faces (folder or manifest), and the folder of the set.
    name
        The transformation's id.
    choice, limit
        Which images, by pattern or file of ids, and only the first so many of them; as for ratings.
    emotions
        Only these; all without any.
    take
        Which image of the same question: 2 and more make another one where the first was flagged.

    Raises
    ------
    RaterError
        Something cannot be used.
    """
    transformation = _find(root, name)
    unknown = [emotion for emotion in emotions if emotion not in transformation.emotions]
    if unknown:
        hint = nearest(unknown[0], [*transformation.emotions])
        raise ParameterError(
            f"--emotion: got {unknown[0]!r}, which {name} does not make{hint}; it makes "
            f"{', '.join(transformation.emotions)}."
        )
    plan = TransformPlan(transformation, condition_folder(out / STORE, name) / IMAGES, take)
    bases = read_bases(source, transformation)
    by_id = {item.image_id: item for item in transform_items(bases, transformation)}
    wanted = [image_id for image_id, item in by_id.items() if not emotions or item.label in emotions]
    ids = asking_order(chosen_ids(wanted, choice), ORDER_SEED)[:limit]
    return Transforming(
        out=out,
        plan=plan,
        bases=bases,
        items=[by_id[image_id] for image_id in ids],
        tariff=image_tariff(plan, read_prices(root)),
        provider=read_providers(root / "params/providers.yaml").of(plan.condition),
    )


def _find(root: Path, name: str) -> Transformation:
    folder = root / FOLDER
    if not (folder / f"{name}.yaml").is_file():
        known = sorted(path.stem for path in folder.glob("*.yaml"))
        raise MissingFileError(
            f"{FOLDER}/{name}.yaml: there is no such transformation{nearest(name, known)}. "
            f"Those there are: {', '.join(known) or 'none'}; name one (--with), or write it there."
        )
    return read_transformation(folder, name)


def forecast_transform(transforming: Transforming, *, retry_failed: bool = False) -> Forecast:
    """What making the images will take."""
    store, plan = transforming.stored, transforming.plan

    def rejected(question: Question) -> bool:
        failure = store.failure(question.key)
        return failure is not None and failure.kind == REJECTED

    items = distinct(transforming.items)
    count = count_questions(plan, items, [0], store.lookup, rejected, retry_failed=retry_failed)
    return image_forecast(plan, count, transforming.tariff, shard_files(transforming.folder).values())


async def make_images(
    transforming: Transforming,
    *,
    budget: float | None = None,
    retry_failed: bool = False,
    concurrency: int | None = None,
    progress: Progress | None = None,
) -> RunReport:
    """Ask for every image that there is none of yet; stop in seconds on Ctrl-C or SIGTERM, and lose nothing that came.

    Raises
    ------
    RaterError
        No key or model; another process makes the same images; or the disk is full.
    """
    from lib.stimuli.image_model import ImageModel
    from lib.stimuli.kept_images import KeepingBackend

    plan = transforming.plan
    settings = run_settings(
        transforming.provider, thinks=False, concurrency=concurrency, retry_failed=retry_failed,
        tariff=transforming.tariff, budget=budget,
    )  # fmt: skip
    stop = Stop()
    with open_store(transforming.store_folder, plan.condition.id) as store:
        backend = KeepingBackend(ImageModel(plan.transformation), plan.images, set(read_log(store.folder).files))
        try:
            with stopped_by_signals(stop):
                await backend.preflight()
                return await ask_all(
                    plan, distinct(transforming.items), 1, backend, store, settings=settings, progress=progress,
                    stop=stop,
                )  # fmt: skip
        finally:
            await backend.close()


def place_images(transforming: Transforming) -> tuple[Path, pl.DataFrame]:
    """Put what there is under its names, write the manifest, and check every image.

    Returns
    -------
    tuple of Path and polars.DataFrame
        The manifest, and the checks as `lib.stimuli.transform_checks` has them, which are in `transform/checks.csv`.
    """
    plan, log = transforming.plan, read_log(transforming.folder)
    made = current_images(plan, transforming.bases, log)
    manifest = place(transforming.out, made, transforming.bases, plan, log)
    checks = check_images(made, plan)
    write_checks(checks, transforming.store_folder / CHECKS)
    return manifest, checks
