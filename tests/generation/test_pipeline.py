"""From sound to images, in either runtime."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from apvg_core.generation.pipeline import Block, coarse_blocks, frame_count, generate_blocks
from apvg_core.runtime.load import Networks, load_networks
from apvg_core.runtime.step import Step
from apvg_core.stages.spec import BLOCK_FRAMES
from apvg_core.units import CQT_FLOOR_DB, SAMPLE_RATE
from tests.conftest import SIZE, melody


@pytest.fixture(scope="module", params=["torch", "openvino"])
def networks(request: pytest.FixtureRequest, run: Path) -> Networks:
    return load_networks(run, runtime=request.param)


def made(networks: Networks, sound: list[np.ndarray], count: int) -> list[Block]:
    return list(generate_blocks(networks, lambda: sound, count=count, performer=0, seed=1))


def frames(blocks: list[Block]) -> np.ndarray:
    return np.concatenate([block.frames for block in blocks])


def test_the_image_follows_the_music(networks: Networks) -> None:
    """Even the tiny run has learned that a higher note lies lower in the image."""
    sound, notes = melody(4, 7)
    heights = np.concatenate([block.keypoints for block in made(networks, [sound], 40)])[:, :, 1].mean(1)
    assert np.corrcoef(heights, notes)[0, 1] > 0.8


def test_the_same_song_and_seed_give_the_same_video_however_the_sound_is_cut(networks: Networks) -> None:
    sound, _ = melody(2.5, 3)
    whole = frames(made(networks, [sound], 25))
    np.testing.assert_array_equal(frames(made(networks, np.array_split(sound, 7), 25)), whole)
    assert whole.shape == (25, SIZE, SIZE, 3)


def test_silence_makes_the_performer_rest(networks: Networks) -> None:
    silence = np.zeros(6 * SAMPLE_RATE, np.float32)
    blocks = made(networks, [silence], 60)
    rest = frames(blocks)[30:].astype(int)
    assert np.abs(np.diff(rest, axis=0)).mean() < 0.2  # of 255: in bfloat16 some pixels flicker by one
    still = np.concatenate([block.keypoints for block in blocks])[30:]
    assert np.abs(still - still.mean(0)).max() < 0.25 / SIZE  # a quarter of a pixel


def test_networks_only_ever_see_whole_blocks(networks: Networks) -> None:
    seen, step = set(), networks.khp

    class Spy:
        start, spec = step.start, step.spec

        def __call__(self, inputs: dict[str, np.ndarray], state: object) -> object:
            seen.add(inputs["windows"].shape)
            return step(inputs, state)

    windows = [np.zeros((k, 84, 87), np.float32) for k in (BLOCK_FRAMES, 3)]
    blocks = list(coarse_blocks(replace(networks, khp=Spy()), windows, performer=0, seed=0))
    assert seen == {(1, BLOCK_FRAMES, 84, 87)}
    assert [len(block.keypoints) for block in blocks] == [BLOCK_FRAMES, 3]


def test_answers_that_come_late_come_to_their_frames(networks: Networks) -> None:
    """Keypoints and coarse frames, each in their own time."""

    class Echo:
        """Its answers say the loudness of the window that they came with."""

        def __init__(self, step: Step, lookahead: int) -> None:
            self.spec = replace(step.spec, lookahead=lookahead)

        def start(self, inputs: dict[str, np.ndarray]) -> None:
            return None

        def __call__(self, inputs: dict[str, np.ndarray], state: None) -> object:
            loudness = inputs["windows"][0, :, 0, 0]
            return np.broadcast_to(loudness[:, None], (1, len(loudness), 1)), None

    loudness = np.linspace(1, 0.1, 19, dtype=np.float32)  # as coarse frames are from 0 to 1
    windows = [np.tile(part[:, None, None], (1, 84, 87)) for part in np.split(loudness, [8, 16])]
    changed = replace(networks, khp=Echo(networks.khp, 16), cvg=Echo(networks.cvg, 8))
    blocks = list(coarse_blocks(changed, windows, performer=0, seed=0))
    keypoints, coarse = (
        np.concatenate([getattr(block, name)[:, 0] for block in blocks]) for name in ("keypoints", "coarse")
    )
    # the last block is filled with silence, and silence follows
    np.testing.assert_array_equal(keypoints, [*loudness[16:], *[CQT_FLOOR_DB] * 16])
    np.testing.assert_array_equal(coarse, [*loudness[8:], *[0] * 8])


@pytest.mark.parametrize("count", [17, 20, 24])
def test_the_last_keypoints_do_not_depend_on_where_the_block_ends(networks: Networks, count: int) -> None:
    """A song is over as one is that is followed by silence."""
    rng = np.random.default_rng(5)
    song = rng.uniform(-60, 0, (count, 84, 87)).astype(np.float32)
    longer = np.concatenate([song, np.full((32, 84, 87), CQT_FLOOR_DB, np.float32)])

    def keypoints(windows: np.ndarray) -> np.ndarray:
        parts = [windows[k : k + BLOCK_FRAMES] for k in range(0, len(windows), BLOCK_FRAMES)]
        only_khp = replace(networks, cvg=None)
        return np.concatenate([b.keypoints for b in coarse_blocks(only_khp, parts, performer=0, seed=0)])

    np.testing.assert_array_equal(keypoints(song), keypoints(longer)[:count])


@pytest.mark.parametrize(
    ("seconds", "fps", "frames"), [(2.0, 25, 50), (2.02, 25, 51), (0.001, 25, 1), (10.01, 29.97, 300)]
)
def test_frame_count(seconds: float, fps: float, frames: int) -> None:
    assert frame_count(seconds, fps) == frames


def test_generating_imports_little(run: Path) -> None:
    """No extraction libraries ever; PyTorch only to convert a network, which `run`'s are by now."""
    load_networks(run, runtime="openvino")
    code = (
        "import sys; from pathlib import Path; from apvg_core.runtime.load import load_networks;"
        "from apvg_core.generation import render; load_networks(Path(sys.argv[1]), device='cpu');"
        "heavy = {'mediapipe', 'cv2', 'h5py', 'torch', 'librosa', 'numba', 'scipy', 'onnxruntime'};"
        "print(*heavy & set(sys.modules))"
    )
    command = [sys.executable, "-c", code, run]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout.split() == []
