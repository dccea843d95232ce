from __future__ import annotations

from collections import Counter
from pathlib import Path

from lib.asking.report import RunReport
from lib.cli.infer_end import _from_log, ending_line, what_to_do
from lib.project import Project


def test_what_was_rejected_is_not_said_to_be_asked_by_the_same_command() -> None:
    rejected = RunReport(questions=3, answered=2, failed=Counter(rejected=1), last_failure={"rejected": "too large."})
    assert ending_line(rejected) == "2 of 3 questions done, 2 answered now; left: 1 failed (1 rejected)."
    assert what_to_do(rejected) == "Rejected: too large. What was rejected is asked again with --retry-failed only."
    mixed = RunReport(questions=3, answered=1, failed=Counter(rejected=1, server=1), last_failure={"server": "503."})
    assert what_to_do(mixed) == "The last failure (server): 503. Run the same command again to ask what failed."
    assert what_to_do(RunReport(questions=3, answered=3)) == ""


def test_why_a_step_failed_is_taken_from_the_log_whole(tmp_path: Path) -> None:
    log = tmp_path / "infer.log"
    log.write_text(
        "Building DAG of jobs...\n  asked a 1of2: failed\nfolder: process 7 asks its shard all.\nWait until it ends.\n"
        "  asked a 2of2 (1.0 s)\nFinished jobid: 0\n",
        encoding="utf-8",
    )
    said = _from_log(log, Project(tmp_path, tmp_path / "params/study.yaml"))
    assert said.splitlines() == [
        "  asked a 1of2: failed",
        "folder: process 7 asks its shard all.",
        "Wait until it ends.",
        "  asked a 2of2 (1.0 s)",
        "Full log: infer.log",
    ]
