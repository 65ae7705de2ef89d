"""A song out of held-out footage."""

from pathlib import Path

from apvg_core.data.held_out_song import write_held_out_song
from apvg_core.media.audio import open_song
from apvg_core.run.info import read_run


def test_the_sample_is_music_that_was_held_out(shards: Path, half_run: Path, tmp_path: Path) -> None:
    info = read_run(half_run)
    wav = tmp_path / "song.wav"
    assert write_held_out_song(shards, info, wav, 0.5)
    with open_song(wav) as song:
        assert (song.samples, song.sample_rate) == (22050, 44100)
