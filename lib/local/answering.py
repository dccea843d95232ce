"""Answers side by side: token by token until each is at its end, with what is wanted of every step."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from lib.contracts.condition import Decoding
from lib.local.drawing import Drawer, draw_of, seed_of
from lib.local.engine import Generation, Steps, StoppedError, Trace, Wanted
from lib.local.passing import BeingRead, Reads
from lib.local.prompting import Prepared
from lib.local.turns import ROOM_TO_ANSWER, ROOM_TO_THINK, Turn, Words

if TYPE_CHECKING:
    import torch


@dataclass(slots=True)
class _Row:
    """One question while it is answered."""

    prepared: Prepared
    turn: Turn
    drawer: Drawer
    top: list[torch.Tensor] = field(default_factory=list)
    chances: list[torch.Tensor] = field(default_factory=list)
    words: list[torch.Tensor] = field(default_factory=list)
    attention: list[torch.Tensor] = field(default_factory=list)
    hidden: list[torch.Tensor] = field(default_factory=list)
    hidden_image: torch.Tensor | None = None


class Answerer:
    """Answers with one model.

    Parameters
    ----------
    reader
        Of the model.
    tokenizer
        Its tokenizer.
    words
        Its tokens that mean something to every answer.
    own
        How the weights themselves say that tokens are drawn.
    """

    def __init__(self, reader: Reads, tokenizer: Any, words: Words, own: Decoding) -> None:  # noqa: ANN401
        self.reader, self.tokenizer, self.words, self.own = reader, tokenizer, words, own
        self._known: dict[Wanted, tuple[int, ...]] = {}
        text = reader.model.config.get_text_config()
        self.context = int(getattr(text, "max_position_embeddings", 0) or 1 << 30)

    def longest(self, prepared: Prepared) -> int:
        """Tokens of a question with the longest answer that it may get."""
        request = prepared.request
        room = request.decoding.max_tokens or ROOM_TO_ANSWER
        if request.thinking.mode == "budget":
            room += (request.thinking.budget or 0) + len(self.words.closed)
        elif request.thinking.mode == "dynamic":
            room += ROOM_TO_THINK
        return min(self.context, len(prepared.ids) + room)

    def does_not_fit(self, prepared: Prepared) -> str | None:
        """Why a question is too long for the model; None if it is not."""
        if len(prepared.ids) < self.context:
            return None
        return (
            f"the question has {len(prepared.ids)} tokens ({len(prepared.image_at)} of them the image's), but the "
            f"model reads {self.context}. Lower the study's longest_side of images, or shorten the prompt."
        )

    def answer(self, batch: Sequence[Prepared], stopped: Callable[[], bool]) -> list[Generation]:
        """Answer questions that are alike.

        Raises
        ------
        StoppedError
            `stopped` became true between two tokens.
        """
        self.reader.counts.batches += 1
        with self.reader.watcher.watching(batch[0].request.wanted):
            reading = self.reader.read(batch)
            rows = [self._begin(prepared) for prepared in batch]
            open_rows = list(range(len(rows)))
            if reading.seen.hidden_image is not None:
                for number, row in enumerate(rows):
                    row.hidden_image = reading.seen.hidden_image[number]
            while open_rows:
                if stopped():
                    raise StoppedError
                open_rows = self._step(reading, rows, open_rows)
        return [self._finish(row, reading, number) for number, row in enumerate(rows)]

    def _begin(self, prepared: Prepared) -> _Row:
        request = prepared.request
        room = self.context - len(prepared.ids)
        turn = Turn(self.words, request.thinking, request.decoding, opened=prepared.opened, room=room)
        seed = seed_of(request.decoding.seed, request.key)
        return _Row(prepared, turn, Drawer(draw_of(request.decoding, self.own), seed, prepared.ids))

    def _step(self, reading: BeingRead, rows: list[_Row], open_rows: list[int]) -> list[int]:
        """Take one token for each question that is open; give those that still are."""
        likeliest = reading.scores.argmax(-1).tolist()
        left, places, tokens = [], [], []
        shown = self._shown(reading, rows[open_rows[0]])
        for place, number in enumerate(open_rows):
            row = rows[number]
            token = row.turn.next_forced
            if token is None:
                token = likeliest[place] if row.drawer.draw.plain else row.drawer.take(reading.scores[place])
            kept = row.turn.take(token)
            if kept is None:
                continue
            row.drawer.said(kept)
            self._note(row, place, reading, shown)
            if row.turn.finish is None:
                left.append(number)
                places.append(place)
                tokens.append(kept)
        if left:
            reading.go_on(places, tokens)
        return left

    def _shown(self, reading: BeingRead, row: _Row) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor] | None:
        """Likeliest tokens, their log-probabilities and those of the wanted words, of all rows; None if not wanted."""
        import torch

        wanted = row.prepared.request.wanted
        if not (wanted.top or wanted.words or wanted.starts):
            return None
        chances = reading.scores.log_softmax(-1)
        best = chances.topk(min(wanted.top, chances.shape[-1]), dim=-1)
        known = torch.tensor(self._word_ids(wanted), device=chances.device, dtype=torch.long)
        named = torch.where(known >= 0, chances[:, known.clamp(min=0)], float("nan"))
        return best.indices.cpu(), best.values.cpu(), named.cpu()

    def _word_ids(self, wanted: Wanted) -> tuple[int, ...]:
        """Tokens of wanted words, by themselves or behind a space, -1 if a word takes several; then those of starts."""
        if wanted not in self._known:
            words = [self._tokens(word) for word in wanted.words]
            starts = [self._tokens(word) for word in wanted.starts]
            single = [ids[0] if len(ids) == 1 else -1 for ids in words]
            self._known[wanted] = (*single, *(ids[0] if ids else -1 for ids in starts))
        return self._known[wanted]

    def _tokens(self, word: str) -> list[int]:
        ids: list[int] = self.tokenizer(word, add_special_tokens=False)["input_ids"]
        return ids[1:] if len(ids) > 1 and not self.tokenizer.decode(ids[:1]).strip() else ids

    @staticmethod
    def _note(row: _Row, place: int, reading: BeingRead, shown: Any) -> None:  # noqa: ANN401
        if shown is not None:
            row.top.append(shown[0][place])
            row.chances.append(shown[1][place])
            row.words.append(shown[2][place])
        if row.prepared.request.wanted.answer_only and row.turn.answer_from == len(row.turn.ids):
            return
        if reading.seen.attention is not None:
            row.attention.append(reading.seen.attention[place])
        if reading.seen.hidden is not None:
            row.hidden.append(reading.seen.hidden[place])

    def _finish(self, row: _Row, reading: BeingRead, number: int) -> Generation:
        turn, prepared = row.turn, row.prepared
        start = turn.answer_from
        text = self.tokenizer.decode(turn.ids[start:], skip_special_tokens=True)
        thoughts = turn.thoughts
        steps = self._steps(row)
        assert turn.finish is not None
        return Generation(
            text=text.lstrip("\n") if thoughts is not None else text,
            finish=turn.finish,
            ids=tuple(turn.ids),
            pieces=tuple(self.tokenizer.decode([token]) for token in turn.ids),
            thoughts=None if thoughts is None else self.tokenizer.decode(thoughts, skip_special_tokens=True).strip(),
            forced=turn.forced,
            answer_from=start,
            tokens_in=len(prepared.ids),
            tokens_out=turn.tokens_out,
            tokens_thinking=turn.tokens_thinking,
            tokens_reused=reading.reused[number],
            steps=steps,
            top_words=self._texts(steps),
            trace=self._trace(row, reading, number),
        )

    def _texts(self, steps: Steps | None) -> tuple[tuple[str, ...], ...]:
        if steps is None:
            return ()
        return tuple(tuple(self.tokenizer.decode([token]) for token in step) for step in steps.ids.tolist())

    def _steps(self, row: _Row) -> Steps | None:
        import torch

        if not row.top:
            return None
        return Steps(
            torch.stack(row.top).numpy().astype(np.int32),
            torch.stack(row.chances).numpy().astype(np.float32),
            torch.stack(row.words).numpy().astype(np.float32),
            self._word_ids(row.prepared.request.wanted),
        )

    def _trace(self, row: _Row, reading: BeingRead, number: int) -> Trace | None:
        wanted, grid = row.prepared.request.wanted, row.prepared.grid
        if not (wanted.attention or wanted.vision_attention or wanted.hidden):
            return None
        kept = reading.kept[number] if reading.kept else None
        image = row.hidden_image if row.hidden_image is not None else None if kept is None else kept.hidden
        shape = (grid.rows, grid.columns) if grid is not None else (0, 0)
        attention = None
        if row.attention and grid is not None:
            stacked = np.stack([values.numpy() for values in row.attention])
            attention = stacked.reshape(*stacked.shape[:3], *shape)
        vision = None
        if kept is not None and kept.vision is not None:
            side = round(kept.vision.shape[-1] ** 0.5)
            vision = kept.vision.numpy().reshape(*kept.vision.shape[:2], side, side)
        return Trace(
            grid=grid,
            attention=attention,
            attention_layers=self.reader.watcher.layers if attention is not None else (),
            vision_attention=vision,
            hidden_layers=wanted.hidden,
            hidden=np.stack([values.numpy() for values in row.hidden]) if row.hidden else None,
            hidden_image=None if image is None else image.numpy(),
        )
