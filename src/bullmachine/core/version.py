"""The package's version: part of every snapshot and manifest."""

__all__ = ["__version__"]

__version__ = "0.1.0"
