"""The report of an evaluation: one page with its numbers, curves, pictures and films, which loads nothing."""
