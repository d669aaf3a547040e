"""Setups: named lists of conditions that ask for a trade where all of them hold at one close."""
