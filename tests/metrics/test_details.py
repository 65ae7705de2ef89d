import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from apvg_core.metrics import details, images
from apvg_core.metrics.details import gradient_energy
from apvg_core.metrics.images import ImageFrames
from apvg_core.skeleton import GROUPS, NUM_JOINTS

SIZE = 100
LEFT, RIGHT = (slice(43, 58), slice(13, 28)), (slice(33, 48), slice(63, 78))
"""The boxes of hands that are at (0.205, 0.505) and (0.705, 0.405); see `test_boxes`."""

rng = np.random.default_rng(0)
REAL = rng.integers(0, 256, (SIZE, SIZE, 3), dtype=np.uint8)


def measured(generated: np.ndarray, *, seen: bool = True) -> dict[str, object]:
    keypoints, visible = np.zeros((1, NUM_JOINTS, 2), np.float32), np.ones((1, NUM_JOINTS), np.bool_)
    keypoints[:, GROUPS["left_hand"]], keypoints[:, GROUPS["right_hand"]] = (0.205, 0.505), (0.705, 0.405)
    visible[:, GROUPS["right_hand"]] = seen
    frames = ImageFrames(REAL[None], generated[None], keypoints, visible)
    return {metric.key: metric.measure(frames) for metric in details.METRICS}


def blurred(image: np.ndarray, sigma: float = 1.0) -> np.ndarray:
    return gaussian_filter(image, (sigma, sigma, 0))


def test_gradient_energy_by_hand() -> None:
    image = np.zeros((2, 3, 3), np.uint8)
    image[:, :, 0] = [[10, 13, 13], [10, 17, 12]]  # steps of 3, 0, 7, -5 along the rows, 0, 4, -1 down
    assert gradient_energy(image) == 9 + 0 + 49 + 25 + 0 + 16 + 1
    assert gradient_energy(np.full((1, 1, 3), 9, np.uint8)) == 0  # nor does a single pixel trouble it


def test_blur_lowers_gradient_energy_and_the_more_so_the_stronger_it_is() -> None:
    picture = blurred(REAL, 0.7)
    energies = [gradient_energy(blurred(picture, sigma)) for sigma in (0.3, 0.6, 1.2, 2.4)]
    assert energies == sorted(energies, reverse=True)
    assert gradient_energy(picture) > energies[0]
    assert energies[-1] < 0.1 * energies[0]
    noisy = picture + rng.integers(0, 9, picture.shape, dtype=np.uint8)
    assert gradient_energy(noisy) > gradient_energy(picture)


def test_a_step_that_is_spread_over_four_pixels_has_a_quarter_of_the_energy() -> None:
    sharp, spread = np.zeros((2, 5, 8, 3), np.uint8)
    sharp[:, 4:] = 200
    spread[:, 3:] = np.array([50, 100, 150, 200, 200])[:, None]
    assert gradient_energy(spread) / gradient_energy(sharp) == 1 / 4


def test_what_the_metrics_measure() -> None:
    generated = REAL.copy()
    generated[LEFT] = blurred(REAL)[LEFT]
    instrument = slice(33, 58), slice(13, 78)
    assert measured(generated) == {
        "gradient_energy": (gradient_energy(generated), gradient_energy(REAL)),
        "gradient_energy_left_hand": (gradient_energy(generated[LEFT]), gradient_energy(REAL[LEFT])),
        "gradient_energy_right_hand": (gradient_energy(REAL[RIGHT]),) * 2,
        "psnr_left_hand": images.psnr(REAL[LEFT], generated[LEFT]),
        "psnr_right_hand": images.PSNR_CEILING,
        "psnr_instrument": images.psnr(REAL[instrument], generated[instrument]),
    }


def test_an_error_in_a_hand_weighs_in_its_box_what_it_is() -> None:
    generated = REAL.copy()
    generated[RIGHT] = 255 - generated[RIGHT]
    far = measured(generated)
    assert images.psnr(REAL, generated) - far["psnr_right_hand"] == pytest.approx(
        10 * np.log10(SIZE**2 / 15**2)
    )
    assert far["psnr_left_hand"] == images.PSNR_CEILING


def test_hands_that_were_not_seen_do_not_count() -> None:
    values = measured(REAL, seen=False)
    missing = {"gradient_energy_right_hand", "psnr_right_hand", "psnr_instrument"}
    assert {key for key, value in values.items() if value == ()} == missing
