"""The one place that draws: skeletons, heatmaps, tracks, labels and sheets. Axes: t frames, p joints."""
