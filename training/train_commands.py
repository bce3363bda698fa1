"""Command line of the training room: `twinset train`, `evaluate` and `export`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
import typer
from rich.console import Console
from rich.table import Table

from twinset.artefacts import read_manifest
from twinset.catalogue import Catalogue
from twinset.encoders.encoder_folder import ENCODER_MANIFEST
from twinset.errors import ConfigError

if TYPE_CHECKING:
    from training.config import TrainingConfig
    from training.data.seen_products import SeenProducts
    from training.towers import TowerPair

CatalogueOption = Annotated[Path, typer.Option("--catalog", help="Catalogue file.")]
EncoderOption = Annotated[Path, typer.Option("--encoder", help="Encoder folder.")]
_COLUMNS = {
    "R@1": "recall@1",
    "R@5": "recall@5",
    "R@10": "recall@10",
    "MRR": "mrr",
    "NDCG@10": "ndcg@10",
    "P@10": "precision@10",
}
_UNTRAINED = "-untrained"
Device = Literal["auto", "cpu", "cuda"]
Precision = Literal["auto", "float32", "bfloat16", "float16"]
DeviceOption = Annotated[str, typer.Option(help="auto, cpu or cuda.")]


RecipeOption = Annotated[
    str, typer.Option(help="A recipe by name (clip-compact), or a TOML file of your own.")
]
RunOption = Annotated[Path, typer.Option(help="Folder of the run; an interrupted run resumes.")]
CacheOption = Annotated[
    Path | None, typer.Option(help="Folder of decoded images that runs share; OUT/cache.")
]
PhotosOption = Annotated[
    Path | None, typer.Option(help="Further photos of products: Parquet with id and image.")
]
StartOption = Annotated[Path | None, typer.Option(help="Begin with this run or exported encoder.")]
ShareOption = Annotated[
    float | None, typer.Option(min=0.01, max=1, help="Train on this part of the products.")
]
UntrainedOption = Annotated[
    bool, typer.Option("--untrained", help="Export the towers as they are before training.")
]
SetOption = Annotated[
    list[str] | None,
    typer.Option("--set", help="Change a value of the recipe: loss.margin=.2; repeatable."),
]
EditsOption = Annotated[
    bool, typer.Option(help="Also learn how words change a product, into OUT/embeddings.")
]
TrainingDeviceOption = Annotated[Device, typer.Option(help="Train on this device.")]
PrecisionOption = Annotated[
    Precision, typer.Option(help="auto is bfloat16 on GPUs and CPUs with matrix units.")
]
TrackOption = Annotated[
    list[str] | None,
    typer.Option(help="Also log to tensorboard, mlflow or wandb, if installed; repeatable."),
]


def train(
    config: RecipeOption,
    catalog: CatalogueOption,
    out: RunOption,
    cache: CacheOption = None,
    photos: PhotosOption = None,
    start: StartOption = None,
    share: ShareOption = None,
    untrained: UntrainedOption = False,
    change: SetOption = None,
    edits: EditsOption = True,
    device: TrainingDeviceOption = "auto",
    precision: PrecisionOption = "auto",
    track: TrackOption = None,
) -> None:
    """Fine-tune an encoder on a catalogue; the result is OUT/encoder."""
    from training.config_file import find_config, load_config

    settings = load_config(find_config(config), change or ())
    if share is not None:
        settings = replace(settings, data=replace(settings.data, train_share=share))
    catalogue = Catalogue(catalog)
    try:
        from training.quiet_libraries import hide_other_bars
        from training.run.checkpoint import checkpoint_config
        from training.run.open_run import untrained_towers
        from training.run.options import RunOptions
        from training.run.parallel import is_main_process
        from training.run.run_catalogue import seen_by_run
        from training.run.train import train as run_training
        from twinset.freed_memory import keep_freed_memory
    except ImportError as error:
        raise ConfigError(f"training needs twinset[training] installed ({error.name})") from None
    keep_freed_memory()
    hide_other_bars()
    if untrained:
        _require_untrained(out / "encoder")
        settings = replace(settings, name=settings.name + _UNTRAINED)
        towers = untrained_towers(settings)
    else:
        options = RunOptions(cache, photos, start, device, precision, tuple(track or ()))
        towers = run_training(settings, catalogue, out, Console(soft_wrap=True), options)
        settings = checkpoint_config(out)  # as fitted to the catalogue
    if is_main_process():
        seen = None if untrained else seen_by_run(settings, catalogue, start)
        _export_run(towers, settings, catalogue, out, seen, edits and not untrained)


def _export_run(
    towers: TowerPair,
    settings: TrainingConfig,
    catalogue: Catalogue,
    out: Path,
    seen: SeenProducts | None,
    edits: bool,
) -> None:
    """Write the encoder of a run, with a composer of edits if that is wanted and can be learnt."""
    from training.edits.encoder_composer import learn_edits
    from training.export.onnx_export import export_encoder

    console = Console(soft_wrap=True)
    export_encoder(towers, settings, out / "encoder", catalogue.category, seen)
    missing = learn_edits(out / "encoder", catalogue, out / "embeddings") if edits else None
    if missing is not None:
        console.print(f"no composer of edits: {missing}")
    console.print(f"encoder in {out / 'encoder'}")


def _require_untrained(encoder: Path) -> None:
    """Refuse to replace an encoder that training made: hours of work would be lost."""
    if not (encoder / ENCODER_MANIFEST).is_file():
        return
    if not str(read_manifest(encoder, "encoder", ENCODER_MANIFEST)["name"]).endswith(_UNTRAINED):
        raise ConfigError(f"{encoder}: holds a trained encoder; pass another --out to --untrained")


def export(
    encoder: EncoderOption,
    catalog: CatalogueOption,
    out: Annotated[Path, typer.Option(help="Folder for the embeddings.")],
    device: DeviceOption = "auto",
    force: Annotated[bool, typer.Option("--force", help="Replace an existing folder.")] = False,
) -> None:
    """Embed every item of a catalogue."""
    from training.export.embed_catalogue import embed_catalogue
    from training.export.late_encoder import open_late

    if out.exists() and not force:
        raise ConfigError(f"{out}: exists already; --force replaces it")
    catalogue = Catalogue(catalog)
    done = embed_catalogue(open_late(encoder, device), catalogue, out, replace=force)
    Console(soft_wrap=True).print(
        f"{done.items:,} items in {out}: {done.embedded:,} new or changed, embedded at "
        f"{done.rate:,.0f} items/s"
    )


def evaluate(
    encoder: EncoderOption,
    catalog: CatalogueOption,
    out: Annotated[Path, typer.Option(help="Folder for report.json, report.md and report.html.")],
    embeddings: Annotated[
        Path | None, typer.Option(help="Of this catalogue, if exported already.")
    ] = None,
    queries: Annotated[int, typer.Option(min=1, help="Products to ask about per task.")] = 1000,
    compare: Annotated[
        list[Path] | None, typer.Option(help="Another encoder for the study's table; repeatable.")
    ] = None,
    device: DeviceOption = "auto",
    edits: Annotated[
        bool, typer.Option("--edits", help="Also ask for products with one thing changed.")
    ] = False,
    duplicates: Annotated[
        bool, typer.Option("--duplicates", help="Also find items with the same picture.")
    ] = False,
) -> None:
    """Measure an encoder on the products that it was not trained on."""
    from training.edits.edit_figures import evaluate_edits
    from training.evaluation.evaluate import evaluate as score
    from training.evaluation.evaluate import open_pool, shop_report
    from training.evaluation.panel import kept_from_edits
    from training.evaluation.repeated_pictures import repeated_pictures
    from twinset.embeddings import open_embeddings
    from twinset.encoders import load_encoder

    catalogue = Catalogue(catalog)
    out.mkdir(parents=True, exist_ok=True)
    folder = embeddings or out / "embeddings"
    if embeddings is None:
        export(encoder, catalog, folder, device, force=True)
    pool = open_pool(encoder, catalogue, open_embeddings(folder))
    Console(soft_wrap=True).print(_held_out_line(len(pool.embeddings), len(pool.held_out)))
    scores = score(pool, queries)
    _print_scores(scores)
    report = shop_report(pool, scores)
    if edits:
        opened = load_encoder(encoder, device)
        rows = np.intersect1d(pool.held_out, kept_from_edits(encoder, catalogue))
        asked = (catalogue, pool.embeddings, rows, queries)
        report["edits"] = evaluate_edits(opened, *asked)
        _print_edits(report["edits"])
    if duplicates:
        report["duplicates"] = repeated_pictures(catalogue)
        _print_duplicates(report["duplicates"])
    _study([encoder, *(compare or [])], catalogue, out, report, device)


def _held_out_line(products: int, held_out: int) -> str:
    if held_out == products:
        return f"the encoder was trained on none of the {products:,} products: all are asked about"
    return f"asking about the {held_out:,} of {products:,} products that it was not trained on"


def _study(
    encoders: list[Path], catalogue: Catalogue, out: Path, shop: dict[str, Any], device: str
) -> None:
    """Compare encoders by the study's definitions and write both reports."""
    try:
        from training.evaluation.report import compare, write_reports
    except ImportError as error:
        raise ConfigError(f"the report needs twinset[training] installed ({error.name})") from None
    from training.evaluation.study import run_study

    study = run_study(encoders, catalogue, device)
    write_reports(out, study, catalogue, shop)
    for variant in study.runs[0].variants:
        rows = compare(study, variant)
        table = Table(variant.replace("_", " "), *_COLUMNS)
        for label, figures in rows:
            cells = [figures.get(name, {}).get("mean") for name in _COLUMNS.values()]
            table.add_row(label, *("" if cell is None else f"{cell:.4f}" for cell in cells))
        Console().print(table)
    Console().print(f"reports in {out}: report.html, report.md and report.json")


def _print_edits(edits: dict[str, Any]) -> None:
    names = [name for name, value in edits["figures"][0].items() if isinstance(value, dict)]
    table = Table("edit", "asked by", "way", "queries", *names)
    for row in edits["figures"]:
        cells = ["{mean:.3f} [{low:.3f}, {high:.3f}]".format(**row[name]) for name in names]
        table.add_row(row["field"], row["side"], row["way"], f"{row['queries']:,}", *cells)
    Console().print(table)
    shares = edits["phrasings"].values()
    if shares:
        Console().print(
            f"{len(shares)} phrasings of one colour edit: first in {min(shares):.3f} to "
            f"{max(shares):.3f} of the queries"
        )


def _print_duplicates(found: dict[str, Any]) -> None:
    table = Table("items with one picture", "such as")
    for group in found["largest"]:
        table.add_row(f"{group['items']:,}", ", ".join(str(one["id"]) for one in group["named"]))
    Console().print(table)
    Console().print(
        f"{found['repeats']:,} of {found['pictures']:,} pictures repeat another, "
        f"in {found['groups']:,} groups"
    )


def _print_scores(scores: dict[str, dict[str, float]]) -> None:
    table = Table("task", "queries", *_COLUMNS)
    for task, values in scores.items():
        cells = [values.get(name) for name in _COLUMNS.values()]
        shown = ["" if cell is None else f"{cell:.3f}" for cell in cells]
        table.add_row(task, f"{values['queries']:,.0f}", *shown)
    Console().print(table)
