"""The conformance certificate: one table of laws over which every optimizer is tested, ours or a user's."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from wnin_desktop.engine.optimizers import laws, laws_members, laws_noise
from wnin_desktop.engine.optimizers.laws import Law, LawBroken, Subject
from wnin_desktop.engine.optimizers.registry import OptimizerSpec
from wnin_desktop.engine.plugins import sentence

Status = Literal["passed", "failed", "not applicable"]


class Row(NamedTuple):
    """One law and what was found."""

    law: str
    status: Status
    detail: str


@dataclass(frozen=True)
class Certificate:
    """What an optimizer was found to do.

    Attributes:
        name: The optimizer.
        source_sha256: Hash of the file that was tested.
        rows: One row per law, in the order of `CASES`.
    """

    name: str
    source_sha256: str | None
    rows: tuple[Row, ...]

    @property
    def passed(self) -> bool:
        """Whether no law was broken."""
        return not self.failed

    @property
    def failed(self) -> list[Row]:
        """Return the broken laws."""
        return [row for row in self.rows if row.status == "failed"]


@dataclass(frozen=True)
class Case:
    """One law: its name in tables, the function that tests it, and when it has nothing to test.

    `spared` returns None, or one sentence on why the law says nothing about this optimizer.
    """

    law: str
    test: Law
    spared: Callable[[Subject], str | None] = lambda _: None


def _declares_no_scale(subject: Subject) -> str | None:
    return laws.measured_scale(subject) if subject.spec.gradient_scale is None else None


def _samples_nothing(subject: Subject) -> str | None:
    return None if subject.spec.samples else "it is not a sampler"


CASES: tuple[Case, ...] = (
    Case("gradient scale", laws.gradient_scale, _declares_no_scale),
    Case("permutation equivariance", laws.permutation),
    Case("zero gradients", laws.zero_gradient),
    Case("missing gradients", laws.missing_gradient),
    Case("state round trip", laws.round_trip),
    Case("gradients left alone", laws.gradients_kept),
    Case("replay", laws_noise.replay),
    Case("live learning rate", laws.live_lr),
    Case("noise as declared", laws_noise.noise_spread),
    Case("temperature", laws_noise.temperature, _samples_nothing),
    Case("members apart", laws_members.members_apart),
    Case("stays finite", laws.finite),
)


def certify(spec: OptimizerSpec, params: Mapping[str, Any] | None = None) -> Certificate:
    """Test `spec` against every law and return what was found; nothing the optimizer does is raised.

    Args:
        spec: The optimizer.
        params: Hyper-parameters to test it with, beside its defaults; needed where it has some without
            default.

    Raises:
        InputError: `params` does not fit.
    """
    spec.hyper_parameters(1e-3, params)
    subject = Subject(spec, dict(params or {}))
    return Certificate(spec.name, spec.source_sha256, tuple(_row(case, subject) for case in CASES))


def _row(case: Case, subject: Subject) -> Row:
    try:
        if (reason := case.spared(subject)) is not None:
            return Row(case.law, "not applicable", reason)
        return Row(case.law, "passed", case.test(subject))
    except LawBroken as broken:
        return Row(case.law, "failed", str(broken))
    except Exception as error:  # a plugin may raise anything, and that is a finding too
        return Row(case.law, "failed", f"it raised {sentence(error)}")
