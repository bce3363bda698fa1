"""The small shop of the HTTP tests, with its fixtures."""

from tests.app.conftest import address, client, state

__all__ = ["address", "client", "state"]
