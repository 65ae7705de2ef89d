"""The download of VGG-19: whole and right, or not at all and one sentence."""

import hashlib
from pathlib import Path

import pytest

from apvg_cli import console
from apvg_cli.app import run as apvg
from apvg_core.errors import DependencyError
from apvg_core.layers import vgg_file


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file that can be fetched."""
    path = tmp_path / "published.pth"
    path.write_bytes(b"weights" * 400_000)
    monkeypatch.setattr(vgg_file, "TORCHVISION_URL", path.as_uri())
    monkeypatch.setattr(vgg_file, "SHA256", hashlib.sha256(path.read_bytes()).hexdigest()[:8])
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    return path


def test_it_comes_whole_and_once(server: Path) -> None:
    seen: list[float] = []
    for _ in range(2):
        path = vgg_file.fetch(lambda _task, done, _total, **_: seen.append(done))
    assert path.read_bytes() == server.read_bytes()
    assert seen == [1, 2, 2]  # megabytes, of the first time alone
    path.write_bytes(b"damaged")
    assert vgg_file.fetch().read_bytes() == server.read_bytes()


def test_another_file_or_none_leaves_nothing(server: Path) -> None:
    server.write_bytes(b"a page that says: log in")
    with pytest.raises(
        DependencyError, match=r"cannot be downloaded from .*published.pth .*its checksum is wrong"
    ):
        vgg_file.fetch()
    server.unlink()
    with pytest.raises(DependencyError, match=r"No such file.*--vgg-weights FILE names a copy"):
        vgg_file.fetch()
    assert not vgg_file.cached_path().parent.exists() or not list(vgg_file.cached_path().parent.iterdir())


@pytest.mark.parametrize(
    ("flags", "answer", "fetched"),
    [
        ([], None, False),
        ([], True, True),
        ([], False, False),
        (["--vgg-download"], None, True),
        (["--no-vgg-download"], True, False),
    ],
)
def test_it_is_asked_for_or_declined_before_the_first_stage(
    server: Path, shards: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str], flags: list[str], answer: bool | None, fetched: bool,
) -> None:  # fmt: skip
    monkeypatch.setattr("apvg_core.training.stages.train_all", lambda *_: None)
    monkeypatch.setattr("apvg_cli.commands.train.after_training", lambda *_: [])
    monkeypatch.setattr(console, "can_ask", lambda: answer is not None)
    monkeypatch.setattr(console, "confirm", lambda question: "550 MB" in question and answer)
    assert apvg(["train", str(shards), "--run", str(tmp_path / "run"), *flags]) == 0
    assert vgg_file.cached_path().exists() == fetched
    (line,) = capsys.readouterr().err.splitlines()
    assert line == (
        "A pretrained VGG-19 (550 MB) is downloaded before the first stage."
        if fetched
        else "Without a pretrained VGG-19, the last stage compares pixels instead "
        "(--vgg-download fetches it, 550 MB)."
    )
