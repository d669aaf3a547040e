"""Every error Bull Machine raises on purpose.

    BullError
    |-- InputError           what was handed in cannot be used; the command line exits with 2
    |   |-- DataError        a file or frame of bars: where, row, column, value
    |   |-- ConfigError      a setting: key, value, what is allowed
    |   |-- WindowError      --from / --to against the data
    |   |-- OutputError      a run folder: exists, disk full, not readable
    |   |-- SnapshotError    a snapshot that does not fit this machine
    |   `-- BarRejectedError      one bar offered to `update` that no engine may see
    `-- KernelError          a kernel reported trouble; a defect of ours

Each carries its facts as attributes (`error.facts`) and its message says what to do.
"""

from __future__ import annotations

__all__ = [
    "BarRejectedError",
    "BullError",
    "ConfigError",
    "DataError",
    "InputError",
    "KernelError",
    "OutputError",
    "SnapshotError",
    "WindowError",
]


class BullError(Exception):
    """Root of the tree; `facts` holds what the sentence was made of.

    >>> error = DataError("bars.csv row 3: high 9 is below low 10", row=3)
    >>> error.facts["row"], str(error)
    (3, 'bars.csv row 3: high 9 is below low 10')
    """

    def __init__(self, message: str, **facts: object) -> None:
        super().__init__(message)
        self.facts = facts


class InputError(BullError):
    """Something handed in from outside cannot be used as it is."""


class DataError(InputError):
    """Bars that cannot be read or trusted (facts: path, row, column, value)."""


class ConfigError(InputError):
    """A setting that is unknown or out of range (facts: key, value)."""


class WindowError(InputError):
    """A test window that is empty or outside the data (facts: start, end)."""


class OutputError(InputError):
    """A run folder that cannot be written or read (facts: path)."""


class SnapshotError(InputError):
    """A snapshot made by another machine, version or parameter set."""


class BarRejectedError(InputError):
    """A bar refused by admission; no engine byte changed (facts: ts, reason)."""


class KernelError(BullError):
    """A kernel's status field reported trouble: a defect, please report it."""
