"""What is learned: the data set, where it comes from and how much of it is used."""

from __future__ import annotations

from typing import Literal

from pydantic import model_validator

from wnin_desktop.errors import NOTHING
from wnin_desktop.schema.base import Config, quantity
from wnin_desktop.schema.problems import contradiction

EMBEDDED = ("digits", "mnist1d", "spirals")
AUTOMATA = ("dyck2", "dyck2_depth3", "golden_mean", "even_process")
TORCHVISION = ("mnist", "fashion_mnist", "cifar10")
OWN = ("npz", "images", "text")

Dataset = Literal[
    "digits", "mnist1d", "spirals",
    "dyck2", "dyck2_depth3", "golden_mean", "even_process",
    "mnist", "fashion_mnist", "cifar10",
    "npz", "images", "text",
]  # fmt: skip


class TaskConfig(Config):
    """A data set and its use. Classification sets are images or vectors; the others are token sequences."""

    dataset: Dataset = quantity("digits", title="Data set", help="What the networks learn.")
    path: str | None = quantity(
        None,
        title="Path",
        help="Your own file or folder (npz, images, text), or a folder that holds a torchvision set.",
    )
    download: bool = quantity(
        False, title="Download", help="Allow fetching a torchvision set that is not on this machine."
    )
    channels: Literal[1, 3] | None = quantity(
        None, title="Channels", help="Image channels; empty keeps the set's own."
    )
    train_examples: int | None = quantity(
        None,
        title="Training examples",
        unit="examples",
        help="Use only this many; empty uses all.",
        ge=2,
        le=10_000_000,
    )
    val_examples: int | None = quantity(
        None,
        title="Validation examples",
        unit="examples",
        help="Use only this many; empty uses all.",
        ge=2,
        le=10_000_000,
    )
    label_noise: float = quantity(
        0.0,
        title="Label noise",
        help="Fraction of training labels replaced once, symmetrically, before training.",
        ge=0,
        le=1,
    )
    sequence_length: int = quantity(
        64,
        title="Sequence length",
        unit="tokens",
        help="Tokens a sequence model sees at once.",
        ge=2,
        le=4096,
    )

    @property
    def is_sequence(self) -> bool:
        """Whether the task is next-token prediction."""
        return self.dataset in AUTOMATA or self.dataset == "text"

    @model_validator(mode="after")
    def _consistent(self) -> TaskConfig:
        dataset = self.dataset
        if dataset in OWN and not self.path:
            raise contradiction("path", NOTHING, f"dataset {dataset!r} needs the path of your own data")
        if dataset in (*EMBEDDED, *AUTOMATA) and self.path:
            raise contradiction(
                "path",
                self.path,
                f"dataset {dataset!r} ships with the program (allowed with: {_names(OWN, TORCHVISION)})",
            )
        if self.download and dataset not in TORCHVISION:
            raise contradiction(
                "download",
                True,
                f"dataset {dataset!r} is not downloaded (allowed with: {_names(TORCHVISION)})",
            )
        if self.channels is not None and dataset not in (*TORCHVISION, "images"):
            raise contradiction(
                "channels",
                self.channels,
                f"dataset {dataset!r} has no channels (allowed with: {_names(TORCHVISION, ('images',))})",
            )
        if self.label_noise and self.is_sequence:
            raise contradiction(
                "label_noise",
                self.label_noise,
                f"dataset {dataset!r} is a token sequence without labels, allowed: 0",
            )
        return self


def _names(*groups: tuple[str, ...]) -> str:
    return ", ".join(name for group in groups for name in group)
