"""A pocket rater of seconds: it runs in the engine, answers as it was trained, and is made alike each time."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs the extra local (make local)")
pytest.importorskip("transformers", reason="needs the extra local (make local)")

from pocket_support import RECIPE, ROOT, make, project, tiny_recipe  # noqa: E402

from lib.contracts.condition import Decoding, Thinking  # noqa: E402
from lib.contracts.local_model import Local  # noqa: E402
from lib.drawing.expressions import EMOTIONS  # noqa: E402
from lib.files import sha256_file  # noqa: E402
from lib.local.engine import Generation, Request, Wanted  # noqa: E402
from lib.local.transformers_engine import TransformersEngine  # noqa: E402
from lib.pocket.augment import as_seen, vary  # noqa: E402
from lib.pocket.card import Made, write_card  # noqa: E402
from lib.pocket.evaluation import Exam, evaluate  # noqa: E402
from lib.pocket.faces import load_face, mirrored, read_faces, training_plans, units, validation_plans  # noqa: E402
from lib.pocket.first_sight import begin_with  # noqa: E402
from lib.pocket.model import see  # noqa: E402
from lib.pocket.packing import answers_of  # noqa: E402
from lib.pocket.questions import DIGITS, School  # noqa: E402
from lib.pocket.raters import Raters  # noqa: E402
from lib.pocket.record import environment, sources  # noqa: E402
from lib.pocket.speaking import ClassRoom  # noqa: E402
from lib.pocket.training import rate_at  # noqa: E402

STAGES = ("seeing", "speaking")
CONDITIONS = ("pocket-rater", "pocket-rater-json", "pocket-rater-text-only")


@pytest.fixture(scope="module")
def engine(pocket):
    opened = TransformersEngine(str(pocket.folder), Local(precision="float32", device="cpu"))
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def school() -> School:
    prompts = {name: project().prompts(name) for name in ("plain", "json")}
    return School(project().study, prompts, Raters(tiny_recipe().raters))


def test_both_stages_learn(pocket) -> None:
    assert [(one.stage, one.epoch) for one in pocket.said] == [(stage, epoch) for stage in STAGES for epoch in (1, 2)]
    for stage in STAGES:
        first, second = (one.figures["loss"] for one in pocket.said if one.stage == stage)
        assert second < first


def test_the_people_it_learns_from_are_nobody_of_the_study_nor_of_validation(pocket) -> None:
    training, validation = training_plans(pocket.recipe.faces), validation_plans(pocket.recipe.faces)
    assert {plan.person.population for plan in training + validation} == {"training"}
    assert not {plan.person for plan in training} & {plan.person for plan in validation}


def test_the_folder_is_one_that_the_engine_runs(pocket, engine) -> None:
    engine.check(Thinking())
    picture = load_face(pocket.faces / "training" / training_plans(pocket.recipe.faces)[0].file)
    wanted = Wanted(top=3, words=(*EMOTIONS, *DIGITS), attention=True, vision_attention=True, hidden=(0, 1))
    given = engine.generate([Request("a", "How?", picture, Decoding(max_tokens=2), wanted=wanted)])[0]
    assert isinstance(given, Generation)
    assert given.trace.attention.shape == (len(given.ids), 1, 2, 4, 4)
    assert given.trace.vision_attention.shape == (1, 2, 4, 4)
    assert given.trace.grid.box == (0, 0, 224, 224)
    assert np.isfinite(given.steps.words).all()  # every emotion and every digit is one token
    assert engine.family.prefix
    assert {path.suffix for path in pocket.folder.iterdir()} <= {".json", ".jinja", ".safetensors"}


def test_questions_packed_side_by_side_are_answered_as_if_alone(pocket, engine, school) -> None:
    """What training computes is what the engine computes later, question by question, from the image's own file."""
    recipe = pocket.recipe
    plans = training_plans(recipe.faces)[:4]
    faces = read_faces(plans, pocket.faces / "training", recipe.model.image)
    room = ClassRoom(engine.model, engine.prompter.tokenizer, school, recipe.model.places)
    packed = room.about(faces, np.arange(4), 3, np.random.default_rng(2), school.with_image[:3])
    with torch.inference_mode():
        chances = answers_of(engine.model, packed, see(engine.model, as_seen(faces.pixels)))[packed.chosen]
    # The same exercises, asked one at a time.
    random = np.random.default_rng(2)
    place = 0
    for row, plan in enumerate(plans):
        for number in random.choice(3, size=3, replace=False):
            lesson = school.with_image[number]
            exercise = school.about_face(lesson, EMOTIONS[faces.emotion[row]], float(faces.intensity[row]), random)
            request = Request(
                f"{place}", exercise.prompt, load_face(pocket.faces / "training" / plan.file), Decoding(max_tokens=1),
                wanted=Wanted(top=5, words=EMOTIONS),
            )  # fmt: skip
            given = engine.generate([request])[0]
            own = [chances[place, room.speller.ids(word)[0]].item() for word in EMOTIONS]
            assert given.steps.words[0] == pytest.approx(own, abs=1e-4)
            place += 1
    assert place == len(chances)


def test_it_is_made_alike_each_time_and_goes_on_where_it_stopped(pocket, tmp_path: Path) -> None:
    again = make(pocket.recipe, pocket.faces, tmp_path / "again", tmp_path / "other")
    weights = sha256_file(pocket.folder / "model.safetensors")
    assert sha256_file(tmp_path / "other/model.safetensors") == weights
    assert [one.figures for one in again] == [one.figures for one in pocket.said]
    # Stopped after the first epoch of the second stage: that checkpoint is what an interruption leaves.
    (tmp_path / "again/speaking.safetensors").unlink()
    _stopped_after_one_epoch(pocket, tmp_path / "again")
    rest = make(pocket.recipe, pocket.faces, tmp_path / "again", tmp_path / "third")
    assert [(one.stage, one.epoch) for one in rest] == [("speaking", 2)]
    assert sha256_file(tmp_path / "third/model.safetensors") == weights


def _stopped_after_one_epoch(pocket, work: Path) -> None:
    class Stopped(Exception):  # noqa: N818
        pass

    from lib.pocket.making import Told, draw_lessons, make_pocket_rater

    def stop(progress) -> None:
        raise Stopped

    told = Told(lambda *_: None, stop)
    lessons = draw_lessons(pocket.recipe, pocket.faces, 1, told)
    with pytest.raises(Stopped):
        make_pocket_rater(pocket.recipe, project(), lessons, work=work, folder=work / "never", told=told)
    assert not (work / "never").exists()


def test_a_stage_is_done_again_where_its_part_of_the_recipe_changed_and_only_there(pocket, tmp_path: Path) -> None:
    def copied(name: str) -> Path:
        work = tmp_path / name
        work.mkdir()
        for stage in STAGES:
            (work / f"{stage}.safetensors").write_bytes((pocket.work / f"{stage}.safetensors").read_bytes())
        return work

    speaking = {**pocket.recipe.speaking.model_dump(), "rate": 0.001}
    said = make(tiny_recipe(speaking=speaking), pocket.faces, copied("speaking"), tmp_path / "model")
    assert [(one.stage, one.epoch) for one in said] == [("speaking", 1), ("speaking", 2)]
    said = make(tiny_recipe(seed=1), pocket.faces, copied("both"), tmp_path / "model")
    assert [one.epoch for one in said] == [1, 2, 1, 2]


def test_the_tower_begins_with_uncorrelated_differences_from_the_mean_face(pocket) -> None:
    recipe = pocket.recipe.model
    faces = read_faces(training_plans(pocket.recipe.faces), pocket.faces / "training", recipe.image)
    model = TransformersEngine(str(pocket.folder), Local(precision="float32", device="cpu")).model
    embeddings = model.model.vision_tower.embeddings
    with torch.no_grad():
        embeddings.position_embedding.weight.zero_()
        begin_with(model, faces)
        seen = embeddings(as_seen(faces.pixels))[:, 1:].double()
    assert seen.mean(0).abs().max() < 1e-4
    flat = seen.reshape(-1, seen.shape[-1])
    covariance = (flat.T @ flat / len(flat)).numpy()
    off = covariance - np.diag(np.diag(covariance))
    assert np.abs(off).max() < 1e-3
    assert np.diag(covariance)[0] == pytest.approx(1, abs=0.05)


def test_a_mirrored_face_has_its_actions_mirrored() -> None:
    swapped = mirrored()
    assert (swapped[swapped] == np.arange(len(units()))).all()
    pixels = np.zeros((64, 24, 24, 3), dtype=np.uint8)
    pixels[:, :, :12] = 255  # the left half is white
    actions = np.zeros((64, len(units())), dtype=np.float32)
    actions[:, units().index("eyeBlinkLeft")] = 1
    seen, own = vary(pixels, actions, torch.Generator().manual_seed(0))
    white_left = seen[:, :, :, :8].mean((1, 2, 3)) > seen[:, :, :, 16:].mean((1, 2, 3))
    still_left = own[:, units().index("eyeBlinkLeft")] == 1
    assert (own.sum(1) == 1).all()
    assert 16 < still_left.sum() < 48
    # A hidden square and noise may turn a few pictures round, no more.
    assert (white_left == still_left).float().mean() > 0.9
    assert seen.min() >= -1
    assert seen.max() <= 1


def test_the_rate_rises_and_falls() -> None:
    schedule = tiny_recipe().seeing
    rates = [rate_at(schedule, step, 200) for step in range(200)]
    assert max(rates) <= schedule.rate
    assert rates.index(max(rates)) == pytest.approx(12, abs=1)
    assert rates[-1] < 0.02 * schedule.rate


def test_evaluation_and_card_say_what_was_measured(pocket, tmp_path: Path) -> None:
    faces = training_plans(pocket.recipe.faces)[:12]
    told = []
    exam = Exam(project(), pocket.folder, faces, pocket.faces / "training", lambda *of: told.append(of))
    figures = evaluate(exam, CONDITIONS, ("float16",))
    json.dumps(figures, allow_nan=False)
    assert {name for name, _, _ in told} == {*CONDITIONS, "drawn", "float16"}
    first = figures["pocket-rater"]
    assert first["faces"] == 12
    assert sum(sum(row.values()) for row in first["confusion"].values()) == 12
    assert set(first["accuracy_by_group"]) == {"Black Man", "Black Woman"}
    said = {word for row in first["confusion"].values() for word in row}
    right = sum(row.get(emotion, 0) for emotion, row in first["confusion"].items())
    assert said <= {*EMOTIONS, "unread"}
    assert first["accuracy"] == pytest.approx(right / 12, abs=1e-4)
    assert set(figures["pocket-rater-text-only"]["arousal"]) == set(EMOTIONS)
    made = Made(123_456, environment(pocket.recipe), {"recipe": ROOT / RECIPE}, "data/stimuli/drawn", len(faces))
    (tmp_path / "model.safetensors").write_bytes((pocket.folder / "model.safetensors").read_bytes())
    card = write_card(tmp_path, pocket.recipe, figures, made).read_text(encoding="utf-8")
    assert card.startswith("---\nlicense: mit\n")
    assert sha256_file(pocket.folder / "model.safetensors") in card
    assert "| all |" in card
    assert "must not be used for" in card
    assert "{" not in card.replace("{id}", "")


def test_sources_are_listed_with_their_hashes(tmp_path: Path) -> None:
    listed = sources(ROOT, RECIPE, tmp_path)
    lines = (tmp_path / "code.sha256").read_text(encoding="utf-8").splitlines()
    assert f"{sha256_file(ROOT / 'lib/pocket/raters.py')}  lib/pocket/raters.py" in lines
    assert ROOT / RECIPE in listed.values()
