"""open_clip's cleaning of texts and its byte-pair encoding, as a file of the tokenizers library.

What open_clip repairs with `ftfy` and reads as HTML before that is left out: a query holds neither.
"""

from __future__ import annotations

from typing import Any

from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, processors

_WORDS = r"'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"
_PUNCTUATION = r"[!-/:-@\[-`{-~]"
_SPACES = [normalizers.Replace(Regex(r"\s+"), " "), normalizers.Strip()]
_CLEANING = {
    "whitespace": _SPACES,
    "lower": [*_SPACES, normalizers.Lowercase()],
    "canonicalize": [
        normalizers.Replace("_", " "),
        normalizers.Replace(Regex(_PUNCTUATION), ""),
        normalizers.Lowercase(),
        *_SPACES,
    ],
}


def clean_as(name: str, tokenizer: Tokenizer) -> Tokenizer:
    """The tokenizer with open_clip's cleaning of that name before its own steps.

    Raises:
        KeyError: open_clip has no cleaning of that name.
    """
    copy = Tokenizer.from_str(tokenizer.to_str())
    own = [] if copy.normalizer is None else [copy.normalizer]
    copy.normalizer = normalizers.Sequence([*_CLEANING[name], *own])
    return copy


def tokenizer_of_bpe(simple: Any) -> Tokenizer:
    """open_clip's `SimpleTokenizer`, token for token."""
    merges = [tuple(pair) for pair in simple.bpe_ranks]
    tokenizer = Tokenizer(models.BPE(simple.encoder, merges, end_of_word_suffix="</w>"))
    tokenizer.normalizer = normalizers.Sequence(_CLEANING["lower"])
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(_WORDS), behavior="removed", invert=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    start, end = (simple.decoder[number] for number in simple.all_special_ids[:2])
    ends = [(start, simple.sot_token_id), (end, simple.eot_token_id)]
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{start} $A {end}", special_tokens=ends
    )
    return tokenizer
