"""What an extraction does to a folder that holds shards: it adds, keeps, and replaces on request alone."""

import logging

import pytest

from apvg_core.errors import ConfigError
from tests.synth import tone, write_wav


def test_other_settings_are_refused_one_by_one_and_nothing_is_touched(folder):
    folder.film("cello/ann/a.mp4")
    folder.extract()
    before = folder.files()
    with pytest.raises(ConfigError) as refused:
        folder.extract(size=64, lossless=True, fps=2.0)
    sentence = str(refused.value)
    assert "1 of these recordings" in sentence
    for difference in (
        "--fps was the source's, now it is 2", "--lossless was off, now it is on",
        "--size was 32, now it is 64", "--overwrite", "another --out",
    ):  # fmt: skip
        assert difference in sentence
    assert folder.files() == before
    report = folder.extract(size=64, overwrite=True)
    assert [entry.size for entry in report.written] == [64, 64]
    assert folder.extract(size=64, overwrite=True).written == []  # what is done is done


def test_a_film_of_other_content_is_not_swapped_in_silently(folder):
    film = folder.film("cello/ann/a.mp4")
    folder.extract()
    before = folder.files()
    write_wav(film.with_suffix(".wav"), tone(2.0, hertz=220))
    with pytest.raises(ConfigError, match=r"the files of cello/ann/a\.mp4 have changed.*--overwrite"):
        folder.extract()
    assert folder.files() == before
    assert len(folder.extract(overwrite=True).written) == 2


def test_shards_that_one_training_cannot_have_together_are_not_mixed(folder):
    folder.film("cello/ann/a.mp4", hertz=300)
    folder.extract()
    film = folder.film("cello/ann/b.mp4", hertz=400)
    for settings, difference in (
        ({"size": 64}, r"--size 32, not 64,.*needs the same"),
        ({"fps": 2.0}, r"--fps 5, not 2,.*needs the same"),
        ({"cqt_mode": "clip"}, r"--cqt continuous, not clip,.*needs the same"),
    ):
        for overwrite in (False, True):  # which would not replace the other film's
            with pytest.raises(ConfigError, match=rf"{difference}.*--remove cello-ann-a-\w+\."):
                folder.extract(film, instruments=("cello",), overwrite=overwrite, **settings)
    assert len(folder.extract(film, instruments=("flute",), size=64).written) == 2  # trained by itself


def test_the_same_film_elsewhere_is_the_same_recording(folder, caplog):
    caplog.set_level(logging.INFO)
    film = folder.film("cello/ann/take1.mp4")
    folder.extract()
    before = folder.files()
    report = folder.extract(film, instruments=("cello",))  # as a single file, whose performer is p1
    assert (report.written, report.failures) == ([], [])
    moved = folder.copy(film, "cello/bob/b.mp4")
    assert folder.extract(moved, instruments=("cello",)).written == []
    assert "bob/b.mp4 is skipped: it has the same content as cello/ann/take1.mp4" in caplog.text
    assert "which is in the folder already" in caplog.text
    assert {k: v for k, v in folder.files().items() if k.suffix == ".h5"} == {
        k: v for k, v in before.items() if k.suffix == ".h5"
    }


def test_two_names_of_one_film_are_one_recording_and_something_is_still_held_out(folder, caplog):
    caplog.set_level(logging.INFO)
    film = folder.film("cello/ann/a.mp4")
    folder.copy(film, "cello/ann/b.mp4")
    report = folder.extract()
    assert [entry.split for entry in report.written] == ["train", "validation"]
    assert {entry.id.rsplit("-", 2)[0] for entry in report.written} == {"cello-ann-a"}
    assert "cello/ann/b.mp4 is skipped: it has the same content as cello/ann/a.mp4" in caplog.text
    assert len(folder.extract().skipped) == 1  # and so it stays


def test_a_film_that_took_anothers_name_is_not_lost(folder):
    a = folder.film("cello/ann/a.mp4", hertz=300)
    folder.extract()
    b = folder.copy(a, "cello/ann/b.mp4")
    folder.film("cello/ann/a.mp4", hertz=500)
    report = folder.extract(overwrite=True)
    assert {entry.id.rsplit("-", 2)[0] for entry in report.written} == {"cello-ann-a", "cello-ann-b"}
    assert b.exists()


def test_added_films_leave_the_others_where_they_are(folder):
    for number in range(5):
        folder.film(f"cello/ann/f{number}.mp4", hertz=300 + 10 * number)
    folder.extract()
    before = folder.places()
    assert before == {f"cello-ann-f{n}": "validation" if n == 4 else "train" for n in range(5)}
    films = folder.files()
    folder.film("cello/ann/a0.mp4", hertz=290)
    folder.film("cello/ann/f9.mp4", hertz=700)
    report = folder.extract()
    assert len(report.skipped) == 5
    assert folder.places() == {**before, "cello-ann-a0": "train", "cello-ann-f9": "train"}
    now = folder.files()
    assert all(now[path] == time for path, time in films.items() if path.suffix == ".h5")
    assert len(folder.extract(limit=2).skipped) == 2  # a part of them says nothing of the others
