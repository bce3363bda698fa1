"""What pages show of the catalogue, from the same recommender as the HTTP interface."""
