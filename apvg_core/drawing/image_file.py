"""Images as files."""

from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from apvg_core.files import atomic_write


def write_image(path: Path, image: npt.NDArray[np.uint8]) -> None:
    """Write an image [shape=(h, w, 3), RGB] as PNG or JPEG, as the name says.

    Raises:
        OSError: It cannot be written.
    """
    done, data = cv2.imencode(path.suffix, cv2.cvtColor(image, cv2.COLOR_RGB2BGR))
    assert done
    with atomic_write(path) as temporary:
        temporary.write_bytes(data.tobytes())
