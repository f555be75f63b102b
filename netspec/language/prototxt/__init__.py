"""Prototxt, protobuf's text format: read into a tree, and written back."""
