"""The shop's own settings of the storefront, from the TOML file that `TWINSET_SHOP` names."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote, urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints
from pydantic import ValidationError as Invalid

from app.storefront.interface.interface_words import LANGUAGES, Language, Words
from twinset.errors import ConfigError, ImageError
from twinset.images.formats import sniff_format

Colour = Annotated[str, StringConstraints(pattern=r"^#[0-9a-fA-F]{6}$")]
_TAG = r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$"  # BCP 47
_MAX_LOGO = 256 * 1024
# Of the currencies that have one; others are named by their code.
_SYMBOLS = {"EUR": "€", "USD": "$", "GBP": "£", "JPY": "¥", "INR": "₹", "KRW": "₩", "PLN": "zł"}
_NO_MINOR_UNIT = frozenset({"JPY", "KRW", "CLP", "VND", "ISK"})


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
    """How the storefront calls itself, which languages it speaks, and how it links to the shop.

    A page is in that of `languages` that its reader prefers; the first is for everyone else.
    `catalogue_language` is that of titles and values; if it is None, the titles tell. A shopper may
    share the photo of a search for `share_photos_minutes`, by a link to this process.

    Example:
        >>> ShopSettings(name="Anna's", currency="EUR").money(1299.5, None, words_of("de"))
        '1.299,50 €'
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[str, StringConstraints(min_length=1, max_length=60)] = "Twinset"
    logo: Path | None = None
    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")] | None = None
    languages: Annotated[tuple[Language, ...], Field(min_length=1)] = LANGUAGES
    catalogue_language: Annotated[str, StringConstraints(pattern=_TAG)] | None = None
    product_link: Annotated[str, AfterValidator(_link)] | None = None
    developer: bool = True
    share_photos_minutes: Annotated[int, Field(ge=0, le=1440)] = 0
    colours: Colours = Field(default_factory=Colours)

    def sign(self, currency: str | None) -> str:
        """What stands for a currency, or else for the shop's; empty if neither is known."""
        code = (currency or self.currency or "").upper()
        return _SYMBOLS.get(code, code)

    def money(self, value: float, currency: str | None, words: Words, whole: bool = False) -> str:
        """A price as a language writes it, in the item's currency or else the shop's.

        With `whole` a fraction is left out if it is zero.
        """
        sign = self.sign(currency)
        short = (currency or self.currency or "").upper() in _NO_MINOR_UNIT
        text = words.number(value, 0 if short or (whole and value == int(value)) else 2)
        if words.language != "en":
            return f"{text} {sign}".strip()
        return f"{sign}{text}" if len(sign) == 1 else f"{sign} {text}".strip()

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
