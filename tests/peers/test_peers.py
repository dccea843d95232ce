"""Servers of other people, asked as a user asks them: `mlx_vlm.server` and `transformers serve`, with tiny models."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

import msgspec
import pytest
from peers.servers import Peer
from peers.study import IMAGES, PeerStudy

from lib.asking.report import RunReport
from lib.asking.run import ask_all
from lib.asking.settings import RunSettings
from lib.backends.registry import open_backend
from lib.contracts.condition import Condition
from lib.contracts.prompts import fill
from lib.errors import BackendUnavailableError, ParameterError
from lib.protocol.plan import Plan
from lib.protocol.question import Item
from lib.responses.record import Response
from lib.responses.store import open_store

SETTINGS = RunSettings(retries=1, first_wait=0.1, concurrency=4)
STEPS = ["emotion", "valence", "arousal"]


def ask(
    study: PeerStudy, condition: Condition, folder: Path, items: Sequence[Item], **changes: Any
) -> tuple[RunReport, list[Response]]:
    """One run; its report, and all lines of the store."""
    asking = study.study.asking.model_copy(update=changes)
    plan = Plan(study.study.model_copy(update={"asking": asking}), condition, study.prompts)

    async def run() -> RunReport:
        backend = open_backend(condition, study.study)
        try:
            await backend.preflight()
            with open_store(folder, condition.id) as store:
                return await ask_all(plan, items, condition.repeats, backend, store, settings=SETTINGS)
        finally:
            await backend.close()

    report = asyncio.run(run())
    lines = (folder / condition.id / "all.jsonl").read_bytes().splitlines()
    return report, [msgspec.json.decode(line, type=Response) for line in lines]


def by_image(lines: list[Response]) -> dict[str, list[Response]]:
    ordered = sorted(lines, key=lambda line: line.image_id)  # stable: the steps stay in the order in which they came
    return {name: list(group) for name, group in groupby(ordered, key=lambda line: line.image_id)}


def test_each_step_carries_what_was_answered_before(peer: Peer, study: PeerStudy, tmp_path: Path) -> None:
    condition = study.condition(peer)
    report, lines = ask(study, condition, tmp_path, study.items)
    assert report.complete and report.answered == len(lines) == 3 * IMAGES
    for image_id, steps in by_image(lines).items():
        assert [line.step for line in steps] == STEPS, image_id
        said = {line.step: line.text for line in steps}
        assert said["emotion"] in study.study.emotion.categories
        assert {line.step: line.prompt for line in steps} == {
            step: fill(study.prompts.steps[step], study.study, said) for step in STEPS
        }
        read = {"emotion": said["emotion"]} | {step: float(said[step]) for step in STEPS[1:]}
        assert [line.values for line in steps] == [{step: read[step]} for step in STEPS]
    assert len({tuple(line.text for line in steps) for steps in by_image(lines).values()}) > 1, "no image was seen"


def test_usage_and_version_are_kept_as_the_server_says_them(peer: Peer, study: PeerStudy, tmp_path: Path) -> None:
    condition = study.condition(peer)
    report, lines = ask(study, condition, tmp_path, study.items[:2])
    versions = {line.model_version for line in lines}
    assert versions == {condition.model + ("@main" if peer.name == "transformers serve" else "")}
    assert {version.model_version for version in report.versions_stored} == versions
    for line in lines:
        assert line.finish_reason == "stop"
        assert line.tokens_out == 2, "the word, and the end"
        assert line.tokens_in > len(line.prompt.split()), "words, signs and the image"


def test_nothing_is_asked_twice(peer: Peer, study: PeerStudy, tmp_path: Path) -> None:
    condition = study.condition(peer)
    before = peer.asked()
    ask(study, condition, tmp_path, study.items[:2])
    assert peer.asked() - before == 6
    report, lines = ask(study, condition, tmp_path, study.items)
    assert (report.answered, report.answered_before) == (3 * IMAGES - 6, 6)
    report, again = ask(study, condition, tmp_path, study.items)
    assert (report.answered, again) == (0, lines)
    assert peer.asked() - before == 3 * IMAGES


@pytest.mark.parametrize(("unparsed", "asked"), [("skip", 1), ("without_context", 3)])
def test_what_makes_no_sense_is_kept_and_not_read(
    peer: Peer, study: PeerStudy, tmp_path: Path, unparsed: str, asked: int
) -> None:
    condition = study.condition(peer, "babbler")
    report, lines = ask(study, condition, tmp_path, study.items[:2], unparsed=unparsed)
    assert report.complete
    images = list(by_image(lines).values())
    assert [[line.step for line in steps] for steps in images] == [STEPS[:asked]] * 2
    for line in lines:
        assert line.values == {line.step: None}
        assert line.stage == "none" and line.reason
        assert line.finish_reason == "length" and line.tokens_out == condition.decoding.max_tokens
    without = study.prompts.without_context
    assert without is not None
    expected = [study.prompts.steps["emotion"], without["valence"], without["arousal"]][:asked]
    assert [line.prompt for line in images[0]] == [fill(text, study.study, {}) for text in expected]


def test_the_same_weights_say_the_same_on_both(transformers: Peer, mlx: Peer, study: PeerStudy, tmp_path: Path) -> None:
    answers = []
    for peer in (transformers, mlx):
        _, lines = ask(study, study.condition(peer), tmp_path, study.items)
        answers.append({(line.image_id, line.step): line.text for line in lines})
    assert answers[0] == answers[1]


def test_log_probabilities_where_they_are_offered(mlx: Peer, study: PeerStudy, tmp_path: Path) -> None:
    decoding = {"temperature": 0, "max_tokens": 6, "log_probabilities": 5}
    _, lines = ask(study, study.condition(mlx, decoding=decoding), tmp_path, study.items[:1])
    assert len(lines) == 3
    for line in lines:
        first = line.log_probabilities[0]
        assert [len(first), first[0][0]] == [5, line.text]
        assert [one for _, one in first] == sorted((one for _, one in first), reverse=True)
        assert 0.2 < sum(math.exp(one) for _, one in first) <= 1 + 1e-6


def test_a_server_without_log_probabilities_is_not_asked_for_them(
    transformers: Peer, study: PeerStudy, tmp_path: Path
) -> None:
    before = transformers.asked()
    with pytest.raises(ParameterError, match="log_probabilities") as caught:
        ask(study, study.condition(transformers, decoding={"log_probabilities": 5}), tmp_path, study.items[:1])
    assert "\n" not in str(caught.value) and transformers.asked() == before


def test_a_model_that_is_not_there_is_one_line_before_anything_is_asked(
    transformers: Peer, study: PeerStudy, tmp_path: Path
) -> None:
    before = transformers.asked()
    with pytest.raises(BackendUnavailableError, match="not-there") as caught:
        ask(study, study.condition(transformers, "not-there"), tmp_path, study.items[:1])
    assert "\n" not in str(caught.value) and transformers.asked() == before


def test_a_model_that_mlx_cannot_load_ends_the_run_with_one_line(mlx: Peer, study: PeerStudy, tmp_path: Path) -> None:
    report, lines = ask(study, study.condition(mlx, "not-there"), tmp_path, study.items)
    assert report.stopped == "failures" and report.answered == 0
    assert report.message is not None and "Failed to load model" in report.message and "\n" not in report.message
    assert lines == [], "what was refused for a mistaken setting is not kept"


def test_rater_infer_goes_on_where_it_was(mlx: Peer, study: PeerStudy) -> None:
    condition = study.condition(mlx, id="by-command")
    ask(study, condition, study.root / "cache/responses", study.items[:2])
    before = mlx.asked()
    code, said = study.rater("infer", "-m", condition.id, "--yes")
    assert code == 0, said
    lines = study.lines(condition.id)
    assert (len(lines), mlx.asked() - before) == (3 * IMAGES, 3 * IMAGES - 6)
    assert all(line["values"][line["step"]] is not None for line in lines)
    assert (study.root / f"cache/inference/{condition.id}/all-latest.ipynb").is_file()
    code, said = study.rater("infer", "-m", condition.id, "--yes")
    assert (code, "Nothing to ask" in said) == (0, True), said
    assert study.lines(condition.id) == lines and mlx.asked() - before == 3 * IMAGES - 6
