"""Metrics: pure functions that return the values to be averaged, each declared once beside its function.

A function takes arrays and returns one value for each thing that it measures: a frame, a visible joint, a
step between frames, a beat. Its docstring defines the value; the metric is the mean.

A declaration (`metric.Metric`) refers to the function and holds all that files, tables and reports say of it.
Each module lists its own as `METRICS`; `registry` joins the lists, and everybody else iterates over it.
`accumulate` averages values frame by frame, `uncertainty` says how far a mean can be trusted.
"""
