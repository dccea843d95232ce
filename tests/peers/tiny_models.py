"""Two tiny vision-language models of Gemma 3's kind, made here without any library of models; both servers load them.

`babbler` has random weights, but never says a category or a digit. `speaker` has the same eyes and a language model set
by hand: it answers a question for an emotion with a category and one for a rating with a digit, which of them depends
on the image, and then it stops. Its one layer attends to all tokens alike and hands on two things alone: the word that
tells the questions apart, and what the image's patches look like. Weights, names and files are as in
google/gemma-3-4b-it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import save_file
from tokenizers import Tokenizer, models, pre_tokenizers

PAD, END, BEGIN, UNKNOWN = "<pad>", "<eos>", "<bos>", "<unk>"
IMAGE, IMAGE_BEGINS, IMAGE_ENDS = "<image_soft_token>", "<start_of_image>", "<end_of_image>"
SPECIAL = (PAD, END, BEGIN, UNKNOWN, IMAGE, IMAGE_BEGINS, IMAGE_ENDS)
TEMPLATE = (
    "{{ bos_token }}{% for m in messages %}<{{ m.role }}>"
    "{% if m.content is string %}{{ m.content }}{% else %}{% for c in m.content %}"
    "{% if c.type == 'image' %}" + IMAGE_BEGINS + "{% else %}{{ c.text }}{% endif %}{% endfor %}{% endif %}"
    "{% endfor %}{% if add_generation_prompt %}<model>{% endif %}"
)
SIDE, PATCH, PATCHES = 56, 14, 16
EYES, HIDDEN, HEADS = 32, 64, 4
# What the 64 numbers of a token mean.
TELLS, PLAIN, ANSWER, SEEN = slice(0, 3), 3, 4, slice(32, 48)  # as they come in
ASKED, LOOKS = slice(16, 19), slice(48, 64)  # as attention hands them on

Weights = dict[str, np.ndarray]


def write_models(folder: Path, texts: Sequence[str], categories: Sequence[str], tells: Sequence[str]) -> None:
    """Write both models into `folder`.

    Parameters
    ----------
    folder
        Gets one folder for each.
    texts
        What the models can read: one token for each of their words, signs and digits.
    categories
        What they can say beside digits.
    tells
        One word for each kind of question that no other kind has: for the emotion first, then for ratings.
    """
    split = pre_tokenizers.Sequence([pre_tokenizers.Whitespace(), pre_tokenizers.Digits(individual_digits=True)])
    words = [
        word for text in (*texts, *categories, "< > user model 0123456789") for word, _ in split.pre_tokenize_str(text)
    ]
    ids = {word: number for number, word in enumerate(dict.fromkeys([*SPECIAL, *words]))}
    tokenizer = Tokenizer(models.WordLevel(ids, UNKNOWN))
    tokenizer.pre_tokenizer = split
    tokenizer.add_special_tokens(list(SPECIAL))
    random = np.random.default_rng(7)
    weights = {**eyes(random), **language(random, len(ids))}
    weights["language_model.model.embed_tokens.weight"][[ids[word] for word in (*categories, *"0123456789")]] = 0
    write(folder / "babbler", tokenizer, weights, ids)
    write(folder / "speaker", tokenizer, weights | speech(random, ids, categories, tells), ids)


def eyes(random: np.random.Generator) -> Weights:
    """SigLIP with one layer, and the way from what it sees to a token's numbers."""
    tower, layer = "vision_tower.vision_model.", "vision_tower.vision_model.encoder.layers.0."
    projection = np.zeros((EYES, HIDDEN))
    projection[:, SEEN] = random.normal(size=(EYES, SEEN.stop - SEEN.start))
    weights = {
        f"{tower}embeddings.patch_embedding.weight": random.normal(size=(EYES, 3, PATCH, PATCH)) / PATCH,
        f"{tower}embeddings.patch_embedding.bias": np.zeros(EYES),
        f"{tower}embeddings.position_embedding.weight": random.normal(size=(PATCHES, EYES)),
        "multi_modal_projector.mm_input_projection_weight": projection,
        "multi_modal_projector.mm_soft_emb_norm.weight": np.zeros(EYES),
    }
    for part in (
        "self_attn.q_proj",
        "self_attn.k_proj",
        "self_attn.v_proj",
        "self_attn.out_proj",
        "mlp.fc1",
        "mlp.fc2",
    ):
        weights[f"{layer}{part}.weight"] = random.normal(size=(EYES, EYES)) / EYES**0.5
        weights[f"{layer}{part}.bias"] = np.zeros(EYES)
    for norm in (f"{layer}layer_norm1", f"{layer}layer_norm2", f"{tower}post_layernorm"):
        weights |= {f"{norm}.weight": np.ones(EYES), f"{norm}.bias": np.zeros(EYES)}
    return weights


def language(random: np.random.Generator, words: int) -> Weights:
    """Gemma 3 with one layer and random weights; its norms are 1 + weight."""
    layer = "language_model.model.layers.0."
    weights = {
        "language_model.model.embed_tokens.weight": random.normal(size=(words, HIDDEN)),
        "language_model.model.norm.weight": np.zeros(HIDDEN),
    }
    for part in ("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.o_proj",
                 "mlp.gate_proj", "mlp.up_proj", "mlp.down_proj"):  # fmt: skip
        weights[f"{layer}{part}.weight"] = random.normal(size=(HIDDEN, HIDDEN)) / HIDDEN**0.5
    for norm in ("input", "post_attention", "pre_feedforward", "post_feedforward"):
        weights[f"{layer}{norm}_layernorm.weight"] = np.zeros(HIDDEN)
    # Louder than the word itself, which it would else repeat for ever.
    weights[f"{layer}post_attention_layernorm.weight"] += 20
    for norm in ("q_norm", "k_norm"):
        weights[f"{layer}self_attn.{norm}.weight"] = np.zeros(HIDDEN // HEADS)
    return weights


def speech(
    random: np.random.Generator, ids: dict[str, int], categories: Sequence[str], tells: Sequence[str]
) -> Weights:
    """The weights that make a model answer instead."""
    layer = "language_model.model.layers.0."
    unit = np.eye(HIDDEN)
    words = np.tile(unit[PLAIN], (len(ids), 1))
    for place, word in enumerate(tells):
        words[ids[word]] = unit[TELLS.start + place]
    named, digits = [ids[name] for name in categories], [ids[str(number)] for number in range(1, 10)]
    words[named + digits] = unit[ANSWER]
    words[named + digits, LOOKS] = random.normal(size=(len(named + digits), LOOKS.stop - LOOKS.start)) / 2
    words[named, ASKED.start] = words[digits, ASKED.start + 1] = 4
    words[digits, ASKED.start + 2] = random.uniform(4, 5, len(digits))
    words[ids[END]] = 60 * unit[ANSWER]
    take, hand_on = np.zeros((HIDDEN, HIDDEN)), np.zeros((HIDDEN, HIDDEN))
    for place in (*range(HIDDEN)[TELLS], *range(HIDDEN)[SEEN]):
        take[place, place] = 1
        hand_on[place + ASKED.start, place] = 1 if place < TELLS.stop else 0.25
    silent = np.zeros((HIDDEN, HIDDEN))
    return {
        "language_model.model.embed_tokens.weight": words,
        f"{layer}post_attention_layernorm.weight": np.zeros(HIDDEN),
        f"{layer}self_attn.q_proj.weight": silent,
        f"{layer}self_attn.k_proj.weight": silent,
        f"{layer}self_attn.v_proj.weight": take,
        f"{layer}self_attn.o_proj.weight": hand_on,
        f"{layer}mlp.down_proj.weight": silent,
    }


def write(folder: Path, tokenizer: Tokenizer, weights: Weights, ids: dict[str, int]) -> None:
    """Write one model with all that belongs to it."""
    folder.mkdir(parents=True)
    save_file(
        {name: value.astype(np.float32) for name, value in weights.items()}, folder / "model.safetensors",
        {"format": "pt"},
    )  # fmt: skip
    tokenizer.save(str(folder / "tokenizer.json"))
    (folder / "chat_template.jinja").write_text(TEMPLATE)
    used = {"bos_token_id": ids[BEGIN], "eos_token_id": ids[END], "pad_token_id": ids[PAD]}
    images = {
        "image_processor_type": "Gemma3ImageProcessor", "size": {"height": SIDE, "width": SIDE},
        "do_pan_and_scan": False, "image_mean": [0.5] * 3, "image_std": [0.5] * 3, "image_seq_length": PATCHES // 4,
    }  # fmt: skip
    contents: dict[str, dict[str, Any]] = {
        "config": {
            "architectures": ["Gemma3ForConditionalGeneration"], "model_type": "gemma3", "dtype": "float32", **used,
            "boi_token_index": ids[IMAGE_BEGINS], "eoi_token_index": ids[IMAGE_ENDS], "image_token_index": ids[IMAGE],
            "mm_tokens_per_image": PATCHES // 4, "hidden_size": HIDDEN, "vocab_size": len(ids),
            "vision_config": {
                "model_type": "siglip_vision_model", "image_size": SIDE, "patch_size": PATCH, "hidden_size": EYES,
                "intermediate_size": EYES, "num_hidden_layers": 1, "num_attention_heads": 2, "vision_use_head": False,
            },
            "text_config": {
                "model_type": "gemma3_text", "vocab_size": len(ids), "hidden_size": HIDDEN, "head_dim": HIDDEN // HEADS,
                "intermediate_size": HIDDEN, "num_hidden_layers": 1, "num_attention_heads": HEADS,
                "num_key_value_heads": HEADS, "query_pre_attn_scalar": HIDDEN // HEADS, "sliding_window": 1024,
                "sliding_window_pattern": 1, "layer_types": ["full_attention"], "max_position_embeddings": 4096,
                "mm_tokens_per_image": PATCHES // 4,
                **used,
            },
        },
        "generation_config": used,
        "preprocessor_config": {**images, "processor_class": "Gemma3Processor"},
        "processor_config": {"processor_class": "Gemma3Processor", "image_seq_length": PATCHES // 4},
        "tokenizer_config": {
            "tokenizer_class": "PreTrainedTokenizerFast", "processor_class": "Gemma3Processor", "bos_token": BEGIN,
            "eos_token": END, "pad_token": PAD, "unk_token": UNKNOWN, "boi_token": IMAGE_BEGINS,
            "eoi_token": IMAGE_ENDS, "image_token": IMAGE, "model_max_length": 4096, "padding_side": "left",
        },
    }  # fmt: skip
    for name, content in contents.items():
        (folder / f"{name}.json").write_text(json.dumps(content, indent=1))
