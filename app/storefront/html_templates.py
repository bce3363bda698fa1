"""HTML from templates; values enter as text only."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from app.storefront.content.product_tiles import facts
from app.storefront.interface.interface_words import Language, Words, words_of
from app.storefront.page_state import PAGE_SIZE, plain
from app.storefront.shop.shop_settings import ShopSettings
from twinset.images.formats import usable_media_types

FOLDER = Path(__file__).parent
STATIC = FOLDER / "static"


class Pages:
    """The templates in each of the shop's languages, compiled once for each application."""

    def __init__(self, shop: ShopSettings) -> None:
        self.shop = shop
        self._environments = {name: self._environment(words_of(name)) for name in shop.languages}

    def render(self, name: str, language: Language, **values: Any) -> str:
        """The page `name`; fails if the template needs a value that is not given."""
        return self._environments[language].get_template(name).render(**values)

    def _environment(self, words: Words) -> Environment:
        environment = Environment(
            loader=FileSystemLoader(FOLDER / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        environment.filters |= {"number": words.number, "label": words.field, "plain": plain}
        environment.globals |= {
            "facts": facts,
            "page_size": PAGE_SIZE,
            "shop": self.shop,
            "picture_types": ",".join(usable_media_types()),
            "t": words,
            "n": words.count,
            "money": partial(_money, self.shop, words),
            "languages": [(one, words_of(one)("language")) for one in self.shop.languages],
        }
        return environment


def _money(
    shop: ShopSettings, words: Words, value: float, currency: str | None, whole: bool = False
) -> str:
    return shop.money(value, currency, words, whole)
