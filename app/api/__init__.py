"""Routes and wire schemas: parse, call, shape."""
