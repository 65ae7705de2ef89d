"""The way a new user goes: every `apvg` line of README and docs, in order, on footage that is drawn here."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from apvg_cli.app import run
from apvg_core import __version__
from apvg_core.data.manifest import read_manifest
from apvg_core.media.audio import open_song
from apvg_core.media.video import probe
from apvg_core.pretrained import embedded_run
from apvg_core.run.info import read_run
from apvg_core.training import budget
from apvg_core.training.forecast import Costs
from apvg_core.virtual.listening.recordings import CONDITIONS
from apvg_core.virtual.sound import fluidsynth
from apvg_core.virtual.sound.timbres import HELD_OUT
from tests.notes import write_notes
from tests.synth import excerpt
from tests.vgg import write_vgg

ROOT = Path(__file__).parents[2]


PAGES = ("README.md", *sorted(f"docs/{page.name}" for page in (ROOT / "docs").glob("*.md")))
TRIED = {
    "videos": ("docs/index.md", "docs/quickstart.md", "docs/play.md", "docs/check.md"),
    "performer": ("README.md", "docs/own-performer.md", "docs/evaluate.md", "docs/study.md"),
    "stages": ("docs/extract.md", "docs/train.md"),
    "virtual": ("docs/virtual.md",),
    "paper": ("docs/reproduce.md",),
}
"""Which pages the tests below follow, each group in a folder of its own."""


def commands_of(*pages: str, start: str = "apvg") -> list[list[str]]:
    """What follows `start` in the commands of these pages, in order; what several pages say, once."""
    lines = []
    for page in pages:
        blocks = re.findall(r"^```sh\n(.*?)^```", (ROOT / page).read_text(encoding="utf-8"), re.M | re.S)
        lines += [line for block in blocks for line in block.splitlines() if line.startswith(f"{start} ")]
    commands = [shlex.split(line.removeprefix(start), comments=True) for line in lines]
    return [command for at, command in enumerate(commands) if command not in commands[:at]]


def hurried(command: list[str]) -> list[str]:
    """The same command at a size that a test can wait for."""
    if command[0] == "learn":
        return [*command, "--size", "64", "--minutes", "2", "--yes"]
    if command[0] == "extract":
        return [*command, "--size", "64"]
    if command[0].startswith("train"):
        steps = {"3000": "2", "6000": "4"}
        command = [steps.get(word, word) for word in command]
        begins = not Path(command[command.index("--run") + 1]).exists()
        goes_on = "--resume" in command and not begins
        command += [] if "--steps" in command or goes_on else ["--steps", "2"]
        command += ["--recipe", "tiny"] if begins and "--recipe" not in command else []
    if command[0] == "generate" and "--list" not in command:
        command = [*command, "--overwrite"]  # pages use the same names
    return command


def with_people(command: list[str]) -> list[str]:
    """A study, after somebody has trained its other run; a tally, after somebody has voted."""
    if "--tally" not in command:
        other = ["train", "shards", "--run", "runs/other", "--recipe", "tiny", "--steps", "2", "--seed", "1"]
        assert run(other) == 0
        return command
    key = json.loads(Path("study/key.json").read_text(encoding="utf-8"))
    (each,) = key["sets"]
    videos = [video["id"] for video in each["videos"]]
    vote = {"shown": videos, "realistic": videos[0], "in_sync": None}
    Path("votes").mkdir()
    for name in "ab":
        ballot = {"schema_version": 1, "study": key["study"], "participant": name, "votes": [vote]}
        Path(f"votes/{name}.json").write_text(json.dumps(ballot), encoding="utf-8")
    at = command.index("votes/*.json")
    return [*command[:at], *map(str, Path("votes").iterdir()), *command[at + 1 :]]


def footage(folder: Path) -> None:
    """Lay down what the pages suppose at hand: films and a song."""
    films = folder / "my_footage/cello/ann"
    films.mkdir(parents=True)
    for number in (1, 2):
        excerpt(films / f"film{number}.mp4", 2)
    excerpt(folder / "film.mp4", 3)
    excerpt(folder / "song.wav", 1.5)
    (folder / "songs").mkdir()
    shutil.copy(folder / "song.wav", folder / "songs/one.wav")


def follow(commands: list[list[str]], capsys: pytest.CaptureFixture[str]) -> str:
    """Run them in order; return what they printed."""
    printed = ""
    for command in commands:
        if command[0] == "study":
            command = with_people(command)
        assert run(hurried(command)) == 0, (command, capsys.readouterr())
        printed += capsys.readouterr().out
    return printed


def test_every_command_of_every_page_is_tried() -> None:
    tried = {page for group in TRIED.values() for page in group}
    assert {page for page in PAGES if commands_of(page)} == tried


def test_the_readme_fits_and_its_links_lead_somewhere() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 120
    links = [link for link in re.findall(r"\]\(([^)#]+)", text) if not link.startswith("https://")]
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_the_readme_knows_its_version() -> None:
    for page in ("README.md", "docs/quickstart.md"):
        text = (ROOT / page).read_text(encoding="utf-8")
        assert set(re.findall(r"apvg-([\d.]+)-py3", text)) == {__version__}, page
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.findall(r"^## \[([\d.]+)\] - \d{4}-\d\d-\d\d$", changes, re.M)[0] == __version__


@pytest.mark.slow
def test_the_pages_about_videos(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    footage(tmp_path)
    shutil.copytree(embedded_run("trombone"), "runs/mine")
    follow(commands_of(*TRIED["videos"]), capsys)
    assert Path("videos/one/000000.png").exists()
    assert probe(Path("cello.webm")).duration == pytest.approx(1)
    short = probe(Path("short.mp4"))
    assert (short.width, short.height) == (1080, 1920)


@pytest.mark.slow
def test_the_readme_and_the_pages_about_a_performer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    footage(tmp_path)
    monkeypatch.setattr(budget, "measure_costs", lambda *_: Costs(a_step=1e9, afterwards=0.0))  # one step
    printed = follow(commands_of(*TRIED["performer"]), capsys)

    assert probe(Path("out.mp4")).duration == pytest.approx(round(1.5 * 25) / 25)
    with open_song(Path("out.mp4")) as made, open_song(Path("song.wav")) as song:
        assert (made.samples, made.sample_rate) == (song.samples, song.sample_rate)
    rows = json.loads(Path("results/results.json").read_text(encoding="utf-8"))["rows"]
    assert [row["name"] for row in rows] == [
        "mine", "mine, true keypoints", "mean frame", "nearest audio", "the recordings"
    ]  # fmt: skip
    tally = json.loads(Path("study/tally.json").read_text(encoding="utf-8"))
    assert [(row["name"], row["realistic"]["votes"]) for row in tally["rows"]][:2] == [
        ("mine", 2),
        ("other", 0),
    ]
    assert "nearest audio" in printed
    assert read_run(Path("runs/mine")).instrument == "cello"


@pytest.mark.slow
def test_the_pages_about_extraction_and_training(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    footage(tmp_path)
    follow(commands_of(*TRIED["stages"]), capsys)
    assert read_run(Path("runs/mine")).stages["stu"]["steps"] == 2
    assert read_run(Path("runs/ann")).stages["khp"]["steps"] == 4
    assert read_run(Path("runs/ann")).performers == ("ann",)


@pytest.mark.slow
def test_the_page_that_reproduces_the_paper(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    write_vgg(Path("vgg19.safetensors"))
    film, *commands = commands_of(*TRIED["paper"])
    small = {"paper": "tiny", "clip": "continuous"}  # and the sound that this recipe wants
    commands = [[small.get(word, word) for word in each] for each in commands]
    assert run([*film, "--seconds", "4", "--recordings", "2", "--size", "128", "--jobs", "1"]) == 0
    follow(commands, capsys)
    assert read_run(Path("runs/paper")).instrument == "cello"


@pytest.mark.slow
def test_the_pages_python_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copy(ROOT / "examples/songs/trombone.ogg", "song.wav")
    code = "\n".join(re.findall(r"^```python\n(.*?)^```", (ROOT / "docs/python.md").read_text(), re.M | re.S))
    code = code.replace("duration=5", "duration=1")
    exec(compile(code, "python.md", "exec"), {})
    assert probe(Path("out.mp4")).duration == pytest.approx(1)


@pytest.mark.slow
def test_the_virtual_performers_of_the_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for command in commands_of(*TRIED["virtual"], start="apvg virtual film"):
        small = ["--seconds", "4", "--recordings", "1", "--size", "128", "--jobs", "1"]
        assert run(["virtual", "film", *command, *small]) == 0
    assert Path("sub_urmp/Sub-URMP/img/train/cello").is_dir()
    (checked,) = commands_of(*TRIED["virtual"], start="apvg virtual check")
    assert run(["virtual", "check", *checked, "--jobs", "1"]) == 0
    assert "all of trombone" in capsys.readouterr().out
    assert run(["extract", "data/", "--out", "shards/", "--size", "64"]) == 0
    (rehearsed,) = commands_of(*TRIED["virtual"], start="apvg virtual rehearse")
    Path("sounds").mkdir()  # the notes that examples/sounds.sh fetches come from the internet
    assert run(["virtual", "rehearse", *rehearsed, "--seconds", "4", "--recordings", "1"]) == 0
    assert {entry.instrument for entry in read_manifest(Path("rehearsals"))} == {"trombone"}


@pytest.mark.slow
@pytest.mark.skipif(
    not fluidsynth.available(), reason="needs `apt-get install fluidsynth fluid-soundfont-gm`"
)
def test_the_listening_test_of_the_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    write_notes(Path("sounds", HELD_OUT["trombone"]))
    shutil.copytree(embedded_run("trombone"), "runs/mine")
    (command,) = commands_of(*TRIED["virtual"], start="apvg virtual listen")
    small = ["--seconds", "8", "--recordings", "1", "--jobs", "1"]
    assert run(["virtual", "listen", *command, *small]) == 0
    printed = capsys.readouterr().out
    assert printed.count("breaks, guitar 6 dB below") == 2  # of each run
    assert len(list(Path("listening/trombone").glob("*.wav"))) == len(CONDITIONS)


@pytest.mark.slow
def test_the_ablations_print_the_papers_tables(shards: Path, tmp_path: Path) -> None:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    budget = [f"--set={stage}.training.steps=2" for stage in ("khp", "cvg", "stu")]
    budget = [word for flag in budget for word in flag.split("=", 1)]
    command = ["bash", ROOT / "examples/ablations.sh", shards, tmp_path / "out", "tiny", *budget]
    environment = {**os.environ, "PATH": path, "OMP_NUM_THREADS": "1", "SEEDS": "1"}
    for _ in range(2):  # the second time there is nothing left to train
        done = subprocess.run(command, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        for title in ("Table I:", "Table II:", "Table III:"):
            assert title in done.stderr
        for row in ("(a) w/o CVG", "(e) w/o CNN-GRU", "+ avg. condition", "vid2vid", "Ours"):
            assert row in done.stdout
    assert "tiny: seed=" not in done.stderr
    stages = read_run(tmp_path / "out/tiny+without-gcn/seed-0").stages
    assert stages["cvg"]["taken_over_from"] == "tiny/seed-0"


@pytest.mark.slow
def test_the_whole_way_leaves_a_video(tmp_path: Path) -> None:
    path = (
        f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"  # this environment's python and apvg
    )
    script = ROOT / "examples/learn.sh"
    subprocess.run(["bash", script, tmp_path / "out", "3"], check=True, env={**os.environ, "PATH": path})
    assert probe(tmp_path / "out/performance.mp4").duration == pytest.approx(10.0)
