"""Frozen, typed configuration of a training run, read from TOML and checked by pydantic."""

from __future__ import annotations

from dataclasses import asdict, field
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass

from twinset.encoders.item_views import WHOLE

_CHECKED = ConfigDict(extra="forbid", allow_inf_nan=False)

Share = Annotated[float, Field(ge=0, le=1)]
NotNegative = Annotated[float, Field(ge=0)]
Positive = Annotated[float, Field(gt=0)]
Count = Annotated[int, Field(ge=0)]
Size = Annotated[int, Field(ge=1)]


@dataclass(frozen=True, config=_CHECKED)
class ModelConfig:
    """`dimension` of the shared space, and the two towers by name (`training.towers`).

    `*_weights` says where a tower's pretrained weights come from: a hub or torchvision name, or a
    local file or folder; blank for the compact towers, which bring theirs along. If
    `frozen_*_blocks` is n > 0, the stem (or the embeddings) and the first n blocks of that tower
    stay as pretrained. Only clip uses `item_image_weight`, the share of the image in a fused item
    vector, and `item_views`, the views whose mean is the image side of an item
    (`twinset.encoders.item_views`); hybrid learns how to fuse. Only hybrid uses `heads`: "normed"
    ends each tower's projection with norm, ReLU and dropout and fuses by one matrix; "study" ends
    it with a matrix and fuses by two. `text_pooling` reads a BERT out by the mean over its tokens
    or by its own pooler.
    """

    dimension: Size
    frozen_image_blocks: Count
    item_image_weight: Share
    frozen_text_blocks: Count = 0
    image: Literal["efficientnet-lite0", "resnet50", "clip"] = "efficientnet-lite0"
    text: Literal["minilm-l6", "bert", "clip"] = "minilm-l6"
    image_weights: str = ""
    text_weights: str = ""
    item_views: tuple[str, ...] = WHOLE
    heads: Literal["normed", "study"] = "normed"
    text_pooling: Literal["mean", "pooler"] = "mean"


@dataclass(frozen=True, config=_CHECKED)
class DataConfig:
    """Input sizes (pixels, tokens), the text of an item, and the shares of names kept out.

    `split` says how products are divided (`training.data.split`). In `text_template`, `{category}`
    stands for the catalogue's own category attribute. `category_in_text` says whether
    texts end with the category: "never"; "always", as in the study, where the text itself then
    answers retrieval by category; or "sometimes": in half of the training texts and not in the
    exported template. Categories with fewer products than `rare_category` are merged into
    "Other". If `train_share` is below 1, only that part of the training side is used.
    """

    image_width: Size
    image_height: Size
    max_tokens: Size
    text_template: str
    test_fraction: Share
    validation_fraction: Share
    split: Literal["name-hash", "stratified", "row"] = "name-hash"
    category_in_text: Literal["never", "sometimes", "always"] = "never"
    rare_category: Count = 0
    train_share: Share = 1.0


@dataclass(frozen=True, config=_CHECKED)
class OptimisationConfig:
    """AdamW with peak rates per parameter group, times the factor of a schedule.

    `schedule` is "cosine" (linear warm-up, then a cosine to zero) or "plateau" (linear warm-up,
    then times `plateau_factor` after more than `plateau_patience` epochs without a better
    validation score). After `early_stopping` such epochs the run ends and the best epoch's weights
    are kept; 0 never stops, nor does a run without products to validate on. `accumulation` batches
    make one step. If `items_per_category` is K > 0, a batch holds batch_size / K groups of K
    products of one category: each group from a category drawn at random if `balance` is
    "categories", or each product once per round if it is "products". If K is 0, batches are
    shuffled. During the first `frozen_epochs` both backbones stay as they are. `batch_size` is the
    most: a catalogue too small for `least_steps` steps an epoch trains with smaller batches. A
    share `hard_negatives` of shuffled batches consists of groups of `group_size` similar products,
    which the model must tell apart: products that share their category, or their values of all
    attributes in `alike`, once the part `hard_from` of the epochs is over. The plateau and early
    stopping follow `monitor`: the strategy's retrieval score (`training.run.validation`), or the
    validation loss. `start_share` is the weight of the initial parameters in the final average.
    """

    epochs: Size
    batch_size: Size
    image_rate: NotNegative
    text_rate: NotNegative
    head_rate: NotNegative
    weight_decay: NotNegative
    warmup_fraction: Share
    clip_norm: Positive
    small_scale: Positive
    small_scale_fraction: Share
    checkpoint_minutes: Positive
    schedule: Literal["cosine", "plateau"] = "cosine"
    plateau_factor: Share = 0.5
    plateau_patience: Count = 1
    early_stopping: Count = 0
    monitor: Literal["score", "loss"] = "score"
    accumulation: Size = 1
    items_per_category: Count = 0
    balance: Literal["categories", "products"] = "products"
    frozen_epochs: Count = 0
    least_steps: Size = 8
    hard_negatives: Share = 0.0
    hard_from: Share = 0.0
    group_size: Size = 256
    alike: tuple[str, ...] = ()
    start_share: Share = 0.0


@dataclass(frozen=True, config=_CHECKED)
class LossConfig:
    """`margin` and `triplet_mean` belong to the triplet loss (hybrid): its mean is over the anchors
    that still lose, or over all; everything else to the contrastive loss
    (clip): the logit scale at the start, weight and temperature of the supervised part, and those
    of the part on second views of the same product. `bank_weight` scales the loss of a batch
    against the last rows of all products (`memory_bank`); its second views count `view_weight`
    times as much, and `neighbour_weight` scales the part in which pictures find other pictures of
    their category."""

    margin: NotNegative = 0.3
    triplet_mean: Literal["losing", "all"] = "losing"
    first_scale: Positive = 1 / 0.07
    supervised_weight: NotNegative = 0.0
    supervised_temperature: Positive = 0.07
    view_weight: NotNegative = 0.0
    view_temperature: Positive = 0.05
    bank_weight: NotNegative = 0.0
    bank_temperature: Positive = 0.05
    neighbour_weight: NotNegative = 0.0


@dataclass(frozen=True, config=_CHECKED)
class AugmentationConfig:
    """Each number is the share of samples that an augmentation changes, 0 to 1.

    `phrase_attributes` names the attributes that make short phrases ("Women Navy Blue Tshirts"),
    in their natural order; names that a catalogue lacks are left out, and if none is left, the
    catalogue's own text attributes are used. `phrase_rarity` is a weight instead of a share: above
    0, a phrase prefers attributes with rare values, by 1 + `phrase_rarity` times -ln of the
    value's share of the products. `sides_alone` (hybrid) shows a product with its image alone and
    with its text alone too, and both have to find whole products of their category.
    `second_views` (clip) is the share of a
    batch that is shown a second time as a shopper's photo would show it, from a further photo if
    the product has one. `flips` mirrors half of the pictures; switch it off if left and right tell
    products apart.
    """

    attribute_phrases: Share
    word_dropout: Share
    background: Share
    geometry: Share
    colour: Share
    blur: Share
    phrase_attributes: tuple[str, ...] | None = None
    phrase_rarity: NotNegative = 0.0
    sides_alone: bool = False
    second_views: Share = 0.0
    flips: bool = True


@dataclass(frozen=True, config=_CHECKED)
class TrainingConfig:
    """One training run. Strategy "clip" trains a dual encoder with the contrastive loss; "hybrid"
    fuses both towers late and trains with the batch-hard triplet loss on categories."""

    name: str
    seed: int
    model: ModelConfig
    data: DataConfig
    optimisation: OptimisationConfig
    augmentation: AugmentationConfig
    loss: LossConfig = field(default_factory=LossConfig)
    strategy: Literal["clip", "hybrid"] = "clip"

    def to_dict(self) -> dict[str, Any]:
        """Plain values, as saved beside a checkpoint and inside the exported encoder."""
        return asdict(self)
