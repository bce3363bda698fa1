"""Request and answer bodies around the routes: limits, codings, uploads."""
