"""How each kind of product is constructed and drawn, back to front."""
