"""Streaming indicators: one a file, O(1) per bar, each under the engine contract."""
