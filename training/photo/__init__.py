"""Training of the photo branch: photos by people find items of their kind."""
