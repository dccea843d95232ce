"""Options that several verbs share."""

from __future__ import annotations

from typing import Annotated

import typer

StudyOption = Annotated[
    str | None,
    typer.Option("--study", help="Study file, for example params/study.yaml (the default).", show_default=False),
]
CoresOption = Annotated[
    int | None, typer.Option("--cores", "-j", min=1, help="Steps side by side; default: every core.")
]
