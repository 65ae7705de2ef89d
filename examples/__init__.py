"""Scripts to run from a checkout: `python -m apvg_core.virtual --help`."""
