"""Engines: each reads closed bars and says what it sees as outputs and events; one folder an engine."""
