"""Engines: what a trader sees on a chart, as records, a step kernel and a thin class each."""
