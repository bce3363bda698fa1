"""Reading the text side of sentence-transformers folders: tokens, pooling, dense layers, prompt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import torch
from tokenizers import Tokenizer, normalizers
from torch import Tensor, nn

import training.vision_ops  # noqa: F401 - before transformers imports torchvision
from training.export.adopt.source import Source, first_line, licence_of
from twinset.encoders.dual_spec import TextPadding
from twinset.encoders.encoder import Vectors, normalise
from twinset.errors import ConfigError

MODULES_FILE = "modules.json"


class _Sentences(nn.Module):
    """Token ids and mask (n, t) -> features (n, d), through every module of the model."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.steps = nn.ModuleList(model)

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        features = {"input_ids": input_ids, "attention_mask": attention_mask}
        for step in self.steps:
            features = step(features)
        return features["sentence_embedding"]


def with_texts_of(source: str, pictures: Source, name: str) -> Source:
    """A model whose text side is that of sentence-transformers and whose image side is `pictures`.

    The two must have been trained into one space: clip-ViT-B-32-multilingual-v1 belongs to
    openai/clip-vit-base-patch32.

    Raises:
        ConfigError: if the text side cannot be loaded, or has another dimension.
    """
    from sentence_transformers import SentenceTransformer

    options = {"attn_implementation": "eager", "dtype": torch.float32}
    try:
        model = SentenceTransformer(source, device="cpu", model_kwargs=options).eval()
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        raise ConfigError(f"{source}: cannot be loaded: {first_line(error)}") from None
    dimension = model.get_sentence_embedding_dimension()
    if dimension != pictures.spec.dimension:
        raise ConfigError(
            f"{source} gives {dimension} numbers, {pictures.spec.name} {pictures.spec.dimension}:"
            " they do not share a space"
        )

    def texts(given: Sequence[str]) -> Vectors:
        return normalise(model.encode(list(given), convert_to_numpy=True, show_progress_bar=False))

    words = model.tokenizer
    spec = replace(
        pictures.spec,
        name=name,
        max_tokens=int(model.max_seq_length or words.model_max_length),
        padding=TextPadding(int(words.pad_token_id or 0)),
    )
    return replace(
        pictures,
        text=_Sentences(model),
        tokenizer=_prompted(words.backend_tokenizer, _prompt(model)),
        spec=spec,
        licence=" and ".join(filter(None, (licence_of(source), pictures.licence))) or None,
        reference_texts=texts,
    )


def _prompt(model: Any) -> str:
    return str(model.prompts.get(model.default_prompt_name) or "")


def _prompted(tokenizer: Tokenizer, prompt: str) -> Tokenizer:
    """The tokenizer, with the model's own prompt before every text."""
    if not prompt:
        return tokenizer
    copy = Tokenizer.from_str(tokenizer.to_str())
    own = [] if copy.normalizer is None else [copy.normalizer]
    copy.normalizer = normalizers.Sequence([normalizers.Prepend(prompt), *own])
    return copy
