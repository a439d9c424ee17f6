"""A comparison and its runs: shared part, arms, seeds, budget, device."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from wnin_desktop.schema.base import Config, quantity
from wnin_desktop.schema.network import IMAGE_NETWORKS, SEQUENCE_NETWORKS, MlpConfig, NetworkConfig, Scalar
from wnin_desktop.schema.noise import NoiseConfig
from wnin_desktop.schema.problems import contradiction
from wnin_desktop.schema.schedule import ConstantSchedule, ScheduleConfig
from wnin_desktop.schema.task import TaskConfig
from wnin_desktop.schema.words import suggestion

Seed = Annotated[int, Field(ge=0, lt=2**63)]
LARGEST_LR = 1e3
BatchSize = Annotated[int, Field(ge=1, le=1_000_000)]
TrajectoryPoints = Annotated[int, Field(ge=0, le=4096)]


class OptimizerConfig(Config):
    """An optimizer by its registered name. `params` is checked against that optimizer's own typed model."""

    name: str = quantity(
        "adamw",
        title="Optimizer",
        help="Registered name; `wnin optimizers list` shows them.",
        min_length=1,
        max_length=80,
    )
    lr: float = quantity(1e-3, title="Learning rate", unit="1", help="Step size h.", gt=0, le=LARGEST_LR)
    params: dict[str, Scalar] = quantity(
        title="Parameters", help="Hyper-parameters of this optimizer.", default_factory=dict
    )
    clip_norm: float | None = quantity(
        None,
        title="Clip norm",
        unit="gradient units",
        help="Largest gradient norm of a member; empty does not clip.",
        gt=0,
        le=1e6,
    )
    lr_schedule: ScheduleConfig = quantity(
        ConstantSchedule(), title="Learning-rate schedule", help="Factor on lr over the run."
    )
    lr_follows_temperature: bool = quantity(
        False,
        title="Learning rate follows temperature",
        help="Subscribe lr to the arm's temperature signal: the factor is m(t)/m.",
    )

    @model_validator(mode="after")
    def _one_source(self) -> OptimizerConfig:
        if self.lr_follows_temperature and self.lr_schedule.kind != "constant":
            raise contradiction(
                "lr_follows_temperature",
                True,
                f"lr_schedule {self.lr_schedule.kind!r} moves lr too, give only one",
            )
        return self


class BudgetConfig(Config):
    """How long to train and how often to look."""

    steps: int = quantity(
        500, title="Steps", unit="steps", help="Optimizer steps of each run.", ge=1, le=100_000_000
    )
    batch_size: BatchSize | Literal["full"] = quantity(
        64, title="Batch size", unit="examples", help="Examples a step sees; `full` uses all of them."
    )
    eval_every: int = quantity(
        50,
        title="Evaluate every",
        unit="steps",
        help="Steps between clean evaluations.",
        ge=1,
        le=100_000_000,
    )
    eval_examples: int = quantity(
        500,
        title="Evaluation examples",
        unit="examples",
        help="Fixed subset of each split that live evaluations use; the last evaluation uses all.",
        ge=2,
        le=10_000_000,
    )
    norms_every: int = quantity(
        10,
        title="Norms every",
        unit="steps",
        help="Steps between gradient norm, update norm and noise/signal.",
        ge=1,
        le=100_000_000,
    )
    curvature_every: int = quantity(
        100,
        title="Curvature every",
        unit="steps",
        help="Steps between curvature estimates; 0 turns them off.",
        ge=0,
        le=100_000_000,
    )
    curvature_probes: int = quantity(
        8, title="Probes", help="Hutchinson probes of one estimate.", ge=2, le=4096
    )
    curvature_examples: int = quantity(
        256,
        title="Probe batch",
        unit="examples",
        help="Fixed training examples that curvature is measured on.",
        ge=1,
        le=1_000_000,
    )
    checkpoint_every: int = quantity(
        0,
        title="Checkpoint every",
        unit="steps",
        help="Steps between checkpoints; 0 keeps only the last.",
        ge=0,
        le=100_000_000,
    )
    matched_train_loss: float | None = quantity(
        None,
        title="Matched train loss",
        unit="nat",
        help="Snapshot each run where its clean train loss first reaches this value.",
        gt=0,
        le=1e6,
    )
    trajectory_points: TrajectoryPoints | Literal["auto"] = quantity(
        "auto",
        title="Trajectory points",
        unit="points",
        help="Points of each run's path kept for the landscape; 0 keeps none, `auto` at most 64 MiB in all.",
    )


class ArmConfig(Config):
    """One contender: an optimizer and its noise."""

    name: str = quantity(
        ...,
        title="Name",
        help="Shown in every plot and table.",
        pattern=r"^[\w][\w .+=-]{0,59}$",
        allowed="1 to 60 letters, digits, spaces or . + = - _, beginning with a letter or digit",
    )
    optimizer: OptimizerConfig = quantity(OptimizerConfig(), title="Optimizer", help="How this arm steps.")
    noise: NoiseConfig = quantity(NoiseConfig(), title="Noise", help="Where noise enters this arm.")


class SharedConfig(Config):
    """What all arms of a comparison have in common."""

    task: TaskConfig = quantity(TaskConfig(), title="Task", help="What is learned.")
    network: NetworkConfig = quantity(MlpConfig(), title="Network", help="What learns.")
    budget: BudgetConfig = quantity(BudgetConfig(), title="Budget", help="How long, how often.")
    device: str = quantity(
        "auto",
        title="Device",
        help="auto, cpu, cuda or cuda:N.",
        pattern=r"^(auto|cpu|cuda(:\d{1,2})?)$",
        allowed="auto, cpu, cuda or cuda:N",
    )
    numerics: Literal["reproducible", "fast"] = quantity(
        "fast",
        title="Numerics",
        help="reproducible: same bits alone or in company; fast: stacked, equal within rounding.",
    )
    threads: int | None = quantity(
        None,
        title="Threads",
        help="CPU threads of the run; empty leaves the choice to the program.",
        ge=1,
        le=256,
    )

    @model_validator(mode="after")
    def _fits(self) -> SharedConfig:
        kind, dataset = self.network.kind, self.task.dataset
        if self.task.is_sequence and kind not in (*SEQUENCE_NETWORKS, "plugin"):
            fitting = ", ".join((*SEQUENCE_NETWORKS, "plugin"))
            raise contradiction(
                "network.kind", kind, f"dataset {dataset!r} is a token sequence, allowed: {fitting}"
            )
        if kind in SEQUENCE_NETWORKS and not self.task.is_sequence:
            raise contradiction(
                "network.kind",
                kind,
                f"it reads token sequences, and dataset {dataset!r} is not one, allowed: "
                + ", ".join(("mlp", *IMAGE_NETWORKS, "plugin")),
            )
        if kind in IMAGE_NETWORKS and dataset in ("spirals", "mnist1d"):
            raise contradiction(
                "network.kind",
                kind,
                f"it reads images, and dataset {dataset!r} holds vectors, allowed: mlp, plugin",
            )
        return self


class RunConfig(SharedConfig):
    """One run: one arm with one seed."""

    arm: ArmConfig
    seed: Seed = quantity(
        0, title="Seed", help="Names initial weights, batch order and every noise stream of the run."
    )


class CompareConfig(SharedConfig):
    """Arms side by side: all meet the same initial weights, batches and raw noise draws, seed by seed."""

    name: str = quantity(
        "comparison", title="Name", help="Title of the comparison.", min_length=1, max_length=120
    )
    arms: tuple[ArmConfig, ...] = quantity(
        ..., title="Arms", help="The contenders.", min_length=1, max_length=64
    )
    seeds: tuple[Seed, ...] = quantity(
        (0, 1, 2), title="Seeds", help="Each arm runs once per seed.", min_length=1, max_length=4096
    )
    baseline: str | None = quantity(
        None, title="Baseline", help="Arm that differences are taken against; empty uses the first."
    )

    @model_validator(mode="after")
    def _names(self) -> CompareConfig:
        names = [arm.name for arm in self.arms]
        for index, name in enumerate(names):
            if name in names[:index]:
                first = names.index(name)
                raise contradiction(
                    f"arms[{index}].name", name, f"arms[{first}] has it already, names must differ"
                )
        for index, seed in enumerate(self.seeds):
            if seed in self.seeds[:index]:
                raise contradiction(f"seeds[{index}]", seed, "it is there already, seeds must differ")
        if self.baseline is not None and self.baseline not in names:
            near = suggestion(self.baseline, names)
            raise contradiction(
                "baseline", self.baseline, f"it is not the name of an arm, allowed: {', '.join(names)}{near}"
            )
        return self

    def runs(self) -> list[RunConfig]:
        """Return the runs, arm by arm and within an arm seed by seed: member a * len(seeds) + s."""
        shared = {name: getattr(self, name) for name in SharedConfig.model_fields}
        return [RunConfig(arm=arm, seed=seed, **shared) for arm in self.arms for seed in self.seeds]

    @classmethod
    def of_run(cls, run: RunConfig, *, name: str | None = None) -> CompareConfig:
        """Return the comparison that holds just `run`."""
        shared = {key: getattr(run, key) for key in SharedConfig.model_fields}
        return cls(name=name or run.arm.name, arms=(run.arm,), seeds=(run.seed,), **shared)
