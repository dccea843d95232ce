"""Traces of tiny random models, as a run keeps them: shapes by family, resume, damage, and what is refused."""

from __future__ import annotations

import asyncio
import hashlib
import json
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch", reason="needs the extra local (make local)")
import torch
from backends_support import ROOT, STUDY
from local_support import encoded, image
from local_zoo import build

from lib.asking.report import RunReport
from lib.asking.run import ask_all
from lib.asking.settings import RunSettings
from lib.build.asking import Inquiry
from lib.build.tracing import Tracing, tracing_of
from lib.contracts.condition import Condition
from lib.contracts.prompts import read_prompts
from lib.errors import BuildError, DataError, ParameterError
from lib.protocol.plan import Plan
from lib.protocol.question import Item
from lib.responses.shard import ALL
from lib.responses.store import open_store, read_store
from lib.traces.checking import check_traces, digests
from lib.traces.disk import bytes_of_question
from lib.traces.naming import manifest_file, trace_file
from lib.traces.probabilities import all_scale_probabilities, category_probabilities, read_logits
from lib.traces.reading import hidden_states, read_attention, read_hidden, read_manifest, read_vision
from lib.traces.sink import Sink

IMAGES = 2
STEPS = ("emotion", "valence", "arousal")
KINDS = 4


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Any:
    torch.set_num_threads(1)
    home = tmp_path_factory.mktemp("traced")

    def folder(family: str) -> Path:
        return home / family if (home / family).exists() else build(family, home / family)

    return folder


def inquiry(model: Path, home: Path, **changes: Any) -> Any:
    condition = Condition.model_validate({
        "id": "traced", "name": "Traced", "short_name": "Traced", "kind": "vlm", "backend": "transformers",
        "model": str(model), "strategy": "context_carry", "prompts": "plain", "decoding": {"max_tokens": 3},
        "specification": {"developer": "tests"}, **changes,
    })  # fmt: skip
    asking = STUDY.asking.model_copy(update={"unparsed": "without_context"})
    study = STUDY.model_copy(update={"asking": asking})
    items = []
    for number in range(IMAGES):
        data = encoded(image(number)).data
        (home / f"{number}.png").write_bytes(data)
        items.append(Item(f"image-{number}", home / f"{number}.png", hashlib.sha256(data).hexdigest()))
    project = SimpleNamespace(root=home, cache=home / "cache", responses=home / "responses", study=study)
    plan = Plan(study, condition, read_prompts(ROOT / "params/prompts", "plain"))
    nothing: Any = None
    return Inquiry(project, condition, plan, items, nothing, nothing)  # type: ignore[arg-type]


def run(asked: Any, text: str | None = "all", stop: asyncio.Event | None = None, tracing: Any = None) -> RunReport:
    """A whole run, as `lib.build.asking_run.ask` does it."""

    async def go() -> RunReport:
        traced: Tracing = tracing or tracing_of(asked, text or "all")
        backend = traced.open_backend()
        try:
            with open_store(asked.project.responses, asked.condition.id) as store:
                ended = stop or asyncio.Event()
                asking = partial(ask_all, asked.plan, asked.items, 1, backend, store, stop=ended)
                if text is None:
                    return await asking(settings=RunSettings())
                return await traced.run(asking, RunSettings(), backend=backend, store=store, shard=ALL, stop=ended)
        finally:
            await backend.close()

    return asyncio.run(go())


def answers(asked: Any) -> dict[str, str]:
    return digests(read_store(asked.project.responses, "traced"))


def lines(asked: Any) -> list[dict[str, Any]]:
    files = sorted(asked.project.responses.rglob("*.jsonl"))
    return [json.loads(line) for path in files for line in path.open(encoding="utf-8")]


GRIDS = {"llava": (3, (4, 4)), "qwen2_vl": (3, (5, 4)), "mllama": (2, (8, 8))}


@pytest.mark.parametrize("family", GRIDS)
def test_traces_of_a_family_have_its_grid_and_belong_to_its_answers(family: str, models: Any, tmp_path: Path) -> None:
    asked = inquiry(models(family), tmp_path)
    report = run(asked)
    assert (report.answered, report.warnings, report.stopped) == (IMAGES * len(STEPS), [], None)
    home = tmp_path / "cache/traces"
    sound, faults = check_traces(home, "traced", answers(asked))
    assert (sound, faults) == (IMAGES * (len(STEPS) * (KINDS - 1) + 1), [])
    layers, grid = GRIDS[family]
    stored = {(line["image_id"], line["step"]): line for line in lines(asked)}
    for step in STEPS:
        seen = read_attention(home, "traced", "image-0", step)
        assert seen.key == stored["image-0", step]["key"]
        tokens = len(seen.pieces)
        assert (seen.grid.rows, seen.grid.columns) == grid and seen.grid.size == (100, 150)
        assert seen.maps.shape == (layers, 4, *grid) and seen.tokens.shape == (tokens, layers, *grid)
        assert seen.mass.shape == (tokens, layers, 4) and 0 < seen.mass.max() <= 1 + 1e-6
        sums = seen.maps.astype(np.float64).sum((-2, -1))
        assert sums.max() <= 1 + 1e-3
        np.testing.assert_allclose(sums, seen.mass.mean(0), rtol=2e-3)
        heat = seen.on_pixels((200, 300), layers=[seen.layers[-1]], heads=[0])
        assert heat.shape == (300, 200) and np.isfinite(heat).mean() > 0.6
    assert seen.layers == ((2, 4) if family == "mllama" else (1, 2, 3))
    hidden = read_hidden(home, "traced", "image-1", "valence")
    count = 4 if family == "mllama" else 3
    assert hidden.layers == tuple(range(count + 1)) and hidden.last.shape == (count + 1, 64)
    assert hidden.last.dtype == np.float16 and np.isfinite(hidden.last).all()
    assert np.isnan(hidden.image).all() == (family == "mllama")
    ids, states = hidden_states(home, "traced", "emotion", 2)
    assert ids == ["image-0", "image-1"] and not np.array_equal(states[0], states[1])
    logits = read_logits(home, "traced", "image-0", "valence")
    assert logits.ids.shape == (tokens_of(logits), 50) and logits.names[:9] == tuple("123456789")
    at_first = np.exp(logits.words[0, :9].astype(np.float64))
    assert np.isfinite(at_first).all() and at_first.sum() < 1
    top = logits.top()
    assert top.filter(rank=1)["candidate"].to_list() == top.filter(rank=1)["piece"].to_list()  # greedy
    found = category_probabilities(logits, STUDY.emotion.categories, at=0)
    assert abs(found["probability"].sum() - 1) < 1e-9 and not found["shared"].any()
    scale = all_scale_probabilities(home, "traced", "valence")
    assert scale.height == 9 * IMAGES and set(scale["image_id"]) == {"image-0", "image-1"}
    if family == "llava":
        maps, place = read_vision(home, "traced", "image-0", "emotion")
        assert maps.shape == (2, 2, 4, 4) and (place.rows, place.columns) == (4, 4)
        np.testing.assert_allclose(maps.astype(float).sum((-2, -1)) < 1, True)
    if family == "qwen2_vl":
        with pytest.raises(DataError, match="the model does not give it"):
            read_vision(home, "traced", "image-0", "emotion")


def tokens_of(logits: Any) -> int:
    return len(logits.generated)


def test_answers_stored_before_are_traced_without_a_second_answer(models: Any, tmp_path: Path) -> None:
    asked = inquiry(models("llava"), tmp_path)
    run(asked, None)
    before = lines(asked)
    assert not (tmp_path / "cache").exists() and len(before) == IMAGES * len(STEPS)
    report = run(asked, "hidden,logits")
    assert (report.answered, report.answered_before, report.warnings) == (0, len(before), [])
    assert lines(asked) == before
    table = read_manifest(tmp_path / "cache/traces", "traced")
    assert table.height == 2 * len(before) and table["again"].all()
    assert set(table["key"]) == {line["key"] for line in before}


def test_damaged_and_missing_traces_are_made_again_and_nothing_else(models: Any, tmp_path: Path) -> None:
    asked = inquiry(models("llava"), tmp_path)
    run(asked, "attention,hidden")
    home, before = tmp_path / "cache/traces", lines(asked)
    whole = {path.name: path.read_bytes() for path in home.rglob("*.npz")}
    damaged = trace_file(home, "traced", "attention", "image-0")
    damaged.write_bytes(damaged.read_bytes()[:-50])
    trace_file(home, "traced", "hidden", "image-1").unlink()
    tracing = tracing_of(asked, "attention,hidden")
    with open_store(asked.project.responses, "traced") as store:
        assert len(tracing.untraced(store)) == 2 * len(STEPS)
        assert {question.item.image_id for question in tracing.untraced(store, thorough=False)} == {"image-1"}
    assert run(asked, "attention,hidden").warnings == [] and lines(asked) == before
    assert check_traces(home, "traced", answers(asked))[1] == []
    assert {path.name for path in home.rglob("*.npz")} == set(whole)
    manifest = manifest_file(home, "traced", "all").read_bytes()
    run(asked, "attention,hidden")
    assert manifest_file(home, "traced", "all").read_bytes() == manifest  # nothing left to trace


def test_a_run_that_was_interrupted_goes_on(models: Any, tmp_path: Path) -> None:
    asked, stop = inquiry(models("llava"), tmp_path), asyncio.Event()
    tracing = tracing_of(asked, "logits")
    kept: list[int] = []

    own = Sink.keep

    def keep(self: Any, *given: Any, **named: Any) -> None:
        own(self, *given, **named)
        kept.append(1)
        stop.set()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Sink, "keep", keep)
        report = run(asked, "logits", stop, tracing)
    assert report.stopped == "interrupted" and 0 < len(kept) < IMAGES * len(STEPS)
    assert len(kept) == report.answered
    again = run(asked, "logits")
    assert again.answered == IMAGES * len(STEPS) - len(kept)
    assert check_traces(tmp_path / "cache/traces", "traced", answers(asked)) == (IMAGES * len(STEPS), [])


def test_a_model_that_says_something_else_leaves_no_trace(models: Any, tmp_path: Path) -> None:
    asked = inquiry(models("llava"), tmp_path)
    run(asked, None)
    path = next(asked.project.responses.rglob("*.jsonl"))
    first = json.loads(path.read_text(encoding="utf-8").splitlines()[0])
    other = path.read_text(encoding="utf-8").replace(json.dumps(first["text"], ensure_ascii=False), '"never said"')
    path.write_text(other, encoding="utf-8")
    report = run(asked, "logits")
    changed = other.count('"never said"')
    assert len(report.warnings) == 1 and f"{changed} stored answers could not be traced" in report.warnings[0]
    assert "stored 'never said', now" in report.warnings[0]
    keys = set(read_manifest(tmp_path / "cache/traces", "traced")["key"])
    assert keys == {line["key"] for line in lines(asked) if line["text"] != "never said"}


def test_thinking_leaves_probabilities_and_no_attention(models: Any, tmp_path: Path) -> None:
    asked = inquiry(models("qwen3_vl"), tmp_path, thinking={"mode": "budget", "budget": 5})
    run(asked, "attention,logits")
    home = tmp_path / "cache/traces"
    seen, logits = (read(home, "traced", "image-0", "emotion") for read in (read_attention, read_logits))
    assert len(logits.ids) == len(logits.pieces) > 5 and logits.answer_from > 5
    assert len(seen.pieces) == len(seen.tokens) == len(logits.pieces) - logits.answer_from


def test_disk_is_measured_and_refused_before_it_is_full(models: Any, tmp_path: Path) -> None:
    asked = inquiry(models("llava"), tmp_path)
    tracing = tracing_of(asked, "attention")
    assert tracing.bytes_a_question() == (bytes_of_question(tracing.choice, tracing.shape), "as expected")
    assert (tracing.shape.places, tracing.shape.longest) == (16, 3)
    with pytest.raises(BuildError, match="are free"):
        tracing.refuse_if_full(1 << 50)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("lib.traces.sink.Sink.__init__.__kwdefaults__", {"free": lambda _: 0})
        with pytest.raises(BuildError, match=r"as measured on 1\)"):
            run(asked, "attention")
    assert len(lines(asked)) >= 1
    run(asked, "attention")
    each, how = tracing.bytes_a_question()
    assert how == f"as measured on {IMAGES}" and 0 < each < 2 * bytes_of_question(tracing.choice, tracing.shape)


def test_what_cannot_be_traced_is_refused_at_once(models: Any, tmp_path: Path) -> None:
    asked = inquiry(models("llava"), tmp_path)
    with pytest.raises(ParameterError, match=r"hidden: got layer 4, but .* has layers 0 to 3"):
        tracing_of(asked, "hidden:4")
    asked.items.append(Item("../x", asked.items[0].path, "0" * 64))
    with pytest.raises(DataError, match=r"image_id: got '../x'"):
        tracing_of(asked, "hidden")
