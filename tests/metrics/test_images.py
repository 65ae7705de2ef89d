import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from apvg_core.metrics import images
from apvg_core.metrics.images import ImageFrames, similarities
from apvg_core.skeleton import NUM_JOINTS

rng = np.random.default_rng(0)
A = rng.integers(0, 256, (32, 32, 3), dtype=np.uint8)
B = np.clip(A.astype(int) + rng.integers(-20, 20, A.shape), 0, 255).astype(np.uint8)


def waves(size: int, seed: int, noise: float = 8) -> np.ndarray:
    """A smooth image with some noise, as a photograph is."""
    random = np.random.default_rng(seed)
    y, x = np.mgrid[:size, :size] / size
    planes = [np.sin(2 * np.pi * (a * x + b * y)) for a, b in random.uniform(0.5, 4, (3, 2))]
    return np.clip(128 + 100 * np.stack(planes, 2) + random.normal(0, noise, (size, size, 3)), 0, 255).astype(
        np.uint8
    )


def reference_ssim(real: np.ndarray, generated: np.ndarray, **settings: object) -> float:
    return structural_similarity(
        real, generated, channel_axis=2, data_range=255,
        gaussian_weights=True, sigma=1.5, use_sample_covariance=False, **settings,
    )  # fmt: skip


def test_psnr_by_hand() -> None:
    black, grey = np.zeros((2, 2, 3), np.uint8), np.full((2, 2, 3), 51, np.uint8)  # 51 = 255 / 5
    assert images.psnr(black, grey) == pytest.approx(20 * np.log10(5))


def test_psnr_as_scikit_image() -> None:
    assert images.psnr(A, B) == pytest.approx(peak_signal_noise_ratio(A, B, data_range=255), rel=1e-12)


def test_identical_frames() -> None:
    assert images.psnr(A, A) == images.PSNR_CEILING
    assert similarities(A, A) == pytest.approx((1.0, 1.0))


def test_ssim_of_flat_frames_by_hand() -> None:
    # Without variance SSIM is (2 m n + c) / (m² + n² + c) with c = (0.01 · 255)².
    a, b, c = 100, 150, (0.01 * 255) ** 2
    flat = [np.full((32, 32, 3), value, np.uint8) for value in (a, b)]
    assert similarities(*flat).ssim == pytest.approx((2 * a * b + c) / (a * a + b * b + c))


@settings(max_examples=40)
@given(st.integers(0, 2**32), st.sampled_from([11, 32, 61, 128]), st.floats(0, 60))
def test_ssim_as_scikit_image(seed: int, size: int, noise: float) -> None:
    real, generated = waves(size, seed, 4), waves(size, seed, noise)
    assert similarities(real, generated).ssim == pytest.approx(reference_ssim(real, generated), abs=1e-6)


@given(st.tuples(*[st.integers(0, 255)] * 4), st.sampled_from([1, 8, 16, 32]))
def test_ssim_as_scikit_image_on_checkerboards(levels: tuple[int, int, int, int], edge: int) -> None:
    checks = (np.indices((64, 64)) // edge).sum(0)[..., None].repeat(3, 2) % 2
    a, b, c, d = levels
    real, generated = np.where(checks, a, b).astype(np.uint8), np.where(checks, c, d).astype(np.uint8)
    assert similarities(real, generated).ssim == pytest.approx(reference_ssim(real, generated), abs=5e-5)


def test_ms_ssim_of_flat_frames_by_hand() -> None:
    # Without variance the contrast-structure terms are 1, and the coarsest of five scales weighs 0.1333.
    a, b, c = 100, 150, (0.01 * 255) ** 2
    flat = [np.full((176, 200, 3), value, np.uint8) for value in (a, b)]
    luminance = (2 * a * b + c) / (a * a + b * b + c)
    assert similarities(*flat).ms_ssim == pytest.approx(luminance ** (0.1333 / 1.0001))


@pytest.mark.parametrize(("size", "scales"), [(21, 1), (32, 2), (64, 3), (175, 4), (176, 5), (256, 5)])
def test_ms_ssim_from_scikit_images_terms(size: int, scales: int) -> None:
    real, generated = waves(size, 1), waves(size, 1, 30)
    weights = np.array([0.0448, 0.2856, 0.3001, 0.2363, 0.1333])[:scales]
    expected = np.ones(3)
    x, y = real.astype(float), generated.astype(float)
    for scale, weight in enumerate(weights / weights.sum()):
        # A huge K1 makes the luminance term 1, so that contrast and structure are left.
        terms = {} if scale == scales - 1 else {"K1": 1e6}
        expected *= [reference_ssim(x[..., [c]], y[..., [c]], **terms) ** weight for c in range(3)]
        even = len(x) // 2 * 2
        x, y = (p[:even, :even].reshape(even // 2, 2, even // 2, 2, 3).mean((1, 3)) for p in (x, y))
    assert similarities(real, generated).ms_ssim == pytest.approx(expected.mean(), abs=1e-6)


def test_ms_ssim_of_a_negative_is_0() -> None:
    real = waves(256, 3)
    assert similarities(real, 255 - real).ssim < 0
    assert similarities(real, 255 - real).ms_ssim == 0


@settings(max_examples=40)
@given(st.integers(0, 2**32), st.integers(0, 2**32))
def test_similarities_are_symmetric_and_bounded(one: int, other: int) -> None:
    a, b = waves(48, one), waves(48, other)
    both = similarities(a, b)
    assert both == pytest.approx(similarities(b, a))
    assert -1 <= both.ssim <= 1
    assert 0 <= both.ms_ssim <= 1


def test_temporal_error_by_hand() -> None:
    real, generated = (np.zeros((3, 2, 2, 3), np.uint8) for _ in range(2))
    real[1:] = 255  # a step up ...
    generated[1] = 55  # ... that comes too weak, and goes too far back
    generated[0] = 100
    np.testing.assert_array_equal(images.temporal_error(real, generated), [300, 55])
    np.testing.assert_array_equal(images.image_motion(real), [255, 0])
    np.testing.assert_array_equal(images.image_motion(generated), [45, 55])


def test_temporal_error_of_what_is_wrong_but_still_is_0() -> None:
    film = np.stack([A, B, A])
    np.testing.assert_array_equal(images.temporal_error(film // 2, film // 2 + 100), [0, 0])


def test_motion_ratio_by_hand() -> None:
    real, generated = (np.zeros((2, 2, 2, 3), np.uint8) for _ in range(2))
    real[1], generated[1] = 40, 10
    assert images.motion_ratio(real, generated) == (10, 40)


def test_declarations_refer_to_the_functions() -> None:
    nowhere = np.zeros((2, NUM_JOINTS, 2), np.float32), np.zeros((2, NUM_JOINTS), np.bool_)
    frames = ImageFrames(np.stack([B, A]), np.stack([A, B]), *nowhere)
    expected = {
        "psnr": images.psnr(A, B),
        "ssim": similarities(A, B).ssim,
        "ms_ssim": similarities(A, B).ms_ssim,
        "temporal_error": images.temporal_error(frames.real, frames.generated),
        "motion_ratio": images.motion_ratio(frames.real, frames.generated),
    }
    assert {metric.key: metric.measure(frames) for metric in images.METRICS} == expected
