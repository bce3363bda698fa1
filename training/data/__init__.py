"""What a training step reads: products, captions, splits, samples, augmentation."""
