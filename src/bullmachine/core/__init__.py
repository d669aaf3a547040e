"""Vocabulary: time, bars, records, kernels, events, the engine contract, errors."""
