"""What is wrong with the settings, in words: which variable, which rule, which name was meant."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from pydantic import ValidationError

from app.settings import Settings
from twinset.errors import ConfigError

_PREFIX = "TWINSET_"
# Of names that differ by a letter or two; those of other programs are less alike.
_ALIKE = 0.8


def explain(error: ValidationError) -> str:
    """Each variable that does not fit, with the rule that it breaks; never what it holds."""
    found = []
    for fault in error.errors(include_url=False, include_input=False, include_context=False):
        rule = str(fault["msg"]).removeprefix("Value error, ")
        found.append(f"{_PREFIX}{str(fault['loc'][0]).upper()}: {rule[0].lower()}{rule[1:]}")
    return "; ".join(found)


def require_known_names(environment: Iterable[str], others: Iterable[str] = ()) -> None:
    """Refuse a variable that is almost a setting, which would be ignored in silence.

    `others` are variables of Twinset that are read elsewhere.

    Raises:
        ConfigError: a variable is no setting, and its name is close to that of one.
    """
    known = {_PREFIX + name.upper() for name in Settings.model_fields}
    for name in sorted(environment):
        if not name.startswith(_PREFIX) or name in known or name in others:
            continue
        nearest = get_close_matches(name, known, 1, _ALIKE)
        if nearest:
            raise ConfigError(f"{name} is not a setting; did you mean {nearest[0]}?")
