"""Tensors of a run: safetensors files, written whole and read with suspicion."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from apvg_core.errors import RunError
from apvg_core.files import atomic_write

if TYPE_CHECKING:
    from torch import Tensor


def write_arrays(
    path: Path, arrays: Mapping[str, npt.NDArray[Any]], metadata: dict[str, str] | None = None
) -> None:
    """Write arrays of any shape into a safetensors file, whole or not at all.

    Raises:
        RunError: There is no room or no permission.
    """
    with explained(path), atomic_write(path) as temporary:
        save_file({name: np.ascontiguousarray(array) for name, array in arrays.items()}, temporary, metadata)


def write_tensors(path: Path, tensors: Mapping[str, Tensor], metadata: dict[str, str] | None = None) -> None:
    """Write tensors of any shape as `write_arrays` does.

    Raises:
        RunError: There is no room or no permission.
    """
    write_arrays(path, {name: tensor.detach().cpu().numpy() for name, tensor in tensors.items()}, metadata)


def read_arrays(path: Path, shapes: Mapping[str, tuple[int, ...]]) -> dict[str, npt.NDArray[Any]]:
    """Read arrays from a safetensors file, those of these names that are there.

    Raises:
        RunError: It is missing or damaged, has others, or one of another shape.
    """
    try:
        with open_arrays(path, "numpy") as file:
            for name in file.keys():  # noqa: SIM118 (no mapping)
                if name not in shapes or (found := tuple(file.get_slice(name).get_shape())) != shapes[name]:
                    was = f"of shape {list(found)}, not {list(shapes[name])}" if name in shapes else "unknown"
                    raise RunError(f"{path} does not fit its run.json ({name[:40]} is {was}); restore it.")
            return {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (KeyError, TypeError, ValueError) as error:  # numbers that NumPy does not have, such as bfloat16
        raise RunError(f"{path} has numbers of an unknown kind; restore the file.") from error


@contextmanager
def open_arrays(path: Path, framework: str) -> Iterator[Any]:
    """Open a safetensors file; nothing but its list of contents is read yet.

    Raises:
        RunError: It is missing or damaged.
    """
    try:
        with safe_open(path, framework) as file:
            yield file
    except FileNotFoundError as error:
        raise RunError(f"{path} is missing; train that stage again or restore the file.") from error
    except (OSError, SafetensorError) as error:
        raise RunError(f"{path} is damaged; train that stage again or restore the file.") from error


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn errors of writing a run's file into a sentence about it.

    Raises:
        RunError: There is no room or no permission.
    """
    try:
        yield
    except (OSError, SafetensorError) as error:
        reason = getattr(error, "strerror", None) or str(error).removeprefix(
            "Error while serializing: I/O error: "
        )
        raise RunError(f"{path} cannot be written ({reason}); make room or choose another --run.") from error
