"""Rebuilding: what depends on what, running chapters, collecting numbers and saying where each came from."""
