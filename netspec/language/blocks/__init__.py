"""Blocks, loops, branches and expressions of YAML specs, expanded into plain layers."""
