"""Product pictures and shoppers' photos: checked and decoded the same way wherever they come in."""
