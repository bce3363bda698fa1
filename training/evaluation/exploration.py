"""A first look at a catalogue: its categories, and how its texts fit the encoder."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer

from training.data.product_data import category_values
from twinset.artefacts import read_manifest
from twinset.catalogue import Catalogue
from twinset.encoders.dual_encoder import TOKENIZER
from twinset.encoders.encoder_folder import ENCODER_MANIFEST
from twinset.text.word_template import render_texts


@dataclass(frozen=True)
class Exploration:
    """Counts of a catalogue. `categories` are all, the largest first; `token_lengths` has how many
    texts have each number of tokens, special ones counted, and `max_tokens` is what the encoder
    reads of a text; none and 0 for an encoder without a tokenizer."""

    products: int
    with_words: int
    categories: Sequence[tuple[str, int]]
    token_lengths: Sequence[tuple[int, int]]
    max_tokens: int

    @property
    def cut_share(self) -> float:
        """The share of texts that are longer than the encoder reads."""
        cut = sum(count for length, count in self.token_lengths if length > self.max_tokens)
        return cut / max(1, self.with_words)

    def to_dict(self) -> dict[str, Any]:
        """For report.json."""
        return asdict(self) | {"cut_share": self.cut_share}


def explore(encoder: Path, catalogue: Catalogue) -> Exploration:
    """Count the categories of a catalogue, and the tokens of its texts as an encoder reads them."""
    manifest = read_manifest(encoder, "encoder", ENCODER_MANIFEST)
    text = manifest.get("text") or {}
    texts = render_texts(str(text.get("template", "{title}")), catalogue.rows())
    given = [one for one in texts if one is not None]
    lengths: Counter[int] = Counter()
    if TOKENIZER in manifest["files"]:
        tokenizer = Tokenizer.from_file(str(encoder / TOKENIZER))
        tokenizer.no_truncation()
        tokenizer.no_padding()
        lengths = Counter(len(encoding.ids) for encoding in tokenizer.encode_batch(given))
    values = [value for value in category_values(catalogue) if value is not None]
    return Exploration(
        products=len(catalogue),
        with_words=len(given),
        categories=Counter(values).most_common(),
        token_lengths=sorted(lengths.items()),
        max_tokens=int(text.get("max_tokens", 0)) if lengths else 0,
    )
