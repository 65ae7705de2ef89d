"""Footage with its keypoints, and its shards."""

import json
import shutil
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from apvg_core.config import ExtractConfig
from apvg_core.data.manifest import read_manifest
from apvg_core.data.sources import find_recordings
from apvg_core.extract import extract
from apvg_core.skeleton import BODY_JOINTS
from tests.synth import tone, write_video, write_wav

FPS = 5


class Folder:
    """Footage with its keypoints, and the shards that are made from it here, in no other process."""

    def __init__(self, root):
        self.footage, self.keypoints, self.out = root / "footage", root / "keypoints", root / "shards"

    def film(self, name, *, seconds=2.0, heard=None, hertz=440.0, fps=FPS):
        path = self.footage / name
        path.parent.mkdir(parents=True, exist_ok=True)
        write_video(path, fps=fps, size=(64, 64), seconds=seconds)
        write_wav(path.with_suffix(".wav"), tone(heard or seconds, hertz=hertz))
        folder = self.keypoints / path.stem
        folder.mkdir(parents=True, exist_ok=True)
        for index in range(round(seconds * fps)):
            body = [(20 + index % 20, 10 + joint, 0.9) for joint in range(len(BODY_JOINTS))]
            people = [{"pose_keypoints_2d": np.ravel(body).tolist()}]
            (folder / f"{index:012}_keypoints.json").write_text(json.dumps({"people": people}))
        return path

    def copy(self, film, name):
        """The same film, sound and keypoints by another name."""
        path = self.footage / name
        path.parent.mkdir(parents=True, exist_ok=True)
        for suffix in (".mp4", ".wav"):
            shutil.copy(film.with_suffix(suffix), path.with_suffix(suffix))
        shutil.copytree(self.keypoints / film.stem, self.keypoints / path.stem, dirs_exist_ok=True)
        return path

    def extract(self, path=None, *, overwrite=False, instruments=(), limit=None, **settings):
        config = ExtractConfig(**{"size": 32, "crop": "center", "keypoints": str(self.keypoints), **settings})
        recordings = find_recordings(path or self.footage, instruments=instruments, limit=limit).recordings
        with ThreadPoolExecutor(1) as here:
            return extract(recordings, self.out, config, overwrite=overwrite, cluster=here)

    def files(self):
        return {path: path.stat().st_mtime_ns for path in self.out.rglob("*.*") if path.name != ".lock"}

    def places(self):
        return {entry.id.rsplit("-", 2)[0]: entry.split for entry in read_manifest(self.out)}


@pytest.fixture
def folder(tmp_path):
    return Folder(tmp_path)
