"""Numbers of Tables I and III as the paper prints them: reference, never beside ours in one table.

They were measured on the authors' frames of Sub-URMP. Table II is left out, for its distances have no unit.
"""

from typing import Final

INSTRUMENTS: Final = ("cello", "trombone")
"""Instruments of the paper, in the order of the columns."""

PRINTED: Final[dict[str, dict[str, tuple[tuple[str, str], tuple[str, str]]]]] = {
    "Table I": {
        "(a) w/o CVG": (("15.073", "0.306"), ("13.563", "0.206")),
        "(b) w/o KHP": (("15.191", "0.465"), ("14.753", "0.305")),
        "(c) w/o STU": (("15.767", "0.536"), ("14.656", "0.362")),
        "(d) w/o GCN": (("16.253", "0.551"), ("15.572", "0.395")),
        "(e) w/o CNN-GRU": (("16.437", "0.548"), ("15.519", "0.395")),
        "Ours": (("17.073", "0.563"), ("15.910", "0.397")),
    },
    "Table III": {
        "EBDN": (("13.553", "0.246"), ("12.358", "0.225")),
        "vid2vid": (("13.284", "0.331"), ("9.600", "0.204")),
        "Ours": (("17.073", "0.563"), ("15.910", "0.397")),
    },
}
"""PSNR (dB) and SSIM of each method on each instrument, to the printed digit."""


def printed(instrument: str) -> list[tuple[str, str, str, str]]:
    """Return rows of (table, method, PSNR, SSIM) of one of `INSTRUMENTS`."""
    column = INSTRUMENTS.index(instrument)
    return [
        (table, method, *columns[column])
        for table, methods in PRINTED.items()
        for method, columns in methods.items()
    ]
