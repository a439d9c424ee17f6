"""Slices of a loss through planes of parameter space: planes, grids, paths on them, barriers, smoothing.

`grid`, `plane`, `principal`, `barrier`, `smoothing` and `evaluation` need numpy alone; `directions`,
`eigenplane` and `slices` need torch.
"""
