"""How a child ended, as its parent tells the judge."""

from __future__ import annotations

import enum
import struct

END = struct.Struct("<qII")  # the status that the system gives, milliseconds of CPU time, a `Why`


class Why(enum.IntEnum):
    """What ended it."""

    ITSELF = 0
    MEMORY = 1
    TIME = 2
    NOT_ISOLATED = 3  # it could not be shut in, and never came to the learner's code
