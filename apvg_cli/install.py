"""Commands that install what is missing, for this Python and this system."""

import importlib.metadata
import importlib.util
import shutil
import sys
from typing import Final

from packaging.requirements import Requirement

from apvg_cli.console import quote

LIBRARIES: Final = {
    "libGL.so": "libgl1",
    "libgthread-2.0.so": "libglib2.0-0",
    "libEGL.so": "libegl1 libegl-mesa0 libgl1-mesa-dri",
}
"""Debian's packages of the libraries that OpenCV and the virtual performers open."""


def pip_install(*packages: str, again: bool = False) -> str:
    """Returns the command that installs packages, in versions that apvg works with, where this Python looks.

    Args:
        *packages: Their names.
        again: They are there, but broken.
    """
    requirements = [_requirement(package) for package in packages]
    if importlib.util.find_spec("pip") or not shutil.which("uv"):
        force = ["--force-reinstall", "--no-deps"] if again else []
        return quote(sys.executable, "-m", "pip", "install", *force, *requirements)
    force = ["--reinstall", "--no-deps"] if again else []
    return quote("uv", "pip", "install", "--python", sys.executable, *force, *requirements)


def system_install(debian: str, brew: str | None = None) -> str | None:
    """Returns the command that installs packages of the system; None where we know none.

    Args:
        debian: Debian's and Ubuntu's packages.
        brew: Homebrew's, for macOS.
    """
    command = None
    if sys.platform == "darwin":
        command = f"brew install {brew}" if brew else None
    elif shutil.which("apt-get"):
        command = f"sudo apt-get install {debian}"
    return command


def library_install(error: str) -> str | None:
    """Returns the command that installs the library of the system that an import could not open, if known."""
    packages = next((packages for name, packages in LIBRARIES.items() if name in error), None)
    return system_install(packages) if packages else None


def _requirement(package: str) -> str:
    """Returns a package with the versions that apvg's own metadata ask for, such as "h5py>=3.11"."""
    try:
        requirements = importlib.metadata.requires("apvg") or []
    except importlib.metadata.PackageNotFoundError:
        requirements = []
    for requirement in map(Requirement, requirements):
        marker = requirement.marker  # MediaPipe's version depends on Python's
        applies = marker is None or "extra" in str(marker) or marker.evaluate()
        if requirement.name.lower() == package.lower() and applies:
            return f"{requirement.name}{requirement.specifier}"
    return package
