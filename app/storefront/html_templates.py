"""HTML from templates; values enter as text only."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from app.recommend.thumbnails import Width
from app.storefront.page_state import PAGE_SIZE
from app.storefront.product_tiles import facts, label
from app.storefront.shop.shop_settings import ShopSettings
from twinset.images.formats import usable_media_types

FOLDER = Path(__file__).parent
STATIC = FOLDER / "static"


class Pages:
    """The templates, compiled once for each application."""

    def __init__(self, shop: ShopSettings) -> None:
        self.shop = shop
        self._environment = Environment(
            loader=FileSystemLoader(FOLDER / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        self._environment.filters |= {"count": _count, "label": label}
        self._environment.globals |= {
            "facts": facts,
            "widths": list(map(int, Width)),
            "page_size": PAGE_SIZE,
            "shop": shop,
            "picture_types": ",".join(usable_media_types()),
        }

    def render(self, name: str, **values: Any) -> str:
        """The page `name`; fails if the template needs a value that is not given."""
        return self._environment.get_template(name).render(**values)


def _count(value: int) -> str:
    return f"{value:,}"
