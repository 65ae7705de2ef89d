"""Media that the tests make themselves."""

import tempfile
from fractions import Fraction
from itertools import islice
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
import soundfile

from apvg_core.media.audio import Song, mono_blocks, open_song
from apvg_core.media.video import read_frames
from apvg_core.media.video_writer import VideoWriter
from apvg_core.units import SAMPLE_RATE

RATE = 44_100


def noise(seconds: float, *, rate: int = RATE, channels: int = 1, seed: int = 0) -> npt.NDArray[np.float32]:
    """Noise at -20 dBFS with one click in its middle [shape=(n, channels)]."""
    samples = np.random.default_rng(seed).normal(0, 0.1, (round(seconds * rate), channels))
    samples[len(samples) // 2] = 0.9
    return samples.astype(np.float32)


def tone(seconds: float, *, hertz: float = 440.0, rate: int = RATE) -> npt.NDArray[np.float32]:
    """A sine of amplitude 0.3 [shape=(n,)]."""
    return (0.3 * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate)).astype(np.float32)


def write_wav(path: Path, samples: npt.NDArray[np.float32], *, rate: int = RATE) -> Path:
    """Write samples [shape=(n,) or (n, channels)] as libsndfile does by the name's suffix; wav is float."""
    subtype = "FLOAT" if path.suffix == ".wav" else None
    soundfile.write(path, samples, rate, subtype=subtype)
    return path


def image(index: int, *, size: tuple[int, int] = (96, 64)) -> npt.NDArray[np.uint8]:
    """A grey that tells the index (see `index_of`), with a white corner at the top left [shape=(h, w, 3)]."""
    width, height = size
    image = np.full((height, width, 3), 4 * (index % 50), np.uint8)
    image[: height // 4, : width // 4] = 255
    return image


def index_of(frame: npt.NDArray[np.uint8]) -> int:
    """The index, modulo 50, of an image that has been through a codec."""
    height, width, _ = frame.shape
    return round(float(frame[height // 2 - 8 : height // 2 + 8, width // 2 - 8 : width // 2 + 8].mean()) / 4)


def write_video(
    path: Path,
    *,
    fps: Fraction | int = 25,
    size: tuple[int, int] = (96, 64),
    seconds: float = 2.0,
    times: npt.NDArray[np.float64] | None = None,
    rotation: int = 0,
    sound: npt.NDArray[np.float32] | None = None,
    rate: int = RATE,
    sound_start: float = 0.0,
) -> Path:
    """Write `image`s 0, 1, … and perhaps a sound track.

    Args:
        path: Its suffix chooses the container.
        fps: Images a second.
        size: Width and height.
        seconds: Length, in whole images.
        times: When each image is shown, in place of `fps` and `seconds`.
        rotation: Degrees anticlockwise by which players turn the image.
        sound: [shape=(n, channels)].
        rate: Of the sound, in Hz.
        sound_start: When the sound starts, in seconds.
    """
    # the time scale makes edit lists exact to the sample; other containers have none
    options = {"movie_timescale": str(rate)} if path.suffix in (".mp4", ".mov") else {}
    with av.open(str(path), "w", options=options) as container:
        video = container.add_stream("libvpx" if path.suffix == ".webm" else "libx264", rate=fps)
        video.width, video.height, video.pix_fmt = *size, "yuv420p"
        video.codec_context.time_base = Fraction(1, 1000) if times is not None else 1 / Fraction(fps)
        video.bit_rate = 4_000_000  # so that neighbouring greys stay apart
        if rotation:
            video.set_display_rotation(rotation)
        if sound is not None:
            track = _add_sound(container, path, sound.shape[1], rate)
        stamps = range(round(seconds * fps)) if times is None else np.rint(times * 1000).astype(int)
        for index, stamp in enumerate(stamps):
            frame = av.VideoFrame.from_ndarray(image(index, size=size), format="rgb24")
            frame.pts, frame.time_base = int(stamp), video.codec_context.time_base
            container.mux(video.encode(frame))
        container.mux(video.encode(None))
        if sound is not None:
            _mux_sound(container, track, sound, sound_start)
    return path


def write_m4a(
    path: Path, sound: npt.NDArray[np.float32], *, rate: int = RATE, faststart: bool = False
) -> Path:
    """Write sound [shape=(n, channels)] as AAC."""
    options = {"movflags": "+faststart"} if faststart else {}
    with av.open(
        str(path), "w", format="mp4", options={"movie_timescale": str(rate), **options}
    ) as container:
        _mux_sound(container, _add_sound(container, path, sound.shape[1], rate), sound, 0.0)
    return path


def read(song: Song, size: int = 65_536) -> npt.NDArray[np.float32]:
    """All of a song [shape=(samples, channels)]."""
    return np.concatenate(list(song.blocks(size)))


def lag(heard: npt.NDArray[np.float32], meant: npt.NDArray[np.float32]) -> int:
    """Samples by which the first channel of `heard` comes after that of `meant` [shape=(n, channels)]."""
    size = len(heard) + len(meant)
    spectrum = np.fft.rfft(heard[:, 0], size) * np.conj(np.fft.rfft(meant[:, 0], size))
    peak = int(np.fft.irfft(spectrum, size).argmax())
    return peak if peak < size // 2 else peak - size


def truncate(path: Path, share: float) -> Path:
    """Keep the first `share` of a file's bytes."""
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    return path


def _add_sound(container, path, channels, rate):
    layout = {1: "mono", 2: "stereo"}[channels]
    codec, rate = ("libopus", 48_000) if path.suffix == ".webm" else ("aac", rate)
    return container.add_stream(codec, rate=rate, layout=layout)


def _mux_sound(container, track, sound, start):
    frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(sound.T), format="fltp", layout=track.layout.name)
    frame.sample_rate, frame.pts, frame.time_base = (
        track.rate,
        round(start * track.rate),
        Fraction(1, track.rate),
    )
    container.mux(track.encode(frame))
    container.mux(track.encode(None))


RECORDINGS = Path(__file__).parents[1] / "examples/recordings"
CELLIST = RECORDINGS / "cello/p14/cello_p14_s77_00.mp4"


def excerpt(path: Path, seconds: float, *, film: Path = CELLIST) -> Path:
    """Write the beginning of a film of a virtual performer as mp4, or of its sound as wav."""
    with open_song(film) as song:
        sound = np.concatenate(list(mono_blocks(song)))[: round(seconds * SAMPLE_RATE)]
    if path.suffix == ".wav":
        return write_wav(path, sound, rate=SAMPLE_RATE)
    frames = list(islice(read_frames(film, fps=25), round(seconds * 25)))
    with tempfile.TemporaryDirectory() as folder:
        wav = write_wav(Path(folder, "sound.wav"), sound, rate=SAMPLE_RATE)
        with (
            open_song(wav) as song,
            VideoWriter(
                path, fps=25, width=frames[0].shape[1], height=frames[0].shape[0], song=song, metadata={}
            ) as film_file,
        ):
            for frame in frames:
                film_file.write(frame)
    return path
