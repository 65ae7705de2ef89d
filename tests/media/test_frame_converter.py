"""Images as a player shows them."""

from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace

import av
import cv2
import numpy as np
import pytest
from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc

from apvg_core.media.frame_converter import FrameConverter
from apvg_core.media.video import probe, read_frames
from tests.synth import image

ONE = 1 << 16
PEAK_HLG, WHITE = 1000.0, 203.0
TO_BT2020 = np.array([[0.6274, 0.3293, 0.0433], [0.0691, 0.9195, 0.0114], [0.0164, 0.0880, 0.8956]])
"""Of linear BT.709; ITU-R BT.2087."""


def write_film(path, *, matrix=None, pixel=None):
    with av.open(str(path), "w") as container:
        video = container.add_stream("libx264", rate=25)
        video.width, video.height, video.pix_fmt = 96, 64, "yuv420p"
        if matrix:
            a, b, c, d = (ONE * value for value in matrix)
            video.set_display_matrix([a, b, 0, c, d, 0, 0, 0, 1 << 30])
        if pixel:
            video.codec_context.sample_aspect_ratio = pixel
        for index in range(12):
            frame = av.VideoFrame.from_ndarray(image(0), format="rgb24")
            frame.pts, frame.time_base = index, Fraction(1, 25)
            container.mux(video.encode(frame))
        container.mux(video.encode(None))
    return path


def shown(frame):
    """The image of a frame of square pixels."""
    stream = SimpleNamespace(
        sample_aspect_ratio=None, codec_context=SimpleNamespace(sample_aspect_ratio=None)
    )
    return FrameConverter(Path("a.mp4"), stream, frame).convert(frame)


@pytest.mark.parametrize(
    ("matrix", "size", "corner"),
    [
        ((1, 0, 0, 1), (64, 96), (0, 0)),
        ((-1, 0, 0, 1), (64, 96), (0, -1)),
        ((1, 0, 0, -1), (64, 96), (-1, 0)),
        ((-1, 0, 0, -1), (64, 96), (-1, -1)),
        ((0, 1, 1, 0), (96, 64), (0, 0)),
        ((0, 1, -1, 0), (96, 64), (0, -1)),
        ((0, -1, 1, 0), (96, 64), (-1, 0)),
        ((0, -1, -1, 0), (96, 64), (-1, -1)),
    ],
)
def test_turned_and_mirrored(tmp_path, matrix, size, corner):
    """A pixel at (x, y) is to be at (a x + c y, b x + d y): ISO/IEC 14496-12, 6.2.2."""
    path = write_film(tmp_path / "a.mp4", matrix=matrix)
    info, frame = probe(path), next(read_frames(path, 25))
    assert frame.shape == (info.height, info.width, 3) == (*size, 3)
    assert [place for place in ((0, 0), (0, -1), (-1, 0), (-1, -1)) if frame[place].mean() > 200] == [corner]


@pytest.mark.parametrize(
    ("pixel", "width"), [(None, 96), ((4, 3), 128), ((8, 9), 85), ((1, 1), 96), ((1000, 1), 96), ((1, 9), 96)]
)
@pytest.mark.parametrize("suffix", ["mp4", "mkv", "ts"])
def test_pixels_become_square(tmp_path, suffix, pixel, width):
    path = write_film(tmp_path / f"a.{suffix}", pixel=pixel and Fraction(*pixel))
    frame = next(read_frames(path, 25))
    assert frame.shape == (64, width, 3)
    assert probe(path).width == width
    assert frame[:16, : width // 4 - 2].min() > 200 > frame[:16, width // 4 + 2 :].max()


def test_pixels_become_square_before_the_image_is_turned(tmp_path):
    path = write_film(tmp_path / "a.mp4", matrix=(0, 1, -1, 0), pixel=Fraction(4, 3))
    assert next(read_frames(path, 25)).shape == (128, 64, 3)


def test_motion_jpeg_turned_by_exif(tmp_path):
    path = tmp_path / "a.avi"
    exif = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0"  # orientation 6
    jpeg = cv2.imencode(".jpg", image(0))[1].tobytes()
    turned = jpeg[:2] + b"\xff\xe1" + (len(exif) + 2).to_bytes(2, "big") + exif + jpeg[2:]
    with av.open(str(path), "w") as container:
        video = container.add_stream("mjpeg", rate=25)
        video.width, video.height, video.pix_fmt = 96, 64, "yuvj420p"
        for index in range(5):
            packet = av.Packet(turned)
            packet.stream, packet.pts, packet.dts, packet.time_base = video, index, index, Fraction(1, 25)
            container.mux(packet)
    frame = next(read_frames(path, 25))
    assert frame.shape == (96, 64, 3)
    assert frame[0, -1].mean() > 200, "the top left corner is clockwise from where it was"


def hlg(linear):
    """The signal for light, as a share of 1000 cd/m² [shape=(3,)]: ITU-R BT.2100, table 5."""
    scene = linear * max(linear @ [0.2627, 0.6780, 0.0593], 1e-9) ** (1 / 1.2 - 1)
    high = 0.17883277 * np.log(np.maximum(12 * scene - 0.28466892, 1e-6)) + 0.55991073
    return np.where(scene <= 1 / 12, np.sqrt(3 * scene), high)


def pq(linear):
    """The signal for light, as a share of 10000 cd/m² [shape=(3,)]: ITU-R BT.2100, table 4."""
    power = linear ** (2610 / 16384)
    return ((3424 / 4096 + 2413 / 128 * power) / (1 + 2392 / 128 * power)) ** (2523 / 32)


TRANSFERS = {
    "hlg": (ColorTrc.ARIB_STD_B67, lambda light: hlg(light * WHITE / PEAK_HLG)),
    "pq": (ColorTrc.SMPTE2084, lambda light: pq(light * WHITE / 10_000)),
    "sdr": (ColorTrc.BT2020_10, lambda light: light ** (1 / 2.4)),
}


def in_bt2020(colours, transfer):
    """Colours, each a stripe of 32 pixels, as a phone films them: BT.2020, ten bits."""
    trc, signal = TRANSFERS[transfer]
    stripes = [signal(TO_BT2020 @ (np.array(colour) / 255) ** 2.4) for colour in colours]
    image = np.repeat(np.array(stripes)[None], 32, axis=1).repeat(32, axis=0)
    frame = av.VideoFrame.from_ndarray(np.rint(image * 65535).astype(np.uint16), format="rgb48le")
    frame = frame.reformat(
        format="yuv420p10le", dst_colorspace=Colorspace.BT2020, dst_color_range=ColorRange.MPEG
    )
    frame.color_trc, frame.color_primaries = trc, ColorPrimaries.BT2020
    return frame


@pytest.mark.parametrize(
    "transfer", ["hlg", *(pytest.param(name, marks=pytest.mark.slow) for name in ("pq", "sdr"))]
)
def test_high_dynamic_range_and_wide_colours_look_as_filmed(transfer):
    colours = [(255, 255, 255), (224, 172, 140), (128, 128, 128), (20, 20, 20), (64, 90, 200)]
    frame = in_bt2020(colours, transfer)
    assert frame.colorspace == Colorspace.BT2020
    seen = shown(frame)[16, 16::32].astype(int)
    np.testing.assert_allclose(seen, colours, atol=8)
    assert np.abs(seen - colours).mean() < 2.5


def test_hdr_is_told_once(tmp_path, caplog):
    path = tmp_path / "phone.mkv"
    frame = in_bt2020([(255, 255, 255), (0, 0, 0)], "hlg")
    with av.open(str(path), "w") as container:
        video = container.add_stream("ffv1", rate=25)
        video.width, video.height, video.pix_fmt = frame.width, frame.height, frame.format.name
        video.codec_context.color_trc = frame.color_trc
        video.codec_context.color_primaries = frame.color_primaries
        video.codec_context.colorspace = frame.colorspace
        frame.pts, frame.time_base = 0, Fraction(1, 25)
        container.mux(video.encode(frame))
        container.mux(video.encode(None))
    probe(path)
    image = next(read_frames(path, 25))
    assert image[16, 16].min() > 250
    assert image[16, 48].max() < 5
    (record,) = caplog.records
    assert "phone.mkv is HDR" in record.message


@pytest.mark.parametrize(
    ("matrix", "full", "yuv", "rgb"),
    [
        (Colorspace.ITU709, False, (63, 102, 240), (255, 0, 0)),
        (Colorspace.ITU601, False, (81, 90, 240), (255, 0, 0)),
        (Colorspace.ITU709, False, (173, 42, 26), (0, 255, 0)),
        (Colorspace.ITU709, False, (235, 128, 128), (255, 255, 255)),
        (Colorspace.ITU709, True, (235, 128, 128), (235, 235, 235)),
        (Colorspace.ITU709, True, (54, 99, 255), (254, 0, 0)),
    ],
)
def test_colours_are_those_of_the_matrix_and_the_range(matrix, full, yuv, rgb):
    """Values of BT.709 and BT.601 in eight bits: ITU-T H.273, 8.3."""
    frame = av.VideoFrame(32, 32, "yuv444p")
    for plane, value in zip(frame.planes, yuv, strict=True):
        plane.update(bytes([value]) * plane.buffer_size)
    frame.colorspace = matrix
    frame.color_range = ColorRange.JPEG if full else ColorRange.MPEG
    np.testing.assert_allclose(shown(frame)[16, 16], rgb, atol=3)


@pytest.mark.parametrize("matrix", [0, 3, 8, 10, 14, 18])
@pytest.mark.parametrize("trc", [ColorTrc.BT709, 3])
def test_odd_tags_of_colours_are_no_error(matrix, trc):
    frame = av.VideoFrame.from_ndarray(image(20), format="rgb24").reformat(format="yuv420p")
    frame.colorspace, frame.color_trc, frame.color_primaries = matrix, trc, 3
    assert shown(frame).shape == (64, 96, 3)


@pytest.mark.parametrize(
    "pixels",
    ["gray", "gray16le", "gbrp", "rgba", "bgr24", "pal8", "yuv411p", "yuv444p12le", "yuva420p", "nv12"],
)
def test_pixels_of_any_kind(pixels):
    pattern = image(20)
    if pixels == "pal8":
        palette = np.repeat(np.arange(256, dtype=np.uint8)[:, None], 4, 1)
        frame = av.VideoFrame.from_ndarray((pattern[..., 0].copy(), palette), format="pal8")
    else:
        frame = av.VideoFrame.from_ndarray(pattern, format="rgb24").reformat(format=pixels)
    np.testing.assert_allclose(shown(frame).astype(int)[24:, 32:], pattern[24:, 32:], atol=3)
