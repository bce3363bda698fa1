"""Print the OpenAPI document: `python -m app.openapi_document`."""

from __future__ import annotations

import json
import sys

from app.main import create_app
from app.settings import Settings


def main() -> None:
    """Write it to standard output, as a service without keys describes itself."""
    json.dump(create_app(Settings()).openapi(), sys.stdout, indent=2)


if __name__ == "__main__":
    main()
