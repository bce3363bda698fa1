"""What a shopper's own photo needs beyond the encoder."""
