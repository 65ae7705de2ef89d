"""The report of an evaluation: one page with its numbers, curves, images and films, which loads nothing."""
