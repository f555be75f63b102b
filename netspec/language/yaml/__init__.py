"""YAML by the 1.2 core rules: read into nodes and trees, and written from them."""
