"""How a cohort's losses and gradients are computed: one interface, three ways."""

from wnin_desktop.engine.cohort.gradients.base import GradientEngine, Scores
from wnin_desktop.engine.cohort.gradients.choose import choose_gradients, stacks

__all__ = ["GradientEngine", "Scores", "choose_gradients", "stacks"]
