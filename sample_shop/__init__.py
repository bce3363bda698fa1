"""A rendered sample catalogue: a small fashion shop that exists only as code.

Styles are planned first (cheap, no pixels), then each colour variant is drawn. Everything follows
from `seed` and `items`; no fonts, pictures or downloads are used.
"""

from __future__ import annotations

from collections.abc import Iterator

from sample_shop.sample_rows import plan_rows, render

SAMPLE_CATEGORY = "articleType"

__all__ = ["SAMPLE_CATEGORY", "render_sample"]


def render_sample(items: int = 600, seed: int = 0) -> Iterator[dict[str, object]]:
    """Catalogue rows with `image` as JPEG bytes (360 x 480), in a fixed order, one at a time.

    The same `items` and `seed` give the same bytes. Raises ValueError if `items` is below 1.
    """
    planned = plan_rows(items, seed)
    return ({**row, "image": render(style, colour)} for row, style, colour in planned)
