import json
import sys
from importlib.metadata import PackageNotFoundError
from types import SimpleNamespace

import pytest

from apvg_cli import install
from apvg_cli.commands import doctor
from apvg_core.features import pose_models


def absent():
    raise ImportError("libGL.so.1: cannot open shared object file")


def test_this_machine_passes(apvg):
    outcome = apvg("doctor")
    assert outcome.code == 0
    assert "H.264 encoder" in outcome.out
    assert outcome.err.splitlines()[-1] == "    apvg generate song.wav --instrument trombone"


def test_json(apvg):
    document = json.loads(apvg("doctor", "--json").out)
    assert document["machine"]["cores"] >= 1
    parts = {part["part"]: part for part in document["parts"]}
    assert parts["torch"]["found"]
    assert all(bool(part["cost"]) != part["found"] for part in parts.values())


def test_an_optional_part_costs_something_but_is_no_failure(apvg, monkeypatch):
    monkeypatch.setattr(doctor, "PARTS", (doctor.Part(name="pictures", find=absent, cost="no extract"),))
    outcome = apvg("doctor")
    assert outcome.code == 0
    assert "libGL.so.1" in outcome.out
    assert "no extract" in outcome.out


def test_a_required_part_is_a_failure(apvg, monkeypatch):
    def missing():
        raise PackageNotFoundError

    part = doctor.Part(name="sound", find=missing, cost="nothing works", required=True)
    monkeypatch.setattr(doctor, "PARTS", (part,))
    outcome = apvg("doctor")
    assert (outcome.code, outcome.err) == (
        6,
        "apvg: Nothing works without sound; install apvg again with pip.\n",
    )


def test_what_is_missing_has_a_command_to_copy(apvg, monkeypatch):
    def missing():
        raise PackageNotFoundError

    def part(name, package):
        return doctor.Part(name=name, find=missing, cost="it", install=doctor._pip(package))

    monkeypatch.setattr(doctor, "PARTS", (part("shards", "h5py"), part("the same", "h5py")))
    monkeypatch.setattr(install.importlib.metadata, "requires", lambda _: ["h5py>=3.11", "h5py-x"])
    outcome = apvg("doctor")
    command = f"    {sys.executable} -m pip install 'h5py>=3.11'"
    assert outcome.err.splitlines()[:2] == ["Next, to install shards:", command]
    assert outcome.err.count("pip install") == 1  # the same command is told once
    [first, _] = json.loads(apvg("doctor", "--json").out)["parts"]
    assert first["install"] == command.strip()


def test_what_pip_cannot_install_has_the_systems_command(monkeypatch):
    monkeypatch.setattr(install.sys, "platform", "linux")
    monkeypatch.setattr(install.shutil, "which", lambda _: "/usr/bin/apt-get")
    part = doctor.Part(name="OpenCV", find=absent, cost="it", install=doctor._pip("opencv-python"))
    assert doctor._check(part).install == "sudo apt-get install libgl1"
    monkeypatch.setattr(install.sys, "platform", "darwin")
    assert install.system_install("fluidsynth", "fluid-synth") == "brew install fluid-synth"
    monkeypatch.setattr(install.sys, "platform", "win32")
    monkeypatch.setattr(install.shutil, "which", lambda _: None)
    assert install.system_install("fluidsynth", "fluid-synth") is None


@pytest.mark.parametrize(("uv", "words"), [("/bin/uv", "uv pip install --python"), (None, "-m pip install")])
def test_where_there_is_no_pip_uv_installs(monkeypatch, uv, words):
    monkeypatch.setattr(install.importlib.util, "find_spec", lambda _: None)
    monkeypatch.setattr(install.shutil, "which", lambda _: uv)
    assert words in install.pip_install("soxr")


def test_each_part_that_can_be_installed_says_how():
    for part in doctor.PARTS:
        assert part.name == "CUDA GPU" or part.install(False) or part.name in {"pose models", "FluidSynth"}


def test_the_version_of_a_part_is_the_one_for_this_python(monkeypatch):
    required = ["mediapipe==1; python_version < '3'", "mediapipe==2; python_version >= '3'"]
    monkeypatch.setattr(install.importlib.metadata, "requires", lambda _: required)
    assert install.pip_install("mediapipe").endswith("pip install mediapipe==2")


def test_models_that_a_release_lacks_have_a_command_to_copy(monkeypatch, tmp_path):
    monkeypatch.setattr(pose_models, "cache_folder", lambda: tmp_path)
    monkeypatch.setattr(pose_models, "metadata", SimpleNamespace(version=lambda _: "0.10.21"))
    (part,) = (part for part in doctor.PARTS if part.name == "pose models")
    assert doctor._check(part).detail == "inside MediaPipe"
    monkeypatch.setattr(pose_models, "metadata", SimpleNamespace(version=lambda _: "1.2.3"))
    finding = doctor._check(part)
    assert finding.detail == "not fetched yet: the first extract does it"
    assert finding.install.startswith("pip download mediapipe==0.10.21")
    assert finding.install.endswith(str(tmp_path / "mediapipe-1.2.3"))
