"""What may be written: kinds of values, settings, layer declarations, and the binding of a tree to them."""
