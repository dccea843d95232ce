"""The pocket rater's tokenizer and chat template, learned from the study's questions and answers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lib.drawing.expressions import EMOTIONS
from lib.errors import ParameterError
from lib.pocket.questions import DIGITS, Choice, Exercise

PAD, BEGIN, END, IMAGE, USER, ANSWER = "<pad>", "<s>", "</s>", "<image>", "<|user|>", "<|assistant|>"
TEMPLATE = (
    BEGIN + "{% for message in messages %}"
    "{% if message.role == 'assistant' %}" + ANSWER + "{% else %}" + USER + "{% endif %}"
    "{% if message.content is string %}{{ message.content }}{% else %}"
    "{% for part in message.content if part.type == 'image' %}" + IMAGE + "{% endfor %}"
    "{% for part in message.content if part.type == 'text' %}{{ part.text }}{% endfor %}{% endif %}"
    + END + "{% endfor %}{% if add_generation_prompt %}" + ANSWER + "{% endif %}"
)  # fmt: skip
"""`<s><|user|><image>...question</s><|assistant|>answer</s>`, the image before all words."""


@dataclass(frozen=True, slots=True)
class Spelled:
    """An exercise as tokens.

    Attributes
    ----------
    ids : tuple of int
        From behind the image (or behind `<|user|>`) to the last token of the answer, its end left out.
    first : int
        Place of the token that the answer's first token follows.
    targets : array (answer, vocabulary) of float32
        Chances of what follows from there on, the end included.
    chosen : tuple of int
        Which rows of `targets` are choices; the others are always so.
    """

    ids: tuple[int, ...]
    first: int
    targets: NDArray[np.float32]
    chosen: tuple[int, ...]


def learn_words(texts: Iterable[str], vocabulary: int) -> Any:  # noqa: ANN401, of transformers
    """Learn a byte-level BPE tokenizer in which every digit, and every emotion as an answer, is one token.

    Raises
    ------
    ParameterError
        `vocabulary` is too small for that.
    """
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    spelling = Tokenizer(models.BPE())
    spelling.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    spelling.decoder = decoders.ByteLevel()
    special = [PAD, BEGIN, END, IMAGE, USER, ANSWER]
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary, special_tokens=special, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )  # fmt: skip
    spelling.train_from_iterator(texts, trainer)
    words = PreTrainedTokenizerFast(
        tokenizer_object=spelling, pad_token=PAD, bos_token=BEGIN, eos_token=END, padding_side="left",
        model_max_length=1024, extra_special_tokens={"image_token": IMAGE, "user_token": USER, "answer_token": ANSWER},
    )  # fmt: skip
    words.chat_template = TEMPLATE
    for word in (*DIGITS, *EMOTIONS):
        if len(words(word)["input_ids"]) != 1:
            raise ParameterError(
                f"model.vocabulary: got {vocabulary}, with which {word!r} is not one token. Take a larger one."
            )
    return words


class Speller:
    """Turns exercises into tokens.

    Parameters
    ----------
    words
        Of `learn_words`.
    """

    def __init__(self, words: Any) -> None:  # noqa: ANN401
        self.words = words
        self._known = dict[str, tuple[int, ...]]()
        self.turn = self.ids(END + ANSWER)

    def ids(self, text: str) -> tuple[int, ...]:
        """Tokens of a text; special ones where it names them."""
        if text not in self._known:
            self._known[text] = tuple(self.words(text, add_special_tokens=False)["input_ids"])
        return self._known[text]

    def spell(self, exercise: Exercise) -> Spelled:
        """Spell an exercise."""
        said = list[int]()
        rows = list[NDArray[np.float32]]()
        chosen = list[int]()
        for part in exercise.answer:
            if isinstance(part, Choice):
                chosen.append(len(rows))
                rows.append(self._chances(part))
                said += self.ids(part.word)
            else:
                rows += [self._sure(token) for token in self.ids(part)]
                said += self.ids(part)
        rows.append(self._sure(self.words.eos_token_id))
        asked = (*self.ids(exercise.prompt), *self.turn)
        return Spelled((*asked, *said), len(asked) - 1, np.stack(rows), tuple(chosen))

    def _sure(self, token: int) -> NDArray[np.float32]:
        row = np.zeros(len(self.words), dtype=np.float32)
        row[token] = 1
        return row

    def _chances(self, choice: Choice) -> NDArray[np.float32]:
        row = np.zeros(len(self.words), dtype=np.float32)
        row[[self.ids(word)[0] for word in choice.words]] = choice.chances
        return row
