"""How fast and steady the storefront's pages are in a real browser."""
