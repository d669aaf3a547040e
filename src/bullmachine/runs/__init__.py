"""Runs: the loop over a window of bars, its journal on disk, its manifest, and its result."""
