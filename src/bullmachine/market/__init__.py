"""Bars in: read, validate, resample, calendars, instruments, venues, the synthetic sample."""
