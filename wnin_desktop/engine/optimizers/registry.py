"""What an optimizer is to this program, and the one call by which a file announces one.

A plugin file needs nothing but `OptimizerRegistry.register("name", factory)` with `factory(params, lr=...,
**hyper)` returning a torch optimizer; its hyper-parameters are then read from the factory's signature. A
file that passes `hyper=` (a typed model) gets the rich call `factory(groups, hyper, context)` instead: named
tensors, validated hyper-parameters, and what the cohort offers (stacked members, keyed normal draws).

Importing this module does not import torch, so that plugins can be listed and tried cheaply.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

from wnin_desktop.engine.optimizers.signature import hyper_from_signature
from wnin_desktop.errors import InputError, PluginError
from wnin_desktop.schema.base import Config, quantity, validate

if TYPE_CHECKING:
    from torch import Tensor
    from torch.optim import Optimizer

Batching = Literal["elementwise", "stacked", "member"]
"""How an optimizer treats a leading member axis.

elementwise: every number is updated from itself alone, so stacking changes nothing, not even a bit.
stacked: knows `context.members` and keeps members apart; equal to stepping alone within rounding.
member: knows nothing of members and is stepped once per member.
"""
GradientScale = Literal["invariant", "proportional", "neither"]
"""What a step without noise does when every gradient so far is multiplied by one positive constant."""

NAME = re.compile(r"[A-Za-z][\w.+-]{0,79}")


class Hyper(Config):
    """Base of typed hyper-parameters: every optimizer has a learning rate."""

    lr: float = quantity(1e-3, title="Learning rate", help="Step size h.", gt=0, le=1e3)


def no_draws(name: str, like: Tensor) -> Tensor:
    """Refuse to draw: the default of `OptimizerContext.normal`."""
    raise PluginError(
        f"the optimizer asks for a normal draw for {name!r} {tuple(like.shape)} and none is offered"
    )


@dataclass(frozen=True)
class OptimizerContext:
    """What the trainer offers an optimizer.

    Attributes:
        members: Length S of the leading member axis of every tensor, or None where tensors have none.
        normal: `normal(name, like)` returns the keyed standard normal draw of the current step for tensor
            `name`, with the shape, type and device of `like` (member axis included). Asking twice gives the
            same draw.
        reproducible: A member's bits must not depend on its company: keep to kernels whose result for one
            number does not depend on where in memory it lies.
    """

    members: int | None = None
    normal: Callable[[str, Tensor], Tensor] = no_draws
    reproducible: bool = False


@dataclass(frozen=True)
class OptimizerSpec:
    """One optimizer and what it says of itself; `conformance.certify` holds it to that.

    Attributes:
        name: Registered name.
        factory: `factory(groups, hyper, context)` where `rich`, else `factory(tensors, lr=..., **hyper)`.
        hyper: Typed hyper-parameters; the field `lr` is always there.
        rich: Which of the two calls `factory` takes.
        batching: How it treats a member axis.
        samples: It injects its own temperature noise (and has a hyper-parameter and group key
            `temperature`), so the noise modes `sgld` and `gradient_gaussian` are refused with it.
        gradient_scale: What multiplying the gradients does; None says nothing.
        overwrites_gradient: `step` changes `p.grad`.
        update_noise: `update_noise(hyper, gradient)` is the standard deviation, element by element, of the
            noise that the first step adds to the weights; None says that there is none.
        noise_params: Hyper-parameters under which that is tested, where the defaults have no noise.
        equilibrium_params: Hyper-parameters under which a sampler's stationary law on a quadratic is
            exp(-L/T).
        summary: One sentence.
        reference: Where the algorithm comes from.
        module: Module that registered it.
        source_path: File it came from.
        source_sha256: Hash of that file, recorded with each run.
    """

    name: str
    factory: Callable[..., Any]
    hyper: type[Config]
    rich: bool = False
    batching: Batching = "member"
    samples: bool = False
    gradient_scale: GradientScale | None = None
    overwrites_gradient: bool = False
    update_noise: Callable[[Any, Tensor], Tensor | float] | None = None
    noise_params: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    equilibrium_params: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    summary: str = ""
    reference: str = ""
    module: str = ""
    source_path: Path | None = None
    source_sha256: str | None = None

    @property
    def parameter_names(self) -> list[str]:
        """Return the names `optimizer.params` may hold; `lr` stands beside it, not in it."""
        return [name for name in self.hyper.model_fields if name != "lr"]

    def hyper_parameters(self, lr: float, params: Mapping[str, Any] | None = None) -> Config:
        """Return `lr` and `params` as this optimizer's typed model.

        Raises:
            InputError: A name is unknown or a value is out of range; names `optimizer.params.NAME`.
        """
        params = dict(params or {})
        allowed = ", ".join(self.parameter_names) or "none at all"
        for name, value in params.items():
            if name not in self.parameter_names:
                reason = "it is given as optimizer.lr" if name == "lr" else f"{self.name} has: {allowed}"
                raise InputError.of(f"optimizer.params.{name}", value, reason)
        try:
            return validate(self.hyper, {"lr": lr, **params}, prefix="optimizer.params.")
        except InputError as error:
            raise InputError([_lr_beside_params(problem) for problem in error.problems]) from None

    def build(
        self,
        named_parameters: Iterable[tuple[str, Tensor]],
        lr: float,
        params: Mapping[str, Any] | None = None,
        context: OptimizerContext | None = None,
    ) -> Optimizer:
        """Return the optimizer over `named_parameters`.

        Every group holds `initial_lr`; the learning rate moves by setting `lr` of each group, and a sampler's
        temperature by setting `temperature`.

        Args:
            named_parameters: Name and tensor, in the network's order; with `context.members` = S each is
                `[S, *shape]`.
            lr: Learning rate h.
            params: The other hyper-parameters.
            context: What the trainer offers; None is a lone run without draws.

        Raises:
            InputError: A hyper-parameter is unknown or out of range.
            PluginError: The factory raised, or returned something that is not a torch optimizer.
        """
        from wnin_desktop.engine.optimizers.build import build_optimizer  # noqa: PLC0415 - torch only where it is used

        hyper = self.hyper_parameters(lr, params)
        return build_optimizer(self, list(named_parameters), hyper, context or OptimizerContext())


def _lr_beside_params(problem: Any) -> Any:
    return replace(problem, field="optimizer.lr") if problem.field == "optimizer.params.lr" else problem


Collector = dict[str, OptimizerSpec]
_imported: Collector = {}
"""Takes what modules register that are imported in the ordinary way."""
_collector: ContextVar[Collector | None] = ContextVar("wnin_optimizer_collector", default=None)


class OptimizerRegistry:
    """What an optimizer file talks to. What it registers is collected by whoever loads the file."""

    @staticmethod
    def register(
        name: str,
        factory: Callable[..., Any],
        *,
        hyper: type[Config] | None = None,
        batching: Batching = "member",
        samples: bool = False,
        gradient_scale: GradientScale | None = None,
        overwrites_gradient: bool = False,
        update_noise: Callable[[Any, Tensor], Tensor | float] | None = None,
        noise_params: Mapping[str, Any] | None = None,
        equilibrium_params: Mapping[str, Any] | None = None,
        summary: str = "",
        reference: str = "",
    ) -> OptimizerSpec:
        """Announce an optimizer; `OptimizerSpec` says what each argument means.

        Raises:
            PluginError: The name is malformed or taken, the factory cannot be called as promised, or the
                declarations contradict each other.
        """
        collector = _imported if (current := _collector.get()) is None else current
        _check_name(name, collector)
        if not callable(factory):
            raise PluginError(
                f"optimizer {name!r}: the factory is a {type(factory).__name__}, which cannot be called"
            )
        model = hyper_from_signature(name, factory) if hyper is None else hyper
        _check_declarations(name, model, rich=hyper is not None, batching=batching, samples=samples)
        caller = inspect.currentframe()
        caller = caller.f_back if caller is not None else None
        spec = OptimizerSpec(
            name=name,
            factory=factory,
            hyper=model,
            rich=hyper is not None,
            batching=batching,
            samples=samples,
            gradient_scale=gradient_scale,
            overwrites_gradient=overwrites_gradient,
            update_noise=update_noise,
            noise_params=MappingProxyType(dict(noise_params or {})),
            equilibrium_params=MappingProxyType(dict(equilibrium_params or {})),
            summary=summary or _first_line(factory),
            reference=reference,
            module=caller.f_globals.get("__name__", "") if caller is not None else "",
        )
        collector[name] = spec
        return spec

    @staticmethod
    @contextmanager
    def collecting() -> Iterator[Collector]:
        """Collect what is registered inside the `with` block, apart from everything else."""
        collector: Collector = {}
        token = _collector.set(collector)
        try:
            yield collector
        finally:
            _collector.reset(token)

    @staticmethod
    def of_module(module: str) -> list[OptimizerSpec]:
        """Return what the imported module `module` registered."""
        return [spec for spec in _imported.values() if spec.module == module]


def _check_name(name: object, collector: Collector) -> None:
    if not isinstance(name, str) or not NAME.fullmatch(name):
        raise PluginError(
            f"optimizer name {name!r} is not accepted; allowed: a letter, then up to 79 of A-Z a-z 0-9 _.+-"
        )
    if name in collector:
        raise PluginError(f"optimizer name {name!r} is registered twice")


def _check_declarations(name: str, model: type[Config], *, rich: bool, batching: str, samples: bool) -> None:
    if not (isinstance(model, type) and issubclass(model, Config) and "lr" in model.model_fields):
        raise PluginError(f"optimizer {name!r}: hyper must be a Config class with a field lr")
    if batching not in ("elementwise", "stacked", "member"):
        raise PluginError(f"optimizer {name!r}: batching {batching!r} is not elementwise, stacked or member")
    if batching == "stacked" and not rich:
        raise PluginError(
            f"optimizer {name!r}: batching 'stacked' needs hyper=, since only then the factory sees members"
        )
    if samples and "temperature" not in model.model_fields:
        raise PluginError(f"optimizer {name!r}: a sampler needs the hyper-parameter temperature")


def _first_line(factory: Callable[..., Any]) -> str:
    doc = inspect.getdoc(factory) if inspect.isfunction(factory) else None
    return doc.strip().splitlines()[0] if doc and doc.strip() else ""
