"""Adopting public encoders: folders in the hub's layout with random weights, served as they are."""

import numpy as np
import pytest
import torch
from PIL import Image
from tokenizers import Tokenizer, models, pre_tokenizers

import training.vision_ops  # noqa: F401 - before transformers imports torchvision
from training.export.adopt import adopt_command
from training.export.adopt.source import sample_pictures
from training.export.adopt.transformers_models import open_transformers
from twinset import cli
from twinset.encoders import load_encoder
from twinset.encoders.picture_resize import ResizeRule
from twinset.errors import ConfigError

pytestmark = pytest.mark.filterwarnings("ignore")
transformers = pytest.importorskip("transformers")
WORDS = ["red", "blue", "shoes", "scarf", "with", "a", "running", "white", "summer", "light"]
SMALL = {
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
}


def save_tokenizer(folder, length):
    vocabulary = {"<pad>": 0, "<unk>": 1} | {word: n + 2 for n, word in enumerate(WORDS)}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, "<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    named = {"pad_token": "<pad>", "unk_token": "<unk>", "eos_token": "white"}
    wrapped = transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, model_max_length=length, **named
    )
    wrapped.save_pretrained(folder)


def save_clip(folder):
    torch.manual_seed(0)
    text = SMALL | {"vocab_size": 40, "max_position_embeddings": 16, "eos_token_id": 2}
    vision = SMALL | {"image_size": 32, "patch_size": 8}
    config = transformers.CLIPConfig(text_config=text, vision_config=vision, projection_dim=24)
    transformers.CLIPModel(config).save_pretrained(folder)
    size = {"size": {"shortest_edge": 32}, "crop_size": {"height": 32, "width": 32}}
    transformers.CLIPImageProcessor(**size).save_pretrained(folder)
    save_tokenizer(folder, 16)
    (folder / "README.md").write_text("---\nlicense: cc-by-nc-4.0\n---\n")


def save_siglip(folder):
    torch.manual_seed(0)
    text = SMALL | {"vocab_size": 40, "max_position_embeddings": 16, "projection_size": 32}
    vision = SMALL | {"image_size": 32, "patch_size": 8}
    config = transformers.SiglipConfig(text_config=text, vision_config=vision)
    transformers.SiglipModel(config).save_pretrained(folder)
    size = {"height": 32, "width": 32}
    transformers.SiglipImageProcessor(size=size).save_pretrained(folder)
    save_tokenizer(folder, 16)


@pytest.mark.parametrize("save", [save_clip, pytest.param(save_siglip, marks=pytest.mark.long)])
def test_an_adopted_encoder_gives_what_its_library_gives(tmp_path, save, capsys):
    save(tmp_path / "hub")
    assert cli.run(["adopt", str(tmp_path / "hub"), str(tmp_path / "encoder")]) == 0
    told = capsys.readouterr().out
    assert ("forbids commercial use" in told) == (save is save_clip)
    encoder = load_encoder(tmp_path / "encoder", "cpu")
    source = open_transformers(str(tmp_path / "hub"), "hub")
    pictures, texts = sample_pictures(), ["red", "a light summer scarf", "red shoes " * 30]
    image = np.vecdot(encoder.encode_images(pictures), source.reference_images(pictures))
    text = np.vecdot(encoder.encode_texts(texts), source.reference_texts(texts))
    assert image.min() >= 0.999
    assert text.min() >= 0.999


@pytest.mark.long
def test_what_differs_from_its_library_is_refused(tmp_path, monkeypatch):
    save_clip(tmp_path / "hub")
    monkeypatch.setattr(ResizeRule, "apply", lambda _, image, w, h: image.resize((w, h)).rotate(90))
    source = open_transformers(str(tmp_path / "hub"), "hub")
    with pytest.raises(ConfigError, match="differs from the library's own output"):
        adopt_command.adopt_encoder(source, "hub", tmp_path / "encoder")
    assert not (tmp_path / "encoder").exists()


def test_another_architecture_is_refused(tmp_path):
    config = transformers.BertConfig(vocab_size=40, **SMALL)
    transformers.BertModel(config).save_pretrained(tmp_path)
    with pytest.raises(ConfigError, match="is a bert; adopt reads clip, siglip"):
        open_transformers(str(tmp_path), "hub")


def test_a_naflex_model_is_refused_with_what_to_take(tmp_path):
    """SigLIP 2 of fixed size calls itself siglip, NaFlex siglip2."""
    vision = SMALL | {"num_patches": 16, "patch_size": 8}
    text = SMALL | {"vocab_size": 40, "bos_token_id": 1, "eos_token_id": 2}
    config = transformers.Siglip2Config(text_config=text, vision_config=vision)
    transformers.Siglip2Model(config).save_pretrained(tmp_path)
    with pytest.raises(ConfigError, match=r"NaFlex model.*google/siglip2-base-patch16-224"):
        open_transformers(str(tmp_path), "hub")


def test_a_crop_keeps_proportions_and_a_stretch_does_not():
    wide = Image.new("RGB", (100, 40), "white")
    wide.paste((0, 0, 0), (0, 0, 20, 40))
    cropped = np.asarray(ResizeRule.parse("crop-bicubic").apply(wide, 20, 20))
    assert cropped.min() == 255  # the black left end is cut off
    assert np.asarray(ResizeRule.parse("stretch-bicubic").apply(wide, 20, 20)).min() == 0
    with pytest.raises(ValueError, match="resize 'crop-nearest' is unknown"):
        ResizeRule.parse("crop-nearest")
