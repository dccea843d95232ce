"""What is about to be asked: a condition's plan, its images, its price, and what asking will take."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import polars as pl

from lib.asking.counting import Count, count_questions
from lib.asking.forecast import Forecast, forecast
from lib.asking.money import Tariff, tariff_of
from lib.asking.usage import stored_usage
from lib.backends.registry import check_settings
from lib.build.filling import can_be_asked
from lib.contracts.condition import ANOTHER, Condition
from lib.contracts.images import read_images
from lib.contracts.predictions import read_predictions
from lib.contracts.prices import read_prices
from lib.contracts.providers import Provider, read_providers
from lib.errors import BuildError, MissingFileError, ParameterError
from lib.files import write_json
from lib.project import Project
from lib.protocol.image_files import ImageFiles
from lib.protocol.items import distinct, study_items
from lib.protocol.plan import SECTIONS, Plan
from lib.protocol.question import Item, Question
from lib.protocol.replay import replay
from lib.responses.batches import read_book
from lib.responses.shard import ALL, Shard
from lib.responses.store import Store, condition_folder, read_store, shard_files


@dataclass(frozen=True)
class Inquiry:
    """One condition as it is about to be asked.

    `items` are the images (or labels) of the shard, `whole` says that they are all of the study's, and `one_by_one`
    that no second question is sent before the first is answered.
    """

    project: Project
    condition: Condition
    plan: Plan
    items: list[Item]
    tariff: Tariff
    provider: Provider
    whole: bool = True
    one_by_one: bool = False

    @cached_property
    def stored(self) -> Store:
        """The condition's answers as they were when they were first looked at."""
        return read_store(self.project.responses, self.condition.id)


def shared_out(inquiry: Inquiry, shard: Shard) -> Inquiry:
    """The same inquiry about the images of one shard; what is stored is not read again."""
    own = replace(inquiry, items=[item for item in inquiry.items if shard.takes(item)])
    own.__dict__["stored"] = inquiry.stored
    return own


def find_condition(project: Project, name: str) -> Condition:
    """Find a condition that can be asked.

    Raises
    ------
    ParameterError, BackendUnavailableError
        There is no such condition, it is none that is asked by prompts, or its backend cannot do what it says.
    """
    condition = project.condition(name)
    if not condition.asks:
        raise ParameterError(
            f"{name}: strategy: got {condition.strategy!r}, which asks nothing; {', '.join(SECTIONS)} do. "
            f"Put its predictions into {project.study.files.predictions}/{name}.csv."
        )
    check_settings(condition)
    return condition


def askable(project: Project) -> list[str]:
    """The conditions that `rater infer` can ask."""
    return [name for name, item in project.conditions.items() if can_be_asked(item)]


def prepare(
    project: Project, name: str, *, shard: Shard = ALL, limit: int | None = None, choice: str | None = None
) -> Inquiry:
    """Make ready to ask one condition: its plan, and the study's real images with their hashes.

    Parameters
    ----------
    project, name
        The study, and the condition's id.
    shard
        The part of the images that is asked about.
    limit, choice
        Which images, as `lib.protocol.items.study_items` takes them; both before they are shared out.

    Raises
    ------
    RaterError
        Condition, prompts or images cannot be used.
    """
    condition = find_condition(project, name)
    items = condition_items(project, condition, limit=limit, choice=choice)
    varied = project.known.variant(name)
    if varied is not None and varied.variant.order == "reversed":
        items.reverse()
    inquiry = inquiry_about(project, condition, [item for item in items if shard.takes(item)])
    whole = limit is None and choice is None and shard == ALL
    return replace(inquiry, whole=whole, one_by_one=varied is not None and varied.variant.one_by_one)


def inquiry_about(project: Project, condition: Condition, items: list[Item]) -> Inquiry:
    """An inquiry about any items, with what the project knows of the condition's price and provider."""
    return Inquiry(
        project=project,
        condition=condition,
        plan=plan_of(project, condition),
        items=items,
        tariff=tariff_of(condition, read_prices(project.root)),
        provider=read_providers(project.root / "params/providers.yaml").of(condition),
    )


def condition_items(
    project: Project,
    condition: Condition,
    images: pl.DataFrame | None = None,
    *,
    limit: int | None = None,
    choice: str | None = None,
) -> list[Item]:
    """The items of a condition, in the study's order of asking; of all real images, or of those in `images`."""
    frame = real_images(project) if images is None else images
    files = ImageFiles(project.manifest) if project.manifest and condition.strategy != "text_only" else None
    labels = labels_of(project, condition.label_from) if condition.label_from not in {None, ANOTHER} else None
    return study_items(project.study, condition, frame, files, choice=choice, limit=limit, labels=labels)


def real_images(project: Project) -> pl.DataFrame:
    """The study's images as its manifest lists them, whether people have rated them or not; never simulated ones."""
    if project.manifest is None or not project.manifest.exists():
        name = project.study.files.images or "files.images"
        raise MissingFileError(
            f"{name}: is not there, so there are no images to ask about. Put the manifest (image_id, file, emotion and "
            "one column a factor) or the folder of images there."
        )
    return read_images(project.manifest, project.study).frame


def labels_of(project: Project, name: str) -> Mapping[str, str | None]:
    """The emotions that another condition gave in its first repeat: from its answers, else from its predictions.

    Raises
    ------
    ParameterError, BuildError
        There is no such condition, or it has not answered yet.
    """
    condition = project.condition(name)
    if condition.asks and shard_files(condition_folder(project.responses, name)):
        plan, store = plan_of(project, condition), read_store(project.responses, name)
        found = {
            item.image_id: replay(plan, item, 0, store.lookup).values.get("emotion")
            for item in condition_items(project, condition)
        }
        return {image_id: None if value is None else str(value) for image_id, value in found.items()}
    folder = project.study.files.predictions
    paths = [project.root / folder / f"{name}{suffix}" for suffix in (".parquet", ".csv")] if folder else []
    path = next((path for path in paths if path.exists()), None)
    if path is None:
        raise BuildError(
            f"label_from: {name} has not answered yet. Ask it first: {project.command(f'infer -m {name}')}"
        )
    frame = read_predictions(path, condition, project.study).filter(pl.col("repeat") == 0)
    return dict(frame.select("image_id", "emotion").iter_rows())


def count(inquiry: Inquiry, *, retry_failed: bool = False, batch: bool = False, ignore_batches: bool = False) -> Count:
    """Count what is open by replaying what is stored; what is in batches is not, unless those are ignored."""
    store = inquiry.stored
    held = {} if ignore_batches else read_book(store.folder).held()

    def rejected(question: Question) -> bool:
        failure = store.failure(question.key)
        return failure is not None and failure.kind == "rejected"

    items, repeats = distinct(inquiry.items), range(inquiry.condition.repeats)
    return count_questions(
        inquiry.plan, items, repeats, store.lookup, rejected, retry_failed=retry_failed, held=held, batch=batch
    )  # fmt: skip


def forecast_of(
    inquiry: Inquiry, *, retry_failed: bool = False, batch: bool = False, ignore_batches: bool = False
) -> Forecast:
    """What asking will take: questions, tokens and cost."""
    files = shard_files(condition_folder(inquiry.project.responses, inquiry.condition.id)).values()
    usage = stored_usage(files, inquiry.condition.model)
    counted = count(inquiry, retry_failed=retry_failed, batch=batch, ignore_batches=ignore_batches)
    return forecast(inquiry.plan, counted, inquiry.tariff, usage, batch=batch)


def record_coverage(project: Project, name: str) -> tuple[int, int]:
    """Write down about how many of all images a condition was asked, answers and lasting failures alike.

    Pages take a condition's answers only once it was asked about every image (`Project.response_files`).
    """
    inquiry = prepare(project, name)
    store = inquiry.stored
    repeats = range(inquiry.condition.repeats)

    def met(item: Item) -> bool:
        pending = (replay(inquiry.plan, item, repeat, store.lookup).pending for repeat in repeats)
        return all(question is None or store.failure(question.key) for question in pending)

    asked, images = sum(map(met, inquiry.items)), len(inquiry.items)
    write_json(project.inference / name / "coverage.json", {"asked": asked, "images": images})
    return asked, images


def plan_of(project: Project, condition: Condition) -> Plan:
    """A condition's plan: what it is asked in this study."""
    if condition.prompts is None:
        return Plan(project.study, condition)
    return Plan(project.study, condition, project.prompts(condition.prompts))
