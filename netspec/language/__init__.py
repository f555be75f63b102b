"""Text to a tree of fields and back: prototxt and YAML, both into one shape."""
