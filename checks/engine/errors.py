"""What the kit itself raises, in one tree; what a check ends with is in `course`.

KitError                 something can't be done
├─ UsageError            the command can't be carried out as given
│  └─ UnknownCheckError  no check, or more than one, is meant
├─ InfraError            the kit itself does not work here (exit status 3)
│  └─ SandboxError       no process for learners' code can be started
├─ FileError             a learner's file can't be used
├─ StubError             the exercises can't be written from the reference
├─ KeptError             a file in which something is kept can't be read or written
│  └─ DamagedError       it can be read, and is not what this kit writes
├─ DataError             a folder holds no MNIST
├─ ClassError            a class can't be graded, or the kit not handed out
├─ RunError              a training run can't be had or read
│  ├─ ClaimedError       another process trains it
│  ├─ StoringError       a file of it can't be written or read
│  ├─ NoDeviceError      the device that was asked for is not there
│  ├─ UnfitError         the learner's code has not what a training takes
│  ├─ MismatchError      what was kept does not fit the learner's code
│  └─ NoImagesError      the network can't be used as a generator
├─ ScoreError            a run can't be scored
│  └─ MaterialError      the images for that are not there
└─ ReportError           a report can't be written

The text of each is one sentence for the screen, unless its class says otherwise. `PartError` and
`ByHandError`, whose texts go on after a file's name, and `WireError` are no KitErrors, since nobody
is shown their texts. What one module raises and catches for itself stands in that module.
"""

from __future__ import annotations


class KitError(Exception):
    """Something can't be done; `status` is the command's exit status."""

    status = 2


class UsageError(KitError):
    """The command can't be carried out as given."""


class UnknownCheckError(UsageError):
    """No check, or more than one, is meant by these words."""


class InfraError(KitError):
    """The kit itself does not work here."""

    status = 3


class SandboxError(InfraError):
    """The kit can't run a child: its own fault, never the learner's."""


class FileError(KitError):
    """A learner's file can't be used."""


class StubError(KitError):
    """The exercises can't be written; the text starts with the place."""


class KeptError(KitError):
    """A file in which something is kept can't be read or written."""


class DamagedError(KeptError):
    """The file can be read, and what it holds is not what this kit writes."""


class DataError(KitError):
    """A folder that can't be trained from."""


class ClassError(KitError):
    """A class can't be graded, or the kit can't be handed out."""


class RunError(KitError):
    """A run can't be had or read."""


class ClaimedError(RunError):
    """Another process trains this run; it has no text."""


class StoringError(RunError):
    """A file of a run can't be written or read."""


class NoDeviceError(RunError):
    """The device that was asked for is not there."""


class UnfitError(RunError):
    """The learner's code has not what it takes."""


class MismatchError(RunError):
    """What was kept does not fit; the text says what and where."""


class NoImagesError(RunError):
    """The network can't be used as a generator."""


class ScoreError(KitError):
    """A run can't be scored."""


class MaterialError(ScoreError):
    """The images that scores need are not there."""


class ReportError(KitError):
    """A report can't be written."""


class PartError(Exception):
    """A file can't be taken apart; the text goes on after the file's name, without a full stop."""


class ByHandError(Exception):
    """A choice can't be written surely; the text says why, without its full stop."""


class WireError(Exception):
    """The bytes are not a message, or the value does not fit into one."""
