"""Scripts to run from a checkout: `python -m examples.virtual_performer --help`."""
