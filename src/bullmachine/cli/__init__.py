"""The command `bull`: one module per command; everything heavy is imported inside it."""
