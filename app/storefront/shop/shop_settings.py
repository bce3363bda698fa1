"""The shop's own settings of the storefront, from the TOML file that `TWINSET_SHOP` names."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote, urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints
from pydantic import ValidationError as Invalid

from twinset.errors import ConfigError, ImageError
from twinset.images.formats import sniff_format

Colour = Annotated[str, StringConstraints(pattern=r"^#[0-9a-fA-F]{6}$")]
_MAX_LOGO = 256 * 1024
# Of the currencies that have one; others are named by their code.
_SYMBOLS = {"EUR": "€", "USD": "$", "GBP": "£", "JPY": "¥", "INR": "₹", "KRW": "₩", "PLN": "zł"}
_NO_MINOR_UNIT = frozenset({"JPY", "KRW", "CLP", "VND", "ISK"})
_POINT_LANGUAGES = frozenset({"en", "ja", "zh", "ko", "hi", "th", "he"})


def _link(value: str) -> str:
    parts = urlsplit(value.replace("{id}", "1"))
    if parts.scheme not in ("http", "https") or not parts.netloc or "{id}" not in value:
        raise ValueError("an https:// address with {id} in it")
    return value


class Colours(BaseModel):
    """Colours of the pages as #rrggbb, on light and on dark pages."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    accent: Colour | None = None
    accent_dark: Colour | None = None


class ShopSettings(BaseModel):
    """How the storefront calls itself, writes prices and links to the shop.

    Example:
        >>> ShopSettings(name="Anna's", currency="EUR", language="de").money(1299.5, None)
        '1.299,50 €'
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[str, StringConstraints(min_length=1, max_length=60)] = "Twinset"
    logo: Path | None = None
    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")] | None = None
    language: Annotated[str, StringConstraints(pattern=r"^[a-z]{2}$")] = "en"
    product_link: Annotated[str, AfterValidator(_link)] | None = None
    developer: bool = True
    colours: Colours = Field(default_factory=Colours)

    def money(self, value: float, currency: str | None) -> str:
        """A price as the shop's language writes it, in the item's currency or else the shop's."""
        code = (currency or self.currency or "").upper()
        text = f"{value:,.{0 if code in _NO_MINOR_UNIT else 2}f}"
        sign = _SYMBOLS.get(code, code)
        if self.language in _POINT_LANGUAGES:
            return f"{sign}{text}" if len(sign) == 1 else f"{sign} {text}".strip()
        space = "\u202f" if self.language in ("fr", "pl", "ru") else "."
        return f"{text.translate({44: space, 46: ','})} {sign}".strip()

    def link_of(self, item_id: str, own: object) -> str | None:
        """The product's page in the shop: by the template, or the item's own `link`."""
        if self.product_link is not None:
            return self.product_link.replace("{id}", quote(item_id, safe=""))
        known = isinstance(own, str) and urlsplit(own).scheme in ("http", "https")
        return str(own) if known else None

    @property
    def style(self) -> str:
        """A style sheet with the shop's colours; empty if it names none."""
        light, dark = self.colours.accent, self.colours.accent_dark or self.colours.accent
        return f":root {{ --accent: light-dark({light or dark}, {dark}); }}\n" if dark else ""


def load_shop(path: Path | None) -> ShopSettings:
    """Read a TOML file; the defaults if there is none.

    Raises:
        ConfigError: it cannot be read, names something unknown, or its logo is no picture.
    """
    if path is None:
        return ShopSettings()
    try:
        held: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
        shop = ShopSettings.model_validate(held)
    except OSError:
        raise ConfigError(f"{path}: cannot be read") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: is not TOML: {error}") from None
    except Invalid as error:
        fault = error.errors(include_url=False, include_input=False, include_context=False)[0]
        place = ".".join(map(str, fault["loc"]))
        reason = str(fault["msg"]).removeprefix("Value error, ")
        raise ConfigError(f"{path}: {place}: {reason[0].lower()}{reason[1:]}") from None
    if shop.logo is None:
        return shop
    logo = path.parent / shop.logo
    read_logo(logo)
    return shop.model_copy(update={"logo": logo})


def read_logo(path: Path) -> tuple[bytes, str]:
    """The bytes of a logo and their media type.

    Raises:
        ConfigError: it cannot be read, is too large, or is neither SVG nor a picture.
    """
    try:
        data = path.read_bytes()
    except OSError:
        raise ConfigError(f"{path}: cannot be read") from None
    if len(data) > _MAX_LOGO:
        raise ConfigError(f"{path}: a logo has at most {_MAX_LOGO // 1024} KB")
    if path.suffix.lower() == ".svg" and b"<svg" in data[:1000]:
        return data, "image/svg+xml"
    try:
        return data, sniff_format(data).media_type
    except ImageError:
        raise ConfigError(f"{path}: is neither SVG nor a picture") from None
