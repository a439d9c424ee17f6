"""Muon: momentum whose singular values are all set to about one, for the hidden matrices of a network.

    B <- lerp(B, g, 1 - mu)         U = lerp(g, B, mu)  (Nesterov; else U = B)
    X = U / ||U||_F, then five times:  A = X X^T,  X <- a X + (b A + c A^2) X     (a, b, c) = (3.4445,
    -4.7750, 2.0315) w <- (1 - h d) w - h s X        s = sqrt(max(1, rows / cols))  or  0.2 sqrt(max(rows,
    cols))

Which tensors are hidden matrices is read from names and order (`is_hidden_matrix`): kernels of convolutions
count as matrices [out, in * height * width]; biases, gains, embeddings and the head are stepped by AdamW
with a rate of its own. The iteration runs in single precision (in double for double tensors): in bf16 a
gradient of rank one comes out with full rank. Matrices of one shape, of all members, go through it together
as one batch.

Sources: Jordan et al., "Muon: an optimizer for hidden layers in neural networks", 2024
(kellerjordan.github.io/posts/muon); the second scale: Liu et al., "Muon is scalable for LLM training", arXiv
2502.16982.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any, Literal

import torch
from torch import Tensor

from wnin_desktop.engine.optimizers import many
from wnin_desktop.engine.optimizers.chain import OptimizerChain
from wnin_desktop.engine.optimizers.groups import by_kernel
from wnin_desktop.engine.optimizers.registry import Hyper, OptimizerContext, OptimizerRegistry
from wnin_desktop.schema.base import quantity

COEFFICIENTS = (3.4445, -4.7750, 2.0315)
ITERATIONS = 5
HEAD_NAMES = frozenset(
    {"head", "heads", "lm_head", "classifier", "readout", "logits", "unembed", "unembedding"}
)
EMBEDDING_WORDS = ("embed", "position", "pos_", "token", "wte", "wpe")


class MuonHyper(Hyper):
    """Hyper-parameters of Muon and of the AdamW beside it."""

    lr: float = quantity(
        0.02, title="Learning rate", help="Step size h of the hidden matrices.", gt=0, le=1e3
    )
    momentum: float = quantity(0.95, title="Momentum", help="Memory of past gradients, mu.", ge=0, lt=1)
    nesterov: bool = quantity(True, title="Nesterov", help="Look ahead along the momentum.")
    weight_decay: float = quantity(
        0.0,
        title="Weight decay",
        help="Share of the weights removed per unit of h, apart from the gradient.",
        ge=0,
        le=1e3,
    )
    adjust: Literal["original", "match_rms_adamw"] = quantity(
        "original",
        title="Scale",
        help="Step by the matrix's shape: Jordan's, or one of AdamW's root mean square.",
    )
    adamw_lr: float = quantity(
        1e-3,
        title="AdamW learning rate",
        help="Step size of biases, gains, embeddings and the head.",
        gt=0,
        le=1e3,
    )
    adamw_beta1: float = quantity(
        0.9, title="AdamW beta 1", help="Memory of their gradient's mean.", ge=0, lt=1
    )
    adamw_beta2: float = quantity(
        0.95, title="AdamW beta 2", help="Memory of their gradient's square.", ge=0, lt=1
    )


def orthogonalize(u: Tensor, iterations: int = ITERATIONS) -> Tensor:
    """Return U with its singular values moved to about one, its singular vectors and rank kept.

    Args:
        u: Matrices `[batch, rows, cols]`. Any scale, down to the smallest single-precision numbers; zero
            stays zero.
        iterations: Newton-Schulz iterations; five bring singular values above 0.003 of ||U||_F into [0.67,
            1.15].
    """
    a, b, c = COEFFICIENTS
    is_tall = u.shape[-2] > u.shape[-1]
    x = u.mT if is_tall else u  # the smaller Gram matrix
    tiny = torch.finfo(x.dtype).tiny
    x = x / x.abs().amax((-2, -1), keepdim=True).clamp(min=tiny)  # squares of tiny numbers would vanish
    x = x / torch.linalg.vector_norm(x, dim=(-2, -1), keepdim=True).clamp(min=tiny)
    for _ in range(iterations):
        gram = x @ x.mT
        polynomial = torch.baddbmm(gram, gram, gram, beta=b, alpha=c)
        x = torch.baddbmm(x, polynomial, x, beta=a)
    return x.mT if is_tall else x


def scale(rows: int, cols: int, adjust: str) -> float:
    """Return the factor on the step of a rows x cols matrix."""
    return math.sqrt(max(1.0, rows / cols)) if adjust == "original" else 0.2 * math.sqrt(max(rows, cols))


def matrix_shape(shape: Iterable[int]) -> tuple[int, int]:
    """Return (rows, cols) of a member's tensor as a matrix: first axis against all others."""
    rows, *rest = shape
    return rows, math.prod(rest)


def is_hidden_matrix(named_shapes: list[tuple[str, tuple[int, ...]]]) -> list[bool]:
    """Return for each tensor, in the network's order, whether Muon steps it.

    A tensor is a matrix when it has two axes or more and is more than one row or column. Not hidden are
    embeddings (their name says so: see `EMBEDDING_WORDS`) and the head: every tensor of a module called by
    one of `HEAD_NAMES`, or, where no module is, the last matrix.

    Args:
        named_shapes: Name and shape without member axis.
    """
    matrices = [len(shape) >= 2 and min(matrix_shape(shape)) > 1 for _, shape in named_shapes]
    heads = [not HEAD_NAMES.isdisjoint(name.lower().split(".")[:-1]) for name, _ in named_shapes]
    hidden = [
        matrix and not head and not _is_embedding(name)
        for (name, _), matrix, head in zip(named_shapes, matrices, heads, strict=True)
    ]
    if not any(heads) and any(matrices):
        hidden[len(matrices) - 1 - matrices[::-1].index(True)] = False
    return hidden


def _is_embedding(name: str) -> bool:
    return any(word in name.lower() for word in EMBEDDING_WORDS)


class MuonMatrices(torch.optim.Optimizer):
    """The update above over groups of matrices, `[rows, ...]` or stacked `[S, rows, ...]`."""

    def __init__(
        self, groups: list[dict[str, Any]], defaults: dict[str, Any], context: OptimizerContext
    ) -> None:
        """Keep the hyper-parameters in the groups, where they can be turned."""
        super().__init__(groups, defaults)
        self._context = context

    @torch.no_grad()
    def step(self, closure: Any = None) -> Any:
        """Move every matrix that has a gradient."""
        loss = None if closure is None else torch.enable_grad()(closure)()
        for group in self.param_groups:
            self._step_group(group)
        return loss

    def _step_group(self, group: dict[str, Any]) -> None:
        h, mu = group["lr"], group["momentum"]
        _, tensors, gradients = many.moving(group)
        buffers = [self._buffer(tensor) for tensor in tensors]
        many.lerp_(buffers, gradients, 1 - mu)
        updates = many.lerp(gradients, buffers, mu) if group["nesterov"] else buffers
        if group["weight_decay"]:
            many.scale_(tensors, 1 - h * group["weight_decay"])
        for parameter, x in zip(tensors, self._orthogonal(updates), strict=True):
            rows, cols = x.shape[-2:]
            parameter.add_(x.reshape(parameter.shape), alpha=-h * scale(rows, cols, group["adjust"]))

    def _buffer(self, tensor: Tensor) -> Tensor:
        state = self.state[tensor]
        if "momentum_buffer" not in state:
            state["momentum_buffer"] = torch.zeros_like(tensor)
        return state["momentum_buffer"]

    def _orthogonal(self, updates: list[Tensor]) -> list[Tensor]:
        """Return each update orthogonalized as `[S, rows, cols]`; matrices of one shape share one batch."""
        stacks = [self._as_matrices(update) for update in updates]
        out: list[Tensor] = stacks.copy()
        for shape in dict.fromkeys(stack.shape[1:] for stack in stacks):
            places = [place for place, stack in enumerate(stacks) if stack.shape[1:] == shape]
            done = self._batch(torch.cat([stacks[place] for place in places]))
            for place, part in zip(places, done.split(self._context.members or 1), strict=True):
                out[place] = part
        return out

    def _as_matrices(self, update: Tensor) -> Tensor:
        stacked = update if self._context.members is not None else update[None]
        working = torch.float64 if update.dtype == torch.float64 else torch.float32
        return stacked.flatten(2).to(working)

    def _batch(self, matrices: Tensor) -> Tensor:
        if self._context.reproducible:  # how a batched product is cut up depends on the length of the batch
            return torch.cat([orthogonalize(matrix.clone()) for matrix in matrices.split(1)])
        return orthogonalize(matrices)


def muon(groups: list[dict[str, Any]], hyper: MuonHyper, context: OptimizerContext) -> torch.optim.Optimizer:
    """Return Muon over the hidden matrices, chained with AdamW over the rest."""
    named = [pair for group in groups for pair in zip(group["names"], group["params"], strict=True)]
    own_axes = 0 if context.members is None else 1
    hidden = is_hidden_matrix([(name, tuple(tensor.shape[own_axes:])) for name, tensor in named])
    inner: list[torch.optim.Optimizer] = []
    if matrices := _group(named, hidden, wanted=True):
        own = {key: getattr(hyper, key) for key in ("lr", "momentum", "nesterov", "weight_decay", "adjust")}
        inner.append(MuonMatrices(matrices, own, context))
    if others := _group(named, hidden, wanted=False):
        betas = (hyper.adamw_beta1, hyper.adamw_beta2)
        inner.append(
            torch.optim.AdamW(
                by_kernel(others, context), lr=hyper.adamw_lr, betas=betas, weight_decay=hyper.weight_decay
            )
        )
    return OptimizerChain(inner)


def _group(named: list[tuple[str, Tensor]], hidden: list[bool], *, wanted: bool) -> list[dict[str, Any]]:
    chosen = [pair for pair, is_hidden in zip(named, hidden, strict=True) if is_hidden is wanted]
    return (
        [{"params": [tensor for _, tensor in chosen], "names": [name for name, _ in chosen]}]
        if chosen
        else []
    )


OptimizerRegistry.register(
    "muon",
    muon,
    hyper=MuonHyper,
    batching="stacked",
    gradient_scale="invariant",
    summary="Orthogonalized momentum for hidden matrices, AdamW for the rest.",
    reference="Jordan et al. 2024; Liu et al., arXiv 2502.16982",
)
