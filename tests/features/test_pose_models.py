"""MediaPipe's models, out of the wheel of its last release that holds them."""

import logging
import subprocess
import zipfile
from importlib import metadata
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import openvino
import pytest

from apvg_core.errors import DependencyError
from apvg_core.features import pose_models
from apvg_core.features.model_repairs import with_input_range, with_upright_palms

WHEEL = "mediapipe-0.10.21-cp312-cp312-any.whl"


@pytest.fixture
def models() -> Path:
    """The models of 0.10.21, where that release is installed."""
    if not pose_models.has_models():
        pytest.skip("needs Python 3.11 or 3.12")
    return Path(str(metadata.distribution("mediapipe").locate_file("mediapipe/modules")))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the bundles, still missing, of a release without models."""
    monkeypatch.setattr(pose_models, "cache_folder", lambda: tmp_path / "cache")
    monkeypatch.setattr(pose_models, "metadata", SimpleNamespace(version=lambda _: "1.2.3"))
    return tmp_path / "cache/mediapipe-1.2.3"


def write_wheel(path: Path, models: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as wheel:
        for model in pose_models._SHA256:
            wheel.write(models / f"{model}.tflite", f"mediapipe/modules/{model}.tflite")


def test_bundles_come_from_the_wheel_that_pip_fetches_once(models, folder, monkeypatch, caplog):
    calls = []

    def pip(command, **_):
        calls.append(command)
        write_wheel(Path(command[-1]) / WHEEL, models)

    monkeypatch.setattr(pose_models, "subprocess", SimpleNamespace(run=pip))
    with caplog.at_level(logging.INFO):
        pose_models.make_bundles()
        pose_models.make_bundles()
    assert len(calls) == 1
    assert caplog.text.count("Fetching MediaPipe's models") == 1
    assert sorted(path.name for path in folder.iterdir()) == ["hands.task", "holistic.task"]
    with zipfile.ZipFile(folder / "holistic.task") as bundle:
        assert len(bundle.namelist()) == 6
        recrop = bundle.read("hand_roi_refinement.tflite")
        hand = bundle.read("hand_landmarks_detector.tflite")
    assert b"TFLITE_METADATA" in recrop
    assert hand == (models / "hand_landmark/hand_landmark_full.tflite").read_bytes()


def test_a_wheel_that_lies_there_is_taken(models, folder, monkeypatch):
    monkeypatch.setattr(pose_models, "subprocess", None)
    write_wheel(folder / WHEEL, models)
    pose_models.make_bundles()
    assert pose_models.models_are_there()


def test_another_wheel_is_refused(folder):
    folder.mkdir(parents=True)
    with zipfile.ZipFile(folder / WHEEL, "w") as wheel:
        for model in pose_models._SHA256:
            wheel.writestr(f"mediapipe/modules/{model}.tflite", "something else")
    with pytest.raises(DependencyError, match=r"checksum of face_detection/\S+ is wrong.*; delete it"):
        pose_models.make_bundles()
    assert not pose_models.models_are_there()


def test_without_pip_or_network_there_is_a_command_to_copy(folder, monkeypatch):
    failed = subprocess.CompletedProcess([], 1, "", "/usr/bin/python3: No module named pip\n")
    monkeypatch.setattr(pose_models, "subprocess", SimpleNamespace(run=lambda *_, **__: failed))
    with pytest.raises(DependencyError) as caught:
        pose_models.make_bundles()
    assert "(/usr/bin/python3: No module named pip)" in str(caught.value)
    assert str(caught.value).endswith(pose_models.fetch_command())
    assert pose_models.fetch_command().endswith(f"--dest {folder}")


def test_a_cache_that_cannot_be_written_is_named(models, folder, monkeypatch):
    monkeypatch.setattr(pose_models, "_fetched", lambda _: models)
    monkeypatch.setattr(pose_models, "_models", lambda _: dict.fromkeys(pose_models._SHA256, b""))
    folder.parent.write_text("a file")
    with pytest.raises(DependencyError, match="cannot be kept in"):
        pose_models.make_bundles()


def test_repairs_change_nothing_else(models, tmp_path):
    """A stated input range changes no number; upright palms have one keypoint turned, by 26.6 degrees."""
    image = np.random.default_rng(0).random((1, 192, 192, 3), np.float32)

    def palms_and_scores(model):
        (tmp_path / "model.tflite").write_bytes(model)
        network = openvino.Core().compile_model(tmp_path / "model.tflite", "CPU")
        return sorted(network(image).values(), key=lambda output: -output.shape[-1])

    def direction(palms):  # from the wrist's keypoint to the middle finger's
        return palms[..., 8] - palms[..., 4] + 1j * (palms[..., 9] - palms[..., 5])

    model = (models / "palm_detection/palm_detection_full.tflite").read_bytes()
    palms, scores = palms_and_scores(model)
    stated = palms_and_scores(with_input_range(model, mean=0, std=255))
    np.testing.assert_array_equal(stated[0], palms)
    upright, same_scores = palms_and_scores(with_upright_palms(model))
    np.testing.assert_array_equal(same_scores, scores)
    np.testing.assert_array_equal(np.delete(upright, [8, 9], -1), np.delete(palms, [8, 9], -1))
    turned = np.angle(direction(upright) / direction(palms))[np.abs(direction(palms)) > 20]
    np.testing.assert_allclose(np.rad2deg(turned), -26.6, atol=0.5)
