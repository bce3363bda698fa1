"""Which library a public model is of, told from the files of its folder."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from training.export.adopt.open_clip_models import CONFIG_FILE, open_open_clip
from training.export.adopt.sentence_texts import MODULES_FILE, with_texts_of
from training.export.adopt.source import Source, first_line
from training.export.adopt.transformers_models import open_transformers
from twinset.errors import ConfigError

_WANTED = ["*.json", "*.txt", "*.model", "README.md"]
_LIBRARY = "sentence_transformers."
_SAFE, _PICKLED = "*.safetensors", ["*.bin", "*.pt"]


def open_public(model: str, image_from: str | None = None) -> Source:
    """Open a hub name or a local folder.

    `image_from` is the model of the pictures if `model` is one of texts alone.

    Raises:
        ConfigError: if it cannot be loaded, brings code of its own, or is of an unknown family.
    """
    folder, revision = _folder_of(model)
    name = Path(model).name
    if not (folder / CONFIG_FILE).is_file():  # open_clip runs none of the code that some bring
        _refuse_code(folder, model)
    if (folder / MODULES_FILE).is_file():
        if image_from is None:
            raise ConfigError(
                f"{model}: reads texts alone; name the model of the pictures with --image-from"
            )
        return with_texts_of(str(folder), open_public(image_from), name)
    if image_from is not None:
        raise ConfigError(f"{model}: is not a folder of sentence-transformers; drop --image-from")
    if (folder / CONFIG_FILE).is_file():
        source = open_open_clip(folder, name)
    else:
        source = open_transformers(str(folder), name)
    return replace(source, revision=revision)


def _refuse_code(folder: Path, model: str) -> None:
    """Refuse a model whose classes come with it, as those of jina-clip-v2 do."""
    config, modules = _json(folder / "config.json", {}), _json(folder / MODULES_FILE, [])
    types = [str(module.get("type", "")) for module in modules]
    if "auto_map" in config or any(not kind.startswith(_LIBRARY) for kind in types):
        raise ConfigError(
            f"{model}: brings Python code of its own, which adopt does not run;"
            " take a model of the families in docs/encoders.md"
        )


def _json(file: Path, otherwise: Any) -> Any:
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return otherwise  # the library says what is wrong


def _folder_of(model: str) -> tuple[Path, str | None]:
    """The folder of a model, downloaded if `model` is a hub name, and then the hub's revision."""
    if Path(model).is_dir():
        return Path(model), None
    from huggingface_hub import list_repo_files, snapshot_download

    try:
        safe = any(name.endswith(_SAFE[1:]) for name in list_repo_files(model))
        wanted = [*_WANTED, _SAFE] if safe else [*_WANTED, *_PICKLED]
        folder = Path(snapshot_download(model, allow_patterns=wanted))
    except (OSError, ValueError) as error:
        raise ConfigError(f"{model}: cannot be loaded: {first_line(error)}") from None
    return folder, folder.name
