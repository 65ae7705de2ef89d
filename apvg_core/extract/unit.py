"""A unit of extraction: one recording and all that decides what its shards hold."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Final, Self

from apvg_core.config import ExtractConfig, Split
from apvg_core.data.shards import Shard, ShardInfo
from apvg_core.data.sources.recording import Recording
from apvg_core.errors import ShardError
from apvg_core.features.openpose import OpenPoseFolder
from apvg_core.files import sha256_of

WORK: Final = ".work"
"""Folder in the shard folder for unfinished work; a finished recording leaves nothing in it."""


@dataclass(frozen=True, kw_only=True)
class Unit:
    """One recording to be extracted.

    Attributes:
        recording: The recording.
        splits: The splits it goes to; two share it in time.
        out: The shard folder.
        config: The settings.
        estimator: Name and version of the pose estimator.
    """

    recording: Recording
    splits: Sequence[Split]
    out: Path
    config: ExtractConfig
    estimator: str

    @cached_property
    def source_sha256(self) -> str:
        """Checksum of the recording's files, and of its keypoints' where they are read; names do not count.

        It travels with the unit once it is known; see `recording.is_done`.
        """
        keypoints = sorted(self._keypoints.glob("[!.]*.json")) if self._keypoints is not None else []
        digests = [sha256_of(path) for path in (*self.recording.files(), *keypoints)]
        return digests[0] if len(digests) == 1 else hashlib.sha256("".join(digests).encode()).hexdigest()

    @property
    def known_sha256(self) -> str | None:
        """The checksum if it has been read; None where the files cannot be."""
        return vars(self).get("source_sha256")

    def in_splits(self, splits: Sequence[Split]) -> Self:
        """Return the same recording, its checksum still known, in these splits."""
        unit = replace(self, splits=splits)
        if self.known_sha256 is not None:
            vars(unit)["source_sha256"] = self.known_sha256
        return unit

    @property
    def settings(self) -> dict[str, Any]:
        """Every setting of the extraction; shards of other settings are extracted anew."""
        return {
            **asdict(self.config),
            "estimator": self.estimator,
            "instrument": self.recording.instrument,
            "performer": self.recording.performer,
            "splits": list(self.splits),
            "start": self.recording.images.start,
        }

    @cached_property
    def work(self) -> Path:
        """Folder for unfinished work; another source or setting has another."""
        key = json.dumps([self.settings, self.source_sha256], sort_keys=True)
        return self.out / WORK / self.recording.id / hashlib.sha256(key.encode()).hexdigest()[:12]

    def shard_id(self, split: Split) -> str:
        """Return the id of the shard for a split."""
        return f"{self.recording.id}-{split}"

    def shard_path(self, split: Split) -> Path:
        """Return the path of the shard for a split."""
        return self.out / split / self.recording.instrument / f"{self.shard_id(split)}.h5"

    def keypoint_folder(self) -> OpenPoseFolder | None:
        """Open the folder that the recording's keypoints are read from; None if they are estimated."""
        return None if self._keypoints is None else OpenPoseFolder(self._keypoints)

    @property
    def _keypoints(self) -> Path | None:
        if self.config.keypoints is None:
            return None
        return Path(self.config.keypoints) / Path(self.recording.source).stem

    def is_done(self) -> bool:
        """Return True if shards of these files and settings exist."""
        for split in self.splits:
            try:
                with Shard(self.shard_path(split)) as shard:
                    if (
                        recorded_settings(shard.info) != self.settings
                        or shard.info.source_sha256 != self.source_sha256
                    ):
                        return False
            except ShardError:
                return False
        return True


def recorded_settings(info: ShardInfo) -> dict[str, Any]:
    """Return the settings that a shard was made with; those of before there was a test split had none."""
    return {"test_fraction": 0.0, **info.settings}
