"""The shop on disk of the tests of live writes."""

from tests.live.conftest import place, pristine

__all__ = ["place", "pristine"]
