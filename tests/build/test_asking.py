"""What is made ready before asking, shared among processes, and shown afterwards."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import yaml
from asking_support import Machine, answer, ask
from inference_support import ASKED, draw_face, write_asked_study
from tests_support import CONDITION

from lib.asking.counting import Count
from lib.backends.base import Answer
from lib.build.asking import (
    askable,
    condition_items,
    count,
    find_condition,
    labels_of,
    prepare,
    record_coverage,
)
from lib.build.filling import how_to_fill
from lib.build.inference import AskOptions
from lib.build.inference_jobs import command_for, jobs_for
from lib.build.run_record import asked_table, prompts_text, record_of
from lib.build.run_samples import choose_samples, samples_html
from lib.contracts.prices import PRICES_FILE
from lib.errors import BuildError, MissingFileError, ParameterError
from lib.project import Project, open_project
from lib.protocol.question import Question

ROOT = Path(__file__).parents[2]
TEXTS = {"emotion": '{"emotion": "joy"}', "valence": '{"valence": 2}', "arousal": '{"arousal": 0.5}'}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    for folder in ("prompts", "library"):
        shutil.copytree(ROOT / "params" / folder, tmp_path / "params" / folder)
    shutil.copy(ROOT / PRICES_FILE, tmp_path / PRICES_FILE)
    return open_project(write_asked_study(tmp_path), root=tmp_path)


def reopened(project: Project) -> Project:
    return open_project(project.relative(project.study_file), root=project.root)


def says(**texts: str) -> Machine:
    """A machine that says the same about every image, and something of its own to some steps."""
    return Machine(lambda question, _: answer(question, text=(TEXTS | texts)[question.step]))


def let_answer(project: Project, machine: Machine, limit: int | None = None) -> None:
    inquiry = prepare(project, ASKED, limit=limit)
    ask(project.responses, inquiry.plan, inquiry.items, machine)
    record_coverage(project, ASKED)


def test_all_real_images_are_asked_about_in_an_order_that_names_do_not_give(project: Project) -> None:
    inquiry = prepare(project, ASKED)
    ids = [item.image_id for item in inquiry.items]
    assert len(ids) == 24
    assert ids != sorted(ids)
    assert [item.image_id for item in prepare(project, ASKED, limit=5).items] == ids[:5]
    assert {item.image_id[0] for item in prepare(project, ASKED, choice="W*").items} == {"W"}
    assert count(inquiry).to_ask == 72


def test_what_cannot_be_asked_says_why(project: Project) -> None:
    with pytest.raises(ParameterError, match=r"got 'gpt-aksed', which there is not.*did you mean 'gpt-asked'"):
        find_condition(project, "gpt-aksed")
    assert ASKED in askable(project)
    path = project.root / f"params/small_conditions/{ASKED}.yaml"
    content = yaml.safe_load(path.read_text()) | {"strategy": "classifier", "prompts": None, "kind": "fer"}
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    with pytest.raises(ParameterError, match=r"strategy: got 'classifier', which asks nothing.*gpt-asked\.csv"):
        find_condition(reopened(project), ASKED)
    assert ASKED not in askable(reopened(project))


def test_images_that_are_not_there_are_named(project: Project) -> None:
    (project.root / "data/small/faces/A1j.png").unlink()
    with pytest.raises(MissingFileError, match=r"1 of 24 images are not there: A1j \(faces/A1j.png\)"):
        prepare(project, ASKED)


def test_answers_are_predictions_once_all_images_were_asked_about(project: Project) -> None:
    assert project.response_files(ASKED) == []
    assert how_to_fill(project, ASKED).startswith(
        f"ask it: rater infer -m {ASKED} --study params/small.yaml; or put its predictions into "
    )
    let_answer(project, says(), limit=10)
    assert project.asked_about(ASKED) == (10, 24)
    assert project.response_files(ASKED) == []
    assert ASKED not in project.available
    assert how_to_fill(project, ASKED) == (
        f"it was asked about 10 of 24 images; go on: rater infer -m {ASKED} --study params/small.yaml"
    )
    let_answer(project, says())
    assert [path.name for path in project.response_files(ASKED)] == ["all.jsonl"]
    assert ASKED in project.available
    assert project.answered == [ASKED]


def test_what_the_server_will_not_answer_does_not_keep_a_condition_from_pages(project: Project) -> None:
    from lib.backends.base import BackendError

    def script(question: Question, _: int) -> Answer | BackendError:
        return BackendError("rejected", "no") if question.item.image_id == "A1j" else answer(question)

    let_answer(project, Machine(script))
    assert project.asked_about(ASKED) == (24, 24)


def test_without_images_answers_tell_nothing(project: Project) -> None:
    let_answer(project, says())
    shutil.rmtree(project.root / "data/small/faces")
    assert reopened(project).response_files(ASKED) == []


def test_a_budget_is_shared_by_what_each_run_may_cost(project: Project) -> None:
    inquiry = prepare(project, ASKED)
    options = AskOptions(budget=0.5)
    jobs = jobs_for([inquiry], 4, options, cores=2)
    assert [job.shard.name for job in jobs] == ["1of4", "2of4", "3of4", "4of4"]
    assert sum(job.budget or 0 for job in jobs) == pytest.approx(0.5)
    sizes = [len(prepare(project, ASKED, shard=job.shard).items) for job in jobs]
    shares = [(job.budget or 0) / 0.5 * 24 for job in jobs]
    assert shares == pytest.approx(sizes)
    assert {job.processes for job in jobs} == {2}
    command = command_for(project, jobs, options, cores=2)
    assert command[command.index("--cores") + 1] == "2"
    assert any(word.startswith('budgets={"gpt-asked/1of4": ') for word in command)


def test_runs_with_nothing_to_ask_are_not_started(project: Project) -> None:
    let_answer(project, says())
    changed = project.root / "data/small/faces/W3c.png"
    draw_face(changed, 99)
    (job,) = jobs_for([prepare(project, ASKED)], 4, AskOptions(), cores=None)
    assert [item.image_id for item in prepare(project, ASKED, shard=job.shard).items].count("W3c") == 1
    command = command_for(project, [job], AskOptions(limit=3, retry_failed=True), cores=None)
    assert command[command.index("infer") :][:3] == ["infer", ASKED, job.shard.name]
    assert {"--yes", "--retry-failed", "--limit"} <= set(command)
    assert "--budget" not in command


def test_samples_are_the_first_of_each_emotion_and_some_of_each_kind_unread(project: Project) -> None:
    order = [item.image_id for item in prepare(project, ASKED).items]
    unread = order[3:9]

    def script(question: Question, _: int) -> Answer:
        if question.item.image_id in unread and question.step == "emotion":
            return answer(question, text="<script>alert(1)</script> who knows")
        return answer(question)

    let_answer(project, Machine(script))
    record = record_of(prepare(project, ASKED))
    samples = choose_samples(record)
    first = {emotion: next(name for name in order if name.endswith(emotion[0])) for emotion in ("joy", "anger", "calm")}
    assert [sample.item.image_id for sample in samples[:3]] == list(first.values())
    rest = [name for name in unread if name not in first.values()]
    assert [sample.item.image_id for sample in samples[3:]] == rest[:3]
    shown = samples_html(record)
    assert "<script>" not in shown
    assert "&lt;script&gt;alert(1)" in shown
    assert shown.count("data:image/jpeg;base64,") == len(samples)


def test_a_record_of_nothing_and_of_a_run(project: Project) -> None:
    inquiry = prepare(project, ASKED)
    assert samples_html(record_of(inquiry)) == "<p>No answers yet.</p>"
    asked = asked_table(inquiry, Count(images=24, questions=72)).as_raw_html()
    for text in ("gpt-4o-mini, backend openai", "context carry", "low", "prices of "):
        assert text in asked
    assert "Choose one from: joy, anger, calm." in prompts_text(inquiry)
    assert "You identified this face as {emotion}." in prompts_text(inquiry)
    let_answer(project, says(emotion="```json\n" + TEXTS["emotion"] + "\n```"))
    record = record_of(inquiry)
    stages = record.stages().as_raw_html()
    assert "Fenced" in stages
    assert "100.0%" in stages
    assert record.costs().as_raw_html()


def test_labels_come_from_answers_or_else_from_predictions(project: Project) -> None:
    text_only = {"id": "told", **CONDITION, "strategy": "text_only", "steps": ["valence", "arousal"]}
    path = project.root / "params/small_conditions/told.yaml"
    path.write_text(yaml.safe_dump(text_only | {"label_from": ASKED}), encoding="utf-8")
    with pytest.raises(BuildError, match=f"{ASKED} has not answered yet. Ask it first: rater infer -m {ASKED}"):
        prepare(reopened(project), "told")
    let_answer(project, says(emotion='{"emotion": "calm"}'))
    told = reopened(project)
    assert set(labels_of(told, ASKED).values()) == {"calm"}
    assert {item.label for item in condition_items(told, told.conditions["told"])} == {"calm"}
    assert len(set(labels_of(told, "machine-2").values())) > 1  # of its file of predictions
