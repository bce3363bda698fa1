"""Training on a shop's own catalogue: few columns, few products, another catalogue, more epochs."""

import io
import json
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from rich.console import Console

from tests.training.conftest import COLOURS, TYPES, picture
from training.config_file import parse_config
from training.data.phrase_attributes import fit_attributes
from training.data.seen_products import SeenProducts, product_keys
from training.evaluation.panel import sides_of
from training.run import train as loop
from training.run.checkpoint import Reached, sweep
from training.run.options import RunOptions
from training.run.run_catalogue import fit_batches, seen_by_run
from twinset import cli
from twinset.catalogue import Catalogue, CatalogueWriter
from twinset.errors import ArtefactError, CatalogueError, ConfigError

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@pytest.fixture(scope="module")
def bare(tmp_path_factory):
    """A catalogue of id, title, image and kind alone."""
    path = tmp_path_factory.mktemp("bare") / "catalog.parquet"
    with CatalogueWriter(path, {"kind": pa.string()}, "kind") as writer:
        for number in range(24):
            colour, kind = list(COLOURS)[number % 3], TYPES[number % 4]
            image = picture(colour, 10 + number)
            row = {"id": str(number), "title": f"Brand{number} {kind}", "image": image}
            writer.write(row | {"kind": kind})
    return Catalogue(path)


def small(config):
    return replace(config, optimisation=replace(config.optimisation, epochs=1, batch_size=4))


def train(config, catalogue, folder):
    return loop.train(config, catalogue, folder, Console(file=io.StringIO()))


def test_attributes_are_those_that_the_catalogue_has(config, catalogue, bare):
    named = replace(config.augmentation, phrase_attributes=("colour", "articleType", "gender"))
    alike = replace(config.optimisation, alike=("gender", "colour"))
    config = replace(config, augmentation=named, optimisation=alike)
    here = fit_attributes(config, catalogue)
    assert here.augmentation.phrase_attributes == ("articleType", "gender")
    assert here.optimisation.alike == ("gender",)
    there = fit_attributes(config, bare)
    assert there.augmentation.phrase_attributes == ("kind",)
    assert there.optimisation.alike == ()


@pytest.mark.long
def test_the_command_trains_on_id_title_image_and_kind(bare, catalogue, tmp_path, capsys):
    common = ["train", "--config", "clip-compact", "--catalog", str(bare.path)]
    changes = ["epochs=1", "batch_size=4", "image_width=48", "image_height=64"]
    sets = [part for change in changes for part in ("--set", change)]
    here = ["--device", "cpu", "--precision", "float32", "--track", "tensorboard"]
    assert cli.run([*common, *sets, *here, "--out", str(tmp_path)]) == 0
    told = capsys.readouterr()
    assert "products on cpu, " in told.out
    assert "images/s" in told.err
    assert "Weight Compression" not in told.out + told.err  # another library's bar
    assert list(tmp_path.rglob("events.out.tfevents*"))
    trained = json.loads((tmp_path / "encoder" / "encoder.json").read_text())
    assert trained["name"] == "clip-compact"
    assert trained["training"]["optimisation"]["batch_size"] == 4
    seen = SeenProducts.load(tmp_path / "encoder")
    sides = seen.sides(bare)
    assert [len(sides[side]) for side in ("train", "validation", "test")] == [20, 1, 3]
    # Of a shop that it never saw, every product may be asked about.
    assert len(sides_of(tmp_path / "encoder", catalogue)["test"]) == len(catalogue)
    # --untrained never replaces it, and may replace its own kind.
    assert cli.run([*common, *sets, "--untrained", "--out", str(tmp_path)]) == 1
    assert json.loads((tmp_path / "encoder" / "encoder.json").read_text()) == trained
    other = str(tmp_path / "untrained")
    assert cli.run([*common, *sets, "--untrained", "--out", other]) == 0
    assert cli.run([*common, *sets, "--untrained", "--out", other]) == 0


def keys(*values):
    return np.array(values, np.uint64)


@pytest.mark.parametrize("place", ["encoder", "."])
def test_a_run_that_starts_with_another_has_seen_its_products_too(
    config, catalogue, tmp_path, place
):
    own = seen_by_run(config, catalogue, None)
    (tmp_path / place).mkdir(exist_ok=True)
    SeenProducts(keys(1, 5), keys(7), False, "").save(tmp_path / place)
    both = seen_by_run(config, catalogue, tmp_path)
    assert both.trained.tolist() == sorted({1, 5, *own.trained.tolist()})
    assert both.tuned.tolist() == sorted({7, *own.tuned.tolist()})


def test_what_a_run_split_by_row_saw_counts_by_name(config, catalogue, tmp_path):
    own = seen_by_run(config, catalogue, None)
    by_row = product_keys(catalogue, by_row=True)
    SeenProducts(np.unique(by_row[30:]), np.unique(by_row[:2]), True, "").save(tmp_path)
    both = seen_by_run(config, catalogue, tmp_path)
    assert not both.by_row
    by_name = product_keys(catalogue, by_row=False)
    assert set(both.trained.tolist()) == {*own.trained.tolist(), *by_name[30:].tolist()}
    assert set(both.tuned.tolist()) == {*own.tuned.tolist(), *by_name[:2].tolist()}


@pytest.mark.parametrize(
    ("rows", "batch", "accumulation", "of_each", "fitted"),
    [
        (31_000, 256, 1, 0, (256, 1)),  # large enough: as it is
        (490, 256, 1, 0, (32, 1)),  # eight steps an epoch
        (140, 128, 4, 0, (16, 1)),  # rather smaller batches than one step of four
        (9, 128, 1, 0, (8, 1)),  # what there is
        (140, 128, 1, 4, (16, 1)),  # groups of four
        (50, 32, 1, 16, (32, 1)),  # two groups are the least
    ],
)
def test_batches_fit_the_catalogue(config, rows, batch, accumulation, of_each, fitted):
    given = {"batch_size": batch, "accumulation": accumulation, "items_per_category": of_each}
    wanted = replace(config, optimisation=replace(config.optimisation, **given))
    found = fit_batches(wanted, rows, processes=1).optimisation
    assert (found.batch_size, found.accumulation) == fitted
    parse_config(fit_batches(wanted, rows, processes=1).to_dict())


@pytest.mark.parametrize(("rows", "of_each", "needed"), [(1, 0, 2), (7, 4, 8), (0, 0, 2)])
def test_too_few_products_say_how_many_are_needed(config, rows, of_each, needed):
    given = replace(config.optimisation, batch_size=128, items_per_category=of_each)
    with pytest.raises(CatalogueError, match=f"has {rows} products .* needs {needed}; add"):
        fit_batches(replace(config, optimisation=given), rows, processes=1)


def test_a_run_fits_its_batches_and_says_so(config, bare, tmp_path):
    large = replace(config, optimisation=replace(config.optimisation, batch_size=256))
    run, _ = loop.open_run(large, bare, tmp_path, RunOptions())
    assert run.config.optimisation.batch_size == 16
    assert "steps of 16 instead of 256" in loop._first_line(run, Reached(), large)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"device": "cuda"}, "torch sees no CUDA device"),
        ({"device": "cpu", "precision": "float16"}, "float16 needs a GPU"),
        ({"trackers": ("notes",)}, "'notes' is not one of tensorboard"),
        ({"trackers": ("wandb",)}, "not installed; run: pip install wandb"),
    ],
)
def test_what_cannot_be_used_here_is_refused(options, message, monkeypatch):
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    monkeypatch.setattr("training.run.options.get_available_trackers", list)
    with pytest.raises(ConfigError, match=message):
        RunOptions(**options)


def test_what_a_kill_left_is_swept(tmp_path):
    for name in ("checkpoints/.00000007.ab.tmp", "checkpoints/.00000003.cd.old", ".best.ef.old"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / ".history.jsonl.ab.tmp").touch()
    (tmp_path / "checkpoints" / "00000003").mkdir()
    sweep(tmp_path)
    left = sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*"))
    assert left == ["best", "checkpoints", "checkpoints/00000003"]


@pytest.mark.long
def test_a_finished_run_takes_more_epochs_and_no_other_catalogue(config, catalogue, bare, tmp_path):
    config = small(config)
    train(config, bare, tmp_path)
    steps = len((tmp_path / "history.jsonl").read_text().splitlines())
    more = replace(config, optimisation=replace(config.optimisation, epochs=2))
    train(more, bare, tmp_path)
    assert len((tmp_path / "history.jsonl").read_text().splitlines()) == 2 * steps
    with pytest.raises(CatalogueError, match="is not the catalogue that"):
        train(more, catalogue, tmp_path)
    with pytest.raises(ArtefactError, match=r"optimisation\.epochs was 2, not 1"):
        train(config, bare, tmp_path)
