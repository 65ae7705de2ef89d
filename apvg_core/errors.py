"""The errors a user can cause.

Every message is one sentence that names the file or flag and what to do about it; the command line
prints it without a traceback and leaves with the class's `exit_code`. Anything else that is raised is
a bug of ours.
"""


class ApvgError(Exception):
    """Base of every error a user can cause."""

    exit_code = 1


class ConfigError(ApvgError):
    """A flag, recipe or setting is wrong."""

    exit_code = 2


class MediaError(ApvgError):
    """A song or video is missing, unreadable, or lacks what is needed of it."""

    exit_code = 3


class ShardError(ApvgError):
    """Shards are missing, damaged, of an unknown version, or lack what was asked for."""

    exit_code = 4


class RunError(ApvgError):
    """A run folder is missing, damaged, of an unknown version, or lacks a stage."""

    exit_code = 5


class StudyError(ApvgError):
    """A study folder or participants' votes are missing, damaged, or do not belong together."""

    exit_code = 8


class PartialError(ApvgError):
    """Some of several recordings could not be used; the others were."""

    exit_code = 7


class DependencyError(ApvgError):
    """An optional part of the installation is needed and missing."""

    exit_code = 6
