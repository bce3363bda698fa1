"""Training on a shop's own catalogue: few columns, few products, another catalogue, more epochs."""

import io
import json
from dataclasses import replace

import pyarrow as pa
import pytest
from rich.console import Console

from tests.training.conftest import COLOURS, TYPES, picture
from training.data.phrase_attributes import fit_attributes
from training.run import train as loop
from twinset import cli
from twinset.catalogue import Catalogue, CatalogueWriter
from twinset.errors import ArtefactError, CatalogueError

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


def test_the_command_trains_on_id_title_image_and_kind(bare, tmp_path):
    common = ["train", "--config", "clip-compact", "--catalog", str(bare.path)]
    changes = ["epochs=1", "batch_size=4", "image_width=48", "image_height=64"]
    sets = [part for change in changes for part in ("--set", change)]
    assert cli.run([*common, *sets, "--out", str(tmp_path)]) == 0
    trained = json.loads((tmp_path / "encoder" / "encoder.json").read_text())
    assert trained["name"] == "clip-compact"
    assert trained["training"]["optimisation"]["batch_size"] == 4
    # --untrained never replaces it, and may replace its own kind.
    assert cli.run([*common, *sets, "--untrained", "--out", str(tmp_path)]) == 1
    assert json.loads((tmp_path / "encoder" / "encoder.json").read_text()) == trained
    other = str(tmp_path / "untrained")
    assert cli.run([*common, *sets, "--untrained", "--out", other]) == 0
    assert cli.run([*common, *sets, "--untrained", "--out", other]) == 0


@pytest.mark.parametrize(("accumulation", "batch_size"), [(1, 256), (4, 16)])
def test_too_few_products_say_which_setting_fits(config, bare, tmp_path, accumulation, batch_size):
    given = {"accumulation": accumulation, "batch_size": batch_size}
    large = replace(config, optimisation=replace(config.optimisation, **given))
    with pytest.raises(CatalogueError, match=r"one step needs (256|64); pass --set ") as caught:
        train(large, bare, tmp_path / "large")
    words = str(caught.value).split()
    told = dict(word.split("=") for word in words if "=" in word)
    fitting = replace(large.optimisation, **{key: int(value) for key, value in told.items()})
    opened, _ = loop.open_run(
        replace(large, optimisation=fitting), bare, tmp_path / "fits", tmp_path / "cache"
    )
    assert opened.steps_per_epoch >= 1


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
