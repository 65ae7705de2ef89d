"""Making a study, and counting votes on it."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import soundfile
from safetensors.torch import load_file, save_file

from apvg_core.errors import ApvgError, ConfigError, MediaError, RunError, StudyError
from apvg_core.files import read_json, sha256_of, write_json
from apvg_core.runtime.load import Networks
from apvg_core.study import make
from apvg_core.study.key import Key, Video, VideoSet, read_key, write_key
from apvg_core.study.make import make_study
from apvg_core.study.tally import Share, tally_votes
from tests.synth import tone, write_wav

# --- making one


@pytest.fixture
def rival(run: Path, tmp_path: Path) -> Path:
    """Another run."""
    return other_run(run, tmp_path / "rival")


def other_run(run: Path, folder: Path) -> Path:
    """A copy of a run whose final frames come out otherwise."""
    shutil.copytree(run, folder, ignore=shutil.ignore_patterns("state", "logs"))
    weights = load_file(folder / "stu/model.safetensors")
    save_file({name: 0.9 * weight for name, weight in weights.items()}, folder / "stu/model.safetensors")
    told = read_json(folder / "run.json")
    told["stages"]["stu"]["sha256"] = sha256_of(folder / "stu/model.safetensors")
    write_json(folder / "run.json", told)
    return folder


@pytest.fixture
def songs(tmp_path: Path) -> list[Path]:
    return [write_wav(tmp_path / f"nocturne{n}.wav", tone(1, hertz=220 * n)) for n in (1, 2)]


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """Generating costs nothing now; the (song, run) of each video that is made, in order."""
    videos: list[tuple[str, str]] = []

    def render(song: Path, networks: Networks, out: Path, **_: object) -> None:
        out.write_bytes(f"mp4 of {networks.name}".encode())
        videos.append((song.stem, networks.name))

    monkeypatch.setattr(make, "render", render)
    return videos


def interrupted(made: list[Any], after: int, *arguments: Any) -> None:
    """Make a study; Ctrl-C comes after so many videos."""
    with pytest.MonkeyPatch.context() as patch:
        whole = make.render

        def render(*args: Any, **settings: Any) -> None:
            if len(made) == after:
                raise KeyboardInterrupt
            whole(*args, **settings)

        patch.setattr(make, "render", render)
        with pytest.raises(KeyboardInterrupt):
            make_study(*arguments)


def test_nothing_reveals_which_run_made_a_video(
    run: Path, rival: Path, songs: list[Path], tmp_path: Path
) -> None:
    out = tmp_path / "study"
    key = make_study(songs[:1], [run, rival], out)
    videos = sorted((out / "videos").iterdir())
    assert sorted(path.name for path in out.iterdir()) == ["index.html", "key.json", "videos"]
    assert [path.stem for path in videos] == sorted(video.id for video in key.videos())
    assert [video.run for video in key.videos()] == ["whole", "rival"]
    assert read_key(out) == key
    for path in (out / "index.html", *videos):
        told = path.name.encode() + path.read_bytes()
        assert not [word for word in (b"whole", b"rival", b"nocturne", b"theremin") if word in told]
    assert all(b"synthetic" in path.read_bytes() for path in videos)
    assert "://" not in (out / "index.html").read_text()  # nothing comes from elsewhere


def test_an_interrupted_study_goes_on(made, run, rival, songs, tmp_path):
    out = tmp_path / "study"
    interrupted(made, 3, songs, [run, rival], out)
    key = read_key(out)
    assert not (out / "index.html").exists()
    assert make_study(songs, [run, rival], out) == key
    assert made == [(f"nocturne{n}", name) for n in (1, 2) for name in ("whole", "rival")]
    assert make_study(songs, [run, rival], out) == key
    assert len(made) == 4
    (out / "videos" / f"{key.sets[1].videos[0].id}.mp4").unlink()
    make_study(songs, [run, rival], out)
    assert made[4:] == [("nocturne2", "whole")]


def test_an_unfinished_study_takes_changes_and_keeps_what_is_the_same(made, run, rival, songs, tmp_path):
    out = tmp_path / "study"
    interrupted(made, 3, songs, [run, rival], out)
    before = read_key(out)
    (rival / "run.json").write_text((rival / "run.json").read_text() + "\n")  # trained on, say
    after = make_study(songs[:1], [run, rival], out)
    assert made[3:] == [("nocturne1", "rival")]
    assert after.study != before.study
    assert after.sets[0].videos[0] == before.sets[0].videos[0]
    assert {path.stem for path in (out / "videos").iterdir()} == {video.id for video in after.videos()}


def test_runs_whose_videos_are_the_same_are_refused_once_they_are_seen_to_be(
    made, run, rival, songs, tmp_path
):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(make, "render", lambda song, networks, out, **_: out.write_bytes(b"black"))
        with pytest.raises(StudyError, match=r"whole and rival make the same video of .*nocturne1.wav, so"):
            make_study(songs, [run, rival], tmp_path / "study")
    assert not (tmp_path / "study/index.html").exists()
    other = other_run(rival, tmp_path / "third")
    shutil.rmtree(tmp_path / "study/videos")
    make_study(songs, [run, other], tmp_path / "study")  # and it goes on with others
    assert (tmp_path / "study/index.html").exists()


def test_a_finished_study_stays_what_it_is(made, run, rival, songs, tmp_path):
    out = tmp_path / "study"
    key = make_study(songs, [run, rival], out)
    with pytest.raises(StudyError, match=r"index.html is not a page of these songs and runs; choose another"):
        make_study(songs[:1], [run, rival], out)
    assert read_key(out) == key
    assert len(list((out / "videos").iterdir())) == 4


@pytest.mark.parametrize(
    ("arrange", "error", "sentence"),
    [
        (lambda at: {"runs": at["runs"][:1]}, ConfigError, "name two or more, by --run or --instrument"),
        (lambda at: {"runs": at["runs"] * 2}, StudyError, "--run .*whole is the same run as .*whole, so"),
        (lambda at: {"runs": [at["runs"][0], at["copy"]]}, StudyError, "copy is the same run as .*whole, so"),
        (lambda at: {"runs": [at["runs"][0], at["namesake"]]}, ConfigError, "2 of the --run folders are nam"),
        (lambda at: {"songs": [*at["songs"], at["flac"]]}, ConfigError, "1.flac is the same recording as no"),
        (lambda at: {"songs": at["songs"] * 2}, ConfigError, "nocturne1.wav is the same recording as noc"),
        (lambda at: {"songs": [Path("gone.wav")]}, MediaError, "gone.wav"),
        (lambda at: {"runs": [*at["runs"], at["half"]]}, RunError, "lacks the stage stu"),
        (lambda at: {"performer": "bob"}, ConfigError, "--performer bob is not in the run"),
        (lambda at: {"out": at["songs"][0]}, ConfigError, "--out .*nocturne1.wav cannot be made"),
    ],
)  # fmt: skip
def test_all_is_checked_before_the_first_video(
    made, run, half_run, rival, songs, tmp_path, arrange: Callable[..., dict[str, Any]],
    error: type[ApvgError], sentence: str,
):  # fmt: skip
    copy = shutil.copytree(run, tmp_path / "copy", ignore=shutil.ignore_patterns("state", "logs"))
    (copy / "run.json").write_text(
        (copy / "run.json").read_text() + "\n"
    )  # written anew, with the same weights
    namesake = other_run(rival, tmp_path / "theirs/whole")
    soundfile.write(songs[0], *soundfile.read(songs[0], dtype="int16"))
    flac = tmp_path / "song1.flac"
    soundfile.write(flac, *soundfile.read(songs[0], dtype="int16"))
    others = {"half": half_run, "copy": copy, "namesake": namesake, "flac": flac}
    asked = {"songs": songs, "runs": [run, rival], "out": tmp_path / "study"}
    with pytest.raises(error, match=sentence):
        make_study(**{**asked, **arrange({**asked, **others})})
    assert made == []


# --- counting votes


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """Two sets of two runs: a1 and b1, a2 and b2."""
    sets = (
        VideoSet(f"song{n}.wav", (Video(f"a{n}", "a", f"a{n}"), Video(f"b{n}", "b", f"b{n}"))) for n in (1, 2)
    )
    write_key(tmp_path, Key("this", ("a", "b"), tuple(sets)))
    return tmp_path


def ballot(name: str, realistic: str = "ab", in_sync: str = "ab") -> dict[str, Any]:
    """A participant's file; each letter is the run voted for in a set, "-" is "cannot tell"."""
    votes = [
        {
            "shown": [f"b{n}", f"a{n}"], "seconds": 9, "voted": "2030-01-01T00:00:00.000Z",
            "realistic": None if real == "-" else f"{real}{n}",
            "in_sync": None if sync == "-" else f"{sync}{n}",
        }
        for n, real, sync in zip((1, 2), realistic, in_sync, strict=True)
    ]  # fmt: skip
    return {"schema_version": 1, "study": "this", "participant": name, "votes": votes[::-1]}


def write_votes(folder: Path, *documents: dict[str, Any]) -> list[Path]:
    paths = [folder / f"votes{index}.json" for index in range(len(documents))]
    for path, document in zip(paths, documents, strict=True):
        path.write_text(json.dumps(document), encoding="utf-8")
    return paths


def test_votes_are_counted(study: Path) -> None:
    paths = write_votes(study, ballot("p", "aa", "ab"), ballot("q", "bb", "--"))
    tally = tally_votes(paths, study)
    assert (tally.study, tally.participants, tally.sets, tally.votes) == ("this", 2, 2, 4)
    assert [row.name for row in tally.rows] == ["a", "b", "cannot tell"]
    a, b, nobody = tally.rows
    # Of the resamples of two participants a quarter holds p twice, a quarter q twice.
    assert (a.realistic, b.realistic) == (Share(2, 0.5, (0.0, 1.0)), Share(2, 0.5, (0.0, 1.0)))
    assert nobody.realistic == Share(0, 0.0, (0.0, 0.0))
    assert (a.in_sync, b.in_sync) == (Share(1, 0.25, (0.0, 0.5)), Share(1, 0.25, (0.0, 0.5)))
    assert nobody.in_sync == Share(2, 0.5, (0.0, 1.0))

    document = json.loads((study / "tally.json").read_text())
    assert document["rows"][0]["in_sync"] == {"votes": 1, "share": 0.25, "interval": [0.0, 0.5]}
    assert (study / "tally.md").read_text().splitlines()[:5] == [
        "| most … | realistic | in sync |",
        "|---|---|---|",
        "| a | 50.0 % (0.0 to 100.0) | 25.0 % (0.0 to 50.0) |",
        "| b | 50.0 % (0.0 to 100.0) | 25.0 % (0.0 to 50.0) |",
        "| cannot tell | 0.0 % (0.0 to 0.0) | 50.0 % (0.0 to 100.0) |",
    ]
    assert tally_votes(paths, study) == tally


def test_intervals_draw_whole_participants(study: Path) -> None:
    """Three of four always vote for a, the fourth never.

    The mean of a resample is 0 with probability 1/256, at most 1/4 with 13/256, 1 with 81/256: the 2.5 %
    point is 1/4. Were single votes drawn, it would be that of Binomial(8, 3/4) / 8, 3/8.
    """
    documents = [ballot(name, votes) for name, votes in zip("pqrs", ["aa", "aa", "aa", "bb"], strict=True)]
    tally = tally_votes(write_votes(study, *documents), study)
    assert tally.rows[0].realistic == Share(6, 0.75, (0.25, 1.0))


def test_one_participant_has_no_interval(study: Path) -> None:
    tally = tally_votes(write_votes(study, ballot("p", "a-")), study)
    assert tally.rows[0].realistic == Share(1, 0.5, None)
    assert str(tally.rows[2].realistic) == "50.0 %"


def test_votes_on_another_study_are_refused(study: Path) -> None:
    paths = write_votes(study, ballot("p"), {**ballot("q"), "study": "that"})
    with pytest.raises(StudyError, match=r"votes1.json holds votes on another study \(that, not this\)"):
        tally_votes(paths, study)
    assert not (study / "tally.json").exists()


def test_a_participant_counts_once(study: Path) -> None:
    paths = write_votes(study, ballot("p"), ballot("q"), ballot("p", "bb"))
    with pytest.raises(
        StudyError, match=r"votes2.json is of the same participant as .*votes0.json; count one"
    ):
        tally_votes(paths, study)


def first_vote(**changes: Any) -> dict[str, Any]:
    document = ballot("p")
    return {**document, "votes": [{**document["votes"][0], **changes}, document["votes"][1]]}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[1]",
        "3",
        "{}",
        json.dumps(ballot("p"))[:-20],
        json.dumps({**ballot("p"), "votes": None}),
        json.dumps({**ballot("p"), "participant": None}),
        json.dumps({**ballot("p"), "votes": ballot("p")["votes"][:1]}),
        json.dumps({**ballot("p"), "votes": ballot("p")["votes"][:1] * 2}),
        json.dumps({**ballot("p"), "votes": ["a1", "b2"]}),
        json.dumps(first_vote(realistic="b1")),
        json.dumps(first_vote(in_sync=["a2"])),
        json.dumps(first_vote(shown=["a1", "b2"])),
        "\udcff",
    ],
)
def test_damaged_votes_are_refused(study: Path, text: str) -> None:
    good, bad = write_votes(study, ballot("q"), {})
    bad.write_text(text, encoding="utf-8", errors="surrogateescape")
    with pytest.raises(StudyError, match=r"votes1.json is damaged or holds no votes; ask the participant"):
        tally_votes([good, bad], study)


def test_votes_that_are_not_there_or_from_the_future(study: Path) -> None:
    with pytest.raises(StudyError, match=r"gone.json cannot be read: No such file"):
        tally_votes([study / "gone.json"], study)
    with pytest.raises(StudyError, match=r"votes0.json has schema version 2, this apvg reads 1"):
        tally_votes(write_votes(study, {**ballot("p"), "schema_version": 2}), study)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (None, r"is not a study \(no key.json\); --out names the folder of one"),
        ("{", "key.json is damaged; restore it"),
        ("[]", "key.json is damaged"),
        ('{"schema_version": 1, "study": "s", "runs": [], "sets": [{}]}', "key.json is damaged"),
        ('{"schema_version": 9}', "key.json has schema version 9, this apvg reads 1"),
    ],
)
def test_a_study_without_a_good_key_cannot_be_counted(study: Path, text: str | None, sentence: str) -> None:
    (study / "key.json").unlink()
    if text is not None:
        (study / "key.json").write_text(text)
    with pytest.raises(StudyError, match=sentence):
        tally_votes(write_votes(study, ballot("p")), study)
