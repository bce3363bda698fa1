"""How well queries of words are answered, part by part."""
