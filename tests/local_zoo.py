"""Nine families of vision-language models as tiny random ones, built where they are needed and never committed.

Every folder holds what a model of the hub holds: config, safetensors, tokenizer, image processor, chat template. Sizes
are chosen so that what may go wrong does: grids that are not square, a window shorter than the prompt, several tiles.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
import transformers as hf
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

TRAINED_ON = (
    "What is the facial expression in this image? Choose one from: happy, sad, angry, fear, disgust, neutral.",
    "Answer with a single word only. You identified this face as happy with pleasantness 5 out of 9.",
    "How pleasant is this facial expression? How intense or activated is the emotion in this face?",
    "Rate from 1 to 9 where 1 is very unpleasant and 9 is very pleasant. Answer with a single number only.",
    "0 1 2 3 4 5 6 7 8 9 user assistant system model happy sad angry fear disgust neutral",
)
TEXT = {
    "hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 3, "num_attention_heads": 4,
    "num_key_value_heads": 2, "max_position_embeddings": 2048,
}  # fmt: skip
VISION = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2}
CHATML = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{% for c in m.content %}{% if c.type == 'image' %}IMAGE{% else %}"
    "{{ c.text }}{% endif %}{% endfor %}<|im_end|>\n{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n"
    "{% endif %}"
)
THINKS = CHATML.replace("<|im_start|>assistant\n{%", "<|im_start|>assistant\n<think>\n{%")
Built = tuple[Any, hf.PreTrainedTokenizerFast, Any, dict[str, Any], str | None]
"""Config, tokenizer, image processor, the processor's own settings, chat template."""


def tokenizer(named: dict[str, str], extra: tuple[str, ...] = ()) -> hf.PreTrainedTokenizerFast:
    """A byte-level BPE of 600 tokens in which every digit is one, with the special tokens given."""
    bpe = Tokenizer(models.BPE())
    bpe.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    bpe.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=600, special_tokens=list(dict.fromkeys([*named.values(), *extra])), show_progress=False,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
    )  # fmt: skip
    bpe.train_from_iterator(TRAINED_ON, trainer)
    usual = {name: word for name, word in named.items() if name in ("bos_token", "eos_token", "pad_token")}
    others = {name: word for name, word in named.items() if name not in usual}
    return hf.PreTrainedTokenizerFast(
        tokenizer_object=bpe, padding_side="left", model_max_length=4096, **usual, extra_special_tokens=others
    )


def template(image: str, user: str, end: str, answer: str, start: str = "") -> str:
    """A chat template of one line a turn, as families other than ChatML have."""
    return (
        start + "{% for m in messages %}" + user + "{% for c in m.content %}{% if c.type == 'image' %}" + image
        + "{% else %}{{ c.text }}{% endif %}{% endfor %}" + end + "{% endfor %}{% if add_generation_prompt %}" + answer
        + "{% endif %}"
    )  # fmt: skip


def text_of(words: hf.PreTrainedTokenizerFast, **more: Any) -> dict[str, Any]:
    """The text model's configuration for a tokenizer."""
    ids = {name: getattr(words, name) for name in ("bos_token_id", "eos_token_id", "pad_token_id")}
    return {**TEXT, "vocab_size": len(words), **ids, **more}


PLAIN = {"bos_token": "<s>", "eos_token": "</s>", "pad_token": "<pad>"}
QWEN = {
    "bos_token": "<|endoftext|>", "eos_token": "<|im_end|>", "pad_token": "<|pad|>", "image_token": "<|image_pad|>",
    "video_token": "<|video_pad|>", "vision_bos_token": "<|vision_start|>", "vision_eos_token": "<|vision_end|>",
    "im_start_token": "<|im_start|>",
}  # fmt: skip


def paligemma() -> Built:
    words = tokenizer({**PLAIN, "image_token": "<image>"})
    pictures = hf.SiglipImageProcessorPil(size={"height": 56, "width": 56})
    pictures.image_seq_length = 16
    config = hf.PaliGemmaConfig(
        vision_config={
            "model_type": "siglip_vision_model", "image_size": 56, "patch_size": 14, "projection_dim": 64,
            "vision_use_head": False, **VISION,
        },
        text_config=text_of(
            words, model_type="gemma2", head_dim=16, query_pre_attn_scalar=16, sliding_window=24,
            layer_types=["sliding_attention", "full_attention", "sliding_attention"],
        ),
        image_token_index=words.image_token_id, vocab_size=len(words), projection_dim=64, hidden_size=64,
    )  # fmt: skip
    return config, words, pictures, {"processor_class": "PaliGemmaProcessor"}, None


def llava() -> Built:
    words = tokenizer({**PLAIN, "image_token": "<image>"})
    pictures = hf.CLIPImageProcessorPil(size={"shortest_edge": 56}, crop_size={"height": 56, "width": 56})
    config = hf.LlavaConfig(
        vision_config={
            "model_type": "clip_vision_model", "image_size": 56, "patch_size": 14, "projection_dim": 32, **VISION,
        },
        text_config=text_of(words, model_type="llama"), image_token_index=words.image_token_id, image_seq_length=16,
    )  # fmt: skip
    own = {
        "processor_class": "LlavaProcessor", "patch_size": 14, "vision_feature_select_strategy": "default",
        "num_additional_image_tokens": 1,
    }  # fmt: skip
    return config, words, pictures, own, template("<image>\n", "USER: ", " ", "ASSISTANT:", "<s>")


def _qwen(kind: Any, processor: str, vision: dict[str, Any], sections: list[int], patch: int, chat: str) -> Built:
    words = tokenizer(QWEN, extra=("<think>", "</think>"))
    pictures = hf.Qwen2VLImageProcessorPil(
        size={"shortest_edge": 16 * patch**2, "longest_edge": 96 * patch**2}, patch_size=patch, merge_size=2,
        temporal_patch_size=2,
    )  # fmt: skip
    rope = {"rope_type": "default", "rope_theta": 1e6, "mrope_section": sections}
    own = {"head_dim": 16} if kind is hf.Qwen3VLConfig else {}
    if own:
        rope["mrope_interleaved"] = True
    config = kind(
        text_config=text_of(words, rope_parameters=rope, **own), vision_config=vision,
        image_token_id=words.image_token_id, video_token_id=words.video_token_id,
        vision_start_token_id=words.vision_bos_token_id, vision_end_token_id=words.vision_eos_token_id,
    )  # fmt: skip
    chat = chat.replace("IMAGE", "<|vision_start|><|image_pad|><|vision_end|>")
    return config, words, pictures, {"processor_class": processor}, chat


def qwen2_vl() -> Built:
    vision = {
        "depth": 2, "embed_dim": 32, "hidden_size": 64, "num_heads": 2, "mlp_ratio": 2, "patch_size": 14,
        "spatial_merge_size": 2, "temporal_patch_size": 2,
    }  # fmt: skip
    return _qwen(hf.Qwen2VLConfig, "Qwen2VLProcessor", vision, [2, 3, 3], 14, CHATML)


def qwen2_5_vl() -> Built:
    vision = {
        "depth": 2, "hidden_size": 32, "intermediate_size": 64, "num_heads": 2, "patch_size": 14,
        "out_hidden_size": 64, "window_size": 56, "fullatt_block_indexes": [1],
    }  # fmt: skip
    return _qwen(hf.Qwen2_5_VLConfig, "Qwen2_5_VLProcessor", vision, [2, 3, 3], 14, CHATML)


def qwen3_vl() -> Built:
    vision = {
        "depth": 3, "hidden_size": 32, "intermediate_size": 64, "num_heads": 2, "patch_size": 16,
        "out_hidden_size": 64, "num_position_embeddings": 64, "deepstack_visual_indexes": [0, 1],
    }  # fmt: skip
    return _qwen(hf.Qwen3VLConfig, "Qwen3VLProcessor", vision, [4, 2, 2], 16, THINKS)


def internvl() -> Built:
    words = tokenizer({
        "bos_token": "<|endoftext|>", "eos_token": "<|im_end|>", "pad_token": "<|pad|>", "start_image_token": "<img>",
        "end_image_token": "</img>", "context_image_token": "<IMG_CONTEXT>", "video_token": "<video>",
        "im_start_token": "<|im_start|>",
    })  # fmt: skip
    pictures = hf.GotOcr2ImageProcessorPil(
        size={"height": 56, "width": 56}, crop_to_patches=False, min_patches=1, max_patches=4
    )
    config = hf.InternVLConfig(
        vision_config={"image_size": [56, 56], "patch_size": [14, 14], **VISION},
        text_config=text_of(words, model_type="qwen2"), image_token_id=words.context_image_token_id, image_seq_length=4,
    )  # fmt: skip
    own = {"processor_class": "InternVLProcessor", "image_seq_length": 4}
    return config, words, pictures, own, CHATML.replace("IMAGE", "<IMG_CONTEXT>\n")


def gemma3() -> Built:
    words = tokenizer({
        "bos_token": "<bos>", "eos_token": "<eos>", "pad_token": "<pad>", "boi_token": "<start_of_image>",
        "eoi_token": "<end_of_image>", "image_token": "<image_soft_token>", "start_token": "<start_of_turn>",
        "end_token": "<end_of_turn>",
    })  # fmt: skip
    pictures = hf.Gemma3ImageProcessorPil(size={"height": 56, "width": 56}, do_pan_and_scan=False)
    pictures.image_seq_length = 4
    config = hf.Gemma3Config(
        vision_config={
            "model_type": "siglip_vision_model", "image_size": 56, "patch_size": 14, "vision_use_head": False, **VISION,
        },
        text_config=text_of(
            words, head_dim=16, query_pre_attn_scalar=16, sliding_window=16,
            layer_types=["sliding_attention", "sliding_attention", "full_attention"],
        ),
        mm_tokens_per_image=4, boi_token_index=words.boi_token_id, eoi_token_index=words.eoi_token_id,
        image_token_index=words.image_token_id,
    )  # fmt: skip
    chat = template("<start_of_image>", "<start_of_turn>user\n", "<end_of_turn>\n", "<start_of_turn>model\n", "<bos>")
    return config, words, pictures, {"processor_class": "Gemma3Processor", "image_seq_length": 4}, chat


def mllama() -> Built:
    words = tokenizer({
        "bos_token": "<|begin_of_text|>", "eos_token": "<|eot_id|>", "pad_token": "<|finetune_right_pad_id|>",
        "python_tag": "<|python_tag|>", "start_token": "<|start_header_id|>", "end_token": "<|end_header_id|>",
    })  # fmt: skip
    embedded = len(words)  # the image's token comes after those that have an embedding, as in the real model
    words.add_special_tokens({"additional_special_tokens": ["<|image|>"]})
    pictures = hf.MllamaImageProcessorPil(size={"height": 56, "width": 56}, max_image_tiles=4)
    config = hf.MllamaConfig(
        vision_config={
            "hidden_size": 32, "num_hidden_layers": 3, "num_global_layers": 2, "attention_heads": 2,
            "intermediate_size": 64, "vision_output_dim": 96, "image_size": 56, "patch_size": 14, "max_num_tiles": 4,
            "intermediate_layers_indices": [0, 1],
            "supported_aspect_ratios": [[1, 1], [1, 2], [1, 3], [1, 4], [2, 1], [2, 2], [3, 1], [4, 1]],
        },
        text_config={
            **text_of(words, rope_parameters={"rope_type": "default", "rope_theta": 5e5}), "vocab_size": embedded,
            "num_hidden_layers": 4, "cross_attention_layers": [1, 3],
        },
        image_token_index=words.convert_tokens_to_ids("<|image|>"),
    )  # fmt: skip
    turn = "<|start_header_id|>{}<|end_header_id|>\n\n"
    chat = template(
        "<|image|>", turn.format("user"), "<|eot_id|>", turn.format("assistant"), "<|begin_of_text|>"
    )  # fmt: skip
    return config, words, pictures, {"processor_class": "MllamaProcessor"}, chat


def smolvlm() -> Built:
    words = tokenizer({
        "bos_token": "<|im_start|>", "eos_token": "<end_of_utterance>", "pad_token": "<pad>", "image_token": "<image>",
        "fake_image_token": "<fake_token_around_image>", "global_image_token": "<global-img>",
        "end_of_utterance_token": "<end_of_utterance>",
    })  # fmt: skip
    pictures = hf.SmolVLMImageProcessorPil(
        size={"longest_edge": 56}, max_image_size={"longest_edge": 56}, do_image_splitting=False
    )
    config = hf.SmolVLMConfig(
        vision_config={"image_size": 56, "patch_size": 14, **VISION}, text_config=text_of(words, model_type="llama"),
        image_token_id=words.image_token_id, scale_factor=2, pad_token_id=words.pad_token_id,
    )  # fmt: skip
    chat = template("<image>", "User:", "<end_of_utterance>\n", "Assistant:", "<|im_start|>")
    return config, words, pictures, {"processor_class": "SmolVLMProcessor", "image_seq_len": 4}, chat


FAMILIES: dict[str, Callable[[], Built]] = {
    maker.__name__: maker
    for maker in (paligemma, llava, qwen2_vl, qwen2_5_vl, qwen3_vl, internvl, gemma3, mllama, smolvlm)
}


def build(family: str, folder: Path, *, spread: float = 0.15, seed: int = 0) -> Path:
    """Build one tiny model of a family in `folder`.

    `spread` is the standard deviation of its weights: large enough that pictures and words change what comes out.
    """
    config, words, pictures, own, chat = FAMILIES[family]()
    torch.manual_seed(seed)
    model = hf.AutoModelForImageTextToText.from_config(config, dtype=torch.float32).eval()
    with torch.no_grad():
        for name, values in model.named_parameters():
            if values.ndim > 1:
                values.normal_(0, spread)
            elif "gate" in name:
                values.fill_(0.5)
        model.get_output_embeddings().weight[words.eos_token_id] = 0  # an answer of chance shall not end at once
    model.generation_config.eos_token_id = words.eos_token_id
    model.save_pretrained(folder)
    words.save_pretrained(folder)
    pictures.save_pretrained(folder)
    (folder / "processor_config.json").write_text(json.dumps(own))
    if chat is not None:
        (folder / "chat_template.jinja").write_text(chat)
    return folder
