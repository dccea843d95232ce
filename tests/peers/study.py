"""The paper's study with a few drawn images, and conditions that ask the tiny models."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from inference_support import draw_face
from peers.servers import Peer

from lib.contracts.condition import Condition
from lib.contracts.prompts import PromptSet, fill, read_prompts
from lib.contracts.study import Study, read_study
from lib.files import sha256_file
from lib.protocol.question import Item

ROOT = Path(__file__).parents[2]
IMAGES = 6
TELLS = ("Choose", "pleasant", "intense")
"""A word of each plain question that is in no other one."""


@dataclass(frozen=True)
class PeerStudy:
    """A project folder; `models` holds `babbler` and `speaker`."""

    root: Path
    models: Path
    study: Study
    prompts: PromptSet
    items: list[Item]

    def condition(self, peer: Peer, model: str = "speaker", **changes: Any) -> Condition:
        """A condition that asks a model of a peer, written where `rater infer` finds it, too."""
        described = {
            "id": f"{peer.name.split()[0].replace('_', '-').replace('.', '-')}-{model}", "name": "Peer",
            "short_name": "Peer", "kind": "vlm", "backend": "openai", "server": peer.url,
            "model": str(self.models / model), "strategy": "context_carry", "prompts": "plain",
            "decoding": {"temperature": 0, "max_tokens": 6}, "specification": {"developer": "the tests"}, **changes,
        }  # fmt: skip
        condition = Condition.model_validate(described)
        path = self.root / f"params/conditions/{condition.id}.yaml"
        path.write_text(yaml.safe_dump(described), encoding="utf-8")
        return condition

    def rater(self, *words: str) -> tuple[int, str]:
        """Run a command as a user does."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("RATER_")}
        done = subprocess.run(
            [sys.executable, "-m", "lib.cli.main", *words], cwd=self.root, env=environment, text=True, check=False,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=600,
        )  # fmt: skip
        return done.returncode, done.stdout

    def lines(self, condition: str) -> list[dict[str, Any]]:
        """All that the store holds."""
        file = self.root / f"cache/responses/{condition}/all.jsonl"
        return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()] if file.exists() else []


def write_peer_study(root: Path) -> PeerStudy:
    """Write the project and both models."""
    from peers.tiny_models import write_models  # needs the local set

    for name in ("lib", "notebooks", "params"):
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("Snakefile", "_quarto.yml", "requirements.lock", "pyproject.toml"):
        shutil.copy(ROOT / name, root / name)
    rows = ["image_id,file,emotion,race,gender,identity"]
    items = []
    for number in range(IMAGES):
        path = root / f"data/stimuli/faces/f{number}.png"
        draw_face(path, 9 * number)
        items.append(Item(f"F{number}", path, sha256_file(path)))
        rows.append(f"F{number},faces/f{number}.png,happy,Korean,Woman,k{number}")
    (root / "data/stimuli/manifest.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    study, prompts = read_study(root / "params/study.yaml"), read_prompts(root / "params/prompts", "plain")
    carried = {"emotion": "happy", "valence": "8"}
    texts = [fill(template, study, carried) for template in prompts.steps.values()]
    write_models(root / "models", texts, study.emotion.categories, TELLS)
    return PeerStudy(root, root / "models", study, prompts, items)
