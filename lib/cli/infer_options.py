"""The options of `rater infer`."""

from __future__ import annotations

from typing import Annotated

import typer

Conditions = Annotated[
    list[str] | None, typer.Option("-m", "--condition", help="Id of a condition to ask; may be given several times.")
]
Shards = Annotated[int, typer.Option(min=1, max=9999, help="Ask each condition in so many processes.")]
Limit = Annotated[int | None, typer.Option(min=1, help="Only the first so many images, as good as drawn.")]
Images = Annotated[str | None, typer.Option(help="Only images that fit a pattern (BM*), or a file of ids, one a line.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what it will take, and stop there.")]
Budget = Annotated[
    float | None, typer.Option(help="Spend no more in this run, in the prices' currency; for all conditions.")
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before asking.")]
RetryFailed = Annotated[
    bool, typer.Option("--retry-failed", help="Ask again what was rejected, or answered without a usable value.")
]
Concurrency = Annotated[int | None, typer.Option(min=1, help="Requests at once, in each process.")]
Cores = Annotated[int | None, typer.Option("--cores", "-j", min=1, help="Processes side by side.")]
Batch = Annotated[
    bool, typer.Option("--batch", help="By batches: cheaper, within a day. Run it again to fetch and to go on.")
]
Wait = Annotated[bool, typer.Option("--wait", help="With --batch: go on until all is answered.")]
Every = Annotated[float, typer.Option(min=0.01, help="With --wait: minutes between two looks.")]
Traces = Annotated[
    str | None,
    typer.Option(help="Keep what goes on inside a model of transformers: attention,logits,hidden,vision or all."),
]
IgnoreBatches = Annotated[
    bool, typer.Option("--ignore-batches", help="Ask also what is in batches, and pay for it twice.")
]
