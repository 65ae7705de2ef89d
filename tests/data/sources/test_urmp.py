"""URMP: pieces with a composite film and a sound track for each player."""

import pytest

from apvg_core.data.sources import find_recordings
from apvg_core.data.sources.urmp import INSTRUMENTS
from apvg_core.errors import ConfigError, MediaError
from apvg_core.media.frame_sources import VideoFrames


def piece(root, name, codes, said=None):
    """A piece's folder; `said` are the codes its files' names say, if not those of the folder."""
    folder = root / "_".join([name, *codes])
    folder.mkdir(parents=True)
    (folder / f"Vid_{folder.name}.mp4").touch()
    (folder / f"AuMix_{folder.name}.wav").touch()
    for place, code in enumerate(said or codes, start=1):
        (folder / f"AuSep_{place}_{code}_{name}.wav").touch()
        (folder / f"F0s_{place}_{code}_{name}.txt").touch()
    return folder


@pytest.fixture
def urmp(tmp_path):
    root = tmp_path / "Dataset"
    piece(root, "01_Jupiter", ["vn", "vc"])
    piece(root, "15_Surprise", ["tpt", "tpt", "tbn"], said=["tpt", "tpt", "tpt"])
    piece(root, "44_K515", ["vn", "vn", "va", "va", "vc"])
    (root / "Supplementary_Files").mkdir()
    return tmp_path


def test_players(urmp):
    found = find_recordings(urmp)
    assert found.layout == "urmp"
    assert [(r.instrument, r.performer, r.images.share) for r in found.recordings] == [
        ("violin", "01_Jupiter-1", (0, 2)),
        ("cello", "01_Jupiter-2", (1, 2)),
        ("trumpet", "15_Surprise-1", (0, 3)),
        ("trumpet", "15_Surprise-2", (1, 3)),
        ("trombone", "15_Surprise-3", (2, 3)),
        ("violin", "44_K515-1", (0, 5)),
        ("violin", "44_K515-2", (1, 5)),
        ("viola", "44_K515-3", (2, 5)),
        ("viola", "44_K515-4", (3, 5)),
        ("cello", "44_K515-5", (4, 5)),
    ]
    cellist = found.recordings[1]
    folder = urmp / "Dataset/01_Jupiter_vn_vc"
    assert cellist.images == VideoFrames(folder / "Vid_01_Jupiter_vn_vc.mp4", (1, 2))
    assert cellist.sound == folder / "AuSep_2_vc_01_Jupiter.wav"
    assert cellist.files() == [cellist.images.path, cellist.sound]
    assert cellist.source == "01_Jupiter_vn_vc/AuSep_2_vc_01_Jupiter.wav"
    assert {r.split for r in found.recordings} == {None}
    assert len({r.id for r in found.recordings}) == 10


def test_what_is_said(urmp):
    (urmp / "Dataset/44_K515_vn_vn_va_va_vc/AuSep_4_va_44_K515.wav").unlink()
    found = find_recordings(urmp)
    assert len(found.recordings) == 9
    wrong, missing, performers = found.notes
    assert wrong.startswith("15_Surprise_tpt_tpt_tbn: player 3 plays tbn")
    assert missing.startswith("44_K515_vn_vn_va_va_vc: the sound of player 4 is missing")
    assert "names no performers" in performers


@pytest.mark.parametrize("below", ["Dataset", "Dataset/01_Jupiter_vn_vc"])
def test_where_it_is_found(urmp, below):
    assert find_recordings(urmp / below).recordings[0].performer == "01_Jupiter-1"


def test_instruments_wanted(urmp):
    found = find_recordings(urmp, instruments=["cello", "trombone"])
    assert [r.instrument for r in found.recordings] == ["cello", "trombone", "cello"]
    with pytest.raises(ConfigError, match="--instrument can be cello, trombone, trumpet, viola, violin"):
        find_recordings(urmp, instruments=["tuba"])


def test_performers_named(urmp):
    file = urmp / "who.txt"
    file.write_text("AuSep_1_vn_01_Jupiter = ann\nAuSep_1_vn_44_K515 = ann\n")
    found = find_recordings(urmp, performers_file=file, performer="ann")
    assert [r.source.partition("/")[0] for r in found.recordings] == [
        "01_Jupiter_vn_vc",
        "44_K515_vn_vn_va_va_vc",
    ]


def test_no_sound_at_all(tmp_path):
    folder = piece(tmp_path, "01_Jupiter", ["vn"])
    (folder / "AuSep_1_vn_01_Jupiter.wav").unlink()
    with pytest.raises(MediaError, match="holds no piece of URMP with its film and sound"):
        find_recordings(tmp_path)


def test_every_instrument_has_a_name():
    assert len(INSTRUMENTS) == len(set(INSTRUMENTS.values())) == 13
