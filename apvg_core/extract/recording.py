"""Extracts one recording: survey, square, poses of its parts, shards."""

import logging
from dataclasses import dataclass

from apvg_core.errors import ApvgError
from apvg_core.extract.assemble import assemble
from apvg_core.extract.poses import estimate_poses
from apvg_core.extract.scheduler import Flow, StepError, call, call_each, gather
from apvg_core.extract.squares import share_squares
from apvg_core.extract.survey import survey, warn_of_unheard_frames
from apvg_core.extract.unit import Unit

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Outcome:
    """The result of extracting one recording.

    Attributes:
        unit: The recording.
        skipped: Its shards existed already.
        failure: Why it could not be extracted, as a sentence; None if it was.
    """

    unit: Unit
    skipped: bool = False
    failure: str | None = None


def extract_recording(unit: Unit) -> Flow[Outcome]:
    """Extract one recording, in steps that may run in any process and be repeated."""
    try:
        done, unit = yield from call(is_done, unit)
        if done:
            return Outcome(unit, skipped=True)
        surveyed = yield from call(survey, unit)
        warn_of_unheard_frames(unit, surveyed)
        # all recordings meet here, as the films of one still camera are given one square
        _, surveyed = yield from gather(share_squares, (unit, surveyed))
        yield from call_each(estimate_poses, [(unit, surveyed, part) for part in surveyed.parts])
        yield from call(assemble, unit, surveyed)
    except StepError as failed:  # costs this recording, and no other
        return Outcome(unit, failure=_sentence(unit, failed.error))
    return Outcome(unit)


def identify_recording(unit: Unit) -> Flow[Unit]:
    """Read a recording's files for their checksum; of files that cannot be read there is none."""
    try:
        return (yield from call(identify, unit))
    except StepError:  # the survey will say what is wrong with them
        return unit


def is_done(unit: Unit, **_progress: object) -> tuple[bool, Unit]:
    """Return True if the unit's shards exist, and the unit with its checksum, which takes long to compute."""
    return identify(unit).is_done(), unit


def identify(unit: Unit, **_progress: object) -> Unit:
    """Read a unit's files for its checksum."""
    _ = unit.source_sha256
    return unit


def _sentence(unit: Unit, error: Exception) -> str:
    """Say what is wrong with a recording's files."""
    source = unit.recording.source
    if isinstance(error, ApvgError):
        return str(error)
    if isinstance(error, OSError):
        where = error.filename or source
        reason = error.strerror or error
        return f"{source} failed at {where} ({reason}); make room, or check who may use it."
    log.debug("What went wrong with %s:", source, exc_info=error)
    return f"{source} could not be extracted; --verbose shows why."
