"""HTTP around the routes: problems, limits, keys, sessions, CORS."""
