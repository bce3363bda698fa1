"""Reading a training configuration: by name or path, with `extends`, overrides and clear errors."""

from __future__ import annotations

import difflib
import json
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from training.config import LossConfig, TrainingConfig
from twinset.encoders.item_views import VIEWS, WHOLE
from twinset.errors import ConfigError

RECIPES = Path(__file__).parent / "configs"
_EXTENDS = "extends"
_SECTIONS = ("model", "data", "optimisation", "loss", "augmentation")
_CONFIG = TypeAdapter(TrainingConfig)
_UNKNOWN = ("unexpected_keyword_argument", "extra_forbidden")
Values = dict[str, Any]


def find_config(name: str) -> Path:
    """The file that `--config` means: a path, or the name of a recipe in training/configs.

    Raises:
        ConfigError: if it is neither; the message lists the recipes.
    """
    path = Path(name)
    if path.suffix == ".toml" or path.exists():
        return path
    recipes = {file.stem: file for file in sorted(RECIPES.rglob("*.toml"))}
    if name not in recipes:
        known = ", ".join(sorted(recipes))
        raise ConfigError(f"--config {name!r} is neither a file nor a recipe; recipes: {known}")
    return recipes[name]


def load_config(path: Path, overrides: Iterable[str] = ()) -> TrainingConfig:
    """Read and check a configuration file, so that a run fails before it starts.

    `extends = "other.toml"` takes every value of another file beside it that this file does not
    set. Each override is `section.key=value`, as in TOML (`loss.margin=.2`); `section.` may be
    left out if only one section has the key.

    Raises:
        ConfigError: if the file is missing or not TOML, or a key is missing, unknown or mistyped.
    """
    values = _read(path, ())
    try:
        for override in overrides:
            _set(values, override)
        return parse_config(values)
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from None


def parse_config(values: Mapping[str, Any]) -> TrainingConfig:
    """Build the configuration from plain values; the inverse of `TrainingConfig.to_dict`.

    A key that has a default may be missing, so configurations stored by older versions are read.

    Raises:
        ConfigError: if names the key, its value and what is allowed.
    """
    try:
        text = json.dumps(values, default=str)
        config = _CONFIG.validate_json(text, strict=True)
    except ValidationError as error:
        found = sorted(error.errors(include_url=False), key=lambda e: e["type"] not in _UNKNOWN)
        raise ConfigError(_explain(found[0])) from None
    _check_together(config)
    return config


def _read(path: Path, seen: tuple[Path, ...]) -> Values:
    """The values of a file over those of the files that it extends."""
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigError(f"{path}: not found") from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"{path}: is not a TOML file ({error})") from None
    base = values.pop(_EXTENDS, None)
    if base is None:
        return values
    if not isinstance(base, str):
        raise ConfigError(f"{path}: extends = {base!r} is not the name of a file")
    parent = path.parent / base
    here = (*seen, path.resolve())
    if parent.resolve() in here:
        raise ConfigError(f"{path}: extends {base}, which extends this file again; remove one")
    return _merge(_read(parent, here), values)


def _merge(base: Values, over: Values) -> Values:
    merged = {**base, **over}
    for key in base.keys() & over.keys():
        if isinstance(base[key], dict) and isinstance(over[key], dict):
            merged[key] = {**base[key], **over[key]}
    return merged


def _set(values: Values, override: str) -> None:
    """Apply one `section.key=value` in place."""
    key, equals, text = override.partition("=")
    if not equals or not key.strip():
        raise ConfigError(f"--set {override!r} is not key=value; write --set optimisation.epochs=3")
    *section, name = _whole_key(key.strip()).split(".")
    target = values.setdefault(section[0], {}) if section else values
    if not isinstance(target, dict):
        raise ConfigError(f"--set {override!r}: {section[0]} is not a section")
    target[name] = _toml_value(text.strip())


def _whole_key(key: str) -> str:
    """`epochs` -> `optimisation.epochs`."""
    if "." in key or key in _fields(TrainingConfig):
        return key
    found = [f"{name}.{key}" for name in _SECTIONS if key in _fields(_section_type(name))]
    if len(found) != 1:
        raise ConfigError(f"--set {key}: unknown key{_nearest(f'.{key}')}")
    return found[0]


def _toml_value(text: str) -> Any:
    """A value as TOML reads it, also `.2` for 0.2; anything else is a text."""
    for form in (text, f"0{text}"):
        try:
            return tomllib.loads(f"value = {form}")["value"]
        except tomllib.TOMLDecodeError:
            continue
    return text


def _explain(error: ErrorDetails) -> str:
    """One line: the key, the value, what to do."""
    key = ".".join(str(part) for part in error["loc"])
    kind = error["type"]
    if kind in ("missing", "missing_argument"):
        if key in _SECTIONS:
            return f"has no section [{key}]; add it"
        return f"lacks key {key!r}; add it"
    if kind in _UNKNOWN:
        return f"unknown key {key!r}{_nearest(key)}"
    value = error["input"]
    if kind == "literal_error":
        allowed = str(error["ctx"]["expected"]).replace("'", "").replace(" or ", ", ")
        return f"{key} must be one of {allowed}, not {value!r}"
    message = error["msg"].removeprefix("Input ").removesuffix(" in union")
    return f"{key} = {value!r}: {message}"


def _nearest(key: str) -> str:
    """A suggestion for a misspelt key, or nothing."""
    known = [
        *_fields(TrainingConfig),
        *(f"{name}.{part}" for name in _SECTIONS for part in _fields(_section_type(name))),
    ]
    near = difflib.get_close_matches(key, known, 1)
    return f"; did you mean {near[0]!r}?" if near else "; remove it"


def _fields(kind: Any) -> list[str]:
    return list(kind.__dataclass_fields__)


def _section_type(name: str) -> Any:
    return TrainingConfig.__pydantic_fields__[name].annotation  # type: ignore[attr-defined]


def _check_together(config: TrainingConfig) -> None:
    """What pydantic cannot see: values that contradict each other."""
    optimisation = config.optimisation
    batch, of_each = optimisation.batch_size, optimisation.items_per_category
    if of_each and (batch % of_each or batch // of_each < 2 or of_each < 2):
        raise ConfigError(
            f"optimisation.items_per_category = {of_each} must divide batch_size = {batch}"
            " into two or more categories"
        )
    if batch % min(batch, optimisation.group_size):
        raise ConfigError(
            f"optimisation.group_size = {optimisation.group_size} must divide batch_size = {batch}"
        )
    phrases = config.augmentation.phrase_attributes
    if phrases is not None and not set(optimisation.alike) <= set(phrases):
        raise ConfigError("optimisation.alike must be among augmentation.phrase_attributes")
    if config.data.train_share == 0:
        raise ConfigError("data.train_share must be above 0")
    _check_losses(config)
    _check_hybrid(config)


def _check_losses(config: TrainingConfig) -> None:
    loss: LossConfig = config.loss
    if bool(config.augmentation.second_views) != bool(loss.view_weight):
        raise ConfigError("augmentation.second_views and loss.view_weight need each other")
    if loss.neighbour_weight and not loss.bank_weight:
        raise ConfigError("loss.neighbour_weight needs loss.bank_weight")


def _check_hybrid(config: TrainingConfig) -> None:
    views = config.model.item_views
    if not views or not set(views) <= VIEWS.keys():
        raise ConfigError(f"model.item_views must be some of {', '.join(VIEWS)}")
    if config.strategy != "hybrid":
        return
    if config.loss.bank_weight:
        raise ConfigError("hybrid has no bank: leave out loss.bank_weight")
    if views != WHOLE:
        raise ConfigError("hybrid embeds an item's picture once: leave out model.item_views")
    if not config.optimisation.items_per_category:
        raise ConfigError("hybrid needs optimisation.items_per_category: a triplet needs a pair")
