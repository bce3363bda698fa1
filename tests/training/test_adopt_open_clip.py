"""Adopting open_clip and sentence-transformers folders in the hub's layout, with random weights."""

import json

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from tokenizers import Tokenizer, models, pre_tokenizers

import training.vision_ops  # noqa: F401 - before open_clip imports torchvision
from training.export.adopt.bpe_tokenizer import tokenizer_of_bpe
from training.export.adopt.open_model import open_public
from training.export.adopt.source import sample_pictures
from twinset import cli
from twinset.encoders import load_encoder
from twinset.errors import ConfigError

pytestmark = pytest.mark.filterwarnings("ignore")
transformers = pytest.importorskip("transformers")
SCALE = {"mean": [0.4, 0.5, 0.6], "std": [0.2, 0.25, 0.3]}
TEXTS = ["red", "A light_summer SCARF, with  fringes!", "red shoes " * 60, "it's 2 trainers"]
WORDS = ["red", "blue", "shoes", "scarf", "with", "a", "it", "s", "summer", "light", "A", "SCARF"]


def open_clip():
    """The library, which takes so long to import that tests of other files must not wait for it."""
    return pytest.importorskip("open_clip")


def word_tokenizer(folder, length):
    vocabulary = {"<pad>": 0, "<unk>": 1, "</s>": 2} | {w: n + 3 for n, w in enumerate(WORDS)}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, "<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    named = {"pad_token": "<pad>", "unk_token": "<unk>", "eos_token": "</s>"}
    wrapped = transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, model_max_length=length, **named
    )
    wrapped.save_pretrained(folder)


def save_open_clip(folder, model, config, preprocess):
    torch.manual_seed(0)
    folder.mkdir(parents=True, exist_ok=True)
    save_file(model.state_dict(), folder / "open_clip_model.safetensors")
    held = {"model_cfg": config, "preprocess_cfg": SCALE | preprocess}
    (folder / "open_clip_config.json").write_text(json.dumps(held))


def save_fashion_clip(folder):
    """The layout of Marqo/marqo-fashionCLIP: CLIP with open_clip's own byte pairs."""
    text = {"context_length": 20, "vocab_size": 49408, "width": 32, "heads": 2, "layers": 2}
    vision = {"image_size": 32, "layers": 2, "width": 32, "head_width": 16, "patch_size": 8}
    config = {"embed_dim": 24, "vision_cfg": vision, "text_cfg": text}
    model = open_clip().model.CLIP(**config)
    save_open_clip(folder, model, config, {"interpolation": "bicubic", "resize_mode": "shortest"})
    (folder / "README.md").write_text("---\nlicense: apache-2.0\n---\n")


def save_fashion_siglip(folder):
    """The layout of Marqo/marqo-fashionSigLIP: a tower of timm, canonical text, no causal mask."""
    vision = {"image_size": 224, "timm_model_name": "vit_tiny_patch16_224", "timm_pool": "map"}
    text = {"context_length": 16, "vocab_size": 40, "width": 32, "heads": 2, "layers": 2}
    text |= {"hf_tokenizer_name": "local", "tokenizer_kwargs": {"clean": "canonicalize"}}
    text |= {"no_causal_mask": True, "proj_bias": True, "pool_type": "last"}
    config = {"embed_dim": 192, "init_logit_bias": -10, "custom_text": True}
    config |= {"vision_cfg": vision | {"timm_proj": "none"}, "text_cfg": text}
    built = {key: value for key, value in config.items() if key != "custom_text"}
    model = open_clip().model.CustomTextCLIP(**built)
    save_open_clip(folder, model, config, {"interpolation": "bicubic", "resize_mode": "squash"})
    word_tokenizer(folder, 16)


def save_mobile_clip(folder):
    """The layout of MobileCLIP2: a FastViT whose branches are merged before it serves."""
    vision = {"image_size": 64, "timm_model_name": "fastvit_mci0", "timm_pool": "avg"}
    text = {"context_length": 20, "vocab_size": 49408, "width": 32, "heads": 2, "layers": 1}
    config = {"embed_dim": 24, "custom_text": True, "vision_cfg": vision | {"timm_proj": None}}
    config |= {"text_cfg": text | {"no_causal_mask": True}}
    built = {key: value for key, value in config.items() if key != "custom_text"}
    model = open_clip().model.CustomTextCLIP(**built).train()
    with torch.no_grad():  # so that the norms have statistics to merge
        for _ in range(3):
            model.encode_image(torch.randn(4, 3, 64, 64))
    longest = {"interpolation": "bilinear", "resize_mode": "longest", "fill_color": 127}
    save_open_clip(folder, model.eval(), config, longest)


LONG = [
    pytest.param(save, marks=pytest.mark.long)
    for save in (save_fashion_siglip, save_fashion_clip, save_mobile_clip)
]


@pytest.mark.parametrize("save", LONG)
def test_an_open_clip_encoder_gives_what_its_library_gives(tmp_path, save):
    save(tmp_path / "hub")
    assert cli.run(["adopt", str(tmp_path / "hub"), str(tmp_path / "encoder")]) == 0
    encoder = load_encoder(tmp_path / "encoder", "cpu")
    source = open_public(str(tmp_path / "hub"))
    pictures = sample_pictures()
    image = np.vecdot(encoder.encode_images(pictures), source.reference_images(pictures))
    text = np.vecdot(encoder.encode_texts(TEXTS), source.reference_texts(TEXTS))
    assert image.min() >= 0.999
    assert text.min() >= 0.999
    manifest = json.loads((tmp_path / "encoder" / "encoder.json").read_text())
    assert manifest["licence"] == ("apache-2.0" if save is save_fashion_clip else None)


def test_byte_pairs_are_those_of_open_clip():
    simple = open_clip().tokenizer.SimpleTokenizer()
    ours = tokenizer_of_bpe(simple)
    for text in [*TEXTS, "T-shirt 50% off", "naïve café", "  two   spaces ", "ROTES Kleid #1"]:
        expected = [simple.sot_token_id, *simple.encode(text), simple.eot_token_id]
        assert ours.encode(text).ids == expected


def save_clip_pictures(folder):
    torch.manual_seed(0)
    small = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 1}
    small["num_attention_heads"] = 2
    text = small | {"vocab_size": 40, "max_position_embeddings": 16, "eos_token_id": 2}
    vision = small | {"image_size": 32, "patch_size": 8}
    config = transformers.CLIPConfig(text_config=text, vision_config=vision, projection_dim=24)
    transformers.CLIPModel(config).save_pretrained(folder)
    size = {"size": {"shortest_edge": 32}, "crop_size": {"height": 32, "width": 32}}
    transformers.CLIPImageProcessor(**size).save_pretrained(folder)
    word_tokenizer(folder, 16)


def save_sentences(folder, dimension=24):
    """The layout of clip-ViT-B-32-multilingual-v1: DistilBERT, mean pooling, a dense layer."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.models import Dense, Pooling, Transformer

    torch.manual_seed(1)
    bert = folder.parent / "bert"
    config = transformers.DistilBertConfig(vocab_size=40, dim=32, n_layers=2, n_heads=2)
    config.hidden_dim = 64
    transformers.DistilBertModel(config).save_pretrained(bert)
    word_tokenizer(bert, 32)
    words = Transformer(str(bert), max_seq_length=24)
    dense = Dense(32, dimension, bias=False, activation_function=torch.nn.Identity())
    model = SentenceTransformer(modules=[words, Pooling(32), dense], device="cpu")
    model.save_pretrained(str(folder))


@pytest.mark.long
def test_texts_of_another_model_share_the_space_of_the_pictures(tmp_path):
    save_clip_pictures(tmp_path / "pictures")
    save_sentences(tmp_path / "texts")
    options = ["--image-from", str(tmp_path / "pictures")]
    assert cli.run(["adopt", str(tmp_path / "texts"), str(tmp_path / "out"), *options]) == 0
    encoder = load_encoder(tmp_path / "out", "cpu")
    source = open_public(str(tmp_path / "texts"), str(tmp_path / "pictures"))
    assert np.vecdot(encoder.encode_texts(TEXTS), source.reference_texts(TEXTS)).min() >= 0.999


def test_a_text_model_alone_is_refused_with_what_to_do(tmp_path, capsys):
    save_sentences(tmp_path / "texts")
    assert cli.run(["adopt", str(tmp_path / "texts"), str(tmp_path / "out")]) != 0
    assert "--image-from" in capsys.readouterr().err


def test_texts_and_pictures_of_two_spaces_are_refused(tmp_path):
    save_clip_pictures(tmp_path / "pictures")
    save_sentences(tmp_path / "texts", dimension=20)
    with pytest.raises(ConfigError, match="they do not share a space"):
        open_public(str(tmp_path / "texts"), str(tmp_path / "pictures"))


def test_a_model_that_brings_code_is_refused(tmp_path):
    held = {"model_type": "jina_clip", "auto_map": {"AutoModel": "modeling_clip.JinaCLIPModel"}}
    (tmp_path / "config.json").write_text(json.dumps(held))
    with pytest.raises(ConfigError, match="brings Python code of its own, which adopt does not"):
        open_public(str(tmp_path))


def test_jina_clip_is_refused_for_its_code_and_not_for_its_texts(tmp_path):
    """Its layout: one module of its own beside those of sentence-transformers."""
    modules = [
        {"type": "custom_st.Transformer"},
        {"type": "sentence_transformers.models.Normalize"},
    ]
    (tmp_path / "modules.json").write_text(json.dumps(modules))
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "jina_clip"}))
    for image_from in (None, "openai/clip-vit-base-patch32"):
        with pytest.raises(ConfigError, match="brings Python code of its own"):
            open_public(str(tmp_path), image_from)


@pytest.mark.long
def test_vectors_can_be_cut_and_weights_rounded(tmp_path, capsys):
    save_fashion_clip(tmp_path / "hub")
    out = tmp_path / "out"
    command = ["adopt", str(tmp_path / "hub"), str(out), "--truncate-dim", "16", "--int8"]
    assert cli.run(command) == 0
    encoder = load_encoder(out, "cpu")
    whole = open_public(str(tmp_path / "hub")).reference_texts(TEXTS)[:, :16]
    whole /= np.linalg.norm(whole, axis=1, keepdims=True)
    assert encoder.encode_texts(TEXTS).shape == (4, 16)
    assert np.vecdot(encoder.encode_texts(TEXTS), whole).min() >= 0.99
    assert cli.run(["adopt", str(tmp_path / "hub"), str(out), "--truncate-dim", "24"]) != 0
    assert "--truncate-dim must be below 24" in capsys.readouterr().err
