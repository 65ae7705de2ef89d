"""Progress is a callback, and silence is one too."""

from apvg_core.progress import Progress, silent


def test_silence_takes_what_progress_is_given(capsys) -> None:
    callback: Progress = silent
    assert callback("song.wav", 8, 25.0, loss=0.5, later=12.0) is None
    assert capsys.readouterr() == ("", "")
