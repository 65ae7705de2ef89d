"""`apvg film-check`, from a film to sentences and a sheet."""

import pytest

from tests import synth


def test_flags_are_checked_before_anything_runs(apvg, tmp_path):
    outcome = apvg("film-check", tmp_path / "none.mp4", "--sheet", "sheet.gif")
    assert outcome.code == 2
    assert "must end in .png or .jpg" in outcome.err


def test_a_film_that_is_missing_is_named(apvg, tmp_path):
    outcome = apvg("film-check", tmp_path / "none.mp4")
    assert outcome.code != 0
    assert "none.mp4" in outcome.err


def test_of_folders_only_the_instrument_is_checked(apvg, tmp_path):
    film = tmp_path / "footage" / "trombone" / "ann" / "take1.mp4"
    film.parent.mkdir(parents=True)
    film.write_bytes(b"")
    outcome = apvg("film-check", tmp_path / "footage", "--instrument", "cello")
    assert outcome.code == 2
    assert "cello" in outcome.err
    assert "trombone" in outcome.err


@pytest.mark.slow
def test_a_virtual_cellist_is_looked_at(apvg, tmp_path):
    film = synth.excerpt(tmp_path / "take1.mp4", 4.0)
    outcome = apvg("film-check", film, "--instrument", "cello", "--sheet", tmp_path / "worst.png")
    assert outcome.code == 0, outcome.err
    for topic in ("left hand", "right hand", "camera", "stands still", "frame rate", "range"):
        assert topic in outcome.out
    assert "second person" not in outcome.out
    assert outcome.err.splitlines()[-1].startswith("    apvg ")
