"""The store of answers: append-only lines of JSON, one file a condition and shard, and their answers by key.

Every line is written at once and whole, so that a process may be killed at any moment and nothing that was answered is
lost. What cannot be read is reported and left where it is.
"""

from __future__ import annotations

import contextlib
from binascii import unhexlify
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from lib.contracts.study import check_id
from lib.errors import StoreError
from lib.protocol.question import Stored
from lib.responses.ends import find_end, mend_end, noted_tail
from lib.responses.index import LINES, LONG, Details, Index, IndexReader, Place, pack, unpack
from lib.responses.locks import NO_LOCKS, held
from lib.responses.merge import merge
from lib.responses.record import Failure, Response, encode, with_whole_characters
from lib.responses.removed import read_removed
from lib.responses.report import StoreReport
from lib.responses.shard import ALL, Shard, parse_shard
from lib.responses.writer import Writer


class Store:
    """The answers of one condition; made by `open_store` and `read_store`, used by one thread.

    Attributes
    ----------
    folder : Path
        The condition's files.
    condition : str
        Its id.
    report : StoreReport
        What was found while reading, with counts that go on while lines are added.
    """

    def __init__(self, folder: Path, condition: str, *, detailed: bool = False) -> None:
        self.folder, self.condition, self.report = folder, condition, StoreReport()
        self._index, self._reader = Index(), IndexReader(condition, self.report, detailed)
        self._writer: Writer | None = None
        self._own = -1

    def lookup(self, key: str) -> Stored | None:
        """The answer to a question; None where there is none, or only a failure."""
        try:
            found = self._index.answers.get(unhexlify(key))
        except ValueError:
            return None
        if isinstance(found, Place):
            line = LINES.decode(self._reader.files.read(found))
            return Stored(line.text, line.finish_reason, line.refusal)
        return found

    def failure(self, key: str) -> Failure | None:
        """Why the last attempt to get an answer failed; None where it did not."""
        packed = pack(key)
        return self._index.failures.get(packed) if packed else None

    def details(self, key: str) -> Details | None:
        """Tokens, cost and more of a question's last line; None where there is none, or they were not asked for."""
        packed = pack(key)
        return self._index.details.get(packed) if packed else None

    def spent(self) -> dict[str, float]:
        """What all lines cost together by currency, with those that failed, were replaced or were taken out."""
        return dict(self._index.spent)

    def keys(self) -> set[str]:
        """All questions that have an answer or a failure."""
        return {unpack(key) for key in self._index}

    def __len__(self) -> int:
        return len(self._index)

    def append(self, response: Response) -> None:
        """Add one line; when this returns the operating system has it, whatever becomes of this process.

        Raises
        ------
        StoreError
            The disk is full or fails. No part of the line stays, all earlier lines do; no further line is taken.
        ValueError
            The store is only read, or the response is of another condition or has no possible key.
        """
        key = pack(response.key)
        if self._writer is None or key is None or response.condition != self.condition:
            raise ValueError(f"got {response.key!r} of {response.condition!r} for the store of {self.condition!r}")
        try:
            line = encode(response)
        except UnicodeEncodeError:
            response = with_whole_characters(response)
            line = encode(response)
        start, length = self._writer.write(line)
        self._index.spend(response.cost, response.currency)
        if response.failure is not None:
            self._index.take(key, response.failure)
        elif len(response.text) > LONG:
            self._index.take(key, Place(self._own, start, length))
        else:
            self._index.take(key, self._reader.pooled(response.text, response.finish_reason, response.refusal))
        self.report.lines += 1
        self._count()

    def flush(self) -> None:
        """Wait until all lines are on the disk."""
        if self._writer is not None:
            self._writer.flush()

    def close(self) -> None:
        """Bring all lines to the disk and let go of all files; may be called twice.

        Raises
        ------
        StoreError
            The disk failed after lines were added.
        """
        writer, self._writer = self._writer, None
        try:
            if writer is not None:
                writer.close()
        finally:
            self._reader.files.close()

    def _load(self, own: Shard | None) -> None:
        """Read all files of the condition; the one of `own` becomes the one that lines are added to."""
        files = shard_files(self.folder)
        if own is not None:
            path = self.folder / f"{own.name}.jsonl"
            tail = mend_end(path, self._name(path), datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ"))
            self.report.tails += [tail] if tail else []
            self._writer = Writer(path)
            files = dict(sorted({**files, own: path}.items()))
        indexes, opened = [], self._reader.files
        for shard, path in files.items():
            number = opened.open(path)
            end = find_end(opened.handles[number])
            if shard == own:  # was mended: a broken line that is the last one now is a fault, and stays where it is
                self._own, readable = number, end.size
            else:
                self.report.tails += noted_tail(path, self._name(path), end)
                readable = end.good
            indexes.append(self._reader.read(number, self._name(path), readable))
        self._index = merge(indexes, opened)
        for removed in read_removed(self.folder):
            for currency, cost in removed.spent.items():
                self._index.spend(cost, currency)
        self._count()

    def _count(self) -> None:
        report, index = self.report, self._index
        report.answers, report.failures = len(index.answers), len(index.failures)
        report.repeated = report.lines - report.answers - report.failures

    def _name(self, path: Path) -> str:
        return f"{self.condition}/{path.name}"


@contextlib.contextmanager
def open_store(folder: Path, condition: str, shard: Shard = ALL) -> Iterator[Store]:
    """Open a condition's answers and hold one shard of it for writing, until the `with` block ends.

    Answers in files of other shards are known, too, so that another number of shards asks nothing again. The rest of a
    line that was cut off at the end of this shard's file is set aside beside it.

    Parameters
    ----------
    folder
        The folder of all conditions' responses (`cache/responses`).
    condition
        The condition's id.
    shard
        The part of its questions that this process asks.

    Raises
    ------
    StoreError
        Another process has this shard, or the condition in another number of shards; or the disk is full.
    """
    own = condition_folder(folder, condition)
    with held(own, shard) as locked:
        store = Store(own, condition)
        try:
            store.report.notes += [] if locked else [NO_LOCKS]
            _guarded(store, shard)
            yield store
        finally:
            store.close()


def read_store(folder: Path, condition: str, *, detailed: bool = False) -> Store:
    """Read a condition's answers as they are now, without holding or changing anything; also while a run goes on.

    With `detailed`, tokens and costs of every answer are known, too, which takes more memory.

    Raises
    ------
    StoreError
        A file cannot be read.
    """
    store = Store(condition_folder(folder, condition), condition, detailed=detailed)
    _guarded(store, None)
    return store


def _guarded(store: Store, own: Shard | None) -> None:
    try:
        store._load(own)
    except OSError as error:
        raise StoreError(
            f"{error.filename or store.folder}: cannot be opened ({error.strerror or error}). "
            "Make it readable and writable for this user, then run the same command again."
        ) from error


def condition_folder(folder: Path, condition: str) -> Path:
    """Where the files of one condition are, under the folder of all responses.

    Raises
    ------
    StoreError
        The id is none that could be a folder's name.
    """
    try:
        return folder / check_id(condition)
    except ValueError as error:
        raise StoreError(f"condition: got {condition!r}; {error}.") from error


def shard_files(folder: Path) -> dict[Shard, Path]:
    """The files of a condition's answers by shard, in order; other files are not among them."""
    found: dict[Shard, Path] = {}
    for path in folder.glob("*.jsonl"):
        with contextlib.suppress(StoreError):
            shard = parse_shard(path.stem)
            if shard.name == path.stem and path.is_file():
                found[shard] = path
    return dict(sorted(found.items()))


def has_responses(folder: Path, condition: str) -> bool:
    """Whether anything was ever stored for a condition."""
    return any(path.stat().st_size for path in shard_files(condition_folder(folder, condition)).values())
