"""What is published: wheel and sdist, in a new environment of this Python.

`make test-pythons` tries every supported Python that is installed: gigabytes each, where PyTorch brings CUDA.
"""

import json
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from apvg_core import __version__
from apvg_core.media.audio import open_song
from apvg_core.media.video import probe
from apvg_core.pretrained import embedded

ROOT = Path(__file__).parents[2]
BUILD = "import sys; from setuptools import build_meta as b; print(getattr(b, sys.argv[1])(sys.argv[2]))"
MINORS = (11, 12, 13, 14)
INSTRUMENTS = ("trombone", "cello")
EXTRACTION = ("mediapipe", "opencv-python", "opencv-contrib-python")
"""What only extraction needs."""


def call(*command: str | Path, cwd: Path, **variables: str) -> str:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(command, cwd=cwd, env={**environment, **variables}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def interpreter(minor: int) -> Path | None:
    """The first Python 3.`minor` that runs: of pyenv too, whose shims do not while another is chosen."""
    name = f"python3.{minor}"
    versions = Path.home() / ".pyenv/versions"
    found = [Path(path)] if (path := shutil.which(name)) else []
    for each in [*found, *versions.glob(f"3.{minor}.*/bin/{name}")]:
        if subprocess.run([each, "-c", "import venv, ensurepip"], capture_output=True).returncode == 0:
            return each
    return None


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Wheel and sdist, the wheel built out of what the sdist holds."""
    folder = tmp_path_factory.mktemp("release")
    source = folder / "source"
    shutil.copytree(ROOT, source, ignore=shutil.ignore_patterns(".*", "build", "site", "demo", "*.egg-info"))
    call(sys.executable, "-c", BUILD, "build_sdist", folder / "dist", cwd=source)
    (sdist,) = (folder / "dist").glob("*.tar.gz")
    call(sys.executable, "-m", "tarfile", "-e", sdist, folder / "unpacked", cwd=folder)
    (unpacked,) = (folder / "unpacked").iterdir()
    call(sys.executable, "-c", BUILD, "build_wheel", folder / "dist", cwd=unpacked)
    return folder / "dist"


@pytest.mark.slow
def test_wheel_and_sdist_hold_the_whole_program(dist: Path) -> None:
    assert sorted(path.name for path in dist.iterdir()) == [
        f"apvg-{__version__}-py3-none-any.whl",
        f"apvg-{__version__}.tar.gz",
    ]
    (wheel,) = dist.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if not name.startswith(f"apvg-{__version__}.dist-info/")}
        metadata = archive.read(f"apvg-{__version__}.dist-info/METADATA").decode()
    packages = [*ROOT.glob("apvg_cli/**/*"), *ROOT.glob("apvg_core/**/*")]
    files = {path.relative_to(ROOT).as_posix() for path in packages if path.is_file()}
    assert held == {name for name in files if "__pycache__" not in name}
    assert f"\nVersion: {__version__}\n" in metadata
    (sdist,) = dist.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        assert f"apvg-{__version__}/examples/ablations.sh" in archive.getnames()  # docs/paper.md says so


def test_the_performers_are_small() -> None:
    """Both together at most 40 MB, as they are in every wheel."""
    runs = [each.run for each in embedded()]
    assert runs
    assert sum(path.stat().st_size for run in runs for path in run.rglob("*.*")) < 40e6


@pytest.mark.slow
@pytest.mark.parametrize("minor", MINORS)
def test_the_wheel_in_a_new_environment_of_each_python(dist: Path, tmp_path: Path, minor: int) -> None:
    """It plays both instruments in an empty folder, without what only extraction needs."""
    if minor != sys.version_info.minor and "EVERY_PYTHON" not in os.environ:
        pytest.skip("tried by `make test-pythons`")
    python = interpreter(minor)
    if python is None:
        pytest.skip(f"needs Python 3.{minor}")
    call(python, "-m", "venv", tmp_path / "venv", cwd=tmp_path)
    scripts = tmp_path / "venv" / ("Scripts" if os.name == "nt" else "bin")
    pip = (scripts / "python", "-m", "pip", "-q")
    (wheel,) = dist.glob("*.whl")
    call(*pip, "install", "-c", ROOT / "constraints.txt", wheel, cwd=tmp_path)

    apvg, empty = scripts / "apvg", tmp_path / "empty"
    empty.mkdir()
    assert call(apvg, "--version", cwd=empty).split()[-1] == __version__
    nothing_cached = {"XDG_CACHE_HOME": str(tmp_path / "cache")}
    parts = json.loads(call(apvg, "doctor", "--json", cwd=empty, **nothing_cached))["parts"]
    found = {part["part"] for part in parts if part["found"]}
    assert found >= {"torch", "H.264 encoder", "mp3 decoder", "h5py", "pitch tracker", "OpenVINO"}
    assert "MediaPipe" in found
    assert ("pose models" in found) == (minor < 13)  # later ones fetch them

    call(*pip, "uninstall", "-y", *EXTRACTION, cwd=tmp_path)
    listed = call(apvg, "generate", "--list", cwd=empty)
    for instrument in INSTRUMENTS:
        assert instrument in listed
        song = ROOT / f"examples/songs/{instrument}.ogg"
        command = [apvg, "generate", song, "--instrument", instrument, "--duration", "3"]
        video = empty / f"{instrument}.mp4"
        call(*command, "-o", video.name, cwd=empty, OMP_NUM_THREADS="1", **nothing_cached)
        assert probe(video).duration == pytest.approx(3, abs=0.04)
        with open_song(video) as made:
            assert made.duration == pytest.approx(3, abs=1e-3)
    assert sorted(path.name for path in empty.iterdir()) == ["cello.mp4", "trombone.mp4"]
    shutil.rmtree(tmp_path / "venv")  # gigabytes, where PyTorch brings CUDA
