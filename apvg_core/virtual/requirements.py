"""Requirements of the virtual performers: a sentence for each that a machine lacks."""

from collections.abc import Iterator
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from apvg_core.errors import ApvgError, ConfigError, DependencyError

INSTALL: Final = "pip install 'apvg[virtual]'"
INSTALL_LIBRARIES: Final = "apt-get install libgl1 libglib2.0-0 libegl1 libegl-mesa0 libgl1-mesa-dri"
INSTALL_FLUIDSYNTH: Final = "apt-get install fluidsynth fluid-soundfont-gm"

_PACKAGES: Final = ("moderngl", "glcontext", "mido")


@contextmanager
def explained(out: Path | None) -> Iterator[None]:
    """Turn what may be missing, or in the way of writing to `out`, into sentences.

    Args:
        out: The folder that is written; None where nothing is.

    Raises:
        DependencyError: A package or a library of the system is missing.
        ConfigError: `out` cannot be written to.
        ApvgError: A worker died.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        if (error.name or "").split(".")[0] not in _PACKAGES:
            raise
        raise DependencyError(
            f"The virtual performers need their extra ({error.name} is missing): {INSTALL}"
        ) from error
    except ImportError as error:
        if ".so" not in str(error):
            raise
        raise DependencyError(
            f"A library of the system is missing ({error}); on Debian: {INSTALL_LIBRARIES}"
        ) from error
    except BrokenProcessPool as error:
        raise ApvgError(
            "A process died, perhaps for lack of memory; repeat the command with fewer --jobs, and it "
            "continues from there."
        ) from error
    except OSError as error:
        if out is None:
            raise
        raise ConfigError(f"{out} cannot be written to ({error.strerror}); choose another --out.") from error
