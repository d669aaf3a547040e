"""Bull Machine: one causal confluence machine, any chunk size."""

__version__ = "0.1.0"
