"""What learns: network architectures and their sizes."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from wnin_desktop.schema.base import Config, quantity
from wnin_desktop.schema.problems import contradiction

Activation = Literal["relu", "tanh", "gelu", "silu"]
Size = Annotated[int, Field(ge=1, le=16384)]
Scalar = bool | int | float | str


class MlpConfig(Config):
    """Fully connected layers."""

    kind: Literal["mlp"] = "mlp"
    hidden: tuple[Size, ...] = quantity(
        (64, 64), title="Hidden layers", unit="units", help="Width of each hidden layer.", max_length=32
    )
    activation: Activation = quantity("relu", title="Activation", help="Non-linearity between layers.")
    normalization: Literal["none", "layer"] = quantity(
        "none", title="Normalization", help="Normalization before each activation."
    )


class CnnConfig(Config):
    """3x3 convolutions, each followed by 2x2 pooling, then one hidden layer."""

    kind: Literal["cnn"] = "cnn"
    channels: tuple[Size, ...] = quantity(
        (16, 32), title="Channels", help="Channels of each block.", min_length=1, max_length=8
    )
    hidden: int = quantity(
        64, title="Hidden units", unit="units", help="Width of the layer before the head.", ge=1, le=16384
    )
    activation: Activation = quantity("relu", title="Activation", help="Non-linearity between layers.")
    normalization: Literal["none", "group", "batch"] = quantity(
        "none", title="Normalization", help="Normalization in each block."
    )


class Resnet18Config(Config):
    """ResNet-18 with a 3x3 stem, for small images."""

    kind: Literal["resnet18"] = "resnet18"
    width: int = quantity(64, title="Width", help="Channels of the first stage.", ge=4, le=512, multiple_of=4)
    activation: Activation = quantity("relu", title="Activation", help="Non-linearity between layers.")
    normalization: Literal["group", "batch"] = quantity(
        "batch", title="Normalization", help="Normalization in each block."
    )


class VitConfig(Config):
    """Vision transformer: `small` for CPUs, `b16` is ViT-B/16."""

    kind: Literal["vit"] = "vit"
    preset: Literal["small", "b16"] = quantity(
        "small", title="Preset", help="Sizes: small (width 64, depth 4) or ViT-B/16 (width 768, depth 12)."
    )
    patch: int | None = quantity(
        None, title="Patch", unit="px", help="Patch side; empty uses the preset's.", ge=1, le=64
    )
    activation: Activation = quantity(
        "gelu", title="Activation", help="Non-linearity in the feed-forward blocks."
    )


class GruConfig(Config):
    """Gated recurrent network for token sequences."""

    kind: Literal["gru"] = "gru"
    embedding: int = quantity(
        32, title="Embedding", unit="units", help="Width of the token embedding.", ge=1, le=4096
    )
    hidden: int = quantity(
        64, title="Hidden units", unit="units", help="Width of the recurrent state.", ge=1, le=4096
    )
    layers: int = quantity(1, title="Layers", help="Stacked recurrent layers.", ge=1, le=8)


class CharTransformerConfig(Config):
    """Causal transformer for token sequences, pre-norm, learned positions."""

    kind: Literal["char_transformer"] = "char_transformer"
    width: int = quantity(
        64, title="Width", unit="units", help="Width of the residual stream.", ge=4, le=4096
    )
    depth: int = quantity(2, title="Depth", help="Number of blocks.", ge=1, le=48)
    heads: int = quantity(4, title="Heads", help="Attention heads; must divide the width.", ge=1, le=64)
    activation: Activation = quantity(
        "gelu", title="Activation", help="Non-linearity in the feed-forward blocks."
    )

    @model_validator(mode="after")
    def _divisible(self) -> CharTransformerConfig:
        if self.width % self.heads:
            raise contradiction("heads", self.heads, f"it must divide the width, {self.width}")
        return self


class PluginNetworkConfig(Config):
    """A network from a user's file; it runs only after that file's hash was trusted."""

    kind: Literal["plugin"] = "plugin"
    name: str = quantity(
        ..., title="Name", help="File name without .py in the network plugin folder, or a path to a file."
    )
    params: dict[str, Scalar] = quantity(
        title="Parameters", help="Keyword arguments of the plugin's build function.", default_factory=dict
    )


NetworkConfig = Annotated[
    MlpConfig
    | CnnConfig
    | Resnet18Config
    | VitConfig
    | GruConfig
    | CharTransformerConfig
    | PluginNetworkConfig,
    Field(discriminator="kind"),
]
SEQUENCE_NETWORKS = ("gru", "char_transformer")
IMAGE_NETWORKS = ("cnn", "resnet18", "vit")
