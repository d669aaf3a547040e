"""Slow series seen from a bar: what was released by its close, as one fixed record."""
