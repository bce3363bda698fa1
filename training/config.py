"""Frozen, typed configuration of a training run, read from TOML."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, TypeVar

from core.errors import ConfigError

S = TypeVar("S")


@dataclass(frozen=True)
class ModelConfig:
    """`dimension` of the shared space; blocks of the image tower that stay as pretrained; the
    share of the image in a fused item vector."""

    dimension: int
    frozen_image_blocks: int
    item_image_weight: float


@dataclass(frozen=True)
class DataConfig:
    """Input sizes (pixels, tokens), the text of an item, and the shares of names kept out."""

    image_width: int
    image_height: int
    max_tokens: int
    text_template: str
    test_fraction: float
    validation_fraction: float


@dataclass(frozen=True)
class OptimisationConfig:
    """AdamW with linear warm-up and a cosine to zero; peak rates per parameter group."""

    epochs: int
    batch_size: int
    image_rate: float
    text_rate: float
    head_rate: float
    weight_decay: float
    warmup_fraction: float
    clip_norm: float
    small_scale: float
    small_scale_fraction: float
    checkpoint_minutes: float


@dataclass(frozen=True)
class AugmentationConfig:
    """Each number is the share of samples that an augmentation touches, 0 to 1."""

    attribute_phrases: float
    phrase_attributes: tuple[str, ...]
    word_dropout: float
    background: float
    geometry: float
    colour: float
    blur: float


@dataclass(frozen=True)
class TrainingConfig:
    name: str
    seed: int
    model: ModelConfig
    data: DataConfig
    optimisation: OptimisationConfig
    augmentation: AugmentationConfig

    def to_dict(self) -> dict[str, Any]:
        """Plain values, as saved beside a checkpoint and inside the exported encoder."""
        return asdict(self)


def load_config(path: Path) -> TrainingConfig:
    """Read and check a configuration file.

    Raises:
        ConfigError: the file is missing or not TOML, or a key is missing, unknown or mistyped.
    """
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigError(f"{path}: not found") from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"{path}: is not a TOML file ({error})") from None
    try:
        return parse_config(values)
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from None


def parse_config(values: Mapping[str, Any]) -> TrainingConfig:
    """Build the configuration from plain values; the inverse of `TrainingConfig.to_dict`."""
    unknown = set(values) - {field.name for field in fields(TrainingConfig)}
    if unknown:
        raise ConfigError(f"unknown key {sorted(unknown)[0]!r}")
    if not isinstance(values.get("name"), str) or not isinstance(values.get("seed"), int):
        raise ConfigError("needs a text `name` and a whole number `seed`")
    return TrainingConfig(
        name=values["name"],
        seed=values["seed"],
        model=_section(ModelConfig, values, "model"),
        data=_section(DataConfig, values, "data"),
        optimisation=_section(OptimisationConfig, values, "optimisation"),
        augmentation=_section(AugmentationConfig, values, "augmentation"),
    )


def _section(kind: type[S], values: Mapping[str, Any], name: str) -> S:
    section = values.get(name)
    if not isinstance(section, Mapping):
        raise ConfigError(f"has no section [{name}]")
    types = {field.name: str(field.type) for field in fields(kind)}  # type: ignore[arg-type]
    for key in types.keys() ^ section.keys():
        raise ConfigError(f"[{name}] {'lacks' if key in types else 'has an unknown'} key {key!r}")
    return kind(**{key: _typed(section[key], types[key], f"{name}.{key}") for key in types})


def _typed(value: Any, kind: str, name: str) -> Any:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if kind == "float" and is_number:
        return float(value)
    if kind == "int" and is_number and isinstance(value, int):
        return value
    if kind == "str" and isinstance(value, str):
        return value
    if kind == "tuple[str, ...]" and isinstance(value, (list, tuple)):
        return tuple(str(part) for part in value)
    raise ConfigError(f"{name} must be of type {kind}")
