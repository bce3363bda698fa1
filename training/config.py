"""Frozen, typed configuration of a training run, read from TOML."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import MISSING, asdict, dataclass, fields
from operator import attrgetter
from pathlib import Path
from typing import Any, TypeVar

from twinset.encoders.item_views import VIEWS, WHOLE
from twinset.errors import ConfigError

S = TypeVar("S")


@dataclass(frozen=True)
class ModelConfig:
    """`dimension` of the shared space, and the two towers by name (`training.towers`).

    `*_weights` says where a tower's pretrained weights come from: a hub or torchvision name, or a
    local file or folder; blank for the compact towers, which bring theirs along. Of a tower with
    `frozen_*_blocks` = n > 0 the stem (or the embeddings) and the first n blocks stay as
    pretrained. Only clip uses `item_image_weight`, the share of the image in a fused item vector,
    and `item_views`, the views of its picture that an item's image side is the mean of
    (`twinset.encoders.item_views`); hybrid learns how to fuse.
    """

    dimension: int
    frozen_image_blocks: int
    item_image_weight: float
    frozen_text_blocks: int = 0
    image: str = "efficientnet-lite0"
    text: str = "minilm-l6"
    image_weights: str = ""
    text_weights: str = ""
    item_views: tuple[str, ...] = WHOLE


@dataclass(frozen=True)
class DataConfig:
    """Input sizes (pixels, tokens), the text of an item, and the shares of names kept out.

    `split` is "name-hash" or "stratified" (`training.data.split`). `category_in_text` says whether
    texts end with the category: "never", "always", as in the study, where retrieval by category
    is then answered by the text itself, or "sometimes": in half of the training texts, not in
    the exported template. Categories with fewer products than `rare_category` are merged into
    "Other". `train_share` below 1 trains on that part of the training side.
    """

    image_width: int
    image_height: int
    max_tokens: int
    text_template: str
    test_fraction: float
    validation_fraction: float
    split: str = "name-hash"
    category_in_text: str = "never"
    rare_category: int = 0
    train_share: float = 1.0


@dataclass(frozen=True)
class OptimisationConfig:
    """AdamW with peak rates per parameter group, times the factor of a schedule.

    `schedule` is "cosine" (linear warm-up, then a cosine to zero) or "plateau" (linear warm-up,
    then times `plateau_factor` after more than `plateau_patience` epochs without a better
    validation score). `early_stopping` such epochs end the run, 0 never, and the best epoch's
    weights are kept. `accumulation` batches make one step. `items_per_category` = K > 0 makes a
    batch of batch_size / K categories with K products each, 0 of shuffled products. During the
    first `frozen_epochs` both backbones stand still. A share `hard_negatives` of shuffled batches
    is made of groups of `group_size` like products, which have to be told apart: of one category,
    or of one value of each of the attributes `alike`, once the part `hard_from` of the epochs is
    over. `start_share` is that of the weights which the run started with in those it ends with.
    """

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
    schedule: str = "cosine"
    plateau_factor: float = 0.5
    plateau_patience: int = 1
    early_stopping: int = 0
    accumulation: int = 1
    items_per_category: int = 0
    frozen_epochs: int = 0
    hard_negatives: float = 0.0
    hard_from: float = 0.0
    group_size: int = 256
    alike: tuple[str, ...] = ()
    start_share: float = 0.0


@dataclass(frozen=True)
class LossConfig:
    """`margin` of the triplet loss (hybrid); the rest is of the contrastive loss (clip): the
    logit scale at the start, weight and temperature of the supervised part, and those of the
    part on second views of the same product. `bank_weight` is that of what a batch loses against
    the last rows of all products (`memory_bank`), its second views times `view_weight`, and
    `neighbour_weight` that of the part there by which pictures find others of their category."""

    margin: float = 0.3
    first_scale: float = 1 / 0.07
    supervised_weight: float = 0.0
    supervised_temperature: float = 0.07
    view_weight: float = 0.0
    view_temperature: float = 0.05
    bank_weight: float = 0.0
    bank_temperature: float = 0.05
    neighbour_weight: float = 0.0


@dataclass(frozen=True)
class AugmentationConfig:
    """Each number is the share of samples that an augmentation touches, 0 to 1; `phrase_rarity`
    is a weight instead. Above 0, an attribute whose value few products have stands in phrases
    rather than one whose value most have, by 1 + `phrase_rarity` times -ln of its share of them.

    `modality_dropout` (hybrid) takes the image or the text away, so that a query with one side
    lands near items with both. `second_views` (clip) is the share of a batch that is shown a
    second time as a shopper's photo would show it, from a further photo where there is one.
    """

    attribute_phrases: float
    phrase_attributes: tuple[str, ...]
    word_dropout: float
    background: float
    geometry: float
    colour: float
    blur: float
    phrase_rarity: float = 0.0
    modality_dropout: float = 0.0
    second_views: float = 0.0


# What each named choice may be; anything else is refused by name.
CHOICES: Mapping[str, tuple[str, ...]] = {
    "strategy": ("clip", "hybrid"),
    "model.image": ("efficientnet-lite0", "resnet50", "clip"),
    "model.text": ("minilm-l6", "bert", "clip"),
    "data.split": ("name-hash", "stratified"),
    "data.category_in_text": ("never", "sometimes", "always"),
    "optimisation.schedule": ("cosine", "plateau"),
}


@dataclass(frozen=True)
class TrainingConfig:
    """A run. `strategy` "clip" is a dual encoder with the contrastive loss; "hybrid" fuses both
    towers late and is trained with the batch-hard triplet loss on categories."""

    name: str
    seed: int
    model: ModelConfig
    data: DataConfig
    optimisation: OptimisationConfig
    augmentation: AugmentationConfig
    loss: LossConfig = LossConfig()
    strategy: str = "clip"

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
    """Build the configuration from plain values; the inverse of `TrainingConfig.to_dict`.

    A key that has a default may be missing.
    """
    unknown = set(values) - {field.name for field in fields(TrainingConfig)}
    if unknown:
        raise ConfigError(f"unknown key {sorted(unknown)[0]!r}")
    if not isinstance(values.get("name"), str) or not isinstance(values.get("seed"), int):
        raise ConfigError("needs a text `name` and a whole number `seed`")
    config = TrainingConfig(
        name=values["name"],
        seed=values["seed"],
        model=_section(ModelConfig, values, "model"),
        data=_section(DataConfig, values, "data"),
        optimisation=_section(OptimisationConfig, values, "optimisation"),
        augmentation=_section(AugmentationConfig, values, "augmentation"),
        loss=_section(LossConfig, {"loss": {}, **values}, "loss"),
        strategy=values.get("strategy", "clip"),
    )
    _check_choices(config)
    return config


def _check_choices(config: TrainingConfig) -> None:
    for key, allowed in CHOICES.items():
        if attrgetter(key)(config) not in allowed:
            raise ConfigError(f"{key} must be one of {', '.join(allowed)}")
    batch, of_each = config.optimisation.batch_size, config.optimisation.items_per_category
    if of_each and (batch % of_each or batch // of_each < 2 or of_each < 2):
        raise ConfigError("items_per_category must divide batch_size into two or more categories")
    group = config.optimisation.group_size
    if group < 1 or batch % min(batch, group):
        raise ConfigError("optimisation.group_size must divide batch_size")
    if not set(config.optimisation.alike) <= set(config.augmentation.phrase_attributes):
        raise ConfigError("optimisation.alike must be among augmentation.phrase_attributes")
    _check_losses(config)
    views = config.model.item_views
    if not views or not set(views) <= VIEWS.keys():
        raise ConfigError(f"model.item_views must be some of {', '.join(VIEWS)}")
    if config.strategy == "hybrid" and views != WHOLE:
        raise ConfigError("hybrid looks at an item's picture as it is: leave out model.item_views")
    if config.strategy == "hybrid" and not of_each:
        raise ConfigError("hybrid needs optimisation.items_per_category: a triplet needs a pair")


def _check_losses(config: TrainingConfig) -> None:
    loss = config.loss
    if bool(config.augmentation.second_views) != bool(loss.view_weight):
        raise ConfigError("augmentation.second_views and loss.view_weight need each other")
    if loss.neighbour_weight and not loss.bank_weight:
        raise ConfigError("loss.neighbour_weight needs loss.bank_weight")
    if config.strategy == "hybrid" and loss.bank_weight:
        raise ConfigError("hybrid has no bank: leave out loss.bank_weight")


def _section(kind: type[S], values: Mapping[str, Any], name: str) -> S:
    section = values.get(name)
    if not isinstance(section, Mapping):
        raise ConfigError(f"has no section [{name}]")
    types = {field.name: str(field.type) for field in fields(kind)}  # type: ignore[arg-type]
    required = {f.name for f in fields(kind) if f.default is MISSING}  # type: ignore[arg-type]
    for key in sorted((section.keys() - types.keys()) | (required - section.keys())):
        raise ConfigError(f"[{name}] {'lacks' if key in types else 'has an unknown'} key {key!r}")
    return kind(**{k: _typed(v, types[k], f"{name}.{k}") for k, v in section.items()})


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
