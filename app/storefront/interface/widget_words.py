"""Writes the widget's words of each language into its script, which has to be one file.

`make app/storefront/static/widget.js` runs it; a test compares the two.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

from app.storefront.interface.interface_words import LANGUAGES, words_of

SCRIPT = Path(__file__).parents[1] / "static" / "widget.js"
_PLACE = re.compile(
    r"(?<=// Made from the files of words\.\nconst WORDS = \{\n).*?(?=\};\n)", re.DOTALL
)


def with_words(script: str) -> str:
    """The script with the words as the files have them now."""
    lines = (
        f"  {one}: {json.dumps(words_of(one).part('widget'), ensure_ascii=False)},\n"
        for one in LANGUAGES
    )
    return _PLACE.sub(lambda _: "".join(lines), script, count=1)


def main() -> None:
    """Rewrite the script: `python -m app.storefront.interface.widget_words`."""
    SCRIPT.write_text(with_words(SCRIPT.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
