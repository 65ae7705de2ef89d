"""From sound to images, streaming: windows → keypoints → coarse frames → frames.

Everything works on blocks of a fixed number of frames, whatever the length of the song, so memory stays
bounded and the same song and seed give the same video.

Axes: t frames of a block, f CQT bins, c CQT columns.
"""

import math
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import chain, repeat, tee
from typing import Final

import numpy as np
import numpy.typing as npt

from apvg_core.drawing.heatmaps import heatmaps
from apvg_core.features.cqt import stream_windows
from apvg_core.features.loudness import normalising_gain
from apvg_core.generation.prefetch import prefetch
from apvg_core.run.info import RunInfo
from apvg_core.runtime.load import Networks
from apvg_core.runtime.step import Step
from apvg_core.stages.spec import BLOCK_FRAMES
from apvg_core.stages.stu.inputs import Known, make_inputs
from apvg_core.units import CQT_BINS, CQT_FLOOR_DB, WINDOW_COLUMNS

Floats = npt.NDArray[np.float32]

_SILENCE: Final = np.full((BLOCK_FRAMES, CQT_BINS, WINDOW_COLUMNS), CQT_FLOOR_DB, np.float32)

MonoBlocks = Callable[[], Iterable[Floats]]
"""Starts the sound (mono, 44.1 kHz, block by block) from its beginning; called once a pass."""


@dataclass(frozen=True)
class Block:
    """Up to `BLOCK_FRAMES` consecutive frames.

    Attributes:
        windows: CQT windows in dB, (t, 84, 87).
        keypoints: (t, 60, 2) in [0, 1]; None where there is no KHP.
        coarse: (t, 3, h, w) in [0, 1]; None where there is no CVG.
        frames: (t, size, size, 3) uint8; None before the last network.
    """

    windows: Floats
    keypoints: Floats | None
    coarse: Floats | None
    frames: npt.NDArray[np.uint8] | None = None

    def __len__(self) -> int:
        """Count its frames."""
        return len(self.windows)

    def part(self, first: int, stop: int) -> "Block":
        """Take its frames first..stop-1, as far as it has them."""
        return Block(
            self.windows[first:stop],
            None if self.keypoints is None else self.keypoints[first:stop],
            None if self.coarse is None else self.coarse[first:stop],
            None if self.frames is None else self.frames[first:stop],
        )


def sound_windows(
    sound: MonoBlocks, info: RunInfo, count: int, *, gain: float | None = None
) -> Iterator[Floats]:
    """Compute the CQT windows of frames 0..count-1 of a sound, in blocks [shape=(t, bins, columns)].

    The arguments are those of `generate_blocks`.
    """
    if gain is None:
        gain = normalising_gain(sound())
    return stream_windows(
        (block * np.float32(gain) for block in sound()),
        count=count, fps=info.fps, mode=info.cqt_mode, offset=info.window_offset, batch=BLOCK_FRAMES,
    )  # fmt: skip


def coarse_blocks(
    networks: Networks, windows: Iterable[Floats], *, performer: int, seed: int
) -> Iterator[Block]:
    """Predict keypoints and coarse frames for blocks of CQT windows [shape=(t <= BLOCK_FRAMES, 84, 87)]."""
    recipe, conditions = networks.info.recipe, networks.conditions
    # one that nobody reads would keep all windows of the song
    blocks, *for_networks = tee(windows, 1 + bool(networks.khp) + bool(networks.cvg))
    keypoints: Iterator[Floats | None] = repeat(None)
    coarse: Iterator[Floats | None] = repeat(None)
    if networks.khp:
        average = conditions.average[performer][None]
        keypoints = _answers(networks.khp, for_networks.pop(), {"average": average})
    if networks.cvg:
        assert recipe.cvg is not None
        reference = downscaled(
            _to_planes(conditions.reference[performer]), recipe.cvg.shrinking(networks.info.size)
        )
        noise = np.random.default_rng(seed).standard_normal((1, recipe.cvg.noise), np.float32)
        inputs = {"noise": noise, "reference": reference}
        coarse = _answers(networks.cvg, for_networks.pop(), inputs)
    for block, keypoints_of, coarse_of in zip(blocks, keypoints, coarse, strict=False):
        yield Block(
            block,
            None if keypoints_of is None else keypoints_of[: len(block)],
            None if coarse_of is None else coarse_of[: len(block)].clip(0, 1),
        )


def _answers(step: Step, windows: Iterable[Floats], inputs: Mapping[str, Floats]) -> Iterator[Floats]:
    """Yield a network's answers to blocks of windows, which one that looks ahead gives some blocks later.

    Args:
        step: The network.
        windows: CQT windows [shape=(t <= BLOCK_FRAMES, 84, 87)].
        inputs: Its other inputs, the same all the time.

    Yields:
        The answers to whole blocks [shape=(BLOCK_FRAMES, ...)].
    """
    late = step.spec.lookahead // BLOCK_FRAMES
    state = step.start(inputs)
    for number, block in enumerate(chain(windows, repeat(_SILENCE, late))):
        answer, state = step({"windows": _silent_after(block), **inputs}, state)
        if number >= late:
            yield answer[0]


def _lookahead(networks: Networks) -> int:
    """Count the frames by which the later one of keypoints and coarse frames comes."""
    return max((step.spec.lookahead for step in (networks.khp, networks.cvg) if step), default=0)


def final_blocks(networks: Networks, blocks: Iterable[Block], *, performer: int) -> Iterator[Block]:
    """Add the frames to blocks that have keypoints and coarse frames."""
    stu, conditions = networks.stu, networks.conditions
    assert stu is not None
    plate = conditions.plates()[performer] if "plate" in stu.spec.names else None
    stills = {
        "reference": _to_planes(conditions.reference[performer]),
        "plate": None if plate is None else _to_planes(plate),
        "reference_keypoints": conditions.reference_keypoints[performer][None],
    }

    def heatmaps_of(keypoints_btp2: Floats, size: int) -> Floats:
        return heatmaps(keypoints_btp2[0], size)[None]

    state = stu.start({})
    for block in blocks:
        known = Known(
            windows=_silent_after(block.windows),
            keypoints=None if block.keypoints is None else _padded(block.keypoints),
            coarse=None if block.coarse is None else _padded(block.coarse),
            heatmaps=heatmaps_of,
            **stills,
        )
        frames, state = stu(make_inputs(stu.spec, known), state)
        yield replace(block, frames=frames[0, : len(block.windows)])


def _to_planes(image: npt.NDArray[np.uint8]) -> Floats:
    """Convert an image (size, size, 3) uint8 to (1, 3, size, size) in [0, 1], as the networks take it."""
    return np.ascontiguousarray(image.transpose(2, 0, 1)[None], np.float32) / 255


def downscaled(images: Floats, by: int) -> Floats:
    """Average squares of `by` x `by` pixels: (n, 3, h, w) becomes (n, 3, h / by, w / by)."""
    n, channels, height, width = images.shape
    return images.reshape(n, channels, height // by, by, width // by, by).mean((3, 5))


def _silent_after(windows: Floats) -> Floats:
    """Make a batch of one whole block, silence after its end: (t, 84, 87) becomes (1, BLOCK_FRAMES, 84, 87).

    Were the last window repeated, a network that looks ahead would hear a held sound where the song is over.
    """
    return np.concatenate([windows, _SILENCE[len(windows) :]])[None]


def _padded(x: Floats) -> Floats:
    """Make a batch of one whole block, its last frame repeated: (t, ...) becomes (1, BLOCK_FRAMES, ...)."""
    return np.concatenate([x, np.repeat(x[-1:], BLOCK_FRAMES - len(x), axis=0)])[None]


def generate_blocks(
    networks: Networks,
    sound: MonoBlocks,
    *,
    count: int,
    performer: int,
    seed: int,
    gain: float | None = None,
    before: int = 0,
    after: int = 0,
) -> Generator[Block]:
    """Go the whole way from a sound to `count` frames, as far as networks are loaded; they work side by side.

    Args:
        networks: The run's networks.
        sound: The song, or a part of it, with what is heard before and after.
        count: Frames to make.
        performer: Who plays: an index of `RunInfo.performers`.
        seed: Seed of the random variable z.
        gain: Factor of the sound, such as the whole song's for a part; None normalises it.
        before: Frames of the sound before those: the networks go through them, so that they remember.
        after: Frames of the sound after those, which a network that looks ahead hears.
    """
    stop = before + count
    windows = sound_windows(sound, networks.info, stop + min(after, _lookahead(networks)), gain=gain)
    blocks = coarse_blocks(networks, windows, performer=performer, seed=seed)
    if networks.stu is not None:
        blocks = final_blocks(networks, prefetch(_cut(blocks, 0, stop)), performer=performer)
    return prefetch(_cut(blocks, before, stop))


def _cut(blocks: Iterable[Block], first: int, stop: int) -> Iterator[Block]:
    """Yield the frames first..stop-1 of blocks, and ask for no more."""
    position = 0
    for block in blocks:
        part = block.part(max(0, first - position), stop - position)
        position += len(block)
        if len(part):
            yield part
        if position >= stop:
            return


def frame_count(duration: float, fps: float) -> int:
    """Compute the frames of a video for a song of that many seconds; half a frame counts up."""
    return max(1, math.floor(duration * fps + 0.5))
