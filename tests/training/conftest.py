"""A tiny catalogue and a configuration small enough to train for a few steps."""

import io
from dataclasses import replace

import pyarrow as pa
import pytest
import torch
from PIL import Image
from rich.console import Console

from tests.support.made_once import made_once
from tests.support.paths import CONFIGS
from training.config_file import load_config
from training.export.onnx_export import export_encoder
from training.run.train import train
from training.towers import build_towers
from twinset.catalogue import Catalogue, CatalogueWriter

COLOURS = {"Red": (200, 30, 30), "Blue": (30, 30, 200), "Green": (30, 160, 60)}
TYPES = ("Tshirts", "Watches", "Heels", "Belts")


def picture(colour, size):
    image = Image.new("RGB", (60, 80), "white")
    image.paste(COLOURS[colour], (10, 10, 10 + size, 60))
    buffer = io.BytesIO()
    image.save(buffer, "JPEG")
    return buffer.getvalue()


@pytest.fixture(scope="session")
def catalogue(tmp_path_factory):
    path = tmp_path_factory.mktemp("catalogue") / "catalog.parquet"
    names = ["gender", "baseColour", "usage", "subCategory", "articleType"]
    with CatalogueWriter(path, dict.fromkeys(names, pa.string()), "articleType") as writer:
        for number in range(36):
            colour, kind = list(COLOURS)[number % 3], TYPES[number % 4]
            writer.write(
                {
                    "id": str(number),
                    "title": f"Brand{number} Women {colour} {kind}",
                    "image": picture(colour, 10 + number),
                    "gender": "Women",
                    "baseColour": colour,
                    "articleType": kind,
                }
            )
    return Catalogue(path)


@pytest.fixture(scope="session")
def config():
    base = load_config(CONFIGS / "clip-compact.toml")
    optimisation = replace(base.optimisation, epochs=2, batch_size=8, checkpoint_minutes=1e-9)
    data = replace(base.data, image_width=48, image_height=64)
    augmentation = replace(base.augmentation, second_views=0.25)
    loss = replace(base.loss, view_weight=0.5, bank_weight=0.5, neighbour_weight=0.2)
    return replace(base, optimisation=optimisation, data=data, augmentation=augmentation, loss=loss)


@pytest.fixture(scope="session")
def finished(config, catalogue, tmp_path_factory):
    """A run of `config` that one process of the tests made: its towers, and its folder."""

    def make(folder):
        towers = train(config, catalogue, folder, Console(file=io.StringIO()))
        torch.save(towers.state_dict(), folder / "towers.pt")

    folder = made_once(tmp_path_factory, "small-run", make)
    towers = build_towers(config)
    towers.load_state_dict(torch.load(folder / "towers.pt", weights_only=True))
    return towers, folder


@pytest.fixture(scope="session")
def exported(config, finished, tmp_path_factory):
    """Folder of the encoder that the run leaves."""

    def make(folder):
        export_encoder(finished[0], config, folder / "encoder")

    return made_once(tmp_path_factory, "small-encoder", make) / "encoder"
