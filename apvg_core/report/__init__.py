"""The report of an evaluation: one page with its numbers, curves, images and videos, which loads nothing."""
