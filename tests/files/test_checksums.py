from pathlib import Path

from apvg_core.files import sha256_of


def test_sha256_of(tmp_path: Path) -> None:
    """The example of FIPS 180-2."""
    (tmp_path / "a").write_bytes(b"abc")
    assert sha256_of(tmp_path / "a") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
