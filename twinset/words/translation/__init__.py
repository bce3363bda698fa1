"""Queries in other languages, word for word in English, so that they are understood like others."""
