"""Puts recordings on the disk: as footage (mp4, wav), or as a tree like Sub-URMP's (images and chunks)."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import cv2
import numpy as np
import numpy.typing as npt
import soundfile

from apvg_core.errors import ConfigError
from apvg_core.files import atomic_write, read_json
from apvg_core.media.audio import open_song
from apvg_core.media.video_writer import VideoWriter
from apvg_core.truth import SCHEMA, write_truth
from apvg_core.units import SAMPLE_RATE
from apvg_core.virtual.recording import Recording, Take

FOOTAGE_FPS: Final = 25
SUB_URMP_FPS: Final = 10
SUB_URMP: Final = "Sub-URMP"
CHUNK_SECONDS: Final = 0.5
"""Length of a chunk of Sub-URMP; the name of each is the millisecond at which it ends."""

VALIDATION_SHARE: Final = 0.2
_JPEG_QUALITY: Final = 95


Layout = Literal["footage", "sub-urmp"]


@dataclass(frozen=True)
class Job:
    """One recording to be written.

    Attributes:
        take: Which.
        out: The folder of the whole data set.
        size: Height of the images, pixels.
        layout: How it is to lie there.
        split: "train" or "validation" in a Sub-URMP tree; None for footage, which `apvg extract` splits.
        order: Number of the recording in a Sub-URMP tree, 1 to 99.
    """

    take: Take
    out: Path
    size: int
    layout: Layout
    split: str | None
    order: int

    @property
    def name(self) -> str:
        """The name of the recording's files."""
        take = self.take
        if self.layout == "sub-urmp":
            return f"{take.instrument}{self.order:02}"
        return f"{take.instrument}_p{take.performer}_s{take.seed}_{take.number:02}"

    @property
    def film(self) -> Path:
        """The film's path in the footage layout; the wav lies beside it."""
        return self.out / self.take.instrument / f"p{self.take.performer}" / f"{self.name}.mp4"

    @property
    def truth(self) -> Path:
        """The path of the recording's truth file."""
        root = self.out / SUB_URMP if self.layout == "sub-urmp" else self.out
        return root / "truth" / f"{self.name}.json"


def validation_count(recordings: int) -> int:
    """Compute how many of a performer's recordings are held out, the last ones; none of a single one."""
    return max(1, round(VALIDATION_SHARE * recordings)) if recordings > 1 else 0


def finished(job: Job) -> bool:
    """Return True if the recording is there already; its truth is written last.

    Raises:
        ConfigError: Another recording has its name.
    """
    try:
        truth = read_json(job.truth)
    except (OSError, ValueError):
        return False
    if job.layout == "footage" and not all(job.film.with_suffix(s).is_file() for s in (".mp4", ".wav")):
        return False
    take, font = job.take, job.take.soundfont
    same = {"performer": take.performer, "seed": take.seed, "number": take.number, "split": job.split}
    if any(truth.get(name) != value for name, value in same.items()):
        raise ConfigError(
            f"{job.out} holds another {job.name}; choose another --out, or ask for all performers and "
            "recordings in one command."
        )
    wanted = {
        "schema": SCHEMA,
        "seconds": take.seconds,
        "size": job.size,
        "timbre": take.timbre,
        "soundfont": None if font is None else font.name,
    }
    return all(truth.get(name) == value for name, value in wanted.items())


def write_footage(job: Job) -> int:
    """Write `<instrument>/p<performer>/<name>.mp4` and its wav, and the truth; returns how many frames.

    Raises:
        MediaError: The folder cannot be written to.
        DependencyError: OpenGL or FluidSynth is missing.
    """
    recording = Recording(job.take)
    times = np.arange(round(job.take.seconds * FOOTAGE_FPS)) / FOOTAGE_FPS
    film = job.film
    _remove(job)
    _write_wav(film.with_suffix(".wav"), recording.sound())
    joints = []
    with (
        open_song(film.with_suffix(".wav")) as song,
        VideoWriter(
            film,
            fps=FOOTAGE_FPS,
            width=job.size,
            height=job.size,
            song=song,
            metadata={"comment": "synthetic"},
        ) as mp4,
    ):
        for image, places in recording.images(times, job.size, job.size):
            mp4.write(image)
            joints.append(places)
    _write_truth(job, recording.truth(times, np.array(joints)), FOOTAGE_FPS, film.relative_to(job.out))
    return len(times)


def write_sub_urmp(job: Job) -> int:
    """Write `Sub-URMP/{img,chunk}/<split>/<instrument>/<instrument><SS>_<T>.{jpg,wav}`, and the truth.

    T is the millisecond at which a chunk of half a second ends; the image shows its middle. Returns how
    many frames there are.

    Raises:
        DependencyError: OpenGL or FluidSynth is missing.
    """
    recording = Recording(job.take)
    instrument = job.take.instrument
    ends = np.arange(CHUNK_SECONDS, job.take.seconds + 1e-9, 1 / SUB_URMP_FPS)
    times = ends - CHUNK_SECONDS / 2
    sound = recording.sound()
    folders = {kind: job.out / SUB_URMP / kind / str(job.split) / instrument for kind in ("img", "chunk")}
    _remove(job)
    joints = []
    images = recording.images(times, round(job.size * 16 / 9 / 2) * 2, job.size)
    for end, (image, places) in zip(ends, images, strict=True):
        name = f"{job.name}_{round(1000 * end)}"
        _write_jpeg(folders["img"] / f"{name}.jpg", image)
        first = round((end - CHUNK_SECONDS) * SAMPLE_RATE)
        chunk = sound[first : first + round(CHUNK_SECONDS * SAMPLE_RATE)]
        _write_wav(folders["chunk"] / f"{name}.wav", np.stack([chunk, chunk], axis=1))
        joints.append(places)
    _write_truth(
        job,
        recording.truth(times, np.array(joints)),
        SUB_URMP_FPS,
        Path(SUB_URMP, "img", str(job.split), instrument, job.name),
    )
    return len(times)


def _remove(job: Job) -> None:
    """Remove the truth, and the images and chunks, of an earlier recording of this name."""
    job.truth.unlink(missing_ok=True)
    if job.layout == "sub-urmp":
        for path in (job.out / SUB_URMP).glob(f"*/*/{job.take.instrument}/{job.name}_*"):
            path.unlink()


def _write_truth(job: Job, truth: dict[str, Any], fps: int, media: Path) -> None:
    document = {
        "media": media.as_posix(),
        "layout": job.layout,
        "split": job.split,
        "fps": fps,
        "size": job.size,
        **truth,
    }
    write_truth(job.truth, document)


def _write_wav(path: Path, sound: npt.NDArray[np.float32]) -> None:
    with atomic_write(path) as temporary:
        soundfile.write(temporary, sound, SAMPLE_RATE, subtype="PCM_16", format="WAV")


def _write_jpeg(path: Path, image: npt.NDArray[np.uint8]) -> None:
    done, data = cv2.imencode(".jpg", image[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])
    assert done
    with atomic_write(path) as temporary:
        temporary.write_bytes(data.tobytes())
