"""Context-carry on one image by a model in this process: three plain `generate` calls against the engine, in one run.

    python -m benchmarks.local [--family llava|qwen2_vl] [--images 4] [--threads 2]

Weights are random: what is measured is time, and that the tokens are the same; what they say means nothing. Times are
of this process's CPU (user and system), the shortest of several turns that the contenders take one after the other, so
that a busy machine changes no ratio.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

import local_zoo
import transformers as hf
from local_support import CLOSE, answers, encoded, fresh, image, log_probabilities, plainly, spread

from lib.contracts.condition import Decoding
from lib.contracts.prompts import fill, read_prompts
from lib.contracts.study import read_study
from lib.local.engine import Request, Wanted
from lib.local.transformers_engine import TransformersEngine
from lib.local.turns import Words

ROOT = Path(__file__).resolve().parents[1]
STUDY = read_study(ROOT / "params/study.yaml")
PROMPTS = read_prompts(ROOT / "params/prompts", "plain")
ANSWERS = {"emotion": "happy", "valence": "8"}
TOKENS = 4
TEXT = {
    "hidden_size": 768, "intermediate_size": 2048, "num_hidden_layers": 12, "num_attention_heads": 12,
    "num_key_value_heads": 4, "max_position_embeddings": 4096,
}  # fmt: skip


def llava() -> local_zoo.Built:
    """CLIP ViT of 336 pixels (576 image tokens) and a Llama: 116 million weights."""
    config, words, _, own, chat = local_zoo.llava()
    config.vision_config = hf.CLIPVisionConfig(
        image_size=336, patch_size=14, hidden_size=512, intermediate_size=2048, num_hidden_layers=12,
        num_attention_heads=8, projection_dim=32,
    )  # fmt: skip
    config.image_seq_length = 576
    pictures = hf.CLIPImageProcessorPil(size={"shortest_edge": 336}, crop_size={"height": 336, "width": 336})
    return config, words, pictures, own, chat


def qwen2_vl() -> local_zoo.Built:
    """A vision transformer of 28-pixel tokens (256 of a picture of 448 pixels) and a Qwen2: 164 million weights."""
    vision = {
        "depth": 16, "embed_dim": 640, "hidden_size": 768, "num_heads": 10, "mlp_ratio": 4, "patch_size": 14,
        "spatial_merge_size": 2, "temporal_patch_size": 2,
    }  # fmt: skip
    built = local_zoo._qwen(hf.Qwen2VLConfig, "Qwen2VLProcessor", vision, [8, 12, 12], 14, local_zoo.CHATML)
    pictures = hf.Qwen2VLImageProcessorPil(size={"shortest_edge": 56 * 56, "longest_edge": 28 * 28 * 1280})
    return built[0], built[1], pictures, built[3], built[4]


def in_turns(contenders: list[Callable[[], Any]], times: int) -> list[float]:
    """The shortest CPU time of each contender, in seconds."""
    shortest = [float("inf")] * len(contenders)
    for _ in range(times):
        for number, contender in enumerate(contenders):
            start = time.process_time()
            contender()
            shortest[number] = min(shortest[number], time.process_time() - start)
    return shortest


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--family", choices=["llava", "qwen2_vl"], default="llava")
    options.add_argument("--images", type=int, default=4)
    options.add_argument("--threads", type=int, default=1)
    options.add_argument("--times", type=int, default=3)
    given = options.parse_args()
    torch.set_num_threads(given.threads)
    hf.utils.logging.disable_progress_bar()
    local_zoo.TEXT.update(TEXT)
    local_zoo.FAMILIES[given.family] = llava if given.family == "llava" else qwen2_vl
    with tempfile.TemporaryDirectory() as scratch:
        model = TransformersEngine(str(local_zoo.build(given.family, Path(scratch) / given.family, spread=0.02)))
        compare(model, given.images, given.times)
        model.close()


def questions(images: int, size: tuple[int, int], wanted: Wanted) -> list[list[Request]]:
    """The three steps about each image, in the paper's words."""
    steps = [fill(PROMPTS.steps[step], STUDY, ANSWERS) for step in ("emotion", "valence", "arousal")]
    return [
        [
            Request(
                f"{number}-{step}", prompt, encoded(image(number, size)), Decoding(max_tokens=TOKENS), wanted=wanted
            )
            for step, prompt in enumerate(steps)
        ]
        for number in range(images)
    ]


def compare(model: TransformersEngine, images: int, times: int) -> None:
    """Print both sides, and fail if the engine is not twice as fast with the same tokens."""
    size = (336, 336) if model.identity.family == "llava" else (448, 448)
    model.answerer.words = Words(frozenset())  # every answer is as long as the others
    asked = questions(images, size, Wanted())
    lengths = [len(model.prompter.prepare(one).ids) for one in asked[0]]
    weights = sum(values.numel() for values in model.model.parameters())
    print(
        f"{model.identity.family}, {weights / 1e6:.0f} million random weights, {model.identity.precision}, "
        f"{torch.get_num_threads()} threads; {lengths[0]} tokens a question, {TOKENS} an answer"
    )

    def ours(batch: list[list[Request]]) -> None:
        fresh(model)
        for step in range(len(lengths)):
            answers(model, *(one[step] for one in batch))

    plain, alone, together = in_turns(
        [
            lambda: [plainly(model, one, min_new_tokens=TOKENS) for one in asked[0]],
            lambda: ours(asked[:1]),
            lambda: ours(asked),
        ],
        times,
    )
    ours(asked[:1])
    counts = model.counts
    print(
        f"  three plain generate calls    {plain * 1e3:7.0f} ms an image; 3 vision passes, {sum(lengths)} tokens read"
    )
    print(
        f"  engine, one image at a time   {alone * 1e3:7.0f} ms an image; {counts.vision_passes} vision pass, "
        f"{counts.prefilled} tokens read: {plain / alone:.2f} times as fast"
    )
    share = together / images
    print(f"  engine, {images} images side by side {share * 1e3:7.0f} ms an image: {plain / share:.2f} times as fast")
    same, off = parity(model, size)
    print(f"  tokens equal: {same}; log-probabilities differ by at most {off:.1e} (wanted: below {CLOSE:.0e})")
    if not same or off >= CLOSE or plain / alone < 2:
        sys.exit("benchmark failed: the engine shall be at least twice as fast, with the same tokens")


def parity(model: TransformersEngine, size: tuple[int, int]) -> tuple[bool, float]:
    """Whether tokens are those of plain calls, and the largest difference of their log-probabilities."""
    same, off = True, 0.0
    for one in questions(1, size, Wanted(top=10_000))[0]:
        tokens, given = plainly(model, one, min_new_tokens=TOKENS)
        answer = answers(model, one)[0]
        same = same and list(answer.ids) == tokens
        off = max(off, float((spread(answer) - log_probabilities(given)).abs().max()))
    return same, off


if __name__ == "__main__":
    main()
