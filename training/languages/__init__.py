"""Teaching an encoder to understand other languages: a head on a multilingual sentence encoder,
and a detector that says which texts need it."""
