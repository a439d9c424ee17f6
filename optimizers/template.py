"""Signed descent: every weight moves by h against the sign of its gradient.

    w <- w - h sign(g)

This is a template for an optimizer of your own. Copy this file to another name, into this folder or into the
plugin folder that `wnin optimizers list` and `wnin doctor` name, and change it. The first line of this text
is what tables show. In your own folder the program runs a file only after you have read it and said `wnin
optimizers trust FILE`, and asks again when the file changes. `wnin optimizers check NAME` then holds it to
what it declares below.

The short way. A function that takes parameters and `lr` and returns a torch optimizer is enough; its other
arguments become hyper-parameters with their defaults:

    def factory(params, lr=0.01, momentum=0.9):
        return torch.optim.SGD(params, lr=lr, momentum=momentum)

    OptimizerRegistry.register("my_sgd", factory)

The rest of this file is the long way, which gives forms, units, bounds, and fast cohorts.
"""

from __future__ import annotations

from typing import Any

import torch

from wnin_desktop.engine.optimizers import many
from wnin_desktop.engine.optimizers.registry import Hyper, OptimizerContext, OptimizerRegistry
from wnin_desktop.schema.base import quantity


class TemplateHyper(Hyper):
    """Hyper-parameters: each has a default, a title, a sentence of help, and bounds. `lr` is always there."""

    lr: float = quantity(0.01, title="Learning rate", help="How far each weight moves, h.", gt=0, le=1e3)
    weight_decay: float = quantity(
        0.0, title="Weight decay", help="Share of the weights removed per unit of h.", ge=0, le=1e3
    )


class Template(torch.optim.Optimizer):
    """The update above."""

    def __init__(self, groups: list[dict[str, Any]], hyper: TemplateHyper, context: OptimizerContext) -> None:
        """Take what the program offers.

        Args:
            groups: Parameter groups in torch's form; `names` beside `params` holds the tensors' names.
            hyper: The validated hyper-parameters.
            context: `context.members` is S where every tensor is stacked as `[S, ...]`, one slice for each
                member of the cohort; `context.normal(name, tensor)` is this step's keyed normal draw, the
                only source of randomness that can be replayed.
        """
        # Everything that can be turned while it runs lives in the groups: a schedule sets group["lr"].
        super().__init__(groups, dict(hyper))
        self._context = context

    @torch.no_grad()
    def step(self, closure: Any = None) -> Any:
        """Move every tensor that has a gradient.

        Never call `.item()` or print a tensor here: on a GPU that waits for the device at every step. What
        must survive a checkpoint goes into `self.state[tensor]["name"]`, as tensors and plain numbers.
        """
        loss = None if closure is None else torch.enable_grad()(closure)()
        for group in self.param_groups:
            _, tensors, gradients = many.moving(group)  # tensors without a gradient stay as they are
            many.scale_(tensors, 1 - group["lr"] * group["weight_decay"])
            many.add_(tensors, [gradient.sign() for gradient in gradients], -group["lr"])
        return loss


# `wnin optimizers check` tests each of these declarations:
#   batching        "elementwise": each number is updated from itself alone, so stacked members need no care;
#                   "stacked": the class looks at context.members; "member" (the default): one optimizer per
# member.   gradient_scale  what happens when all gradients are multiplied by one constant: the step is
# "invariant",                   "proportional", or "neither".
#   update_noise    for optimizers that add noise: its standard deviation, from the hyper-parameters and the
# gradient.   samples=True    for samplers, which then need the hyper-parameter `temperature`.
if __name__ != "optimizers.template":  # the template itself is not registered, its copies are
    OptimizerRegistry.register(
        "template_copy",  # the name by which runs choose it: it must be new
        Template,
        hyper=TemplateHyper,
        batching="elementwise",
        gradient_scale="invariant",
        reference="where the algorithm comes from",
    )
