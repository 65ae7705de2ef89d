"""From a song to a film."""

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Literal

import av
import numpy as np
import pytest
import soundfile

from apvg_core.errors import ConfigError, MediaError, RunError
from apvg_core.generation.render import needed_stages, render
from apvg_core.generation.scene import Scene
from apvg_core.media.audio import mono_blocks, open_song
from apvg_core.media.video import probe, read_frames
from apvg_core.recipes import get_recipe
from apvg_core.runtime.load import Networks, load_networks
from apvg_core.skeleton import JOINTS
from apvg_core.stages.spec import ArraySpec, StageSpec
from apvg_core.units import CQT_BINS, SAMPLE_RATE, WINDOW_COLUMNS
from tests.conftest import FPS, SIZE, melody
from tests.synth import lag, read, write_m4a, write_wav


@pytest.fixture(scope="module")
def networks(run: Path) -> Networks:
    return load_networks(run)


@pytest.fixture
def song(tmp_path: Path) -> Path:
    return write_wav(tmp_path / "song.wav", melody(2, 0)[0])


def images(path: Path) -> np.ndarray:
    with av.open(str(path)) as container:
        return np.stack([frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)])


@pytest.mark.parametrize(
    ("rate", "channels", "suffix"), [(44_100, 1, ".wav"), (22_050, 2, ".flac"), (48_000, 2, ".ogg")]
)
def test_any_song_becomes_a_video_in_sync(
    networks: Networks, tmp_path: Path, rate: int, channels: int, suffix: str
) -> None:
    sound = np.random.default_rng(0).normal(0, 0.1, (round(2.04 * rate), channels)).astype(np.float32)
    song, out = tmp_path / f"song{suffix}", tmp_path / "out.mp4"
    soundfile.write(song, sound, rate)
    render(song, networks, out)
    assert images(out).shape == (20, SIZE, SIZE, 3)  # round(2.04 s x 10 fps)
    with open_song(song) as was, open_song(out) as now:
        assert now.sample_rate == rate
        assert (now.samples, now.channels) == (was.samples, was.channels)
        before, after = (read(s) for s in (was, now))
        assert lag(before, after) == 0
    with av.open(str(out)) as container:
        assert "ynthetic" in container.metadata["comment"]
        assert container.metadata["title"] == "song"
        assert container.streams.video[0].codec_context.pix_fmt == "yuv420p"
        assert container.streams.video[0].codec_context.name == "h264"
        assert container.streams.audio[0].codec_context.name == "aac"


class Flash:
    """In a network's place: white where the middle of a frame's window is loud, else black."""

    spec = StageSpec(
        inputs=(ArraySpec("windows", ("batch", "frames", CQT_BINS, WINDOW_COLUMNS)),), state=(),
        output=ArraySpec("frames", ("batch", "frames", SIZE, SIZE, 3)),
    )  # fmt: skip

    def start(self, inputs: dict[str, np.ndarray]) -> None:
        """Nothing is remembered."""

    def __call__(self, inputs: dict[str, np.ndarray], state: None) -> tuple[np.ndarray, None]:
        windows = inputs["windows"][0]
        loudness = windows[:, -12:, WINDOW_COLUMNS // 2].mean(1)  # the highest octave tells times best
        frames = np.zeros((len(windows), SIZE, SIZE, 3), np.uint8)
        frames[loudness > -60] = 255
        return frames[None], None


def test_a_click_is_heard_with_the_frame_that_shows_it(networks: Networks, tmp_path: Path) -> None:
    fps, clicks = 25.0, [3, 17, 40, 41, 88]
    flashing = replace(networks, info=replace(networks.info, fps=fps), khp=None, cvg=None, stu=Flash())
    sound = np.zeros(4 * SAMPLE_RATE, np.float32)
    for frame in clicks:
        at = round(frame / fps * SAMPLE_RATE)
        sound[at : at + 20] = 0.9
    out = tmp_path / "out.mp4"
    render(write_wav(tmp_path / "song.wav", sound), flashing, out)
    bright = [i for i, frame in enumerate(read_frames(out, fps)) if frame.mean() > 128]
    assert bright == clicks
    with open_song(out) as heard:
        loud = np.flatnonzero(np.abs(np.concatenate(list(mono_blocks(heard)))) > 0.4)
    assert sorted({round(sample / SAMPLE_RATE * fps) for sample in loud}) == clicks


def test_an_m4a_is_a_song_too(networks: Networks, tmp_path: Path) -> None:
    write_m4a(tmp_path / "song.m4a", melody(1, 0)[0][:, None])
    render(tmp_path / "song.m4a", networks, tmp_path / "out.mp4")
    assert len(images(tmp_path / "out.mp4")) == 10


def test_a_part_of_a_song_to_the_sample(networks: Networks, tmp_path: Path) -> None:
    sound = np.random.default_rng(0).normal(0, 0.1, 3 * SAMPLE_RATE).astype(np.float32)
    song, out = write_wav(tmp_path / "song.wav", sound), tmp_path / "out.mp4"
    render(song, networks, out, start=0.5123, duration=1.2)
    assert len(images(out)) == 12
    first, count = round(0.5123 * SAMPLE_RATE), round(1.2 * SAMPLE_RATE)
    with open_song(out) as made:
        assert made.samples == count
        assert lag(read(made), sound[first : first + count, None]) == 0
    with pytest.raises(ConfigError, match=r"Nothing is left of .*song\.wav, which lasts 3\.0 s"):
        render(song, networks, out, start=3.0)


@pytest.mark.parametrize("show", ["skeleton", "final"])
def test_a_part_is_played_as_in_the_whole(
    networks: Networks, tmp_path: Path, show: Literal["skeleton", "final"]
) -> None:
    """The networks hear what comes before the part, and what follows."""
    song = write_wav(tmp_path / "song.wav", melody(9, 4)[0])
    positions = {}
    for name, part in {"whole": {}, "part": {"start": 5.0, "duration": 2.0}}.items():
        path = tmp_path / f"{name}.json"
        render(song, networks, tmp_path / name, show=show, keypoints=path, **part)
        frames = json.loads(path.read_text())["frames"]
        positions[name] = np.array([frame["positions"] for frame in frames])
    assert [frame["time"] for frame in frames] == [i / FPS for i in range(20)]
    assert len(list((tmp_path / "part").iterdir())) == 20
    difference = np.abs(positions["part"] - positions["whole"][50:70])
    assert difference.max() < 0.05 / SIZE


def test_what_is_shown(networks: Networks, song: Path, tmp_path: Path) -> None:
    films = {}
    for show in ("final", "skeleton", "heatmap", "coarse", "all"):
        render(song, networks, tmp_path / show, show=show)
        films[show] = np.stack([images(path)[0] for path in sorted((tmp_path / show).iterdir())])
        assert films[show].shape == (20, SIZE, 3 * SIZE if show == "all" else SIZE, 3)
        assert films[show].std() > 1
    side_by_side = np.concatenate([films[show] for show in ("heatmap", "coarse", "final")], axis=2)
    np.testing.assert_array_equal(films["all"], side_by_side)


def test_only_the_networks_that_are_needed(run: Path, half_run: Path, song: Path, tmp_path: Path) -> None:
    recipe = get_recipe("tiny")
    assert needed_stages(recipe, "final") == needed_stages(recipe, "all") == ("khp", "cvg", "stu")
    assert needed_stages(recipe, "heatmap") == ("khp",)
    assert needed_stages(recipe, "coarse", keypoints=True) == ("khp", "cvg")
    with pytest.raises(ConfigError, match="--show coarse needs the stage cvg"):
        needed_stages(get_recipe("tiny+without-cvg"), "coarse")
    with pytest.raises(ConfigError, match="--keypoints needs the stage khp"):
        needed_stages(get_recipe("tiny+without-khp"), "final", keypoints=True)
    with pytest.raises(RunError, match="lacks the stage stu; train it with 'apvg train-stu"):
        load_networks(half_run)
    render(song, load_networks(half_run, stages=["khp"]), tmp_path / "out.gif", show="skeleton")
    assert len(images(tmp_path / "out.gif")) == 20


def test_keypoints_are_written_along(networks: Networks, song: Path, tmp_path: Path) -> None:
    render(song, networks, tmp_path / "out.mp4", keypoints=tmp_path / "out.json")
    document = json.loads((tmp_path / "out.json").read_text())
    assert (document["fps"], document["joints"]) == (FPS, list(JOINTS))
    assert [frame["time"] for frame in document["frames"]] == [i / 10 for i in range(20)]
    positions = np.array([frame["positions"] for frame in document["frames"]])
    assert positions.shape == (20, 60, 2)
    assert 0.2 < positions.mean() < 0.8
    with pytest.raises(ConfigError, match=r"song\.wav/x\.json cannot be written"):
        render(song, networks, tmp_path / "out.mp4", keypoints=song / "x.json")


def test_a_label_is_drawn(networks: Networks, song: Path, tmp_path: Path) -> None:
    render(song, networks, tmp_path / "plain.mp4")
    render(song, networks, tmp_path / "out.mp4", labelled=True)
    plain, labelled = (images(tmp_path / name).astype(int) for name in ("plain.mp4", "out.mp4"))
    assert labelled[:, -10:, :40].max() > 200
    assert np.abs(labelled - plain)[:, : SIZE // 2].mean() < 2


def test_the_seed_is_z(networks: Networks, song: Path, tmp_path: Path) -> None:
    films = []
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        render(song, networks, tmp_path / f"{name}.mp4", seed=seed)
        films.append(images(tmp_path / f"{name}.mp4"))
    np.testing.assert_array_equal(films[0], films[1])
    assert (films[0] != films[2]).any()


def interrupt(task: str, done: float, total: float, /, **facts: float) -> None:
    if done >= 16:
        raise KeyboardInterrupt


def test_what_was_there_stays_when_something_goes_wrong(
    networks: Networks, song: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out.mp4"
    out.write_bytes(b"earlier work")
    (tmp_path / "text.wav").write_text("hello")
    with pytest.raises(MediaError, match=r"text\.wav"):
        render(tmp_path / "text.wav", networks, out)
    with pytest.raises(KeyboardInterrupt):
        render(song, networks, out, keypoints=tmp_path / "k.json", on_progress=interrupt)
    assert out.read_bytes() == b"earlier work"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["out.mp4", "song.wav", "text.wav"]


@pytest.mark.parametrize("suffix", [".mp4", ".webm", ".mov", ".gif", ""])
def test_what_there_is_can_be_kept(networks: Networks, song: Path, tmp_path: Path, suffix: str) -> None:
    with pytest.raises(KeyboardInterrupt):
        render(song, networks, tmp_path / f"out{suffix}", keep_partial=True, on_progress=interrupt)
    kept = tmp_path / f"out.partial{suffix}"
    assert sorted(p.name for p in tmp_path.iterdir()) == [kept.name, "song.wav"]
    if suffix == "":
        assert len(list(kept.iterdir())) == 16
        return
    assert len(images(kept)) == 16
    if suffix != ".gif":
        assert probe(kept).has_audio


def test_a_larger_picture_with_the_square_in_its_place(
    networks: Networks, song: Path, tmp_path: Path
) -> None:
    render(song, networks, tmp_path / "plain")
    render(song, networks, tmp_path / "wide", scene=Scene(canvas=(2 * SIZE, SIZE)))
    plain, wide = (
        np.concatenate([images(path) for path in sorted((tmp_path / name).iterdir())])
        for name in ("plain", "wide")
    )
    assert wide.shape == (20, SIZE, 2 * SIZE, 3)
    band = SIZE // 32
    np.testing.assert_array_equal(wide[:, :, 32 + band : 96 - band], plain[:, :, band:-band])
    assert (wide[:, :, :24] == wide[:1, :, :24]).all()  # the rest stands still
    render(song, networks, tmp_path / "tall.mp4", scene=Scene(canvas=(180, 320)))
    with open_song(song) as played, open_song(tmp_path / "tall.mp4") as made:
        assert lag(read(made), read(played)) == 0
    assert images(tmp_path / "tall.mp4").shape == (20, 320, 180, 3)


def test_the_player_alone_before_something_else_or_nothing(
    networks: Networks, song: Path, tmp_path: Path
) -> None:
    """The fixture's player is a bright square on dark ground."""
    green = np.full((1, 1, 3), (0, 200, 0), np.uint8)
    render(song, networks, tmp_path / "green.mp4", scene=Scene(background=green))
    decoded = images(tmp_path / "green.mp4").astype(int)
    np.testing.assert_allclose(decoded[:, :8, :8], np.broadcast_to((0, 200, 0), (20, 8, 8, 3)), atol=6)
    render(song, networks, tmp_path / "alone", scene=Scene(see_through=True), labelled=True)
    (first, *rest) = sorted((tmp_path / "alone").iterdir())
    assert len(rest) == 19
    with av.open(str(first)) as file:
        frame = next(file.decode(video=0))
        assert frame.format.name == "rgba"
        opacity = frame.to_ndarray()[..., 3]
    assert (opacity[:8] == 0).all()
    assert (opacity[-9:, :20] == 255).all()  # the label


def test_scenes_are_for_the_final_video(networks: Networks, song: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"are for the final video; leave them out, or --show skeleton"):
        render(song, networks, tmp_path / "a.mp4", show="skeleton", scene=Scene(canvas=(64, 128)))


def test_qualities_reach_the_encoder(networks: Networks, song: Path, tmp_path: Path) -> None:
    for quality in ("draft", "upload", 40):
        render(song, networks, tmp_path / f"{quality}.mp4", quality=quality)
    settings = {"draft": b" crf=28.0 ", "upload": b" crf=16.0 ", "40": b" crf=40.0 "}
    for name, setting in settings.items():
        assert setting in (tmp_path / f"{name}.mp4").read_bytes()


def test_an_unknown_performer_or_device(run: Path, networks: Networks, song: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="--performer bob is not in the run; it holds p1"):
        render(song, networks, tmp_path / "out.mp4", performer="bob")
    with pytest.raises(ConfigError, match="--device toaster"):
        load_networks(run, device="toaster")


def test_only_what_training_leaves_in_the_open_is_needed(run: Path, song: Path, tmp_path: Path) -> None:
    """A run can be sent without state/ and logs/."""
    sent = tmp_path / "sent"
    shutil.copytree(run, sent, ignore=shutil.ignore_patterns("state", "logs"))
    render(song, load_networks(sent), tmp_path / "out.mp4")
    assert len(images(tmp_path / "out.mp4")) == round(2 * FPS)
