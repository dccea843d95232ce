from __future__ import annotations

import csv
import io
import json
import re
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from lib.cli import main as cli

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/audit.md").read_text(encoding="utf-8")
runner = CliRunner()


def invoke(*words: str) -> tuple[int, str]:
    done = runner.invoke(cli.app, ["audit", *words])
    assert not isinstance(done.exception, Exception) or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, done.output


def block(language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    assert found is not None
    return found.group(1)


@pytest.fixture
def example(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)  # neither a study nor a project is near
    path = tmp_path / "example.csv"
    path.write_text(block("csv"), encoding="utf-8")
    return path


def test_the_documents_example_prints_what_it_says(example: Path) -> None:
    code, said = invoke(str(example))
    assert code == 1
    assert said == block("text")


def test_numbers_that_fit_end_with_zero(example: Path) -> None:
    fitting = example.read_text(encoding="utf-8").replace(".848", ".850").replace(".126", ".125")
    example.write_text(fitting, encoding="utf-8")
    code, said = invoke(str(example))
    assert code == 0
    assert "none contradicts another" in said


def test_tables_as_excel_saves_them(example: Path) -> None:
    text = example.read_text(encoding="utf-8").replace(",", ";").replace(".848", "0,848")
    example.write_bytes(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())
    code, said = invoke(str(example), "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(said)))
    assert code == 1
    assert [row["verdict"] for row in rows[:3]] == ["inconsistent", "inconsistent", "consistent"]
    assert rows[0]["ids"] == "b a" and "0.8475 to 0.8485" in rows[0]["arithmetic"]


def test_json_into_a_file(example: Path, tmp_path: Path) -> None:
    out = tmp_path / "new/audit.json"
    code, said = invoke(str(example), "--format", "json", "--out", str(out))
    content = json.loads(out.read_text(encoding="utf-8"))
    assert code == 1
    assert "4 tests, 2 failed" in said
    assert (content["numbers"], content["tests"], content["failed"]) == (8, 4, 2)
    assert {row["check"] for row in content["summary"]} >= {"Kappa follows from accuracy"}
    assert content["findings"][-1]["verdict"] == "cannot be checked"


HEAD = "id,statistic,printed,n,from,operation\n"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (HEAD.encode(), "has no rows"),
        (b"id,statistic\na,kappa\n", "column 'printed'"),
        (f"{HEAD}a,kapa,.5,,,\n".encode(), "row 2, column 'statistic': got 'kapa'"),
        (f"{HEAD}a,kappa,half,,,\n".encode(), "row 2, column 'printed': got 'half'"),
        (f"{HEAD}a,kappa,.5,many,,\n".encode(), "row 2, column 'n': got 'many'"),
        (f"{HEAD}a,kappa,.5,,,\na,kappa,.5,,,\n".encode(), "row 3, column 'id': got 'a'"),
        (f"{HEAD}a,ratio,2.0,,b c,ratio\n".encode(), "row 2, column 'from': got 'b'"),
        (f"{HEAD}a,ratio,2.0,,a,\n".encode(), "column 'operation'"),
        (f"{HEAD}a,ratio,2.0,,a a,divide\n".encode(), "got 'divide'"),
        (b"PK\x03\x04" + bytes(range(256)), "not readable as CSV"),
        (b"\xff\xfe" + "id,statistic".encode("utf-16-le"), "example.csv"),
    ],
)
def test_a_faulty_file_is_one_message_and_code_two(example: Path, content: bytes, words: str) -> None:
    example.write_bytes(content)
    code, said = invoke(str(example))
    assert code == 2
    assert said.startswith("rater: ") and words in said
    assert "Traceback" not in said


def test_no_such_file_and_a_place_that_cannot_be_written(example: Path, tmp_path: Path) -> None:
    assert invoke(str(tmp_path / "none.csv"))[0] == 2
    assert invoke(str(tmp_path))[0] == 2
    code, said = invoke(str(example), "--out", str(example / "below.txt"))
    assert code == 2 and "cannot be written" in said


def test_the_page_names_every_test(example: Path) -> None:
    from lib.audit.finding import CHECKS

    assert [words for words in CHECKS.values() if f"| {words} |" not in PAGE] == []


def test_it_starts_without_a_study(example: Path) -> None:
    """The entry point itself, as a user runs it: contradictions are exit code 1 and no error."""
    import subprocess

    done = subprocess.run(
        [sys.executable, "-m", "lib.cli.main", "audit", str(example)],
        cwd=example.parent, env={"PYTHONPATH": str(ROOT), "PATH": ""}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (1, "")
