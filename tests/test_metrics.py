import numpy as np
import pytest
from skimage.metrics import peak_signal_noise_ratio

from apvg_core import metrics

rng = np.random.default_rng(0)
A = rng.integers(0, 256, (32, 32, 3), dtype=np.uint8)
B = np.clip(A.astype(int) + rng.integers(-20, 20, A.shape), 0, 255).astype(np.uint8)


def test_psnr_by_hand() -> None:
    black, grey = np.zeros((2, 2, 3), np.uint8), np.full((2, 2, 3), 51, np.uint8)  # 51 = 255 / 5
    assert metrics.psnr(black, grey) == pytest.approx(20 * np.log10(5))


def test_psnr_as_scikit_image() -> None:
    assert metrics.psnr(A, B) == pytest.approx(peak_signal_noise_ratio(A, B, data_range=255))


def test_identical_frames() -> None:
    assert metrics.psnr(A, A) == metrics.PSNR_CEILING
    assert metrics.ssim(A, A) == pytest.approx(1.0)


def test_ssim_of_flat_frames_by_hand() -> None:
    # Without variance SSIM is (2 m n + c) / (m² + n² + c) with c = (0.01 · 255)².
    a, b, c = 100, 150, (0.01 * 255) ** 2
    flat = [np.full((32, 32, 3), value, np.uint8) for value in (a, b)]
    assert metrics.ssim(*flat) == pytest.approx((2 * a * b + c) / (a * a + b * b + c))


def test_keypoint_distance_leaves_missed_joints_out() -> None:
    real, predicted = np.zeros((2, 60, 2), np.float32), np.zeros((2, 60, 2), np.float32)
    predicted[0, 0] = (0.3, 0.4)
    predicted[1, 5] = 9
    visible = np.zeros((2, 60), bool)
    visible[0, :2] = True
    np.testing.assert_allclose(metrics.keypoint_distance(real, predicted, visible), [0.5, 0.0], atol=1e-7)


def test_mean_accumulates_portions() -> None:
    mean = metrics.Mean()
    assert mean.value is None
    mean.add([1.0, 2.0])
    mean.add(6.0)
    assert mean.value == 3.0
