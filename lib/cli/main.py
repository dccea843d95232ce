"""`rater`: builds the paper, checks the installation, follows numbers back to where they came from."""

from __future__ import annotations

import sys

import typer

from lib.cli import (
    ablate,
    analyze,
    audit,
    backends,
    build,
    demo,
    doctor,
    export,
    infer,
    models,
    responses,
    sample,
    step,
    stimuli,
    trace,
    traces,
)
from lib.errors import RaterError

app = typer.Typer(
    name="rater",
    help="When a machine rates the emotion in a face, how close is it to people, and for whose faces is it wrong?",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command("paper")(build.paper)
app.command("build")(build.build)
app.command("demo")(demo.demo)
app.command("infer")(infer.infer)
app.command("ablate")(ablate.ablate)
app.command("test-retest")(ablate.test_retest)
app.command("backends")(backends.backends)
app.command("analyze")(analyze.analyze)
app.command("audit")(audit.audit)
app.command("export")(export.export)
app.command("doctor")(doctor.doctor)
app.command("trace")(trace.trace)
app.command("sample")(sample.sample)
app.add_typer(responses.app, name="responses")
app.add_typer(traces.app, name="traces")
app.add_typer(models.app, name="models")
app.add_typer(stimuli.app, name="stimuli")
app.add_typer(step.app, name="step", hidden=True)


def main() -> None:
    """Run the command line; a user's mistake ends in one message and exit code 1, never in a stack trace."""
    try:
        app()
    except RaterError as error:
        sys.stderr.write(f"rater: {error}\n")
        sys.exit(1)
    except KeyboardInterrupt:
        sys.stderr.write("rater: interrupted. Run the same command again to go on where it stopped.\n")
        sys.exit(130)


if __name__ == "__main__":
    main()
