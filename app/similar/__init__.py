"""Similar items of a whole catalogue as files, for shops without a live service."""
