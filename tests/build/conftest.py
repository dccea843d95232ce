"""A copy of the project with the small study, built for real in a folder of its own."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = ("lib", "notebooks", "params", "data/published", "report", "provenance", "manuscript")
FILES = ("Snakefile", "_quarto.yml", "index.qmd", "requirements.lock", "pyproject.toml")
STEP = re.compile(r"^  (.+) \(\d+\.\d s\)$", re.MULTILINE)


@dataclass
class BuiltProject:
    """A project folder whose builds are run as a user runs them."""

    root: Path
    study: str

    def command(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "lib.cli.main", *words, "--study", self.study]

    def environment(self) -> dict[str, str]:
        return {k: v for k, v in os.environ.items() if not k.startswith("RATER_")} | {"RATER_RENDERER": "press"}

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(*words),
            cwd=self.root,
            env=self.environment(),
            capture_output=True,
            text=True,
            check=False,
            timeout=600,
        )

    def steps(self, *words: str) -> set[str]:
        """Build (by default), and give the names of the steps that were run."""
        finished = self.run(*(words or ["build"]))
        assert finished.returncode == 0, finished.stdout + finished.stderr
        return set(STEP.findall(finished.stdout))

    def kill_when(self, said: str) -> set[str]:
        """Start a build and kill it and all its children with SIGKILL soon after it has said something.

        Gives the names of the steps that were done by then: a fast machine gets further in that time.
        """
        process = subprocess.Popen(
            self.command("build"), cwd=self.root, env=self.environment(), stdout=subprocess.PIPE, text=True,
            start_new_session=True, bufsize=1,
        )  # fmt: skip
        assert process.stdout is not None
        heard = ""
        for line in process.stdout:
            heard += line
            if said in line:
                break
        time.sleep(1.5)
        os.killpg(process.pid, signal.SIGKILL)
        heard += process.stdout.read()
        process.wait()
        return set(STEP.findall(heard))

    def edit(self, name: str, old: str, new: str) -> None:
        path = self.root / name
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), encoding="utf-8")


def copy_project(target: Path) -> None:
    for name in SOURCES:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, target / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in FILES:
        shutil.copy(ROOT / name, target / name)


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> BuiltProject:
    from tests_support import write_light_chapters, write_small_study

    root = tmp_path_factory.mktemp("project")
    copy_project(root)
    project = BuiltProject(root, str(write_small_study(root)))
    with (root / project.study).open("a", encoding="utf-8") as stream:
        stream.write("beside: [params/demo.yaml]\n")
    write_light_chapters(root)
    project.steps("paper")
    return project


@pytest.fixture(scope="module")
def asked_project(tmp_path_factory: pytest.TempPathFactory) -> BuiltProject:
    """A project whose images are there and whose machine can be asked; nothing is asked or built yet."""
    from inference_support import write_asked_study
    from tests_support import write_light_chapters

    root = tmp_path_factory.mktemp("asked")
    copy_project(root)
    project = BuiltProject(root, write_asked_study(root))
    write_light_chapters(root)
    return project
