from __future__ import annotations

import asyncio
import json
import signal
from pathlib import Path

import pytest

from lib.asking.stopping import Stop, stopped_by_signals
from lib.build.asking_run import STOP_VARIABLE, now_file, stopped_by_files
from lib.build.inference import as_record


def test_a_stop_file_and_a_signal_are_one_wish_and_the_file_beside_it_is_the_second(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "stop"
    monkeypatch.setenv(STOP_VARIABLE, str(file))

    async def main() -> None:
        stop = Stop()
        with stopped_by_signals(stop), stopped_by_files(stop):
            file.touch()
            await asyncio.wait_for(stop.wait(), 5)
            signal.raise_signal(signal.SIGTERM)  # whoever ends a whole group of processes reaches this one, too
            await asyncio.sleep(0.5)
            assert not stop.at_once.is_set()
            now_file(file).touch()
            await asyncio.wait_for(stop.at_once.wait(), 5)

    loop = asyncio.new_event_loop()
    loop.run_until_complete(main())
    loop.close()


def cell(source: str, *tags: str) -> dict:
    return {"cell_type": "code", "metadata": {"tags": list(tags)}, "source": source.splitlines(keepends=True)}


def test_a_record_shows_what_it_was_told_once() -> None:
    defaults, given = cell("limit = None", "parameters"), cell("# Parameters\nlimit = 5\n", "injected-parameters")
    text = json.dumps({"cells": [cell("1"), defaults, given, cell("2")], "metadata": {}})
    cells = json.loads(as_record(text))["cells"]
    assert ["".join(one["source"]) for one in cells] == ["1", "# What this run was told\nlimit = 5\n", "2"]
    assert cells[1]["metadata"]["tags"] == ["parameters"]
    untouched = {"cells": [cell("1"), defaults], "metadata": {}}
    assert json.loads(as_record(json.dumps(untouched))) == untouched
