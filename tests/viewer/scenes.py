"""What tests show to a viewer."""

import numpy as np

from wnin_desktop.viewer.messages import Surface


def bowl(side=33, number=1):
    """Return a surface: a bowl over -1 to 1."""
    line = np.linspace(-1, 1, side, dtype=np.float32)
    x, y = np.meshgrid(line, line)
    return Surface(id=number, a=(-1.0, 1.0), b=(-1.0, 1.0), heights=0.2 + 0.3 * (x**2 + y**2))
