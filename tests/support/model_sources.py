"""Local folders of the true architectures with random weights, in the place of the hub's."""

import shutil

import torch
from safetensors.torch import save_file
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace
from tokenizers.processors import TemplateProcessing

import training.vision_ops  # noqa: F401 - before torchvision and transformers
from training.config import ModelConfig
from training.towers import tokenizer_path

CLIP_START, CLIP_END, CLIP_VOCABULARY = 49406, 49407, 49408
TINY = {"hidden_size": 32, "intermediate_size": 32, "num_hidden_layers": 2}
TINY |= {"num_attention_heads": 2}


def save_resnet50(path):
    from torchvision.models import resnet50

    torch.manual_seed(0)
    save_file(resnet50().state_dict(), path)
    return path


def save_bert(folder, layers):
    """BERT base (12 layers) or a shallower one of its widths."""
    from transformers import BertConfig, BertModel

    torch.manual_seed(0)
    BertModel(BertConfig(num_hidden_layers=layers), add_pooling_layer=False).save_pretrained(folder)
    # all-MiniLM-L6-v2 has the vocabulary of bert-base-uncased.
    shutil.copyfile(tokenizer_path(ModelConfig(1, 0, 0.5)), folder / "tokenizer.json")
    return folder


def save_clip(folder, layers):
    """CLIP ViT-B/32 (12 layers a side) or a shallower one of its widths."""
    from transformers import CLIPConfig, CLIPModel

    torch.manual_seed(0)
    sides = {"num_hidden_layers": layers}
    # The end token of the published configuration, which stands for "the highest id".
    config = CLIPConfig(text_config={**sides, "eos_token_id": 2}, vision_config=sides)
    CLIPModel(config).save_pretrained(folder)
    clip_tokenizer().save(str(folder / "tokenizer.json"))
    return folder


def save_tiny_clip(folder):
    """CLIP with pictures of 32 pixels and vectors of 16 numbers."""
    from transformers import CLIPConfig, CLIPModel

    torch.manual_seed(0)
    text = TINY | {"vocab_size": 20, "max_position_embeddings": 77, "eos_token_id": 2}
    text["projection_dim"] = 16
    vision = TINY | {"image_size": 32, "patch_size": 16, "projection_dim": 16}
    CLIPModel(
        CLIPConfig(text_config=text, vision_config=vision, projection_dim=16)
    ).save_pretrained(folder)
    tiny_tokenizer().save(str(folder / "tokenizer.json"))
    return folder


def tiny_tokenizer():
    """Nine whole words."""
    words = ["<unk>", "[PAD]", "brand", "category", "name", "description", "red", "tshirts", "a"]
    tokens = Tokenizer(WordLevel({word: n for n, word in enumerate(words)}, "<unk>"))
    tokens.pre_tokenizer = Whitespace()
    return tokens


def clip_tokenizer():
    """Whole words of the tests' titles, between CLIP's start and end tokens."""
    words = ["<unk>", "Women", "Red", "Blue", "Green", "Tshirts", "Watches", "Heels", "Belts"]
    ends = {"<|startoftext|>": CLIP_START, "<|endoftext|>": CLIP_END}
    vocabulary = {word: number for number, word in enumerate(words)} | ends
    tokenizer = Tokenizer(WordLevel(vocabulary, unk_token="<unk>"))  # noqa: S106 - no password
    tokenizer.pre_tokenizer = Whitespace()
    tokenizer.post_processor = TemplateProcessing(
        single="<|startoftext|> $A <|endoftext|>", special_tokens=list(ends.items())
    )
    return tokenizer
