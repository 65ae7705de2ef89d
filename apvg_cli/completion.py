"""What a shell offers for values that apvg knows; files are the shell's own business.

Nothing here may fail, or print: what a shell asked for is not what the user did.
"""

from contextlib import suppress

from apvg_core.errors import ApvgError

DEVICES = ("auto", "cpu", "cuda")


def devices() -> list[str]:
    """Returns the names that --device always takes."""
    return list(DEVICES)


def instruments() -> list[str]:
    """Returns what the performers that came with apvg play."""
    from apvg_core.pretrained import embedded

    with suppress(ApvgError):
        return sorted({each.info.instrument for each in embedded()})
    return []


def initial_weights() -> list[str]:
    """Returns what --init takes beside a folder."""
    from apvg_core.pretrained import embedded

    with suppress(ApvgError):
        return ["auto", "none", *(each.run.name for each in embedded())]
    return ["auto", "none"]


def known_instruments() -> list[str]:
    """Returns the instruments whose range is known."""
    from apvg_core.instruments import RANGES

    return sorted(RANGES)


def performers() -> list[str]:
    """Returns the names of the performers that came with apvg."""
    from apvg_core.pretrained import embedded

    with suppress(ApvgError):
        return sorted({name for each in embedded() for name in each.info.performers})
    return []


def recipes(incomplete: str) -> list[str]:
    """Returns the recipes; behind a plus sign, those with one variant."""
    from apvg_core.recipes import RECIPES, VARIANTS

    if "+" not in incomplete:
        return list(RECIPES)
    return [f"{recipe}+{variant}" for recipe in RECIPES for variant in VARIANTS]
