"""Macro: slow series with release times, the rules that read them, and the risk that follows."""
