"""From a score to money: guards, size, fills, exits and the ledger."""
