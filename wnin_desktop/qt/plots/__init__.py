"""Plots of the window.

lens         `Lens`: what all plots of a page share
metric_plot  `MetricPlot`: one metric, live
grid         `PlotGrid`: linked plots that a person arranges
export       figures and their numbers as files and on the clipboard

Inside: `curves` gathers what is in sight, `drawing` makes strokes of it, `ink` puts them on pixels, `layers`
holds the pictures, `pacing` shares the time of a frame among the plots, `figure` is the item of the scene.
"""
