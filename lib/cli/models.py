"""`rater models`: fetch models that run on this machine, list those that are there, and try one."""

from __future__ import annotations

from typing import Annotated

import typer

from lib.cli.options import StudyOption

app = typer.Typer(help="Models that run on this machine: fetch, list, try.", no_args_is_help=True)
GIB = 1024**3


@app.command()
def pull(
    model: Annotated[str, typer.Argument(help="The model's name on Hugging Face's hub, such as owner/name.")],
    revision: Annotated[
        str | None, typer.Option(help="Branch, tag or commit; the main branch by default.", show_default=False)
    ] = None,
) -> None:
    """Fetch a model into Hugging Face's cache: settings and safetensors alone. The only command that fetches one."""
    from lib.local.pulling import pull as fetch

    weights = fetch(model, revision)
    typer.echo(f"{model} ({weights.model_type}), {_size(weights.size)}, commit {weights.revision}")
    typer.echo(
        f"For a condition's file, so that no other weights are ever taken: local: {{revision: {weights.revision}}}"
    )


@app.command(name="list")
def list_(study: StudyOption = None) -> None:
    """List models in folders and in Hugging Face's cache, and which conditions ask them."""
    from pathlib import Path

    from lib.backends.local_readiness import NEEDS
    from lib.errors import BackendUnavailableError
    from lib.local.families import FAMILIES
    from lib.local.weights import hub_cache, pulled_models, read_folder
    from lib.project import open_project

    project = open_project(study, sound_only=True)
    conditions = [
        one for one in (*project.conditions.values(), *project.known.library.values()) if one.backend in NEEDS
    ]
    folders = {one.model: project.root / Path(one.model).expanduser() for one in conditions}
    folders = {name: folder for name, folder in sorted(folders.items()) if folder.is_dir()}
    if folders:
        typer.echo("In folders that conditions name:")
    for name, folder in folders.items():
        try:
            weights = read_folder(folder, name, None)
            said = f"{name} ({weights.model_type}, {_size(weights.size)})"
        except BackendUnavailableError as error:
            said = str(error)
        typer.echo(f"  {said}  {', '.join(one.id for one in conditions if one.model == name)}")
    typer.echo(f"In {hub_cache()}:")
    there = set()
    for name, commit, folder in pulled_models():
        try:
            weights = read_folder(folder, name, commit)
        except BackendUnavailableError:
            continue
        if weights.model_type in FAMILIES:
            there.add(name)
            users = ", ".join(one.id for one in conditions if one.model == name)
            typer.echo(f"  {name} {commit[:12]} ({weights.model_type}, {_size(weights.size)})  {users}".rstrip())
    if not there:
        typer.echo("  none that this version runs")
    lacking = sorted({one.model for one in conditions} - there - folders.keys())
    typer.echo("Not fetched, and asked by conditions:" if lacking else "All models that conditions ask are there.")
    for name in lacking:
        typer.echo(f"  {name}  {', '.join(one.id for one in conditions if one.model == name)}")
    for fault in project.known.faults.values():
        typer.echo(f"Cannot be read: {fault}")


def _size(size: int) -> str:
    return f"{size / GIB:.1f} GiB" if size > GIB / 10 else f"{size / 1e6:.1f} MB"


@app.command()
def check(
    condition: Annotated[str, typer.Argument(help="A condition's id.")],
    study: StudyOption = None,
) -> None:
    """Load the model of a condition and try it on a blank picture, before hours are spent on it."""
    import asyncio
    import time

    from lib.backends.local_models import LocalBackend
    from lib.backends.registry import open_backend
    from lib.errors import ParameterError
    from lib.local.probing import blank_picture
    from lib.project import open_project
    from lib.protocol.question import Item, Question

    project = open_project(study)
    one = project.condition(condition)
    backend = open_backend(one, project.study)
    if not isinstance(backend, LocalBackend):
        raise ParameterError(f"{condition}: backend: got {one.backend!r}, which runs no model in this process.")

    async def ask() -> None:
        await backend.preflight()
        question = Question(Item("blank"), "check", 0, "What is in this image? Answer with one word.", "check")
        start = time.perf_counter()
        answer = await backend.ask(question, blank_picture())
        loaded = time.perf_counter()
        await backend.ask(Question(question.item, "check", 1, question.prompt, "check again"), blank_picture())
        again = time.perf_counter()
        assert backend.engine is not None
        identity = backend.engine.identity
        typer.echo(f"{identity.version} on {identity.device}")
        typer.echo(
            f"loaded and asked in {loaded - start:.1f} s, asked again about the same image in {again - loaded:.2f} s"
        )
        typer.echo(
            f"to a blank picture it said {answer.text[:80]!r} ({answer.tokens_in} tokens in, {answer.tokens_out} out)"
        )

    async def run() -> None:
        try:
            await ask()
        finally:
            await backend.close()

    asyncio.run(run())
