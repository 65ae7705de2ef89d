"""From sound to pictures, streaming: windows → keypoints → coarse frames → frames → mp4.

Everything works on blocks of a fixed number of frames, whatever the length of the song, so memory stays
bounded and the same song and seed give the same video.

Axes: t frames of a block, f CQT bins, c CQT columns.
"""

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import Tensor

import apvg_core
from apvg_core.errors import ConfigError
from apvg_core.features.cqt import stream_windows
from apvg_core.features.loudness import normalising_gain
from apvg_core.generation.runtime import Networks, choose_device, load_networks, precision
from apvg_core.media.audio import mono_blocks, open_song
from apvg_core.media.encode import Mp4Writer
from apvg_core.models.layers import image_to_tensor, tensor_to_image
from apvg_core.progress import Progress, silent
from apvg_core.run import RunInfo

BLOCK_FRAMES = 16
"""Frames that go through the networks together."""

MonoBlocks = Callable[[], Iterable[npt.NDArray[np.float32]]]
"""Starts the sound (mono, 44.1 kHz, block by block) from its beginning; called once a pass."""


@dataclass(frozen=True)
class Block:
    """Up to `BLOCK_FRAMES` consecutive frames.

    Attributes:
        windows: CQT windows in dB, (t, 84, 87).
        keypoints: (t, 60, 2) in [0, 1]; None where the recipe has no KHP.
        coarse: (t, 3, h, w) in [0, 1]; None where it has no CVG.
        frames: (t, size, size, 3) uint8; None before the last network.
    """

    windows: Tensor
    keypoints: Tensor | None
    coarse: Tensor | None
    frames: npt.NDArray[np.uint8] | None = None


def sound_windows(sound: MonoBlocks, info: RunInfo, count: int) -> Iterator[npt.NDArray[np.float32]]:
    """The CQT windows of frames 0..count-1 of a sound, its loudness normalised, in blocks."""
    gain = normalising_gain(sound())
    return stream_windows(
        (block * np.float32(gain) for block in sound()),
        count=count, fps=info.fps, mode=info.cqt_mode, offset=info.window_offset, batch=BLOCK_FRAMES,
    )  # fmt: skip


@torch.inference_mode()
def coarse_blocks(
    networks: Networks, windows: Iterable[npt.NDArray[np.float32]], *, performer: int, seed: int
) -> Iterator[Block]:
    """Keypoints and coarse frames for blocks of CQT windows [shape=(t <= BLOCK_FRAMES, 84, 87)]."""
    device, khp, cvg = networks.device, networks.khp, networks.cvg
    average = networks.conditions.average[performer : performer + 1].to(device)
    khp_state = khp.initial_state(1, device) if khp else None
    if cvg:
        reference = image_to_tensor(networks.conditions.reference[performer : performer + 1]).to(device)
        size = networks.info.size // cvg.config.downscale
        start = F.interpolate(reference, size=(size, size), mode="area")
        noise = torch.randn(1, cvg.config.noise, generator=torch.Generator().manual_seed(seed)).to(device)
        cvg_state = cvg.initial_state(start)
    for block in windows:
        count = len(block)
        windows_1tfc = _filled(torch.from_numpy(block)).to(device)
        keypoints = coarse = None
        if khp:
            keypoints, khp_state = khp(windows_1tfc, average, khp_state)
            keypoints = keypoints[0, :count].float()
        if cvg:
            with precision(device):
                coarse, cvg_state = cvg(windows_1tfc, noise, start, cvg_state)
            coarse = coarse[0, :count].float().clamp(0, 1)
        yield Block(windows_1tfc[0, :count], keypoints, coarse)


@torch.inference_mode()
def final_blocks(networks: Networks, blocks: Iterable[Block], *, performer: int) -> Iterator[Block]:
    """Add the frames to blocks that have keypoints and coarse frames."""
    assert networks.stu is not None
    device = networks.device
    reference = image_to_tensor(networks.conditions.reference[performer : performer + 1]).to(device)
    reference = reference.contiguous(memory_format=torch.channels_last)
    state = networks.stu.initial_state(1, networks.info.size, device)
    for block in blocks:
        count = len(block.windows)
        filled = [None if x is None else _filled(x) for x in (block.coarse, block.keypoints, block.windows)]
        with precision(device):
            frames, state = networks.stu(*filled, reference, state)
        yield replace(block, frames=tensor_to_image(frames[0, :count].float()).cpu().numpy())


def _filled(x: Tensor) -> Tensor:
    """A batch of one whole block, its last frame repeated: the networks only ever see one shape."""
    return torch.cat([x, x[-1:].expand(BLOCK_FRAMES - len(x), *x.shape[1:])])[None]


def generate_blocks(
    networks: Networks, sound: MonoBlocks, *, count: int, performer: int, seed: int
) -> Iterator[Block]:
    """The whole way from a sound to `count` frames: what `generate` shows and `evaluate` judges."""
    windows = sound_windows(sound, networks.info, count)
    coarse = coarse_blocks(networks, windows, performer=performer, seed=seed)
    return final_blocks(networks, coarse, performer=performer)


def frame_count(duration: float, fps: float) -> int:
    """Frames of a video for a song of that many seconds; half a frame counts up."""
    return max(1, math.floor(duration * fps + 0.5))


def generate(
    song: Path,
    run: Path,
    out: Path,
    *,
    performer: str | None = None,
    seed: int = 0,
    device: str = "auto",
    blind: bool = False,
    on_progress: Progress = silent,
) -> None:
    """Write a video of a run's performer playing a song.

    Args:
        song: Any sound file.
        run: A run folder with all three stages.
        out: The mp4 to write; what was there stays until the new one is whole.
        performer: One of the run's; None is the first.
        seed: Of the random variable z.
        device: "auto", "cpu", "cuda", ...
        blind: Keep who made it and what is played out of the file's tags; that it is synthetic stays.
        on_progress: Called after each block of frames.

    Raises:
        MediaError: The song cannot be read, or the video cannot be written.
        RunError: The run is damaged or lacks a stage.
        ConfigError: There is no such performer or device, or `out` is no mp4.
    """
    if out.suffix.lower() != ".mp4":
        raise ConfigError(f"--out {out} must end in .mp4.")
    networks = load_networks(run, choose_device(device))
    index, info = networks.performer_index(performer), networks.info
    made_by = f"Synthetic video, made from audio by apvg {apvg_core.__version__}"
    metadata = {"comment": f"{made_by}.", "synthetic": "true"}
    if not blind:
        metadata |= {
            "title": song.stem,
            "artist": f"{info.performers[index]} ({info.instrument}, synthetic)",
            "comment": f"{made_by}, run {run.name}.",
        }
    with open_song(song, on_progress=on_progress) as opened:
        count = frame_count(opened.duration, info.fps)
        blocks = generate_blocks(
            networks, lambda: mono_blocks(opened), count=count, performer=index, seed=seed
        )
        with Mp4Writer(
            out, fps=info.fps, width=info.size, height=info.size, song=opened, metadata=metadata
        ) as writer:
            done = 0
            for block in blocks:
                assert block.frames is not None
                for frame in block.frames:
                    writer.write(frame)
                done += len(block.frames)
                on_progress("generate", done, count)
