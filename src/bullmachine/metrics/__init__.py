"""Metrics: numbers about finished runs, as pure functions over arrays.

The room lies directly below `runs`, because `summary.json` is written by a run, and knows nothing but
`core` and numpy: no configuration, no record layout beyond the column names each function lists, no table.
A number that cannot be given (a ratio without a denominator, a median of nothing) is None, never NaN or
infinite: JSON knows neither.
"""
