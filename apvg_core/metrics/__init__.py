"""Metrics: pure functions that return the values to be averaged, and accumulators that average them.

A function takes arrays and returns one value for each thing that it judges: a frame, a visible joint, a step
between frames, a beat. Its docstring defines the value; the metric is the mean, which `accumulate` takes over
any portions (`Mean`), frame by frame (`Series`), or over neighbouring frames (`Sliding`). What is no mean has
an accumulator of its own beside it (`agreement.Correlation`, `learned.Learned`). `uncertainty` says how far
a mean can be trusted, `registry` how it is called.
"""
