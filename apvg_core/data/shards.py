"""Shards: one HDF5 file per unbroken segment of a recording; `manifest.py` lists them.

Layout of a shard folder::

    manifest.json
    <split>/<instrument>/<id>.h5

A shard is self-contained. Its datasets (n frames of s x s pixels):

=================  ==================  ========================================================
``frames``         (n,) bytes          square RGB frames, each a JPEG (or PNG) file; (0,) without images
``times``          (n,) float64        time of each frame, seconds from the start of the recording
``cqt``            see ``cqt_mode``    log-magnitude CQT in dB
``keypoints``      (n, 60, 2) float32  x right, y down, in [0, 1] of the square; never NaN
``confidence``     (n, 60) float32     in [0, 1]; 0 where the joint was missed
``imputed``        (n, 60) bool        the position was filled in, not found
``audio``          (samples,) int16    mono, 44.1 kHz
``background``     (bytes,) uint8      the background behind the player, a small PNG, transparent where
                                       something moves; only where the square was chosen by the person
=================  ==================  ========================================================

``cqt_mode`` "continuous": (84, columns), column k at ``(first_column + k) * HOP_LENGTH`` samples of the
recording; "clip": (n, 84, 87), each frame's own 0.5 s clip transformed by itself, as in the paper.

All shards of a set-up (a camera that stood still) have one square and one ``background``: that of the film by
which the set-up is known. Its attribute ``set_up`` (JSON) has that ``film``, and ``width`` and ``height`` of
the images. It decides if recordings that are added later fit into the square.

A shard is written to a temporary name and renamed when it is whole, so what has the name is complete.
"""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import cv2
import h5py
import numpy as np
import numpy.typing as npt

from apvg_core.config import CqtMode, Split
from apvg_core.config_json import parse
from apvg_core.data.check import check_datasets, check_decibels, check_identity, check_values, require
from apvg_core.errors import ConfigError, ShardError
from apvg_core.features.background import Background
from apvg_core.features.cqt import slice_windows, window_starts
from apvg_core.files import DeferredErrorFile, parse_json, temporary_name
from apvg_core.units import CQT_FLOOR_DB, SAMPLE_RATE

SCHEMA_VERSION = 1
JPEG_QUALITY = 95

_WINDOWS = 256  # CQT windows read at a time


@dataclass(frozen=True, kw_only=True)
class ShardInfo:
    """Metadata of a shard, stored in its attribute `info` as JSON.

    Attributes:
        id: Unique in its folder; derived from the source's relative path.
        instrument: For example "violin".
        performer: Who plays, for example "p1".
        split: "train", "validation" or "test".
        fps: Frames a second.
        size: Edge of the square frames in pixels.
        crop: (x, y, side) of the square in pixels of the upright source image.
        source: Path of the source, relative to what was extracted.
        source_sha256: Checksum of the source file.
        cqt_mode: How the CQT was computed; see the module's docstring.
        window_offset: Seconds from a frame's time to the middle of its 0.5 s window.
        first_sample: Sample of the recording (44.1 kHz) at which `audio` starts.
        first_column: CQT column of the recording at which a continuous `cqt` starts.
        settings: Every setting of the extraction, by name.
        has_images: There are frames; what was played unfilmed has keypoints alone.
    """

    id: str
    instrument: str
    performer: str
    split: Split
    fps: float
    size: int
    crop: tuple[int, int, int]
    source: str
    source_sha256: str
    cqt_mode: CqtMode
    window_offset: float
    first_sample: int
    first_column: int
    settings: dict[str, Any]
    has_images: bool = True

    def __post_init__(self) -> None:
        check_identity(self)
        for sentence, is_so in {
            "the crop must be inside the picture": min(self.crop) < 0 or self.crop[2] < 1,
            "the sound cannot begin before the recording": min(self.first_sample, self.first_column) < 0,
        }.items():
            if is_so:
                raise ConfigError(f"{sentence}.")

    @property
    def relative_path(self) -> Path:
        """The shard's path in its folder."""
        return Path(self.split, self.instrument, f"{self.id}.h5")


@dataclass(frozen=True)
class SetUp:
    """A camera that stood still for some films.

    Attributes:
        film: Source of the film it is named after.
        background: The background in that film.
    """

    film: str
    background: Background


def encode_frame(frame: npt.NDArray[np.uint8], *, lossless: bool) -> npt.NDArray[np.uint8]:
    """Encode a frame [shape=(h, w, 3), RGB] as the bytes of a JPEG or PNG file [shape=(n,)]."""
    assert frame.dtype == np.uint8, frame.dtype
    bgr = cv2.cvtColor(frame, cv2.COLOR_RGB2BGR)
    if lossless:
        _, data = cv2.imencode(".png", bgr)
    else:
        _, data = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    return np.asarray(data, np.uint8).reshape(-1)


class ShardWriter:
    """Writes one shard, its images frame by frame so that they need not fit in memory together.

    Use as a context manager; leaving it without `finish` (or by an exception) leaves nothing behind.
    """

    def __init__(self, root: Path, info: ShardInfo, *, lossless: bool = False) -> None:
        self._info = info
        self._path = root / info.relative_path
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._temporary = temporary_name(self._path)
        self._lossless = lossless
        self._finished = False

    def __enter__(self) -> Self:
        self._disk = DeferredErrorFile(self._temporary)
        self._file = h5py.File(self._disk, "w")
        self._frames = self._file.create_dataset(
            "frames", shape=(0,), maxshape=(None,), chunks=(64,), dtype=h5py.vlen_dtype(np.uint8)
        )
        return self

    def add_frame(self, frame: npt.NDArray[np.uint8]) -> None:
        """Append one frame [shape=(size, size, 3), RGB]."""
        size = self._info.size
        assert frame.shape == (size, size, 3), frame.shape
        self.add_encoded(encode_frame(frame, lossless=self._lossless))

    def add_encoded(self, data: npt.NDArray[np.uint8]) -> None:
        """Append one frame that `encode_frame` has encoded [shape=(n,)]."""
        count = self._frames.shape[0]
        self._frames.resize((count + 1,))
        self._frames[count] = data
        self._disk.check()

    def add_cqt(self, piece: npt.NDArray[np.float32]) -> None:
        """Append columns [shape=(84, k)] of a continuous CQT, or clips' windows [shape=(k, 84, 87)]."""
        self._append("cqt", piece, axis=1 if self._info.cqt_mode == "continuous" else 0)

    def add_audio(self, samples: npt.NDArray[np.int16]) -> None:
        """Append sound [shape=(k,), mono, 44.1 kHz]."""
        self._append("audio", samples, axis=0)

    def add_set_up(self, set_up: SetUp) -> None:
        """Store which camera filmed this."""
        data = np.frombuffer(set_up.background.encode(), np.uint8)
        about = {
            "film": set_up.film,
            "width": set_up.background.width,
            "height": set_up.background.height,
        }
        self._file.create_dataset("background", data=data).attrs["set_up"] = json.dumps(about)

    def _append(self, name: str, piece: npt.NDArray[Any], axis: int) -> None:
        if name not in self._file:
            open_ended = tuple(None if k == axis else length for k, length in enumerate(piece.shape))
            self._file.create_dataset(name, data=piece, maxshape=open_ended)
            return
        dataset = self._file[name]
        before = dataset.shape[axis]
        dataset.resize(before + piece.shape[axis], axis=axis)
        dataset[(slice(None),) * axis + (slice(before, None),)] = piece
        self._disk.check()

    def finish(
        self,
        *,
        times: npt.NDArray[np.float64],
        keypoints: npt.NDArray[np.float32],
        confidence: npt.NDArray[np.float32],
        imputed: npt.NDArray[np.bool_],
    ) -> Path:
        """Add everything else, put the file on the disk and give it its name; see the module for shapes."""
        count = self._frames.shape[0]
        assert len(times) == len(keypoints) == len(confidence) == len(imputed)
        assert count == (len(times) if self._info.has_images else 0)
        assert np.isfinite(keypoints).all(), "NaN never leaves extraction"
        for name, value in [
            ("times", times), ("keypoints", keypoints), ("confidence", confidence), ("imputed", imputed),
        ]:  # fmt: skip
            self._file.create_dataset(name, data=value)
        self._file.attrs["schema_version"] = SCHEMA_VERSION
        self._file.attrs["info"] = json.dumps(asdict(self._info))
        self._file.close()
        self._disk.check()
        os.fsync(self._disk.fileno())
        self._disk.close()
        self._temporary.replace(self._path)
        self._finished = True
        return self._path

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self._finished:
            self._file.close()
            self._disk.close()
            self._temporary.unlink(missing_ok=True)


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    """Turn HDF5's errors, whatever their class, into one sentence that names the file."""
    try:
        yield
    except PermissionError as error:
        raise ShardError(f"{path} cannot be read (permission denied); change its permissions.") from error
    except ConfigError as error:
        reason = str(error).rstrip(".")
        raise ShardError(f"{path} is damaged ({reason}); run 'apvg extract' again to remake it.") from error
    except (OSError, KeyError, RuntimeError, ValueError, TypeError, MemoryError, cv2.error) as error:
        reason = "is missing" if not path.exists() else "is damaged (cut short or not a shard)"
        raise ShardError(f"{path} {reason}; run 'apvg extract' again to remake it.") from error


class Shard:
    """A shard open for reading; keypoints and times are read at once, frames and windows on request.

    Attributes:
        info: The shard's metadata.
        times: (n,) float64, seconds from the start of the recording.
        keypoints: (n, 60, 2) float32 in [0, 1].
        confidence: (n, 60) float32 in [0, 1].
        imputed: (n, 60) bool.
        visible: (n, 60) bool; the joint was found, so its position may be learned from and scored by.

    Raises:
        ShardError: The file is missing, damaged, or of another schema version.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        with _readable(path):
            if not path.is_file():
                raise FileNotFoundError(path)
            self._file = h5py.File(path, "r", locking=False)
            version = int(self._file.attrs["schema_version"])
        if version != SCHEMA_VERSION:
            raise ShardError(
                f"{path} has schema version {version}, this apvg reads {SCHEMA_VERSION}; "
                "extract it again with this version."
            )
        try:
            with _readable(path):
                self.info: ShardInfo = parse(ShardInfo, parse_json(self._file.attrs["info"]))
                check_datasets(self._file, self.info)
                self.times: npt.NDArray[np.float64] = self._file["times"][:]
                self.keypoints: npt.NDArray[np.float32] = self._file["keypoints"][:]
                self.confidence: npt.NDArray[np.float32] = self._file["confidence"][:]
                self.imputed: npt.NDArray[np.bool_] = self._file["imputed"][:]
                check_values(self, self._file)
        except ShardError:
            self._file.close()
            raise
        self.visible: npt.NDArray[np.bool_] = (self.confidence > 0) & ~self.imputed

    def __len__(self) -> int:
        return len(self.times)

    def frames(self, start: int, stop: int) -> npt.NDArray[np.uint8]:
        """Read frames start..stop-1 [shape=(stop-start, size, size, 3), RGB]; grey without images.

        Raises:
            ShardError: A frame cannot be decoded.
        """
        if not self.info.has_images:
            return np.full((stop - start, self.info.size, self.info.size, 3), 128, np.uint8)
        with _readable(self.path):
            encoded = self._file["frames"][start:stop]
            images = [cv2.imdecode(np.asarray(data), cv2.IMREAD_COLOR) for data in encoded]
            shape = (self.info.size, self.info.size, 3)
            require(all(image is not None and image.shape == shape for image in images), "frames")
            return np.stack([cv2.cvtColor(image, cv2.COLOR_BGR2RGB) for image in images])

    def windows(self, start: int, stop: int) -> npt.NDArray[np.float32]:
        """Read the CQT windows of frames start..stop-1 in dB [shape=(stop-start, 84, 87)].

        Frames may lie before the first (below 0) and behind the last one: sound that is not there is silence.
        """
        info = self.info
        before, beyond = max(0, -start), max(0, stop - len(self))
        with _readable(self.path):
            if info.cqt_mode == "clip":
                windows = np.asarray(self._file["cqt"][max(0, start) : stop], np.float32)
                check_decibels(windows)
                return np.pad(windows, [(before, beyond), (0, 0), (0, 0)], constant_values=CQT_FLOOR_DB)
            earlier = self.times[0] + np.arange(start, 0) / info.fps
            later = self.times[-1] + np.arange(1, beyond + 1) / info.fps
            times = np.concatenate([earlier, self.times[max(0, start) : stop], later])
            return slice_windows(self._cqt, window_starts(times, info.window_offset) - info.first_column)

    def middle_columns(self) -> npt.NDArray[np.float32]:
        """Read the middle column of every frame's CQT window in dB [shape=(n, 84)]."""
        columns = []
        for start in range(0, len(self), _WINDOWS):
            windows = self.windows(start, min(start + _WINDOWS, len(self)))
            columns.append(windows[:, :, windows.shape[2] // 2])
        return np.concatenate(columns)

    @property
    def _cqt(self) -> npt.NDArray[np.float32]:
        """The continuous CQT [shape=(84, columns)], cached after its first use (about 60 kB a second)."""
        if not hasattr(self, "_cqt_cache"):
            cqt: npt.NDArray[np.float32] = self._file["cqt"][:]
            check_decibels(cqt)
            self._cqt_cache = cqt
        return self._cqt_cache

    def audio(self) -> npt.NDArray[np.int16]:
        """Read the segment's sound [shape=(samples,), mono, 44.1 kHz]; silence behind the recording's end."""
        with _readable(self.path):
            samples = np.asarray(self._file["audio"][:])
        missing = round(len(self) / self.info.fps * SAMPLE_RATE) - len(samples)
        return np.pad(samples, (0, missing)) if missing > 1 else samples  # one more or less is rounding

    def set_up(self) -> SetUp | None:
        """Read which camera filmed this; None if that is unknown.

        Raises:
            ShardError: The background cannot be decoded.
        """
        with _readable(self.path):
            if "background" not in self._file:
                return None
            stored = self._file["background"]
            about = json.loads(stored.attrs["set_up"])
            background = Background.decode(stored[:].tobytes(), int(about["width"]), int(about["height"]))
            return SetUp(str(about["film"]), background)

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
