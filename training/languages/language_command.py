"""`twinset languages`: an encoder that understands other languages than English."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from numpy.typing import NDArray
from rich.console import Console

from training.data.phrase_attributes import known_attributes
from training.evaluation.panel import sides_of
from training.languages.fit_detector import DetectorRecipe, fit_detector
from training.languages.fit_text_head import HeadRecipe, Lessons, Material, even_chances, fit_head
from training.languages.foreign_relevance import foreign_curve
from training.languages.glossary import translations
from training.languages.shop_texts import ShopTexts
from twinset.artefacts import given_fields, new_folder, read_manifest, write_manifest
from twinset.catalogue import Catalogue
from twinset.columns import columns_from_table
from twinset.embeddings import open_embeddings
from twinset.encoders.dual_encoder import DualEncoder
from twinset.encoders.dual_spec import ARCHITECTURE
from twinset.encoders.encoder import Vectors
from twinset.encoders.encoder_folder import ENCODER_MANIFEST, load_encoder
from twinset.errors import ConfigError
from twinset.languages import MultilingualTexts
from twinset.languages.multilingual_texts import LANGUAGES_FILE, SENTENCE_ENCODER
from twinset.languages.sentence_encoder import SentenceEncoder, installed_version
from twinset.progress import progress_bar
from twinset.relevance.calibration import Curve
from twinset.relevance.relevance_curves import FOREIGN, RelevanceCurves
from twinset.words.field_roles import NOT_WORDS

# Shares of the English texts that the head is taught.
_NAMES, _PHRASES, _WORDS, _MIXED = 0.35, 0.35, 0.15, 0.15
_BATCH = 512
# An encoder was trained on at least this share of its own shop's products; a few names are
# everybody's.
_OWN_SHOP = 0.05


def languages(
    encoder: Annotated[Path, typer.Option(help="Encoder folder, with towers for English.")],
    catalog: Annotated[Path, typer.Option(help="Catalogue with English names.")],
    embeddings: Annotated[Path, typer.Option(help="Of this catalogue, by this encoder.")],
    out: Annotated[Path, typer.Option(help="Encoder folder to write; may be the same.")],
    steps: Annotated[int, typer.Option(min=1, help="Steps of fitting the head.")] = 2000,
    words: Annotated[
        int, typer.Option(min=100, help="Words a language, for detecting it.")
    ] = 40_000,
) -> None:
    """Teach an encoder to understand other languages; needs no translations of the catalogue."""
    manifest = read_manifest(encoder, "encoder", ENCODER_MANIFEST)
    if manifest.get("architecture") != ARCHITECTURE:
        raise ConfigError(f"{encoder}: only encoders with two separate towers can learn languages")
    loaded = load_encoder(encoder, "cpu")
    if not isinstance(loaded, DualEncoder):
        raise ConfigError(f"{encoder}: has no text tower")
    vectors = open_embeddings(embeddings)
    if vectors.fingerprint != loaded.fingerprint:
        raise ConfigError(f"{embeddings}: is of another encoder than {encoder}")
    texts = _shop_texts(encoder, Catalogue(catalog), manifest)
    recipe = DetectorRecipe(words=words, other_words=max(words // 3, 100))
    console = Console(soft_wrap=True)
    console.print(f"{len(texts.names):,} names, {len(texts.phrases):,} phrases")
    detector = fit_detector(texts.queries(), texts.values, recipe)
    head = fit_head(_material(loaded, texts, vectors.item), HeadRecipe(steps=steps))
    taught = MultilingualTexts(detector, head)
    curve = catalogue_curve(taught, Catalogue(catalog), vectors.item)
    _write(encoder, with_curve(manifest, curve), taught, out)
    console.print(f"{out}: detects {len(detector.codes)} languages and those of other scripts")


def _shop_texts(encoder: Path, catalogue: Catalogue, manifest: dict[str, Any]) -> ShopTexts:
    """English texts of the products to learn from, with the attributes that the encoder knows."""
    told = manifest.get("training") or {}
    named = (told.get("augmentation") or {}).get("phrase_attributes") or ()
    attributes = known_attributes(named, catalogue)
    return ShopTexts.of(catalogue, attributes, rows_to_learn_from(encoder, catalogue))


def rows_to_learn_from(encoder: Path, catalogue: Catalogue) -> NDArray[np.int64]:
    """The products of a catalogue that the encoder was trained on, so that the others can be asked
    about; all if those are so few that the catalogue is another shop's, or the encoder does not
    say."""
    trained = sides_of(encoder, catalogue)["train"]
    enough = len(trained) >= _OWN_SHOP * len(catalogue)
    return trained if enough else np.arange(len(catalogue))


def _material(encoder: DualEncoder, texts: ShopTexts, items: Vectors) -> Material:
    """Sentence vectors of every text, and what the text tower makes of its English."""
    sentences = SentenceEncoder()
    taught = translations()
    english = sorted({one.english for one in taught})
    own = [*texts.names, *texts.phrases, *texts.words, *texts.mixed]
    with progress_bar() as progress:
        task = progress.add_task("reading texts", total=2 * len(own))

        def batches(given: list[str], encode: Any) -> Vectors:
            rows = []
            for start in range(0, len(given), _BATCH):
                rows.append(encode(given[start : start + _BATCH]))
                progress.update(task, advance=len(rows[-1]))
            return np.concatenate(rows)

        own_sentences = batches(own, sentences.encode)
        own_targets = batches(own, encoder.encode_english)
    places = np.searchsorted(english, [one.english for one in taught])
    translated = sentences.encode([one.foreign for one in taught])
    shares = (
        (len(texts.names), _NAMES),
        (len(texts.phrases), _PHRASES),
        (len(texts.words), _WORDS),
        (len(texts.mixed), _MIXED),
    )
    return Material(
        Lessons(own_sentences, own_targets, even_chances(shares)),
        Lessons(
            translated,
            encoder.encode_english(english)[places],
            even_chances([(len(taught), 1.0)]),
        ),
        translated - sentences.encode(english)[places],
        np.asarray(items, np.float32),
    )


def catalogue_curve(taught: MultilingualTexts, catalogue: Catalogue, items: Vectors) -> Curve:
    """What scores of other languages mean, by the values of a catalogue whose items are `items`."""
    names = [name for name in catalogue.attributes if name not in NOT_WORDS]
    columns = columns_from_table(catalogue.rows(names), names)
    return foreign_curve(taught.encode, np.asarray(items, np.float32), columns, catalogue.category)


def with_curve(manifest: dict[str, Any], curve: Curve) -> dict[str, Any]:
    """The manifest of an encoder that also says what scores of other languages mean."""
    known = RelevanceCurves.from_manifest(manifest.get("relevance"))
    relevance = RelevanceCurves({**known.curves, FOREIGN: curve}, known.missing)
    return {**manifest, "relevance": relevance.to_manifest()}


def _write(encoder: Path, manifest: dict[str, Any], taught: MultilingualTexts, out: Path) -> None:
    """The encoder's own files byte for byte, and beside them what was taught.

    The fingerprint stays: vectors of pictures and of English texts are as before.
    """
    fields = given_fields(manifest) | {SENTENCE_ENCODER: installed_version()}
    with new_folder(out, replace=True) as staging:
        shutil.copytree(encoder, staging, dirs_exist_ok=True)
        taught.save(staging / LANGUAGES_FILE)
        write_manifest(staging, "encoder", fields, ENCODER_MANIFEST)
