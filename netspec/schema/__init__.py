"""What may be written: kinds of values, settings, layer types; and binding a tree to them."""
