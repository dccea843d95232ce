"""The page of a sample: what was stored is shown, whatever it says, with heatmaps where the evidence is."""

from __future__ import annotations

import base64
import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from bs4 import BeautifulSoup
from PIL import Image
from sample_support import answer, around, corner, lend_project, trace

from lib.build.asking import count
from lib.build.sample import Sample, has_drawn_faces, prepare_sample, refuse_without_model, sample_project, write_sample
from lib.build.sample_answers import nothing_open
from lib.build.sample_pictures import ColourScale, heatmap, scale_of, share_of_image, times_the_mean
from lib.errors import BackendUnavailableError, ParameterError
from lib.local.grids import Grid
from lib.project import Project
from lib.protocol.question import Question
from lib.traces.reading import Attention

ROOT = Path(__file__).parents[2]
HOSTILE = '</div><script>alert("x")</script><img src=x onerror=alert(1)> \x00 \u202ehappy "quoted" & <b>'
TEXTS = {"emotion": "happy", "valence": "7", "arousal": "6"}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """The project without anybody's weights or answers, and with the drawn faces."""
    lend_project(tmp_path, monkeypatch)
    return sample_project(None, "pocket-rater")


def says(question: Question) -> str:
    return TEXTS[question.step]


def chances(question: Question) -> dict[str, float]:
    return {"happy": 0.9, "sad": 0.06} if question.step == "emotion" else around(7, 1)


def page_of(sample: Sample) -> tuple[BeautifulSoup, str]:
    path, answered = write_sample(sample)
    assert answered
    text = path.read_text(encoding="utf-8")
    return BeautifulSoup(text, "html.parser"), text


def described(project: Project, identifier: str, **changes: Any) -> None:
    """Another condition in the library: the pocket rater's with changes."""
    content = yaml.safe_load((ROOT / "params/library/pocket-rater.yaml").read_text(encoding="utf-8"))
    path = project.root / f"params/library/{identifier}.yaml"
    path.write_text(yaml.safe_dump(content | {"id": identifier, "name": "Another machine"} | changes), encoding="utf-8")


def answered(
    project: Project, name: str = "pocket-rater", say: Callable[[Question], str] = says, **said: Any
) -> Sample:
    sample = prepare_sample(project, name, 2, 42)
    answer(sample.inquiry, say, **said)
    return sample


def pixels(source: str) -> Any:
    assert source.startswith("data:image/webp;base64,")
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(source.partition(",")[2]))).convert("RGB")).astype(int)


@pytest.mark.parametrize("name", ["demo", "drawn"])
def test_the_drawn_faces_are_asked_the_papers_questions(name: str) -> None:
    paper, drawn = (
        yaml.safe_load((ROOT / f"params/{one}.yaml").read_text(encoding="utf-8")) for one in ("study", name)
    )
    assert drawn["factors"] == paper["factors"]
    assert drawn["emotion"]["categories"] == paper["emotion"]["categories"]
    assert all(paper["dimensions"][one] == scale for one, scale in drawn["dimensions"].items())
    assert {one for one, scale in paper["dimensions"].items() if "raters" not in scale} == set(drawn["dimensions"])
    assert has_drawn_faces(ROOT / drawn["files"]["images"])


def test_the_papers_own_images_come_first_where_they_are(project: Project) -> None:
    assert project.study.id == "demo" and sample_project(None, "gemini-2.5-flash").study.id == "drawn-faces"
    assert sample_project("params/study.yaml", "pocket-rater").is_default
    study = yaml.safe_load((project.root / "params/study.yaml").read_text(encoding="utf-8"))
    study["files"]["images"] = "data/manifest.csv"
    (project.root / "params/study.yaml").write_text(yaml.safe_dump(study), encoding="utf-8")
    assert sample_project(None, "pocket-rater").study.id == "demo"
    (project.root / "data/manifest.csv").write_text("image_id,file\n", encoding="utf-8")
    assert sample_project(None, "pocket-rater").is_default


def test_stored_answers_and_traces_make_the_whole_page_and_nothing_is_asked(project: Project) -> None:
    sample = answered(project)
    assert not nothing_open(prepare_sample(project, "pocket-rater", 2, 42).inquiry, traced=True)
    trace(sample.inquiry, lambda _: corner(share=0.4), chances)
    again = prepare_sample(project, "pocket-rater", 2, 42)
    assert again.ids == sample.ids and count(again.inquiry).to_ask == 0
    assert nothing_open(again.inquiry, traced=True)
    soup, _ = page_of(again)
    words = soup.get_text(" ")
    for said in (
        "Two faces, rated by Pocket rater", "no evidence about people", "drawn by a program", "pretend@1",
        "cpu of a test", "float32", "temperature 0, thinking off", "data/models/pocket-rater", "2026-11-22",
        "seed 42 says", "rater sample -n 2 -m pocket-rater --seed 42 --study params/demo.yaml",
        "You identified this face as happy.", "stage regex", "regular expressions found the value",
    ):  # fmt: skip
        assert said in words, said
    assert len(soup.select("article.card")) == 2 and len(soup.select("figure.map img")) == 6
    assert soup.select_one("figure.map figcaption").get_text() == "40% of its attention fell on the image."
    assert all(image.get("alt") and image["src"].startswith("data:image/webp") for image in soup.find_all("img"))
    charts = [one["aria-label"] for one in soup.select('[role="img"]')]
    assert len(charts) == 6 and charts[0].startswith("happy 94%, sad 6%") and charts[1].endswith("mean 6.99")
    assert charts[1].count("%") == 9 and soup.select_one(".rows .picked span").get_text() == "happy"
    assert [one.get_text() for one in soup.select(".columns .picked span")] == ["7", "6", "7", "6"]
    assert "happy 90%" in soup.select_one(".words").get_text(" ")
    assert "no heatmaps" not in words and "8 × 8 places" in words


def test_the_page_needs_nothing_but_itself(project: Project) -> None:
    soup, text = page_of(answered(project))
    assert not soup.find_all(["script", "link", "iframe", "object", "form", "base"])
    assert not re.findall(r"""(?:src|href|action)=["']?(?!["']?data:)""", text) and "url(" not in text
    assert "http" not in text.replace("http-equiv", "")
    assert "default-src 'none'" in soup.find("meta", attrs={"http-equiv": "Content-Security-Policy"})["content"]
    assert (
        soup.html["lang"] == "en" and "width=device-width" in soup.find("meta", attrs={"name": "viewport"})["content"]
    )


def test_what_a_machine_says_is_shown_as_it_is_and_never_acts(project: Project) -> None:
    sample = answered(project, say=lambda question: HOSTILE, model_version="<script>v</script>", thoughts=HOSTILE)
    soup, text = page_of(sample)
    assert not soup.find_all("script") and not soup.find_all(onerror=True)
    assert soup.select_one(".said .text").get_text() == HOSTILE.replace("\x00", "\ufffd")
    assert "\x00" not in text and soup.select_one("details .text").get_text() == HOSTILE.replace("\x00", "\ufffd")
    assert "<script>v</script>" in soup.select_one(".about").get_text()


def test_hostile_tokens_and_conditions_are_escaped(project: Project) -> None:
    described(project, "other", name="<script>n</script>", notes='<img src=x onerror="alert(1)">')
    sample = answered(project, "other", lambda question: TEXTS[question.step])
    trace(sample.inquiry, lambda _: corner(), lambda question: {**chances(question), "<s>": 0.3, "\n": 0.2, " ": 0.1})
    soup, _ = page_of(sample)
    assert not soup.find_all(["script", "s"]) and not soup.find_all(onerror=True)
    shown = [one.get_text() for one in soup.select(".words li")]
    assert "<s> 30%" in shown and "⏎ 20%" in shown and "␣ 10%" in shown
    assert soup.title.get_text() == "Two faces, rated by <script>n</script>"


def test_a_heatmap_is_hot_where_the_evidence_is(project: Project) -> None:
    sample = answered(project)
    trace(sample.inquiry, lambda _: corner(8, 8, 0.4), chances)
    soup, _ = page_of(sample)
    picture = pixels(soup.select_one("figure.map img")["src"])
    height, width, _ = picture.shape
    red = picture[..., 0] - picture[..., 2]
    hot, cold = red[: height // 6, : width // 6], red[height // 2 :, width // 2 :]
    assert hot.mean() > 40 and abs(cold).mean() < 4
    portrait = pixels(soup.select_one("img.portrait")["src"])
    assert portrait.shape[:2] == (448, 448) and picture.shape[:2] == (320, 320)


def attention(places: Any, box: tuple[float, float, float, float] = (0, 0, 60, 40)) -> Attention:
    maps = np.asarray(places, np.float16)[None, None]
    mass = np.array([[[maps.astype(float).sum()]]], np.float32)
    grid = Grid(maps.shape[2], maps.shape[3], box, (60, 40))
    return Attention("k", grid, (1,), maps, maps[0], mass, ("happy",))


def test_colours_are_one_scale_on_every_skin_and_what_no_token_sees_is_left_pale() -> None:
    places = np.zeros((4, 6))
    places[3, 5] = 0.24
    seen = attention(places)
    assert share_of_image(seen) == pytest.approx(0.24, abs=1e-3) and times_the_mean(seen).max() == pytest.approx(24)
    scale = scale_of([seen])
    assert scale == ColourScale(24.0, beyond=False) or scale.beyond
    assert scale_of([]) == ColourScale(2.0, beyond=False)
    dark, light = (heatmap(Image.new("RGB", (60, 40), (tone,) * 3), seen, ColourScale(24, False)) for tone in (40, 220))
    assert np.abs(dark[35, 55].astype(int) - light[35, 55]).max() < 20
    assert np.abs(dark[5, 5].astype(int) - light[5, 5]).max() > 60
    cut = heatmap(Image.new("RGB", (60, 40)), attention(places, (10, 0, 50, 40)), ColourScale(24, False))
    assert cut[20, 5].tolist() == [250, 250, 250] and cut[20, 20].tolist() == [84, 84, 84]
    blind = heatmap(Image.new("RGB", (60, 40)), attention(np.zeros((4, 6))), ColourScale(2, False))
    assert (blind == 84).all()


def test_pages_without_traces_say_why(project: Project) -> None:
    described(project, "blind", strategy="text_only", steps=["valence", "arousal"])
    described(project, "served", backend="openai", model="m-1", local={})
    top = [[("happy", -0.1), ("sad", -3.0)]]
    soup, _ = page_of(answered(project, "served", log_probabilities=top))
    words = soup.get_text(" ")
    assert "There are no heatmaps: its server gives answers and nothing from inside." in words
    assert "no evidence about people" not in words and "drawn by a program" in words
    assert not soup.select("figure.map") and "happy 90%" in soup.select_one(".words").get_text(" ")
    soup, _ = page_of(answered(project, "blind"))
    assert "was told an emotion and shown no image" in soup.get_text(" ") and not soup.select("img.portrait")
    assert soup.select_one(".label").get_text() in project.study.emotion.categories


def test_a_classifiers_own_labels_are_shown(project: Project) -> None:
    outputs = {"labels": {"neutral": 0.1, "happy": 0.05, "sad": 0.1, "angry": 0.05, "fearful": 0.02, "disgusted": 0.67,
               "surprised": 0.01}, "values": {}}  # fmt: skip
    sample = answered(project, "face-api-drawn", lambda _: json.dumps(outputs))
    soup, _ = page_of(sample)
    assert soup.select_one('[role="img"]')["aria-label"].startswith("disgusted 67%, neutral 10%")
    assert soup.select_one(".rows .picked span").get_text() == "disgusted"  # the category is disgust
    assert re.fullmatch(
        r"Says disgust, .*Valence \d\.\d{1,2}Arousal \d\.\d{1,2}", soup.select_one(".verdict").get_text()
    )
    assert "thinking" not in soup.select_one(".about").get_text(" ")
    assert "a classifier of expressions writes no words" in soup.get_text(" ")


def test_all_at_once_is_read_value_by_value(project: Project) -> None:
    sample = answered(project, "pocket-rater-json", lambda _: '{"emotion": "happy", "valence": 7, "arousal": 6}')
    soup, _ = page_of(sample)
    assert [one.get_text() for one in soup.select(".step h3")] == ["Everything at once"] * 2
    assert "emotion happy, valence 7, arousal 6" in soup.get_text(" ")


def test_what_could_not_be_read_or_asked_is_said(project: Project) -> None:
    sample = answered(project, say=lambda question: "I cannot say.")
    soup, _ = page_of(sample)
    assert "Not asked, since" in soup.select_one(".absent").get_text()
    assert "no value" in soup.select_one(".verdict").get_text()
    empty = prepare_sample(project, "pocket-rater", 3, 7)
    path, number = write_sample(empty)
    assert number == 0 and not path.exists()


def test_only_the_images_that_were_meant_are_chosen_from(project: Project, tmp_path: Path) -> None:
    sample = prepare_sample(project, "pocket-rater", 4, 1, choice="KW*", out=tmp_path / "talk")
    assert all(image_id.startswith("KW") for image_id in sample.ids) and sample.images.height == 240
    assert sample.page == tmp_path / "talk/pocket-rater-n4-seed1.html"
    assert sample.chosen.read_text(encoding="utf-8").split() == list(sample.ids)
    assert "--images 'KW*'" in sample.command
    with pytest.raises(ParameterError, match=r"--images: got 'nobody'"):
        prepare_sample(project, "pocket-rater", 4, 1, choice="nobody")


def test_weights_that_are_not_there_are_said_with_the_cure(project: Project) -> None:
    pytest.importorskip("torch", reason="needs the extra local (make local)")
    with pytest.raises(BackendUnavailableError, match=r"weights are not in data/models/pocket-rater. Make them once"):
        refuse_without_model(project.condition("pocket-rater"))
    with pytest.raises(BackendUnavailableError, match=r"internvl3-1b: .*rater models pull"):
        refuse_without_model(project.condition("internvl3-1b"))
    refuse_without_model(sample_project(None, "gemini-2.5-flash").condition("gemini-2.5-flash"))
