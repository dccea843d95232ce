"""`python -m wire '{"latency": 0.02, "faults": {"server_500": 0.1}, "log": "wire.jsonl"}'`, from `tests/`.

Prints its port and serves until standard input ends. Besides `log` the keys are those of `wire.faults.Settings`; a POST
of some of them to `/_wire` changes them, a GET gives them with what was counted.
"""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

import wire.gemini_batches
import wire.openai_batches  # noqa: F401, adds its routes, as the one above
from wire.faults import Settings
from wire.server import serve

given = json.loads(sys.argv[1]) if len(sys.argv) > 1 else {}
where = given.pop("log", None)
asyncio.run(serve(Settings(**given), Path(where) if where else None))
