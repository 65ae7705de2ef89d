"""From a song to a video."""

import shutil
from pathlib import Path

import av
import numpy as np
import pytest
import torch

from apvg_core.errors import ConfigError, MediaError, RunError
from apvg_core.generation import pipeline
from apvg_core.generation.pipeline import BLOCK_FRAMES, coarse_blocks, frame_count, generate, generate_blocks
from apvg_core.generation.runtime import load_networks
from apvg_core.media.audio import open_song
from tests.conftest import FPS, SIZE, melody
from tests.synth import lag, read, write_m4a, write_wav

CPU = torch.device("cpu")


def pictures(path: Path) -> np.ndarray:
    with av.open(str(path)) as container:
        return np.stack([frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)])


@pytest.mark.parametrize(
    ("rate", "channels", "suffix"), [(44_100, 1, ".wav"), (22_050, 2, ".flac"), (48_000, 2, ".ogg")]
)
def test_any_song_becomes_a_video_in_sync(
    run: Path, tmp_path: Path, rate: int, channels: int, suffix: str
) -> None:
    import soundfile

    sound = np.random.default_rng(0).normal(0, 0.1, (round(2.04 * rate), channels)).astype(np.float32)
    song, out = tmp_path / f"song{suffix}", tmp_path / "out.mp4"
    soundfile.write(song, sound, rate)
    generate(song, run, out)
    assert pictures(out).shape == (20, SIZE, SIZE, 3)  # round(2.04 s x 10 fps)
    with open_song(song) as was, open_song(out) as now:
        assert now.sample_rate == rate
        assert (now.samples, now.channels) == (was.samples, was.channels)
        before, after = (read(s) for s in (was, now))
        assert lag(before, after) == 0
    with av.open(str(out)) as container:
        assert "ynthetic" in container.metadata["comment"]
        assert container.streams.video[0].codec_context.pix_fmt == "yuv420p"
        assert container.streams.video[0].codec_context.name == "h264"
        assert container.streams.audio[0].codec_context.name == "aac"


def test_an_m4a_is_a_song_too(run: Path, tmp_path: Path) -> None:
    write_m4a(tmp_path / "song.m4a", melody(1, 0)[0][:, None])
    generate(tmp_path / "song.m4a", run, tmp_path / "out.mp4")
    assert len(pictures(tmp_path / "out.mp4")) == 10


def test_the_picture_follows_the_music(run: Path) -> None:
    """Even the tiny run has learned that a higher note lies lower in the picture."""
    sound, notes = melody(4, 7)
    blocks = list(generate_blocks(load_networks(run, CPU), lambda: [sound], count=40, performer=0, seed=0))
    heights = np.concatenate([block.keypoints.numpy() for block in blocks])[:, :, 1].mean(1)
    assert np.corrcoef(heights, notes)[0, 1] > 0.8


def test_the_same_song_and_seed_give_the_same_video_however_the_sound_is_cut(run: Path) -> None:
    networks, (sound, _) = load_networks(run, CPU), melody(2.5, 3)

    def frames(blocks: list[np.ndarray]) -> np.ndarray:
        made = generate_blocks(networks, lambda: blocks, count=25, performer=0, seed=1)
        return np.concatenate([block.frames for block in made])

    whole = frames([sound])
    np.testing.assert_array_equal(frames(np.array_split(sound, 7)), whole)
    assert whole.shape == (25, SIZE, SIZE, 3)


def test_networks_only_ever_see_whole_blocks(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    networks, seen = load_networks(run, CPU), set()
    original = networks.khp.forward

    def spy(windows: torch.Tensor, *rest: object) -> object:
        seen.add(tuple(windows.shape))
        return original(windows, *rest)

    monkeypatch.setattr(networks.khp, "forward", spy)
    windows = [np.zeros((k, 84, 87), np.float32) for k in (BLOCK_FRAMES, 3)]
    blocks = list(coarse_blocks(networks, windows, performer=0, seed=0))
    assert seen == {(1, BLOCK_FRAMES, 84, 87)}
    assert [len(block.keypoints) for block in blocks] == [BLOCK_FRAMES, 3]


@pytest.mark.parametrize(
    ("seconds", "fps", "frames"), [(2.0, 25, 50), (2.02, 25, 51), (0.001, 25, 1), (10.01, 29.97, 300)]
)
def test_frame_count(seconds: float, fps: float, frames: int) -> None:
    assert frame_count(seconds, fps) == frames


def test_a_run_lacking_a_stage(half_run: Path, tmp_path: Path) -> None:
    write_wav(tmp_path / "song.wav", melody(1, 0)[0])
    with pytest.raises(RunError, match="lacks the stage stu; train it with 'apvg train-stu"):
        generate(tmp_path / "song.wav", half_run, tmp_path / "out.mp4")


def test_what_was_there_stays_when_something_goes_wrong(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out.mp4"
    out.write_bytes(b"earlier work")
    (tmp_path / "text.wav").write_text("hello")
    with pytest.raises(MediaError, match=r"text\.wav"):
        generate(tmp_path / "text.wav", run, out)
    write_wav(tmp_path / "song.wav", melody(3, 0)[0])

    def interrupt(task: str, done: float, total: float, /, **facts: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        generate(tmp_path / "song.wav", run, out, on_progress=interrupt)
    assert out.read_bytes() == b"earlier work"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["out.mp4", "song.wav", "text.wav"]


def test_an_unknown_performer_or_device(run: Path, tmp_path: Path) -> None:
    write_wav(tmp_path / "song.wav", melody(1, 0)[0])
    with pytest.raises(ConfigError, match="--performer bob is not in the run; it holds p1"):
        generate(tmp_path / "song.wav", run, tmp_path / "out.mp4", performer="bob")
    with pytest.raises(ConfigError, match="--device toaster"):
        generate(tmp_path / "song.wav", run, tmp_path / "out.mp4", device="toaster")


def test_only_what_training_leaves_in_the_open_is_needed(run: Path, tmp_path: Path) -> None:
    """A run can be sent without state/ and logs/."""
    sent = tmp_path / "sent"
    shutil.copytree(run, sent, ignore=shutil.ignore_patterns("state", "logs"))
    write_wav(tmp_path / "song.wav", melody(1, 0)[0])
    generate(tmp_path / "song.wav", sent, tmp_path / "out.mp4")
    assert len(pictures(tmp_path / "out.mp4")) == round(1 * FPS)


def test_generation_imports_no_extraction_libraries() -> None:
    import subprocess
    import sys

    unwanted = ("mediapipe", "cv2", "h5py")
    code = f"import sys, {pipeline.__name__}; print([m for m in {unwanted} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
