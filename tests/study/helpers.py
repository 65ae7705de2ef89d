"""Runs that differ, and files of votes."""

import json
import shutil
from pathlib import Path
from typing import Any

from safetensors.torch import load_file, save_file

from apvg_core.files import read_json, sha256_of, write_json


def other_run(run: Path, folder: Path) -> Path:
    """A copy of a run whose final frames come out otherwise."""
    shutil.copytree(run, folder, ignore=shutil.ignore_patterns("state", "logs"))
    weights = load_file(folder / "stu/model.safetensors")
    save_file({name: 0.9 * weight for name, weight in weights.items()}, folder / "stu/model.safetensors")
    told = read_json(folder / "run.json")
    told["stages"]["stu"]["sha256"] = sha256_of(folder / "stu/model.safetensors")
    write_json(folder / "run.json", told)
    return folder


def ballot(name: str, realistic: str = "ab", in_sync: str = "ab") -> dict[str, Any]:
    """A participant's file; each letter is the run voted for in a set, "-" is "cannot tell"."""
    votes = [
        {
            "shown": [f"b{n}", f"a{n}"], "seconds": 9, "voted": "2030-01-01T00:00:00.000Z",
            "realistic": None if real == "-" else f"{real}{n}",
            "in_sync": None if sync == "-" else f"{sync}{n}",
        }
        for n, real, sync in zip((1, 2), realistic, in_sync, strict=True)
    ]  # fmt: skip
    return {"schema_version": 1, "study": "this", "participant": name, "votes": votes[::-1]}


def write_votes(folder: Path, *documents: dict[str, Any]) -> list[Path]:
    paths = [folder / f"votes{index}.json" for index in range(len(documents))]
    for path, document in zip(paths, documents, strict=True):
        path.write_text(json.dumps(document), encoding="utf-8")
    return paths
