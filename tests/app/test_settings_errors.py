"""A setting that does not fit is refused with its rule, one that is misspelt with its name."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.serve_command import read_settings
from app.settings_errors import require_known_names
from twinset.errors import ConfigError

PLACES = (Path("models/compact"), Path("index"), 1)


@pytest.mark.parametrize(
    ("name", "value", "rule"),
    [
        ("ADMIN_KEY", "short", "a key has at least 16 printable ASCII characters"),
        ("ADMIN_KEY", "two words 0123456789", "no space"),
        ("READ_KEYS", "short", "a key has at least 16 printable ASCII characters"),
        ("CORS_ORIGINS", "shop.example", "an origin is https://host"),
        ("RATE_LIMIT", "-1", "greater than or equal to 0"),
        ("MAX_BODY_BYTES", "8m", "valid integer"),
        ("ROOT_PATH", "shop", "pattern"),
    ],
)
def test_a_rule_is_named_and_no_value(
    name: str, value: str, rule: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"TWINSET_{name}", value)
    with pytest.raises(ConfigError) as caught:
        read_settings(*PLACES)
    assert str(caught.value).startswith(f"TWINSET_{name}: ")
    assert rule in str(caught.value)
    assert f" {value} " not in f" {caught.value} "


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("TWINSET_CORS_ORIGIN", "TWINSET_CORS_ORIGINS"),
        ("TWINSET_READ_KEY", "TWINSET_READ_KEYS"),
        ("TWINSET_ADMINKEY", "TWINSET_ADMIN_KEY"),
        ("TWINSET_MAX_BODY_BYTE", "TWINSET_MAX_BODY_BYTES"),
        ("TWINSET_TRUSTED_PROXY", "TWINSET_TRUSTED_PROXIES"),
    ],
)
def test_a_misspelt_variable_is_refused_with_the_name_that_was_meant(
    wrong: str, right: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(wrong, "x")
    with pytest.raises(ConfigError, match=rf"{wrong} is not a setting; did you mean {right}\?"):
        read_settings(*PLACES)


def test_other_variables_are_left_alone() -> None:
    require_known_names(
        ["PATH", "TWINSET_MILVUS_URI", "TWINSET_TRACEBACK", "TWINSET_VERSION_SWAPS"]
    )
    require_known_names(["TWINSET_READ_KEYS", "TWINSET_INDEX"])
    require_known_names(["TWINSET_INDEXX"], others=["TWINSET_INDEXX"])
