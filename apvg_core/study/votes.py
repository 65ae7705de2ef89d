"""Participants' votes, as the page lets them be downloaded: a JSON file for each participant.

::

    {"schema_version": 1, "study": id, "participant": id, "started": time, "finished": time,
     "votes": [{"shown": [video ids, from left to right], "realistic": video id or null, "in_sync": the same,
                "seconds": spent on the set, "voted": time of the last change}, ...]}

A vote of null says "cannot tell".
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from apvg_core.errors import StudyError
from apvg_core.files import read_json
from apvg_core.study.key import Key

SCHEMA_VERSION = 1

QUESTIONS = ("realistic", "in_sync")
"""Questions on every set: which video is the most realistic, and which the most in sync with the music."""


@dataclass(frozen=True)
class Ballot:
    """All votes of one participant.

    Attributes:
        participant: The random id that the page gave.
        choices: For each question the names of the runs voted for, one for each set; None is "cannot tell".
    """

    participant: str
    choices: dict[str, tuple[str | None, ...]]


def read_ballots(paths: Sequence[Path], key: Key) -> list[Ballot]:
    """Read the votes on a study.

    Raises:
        StudyError: A file is damaged or of another study, or two are of the same participant.
    """
    ballots: list[Ballot] = []
    owners: dict[str, Path] = {}
    for path in paths:
        ballot = _read_ballot(path, key)
        if ballot.participant in owners:
            raise StudyError(
                f"{path} is of the same participant as {owners[ballot.participant]}; count one of them."
            )
        owners[ballot.participant] = path
        ballots.append(ballot)
    return ballots


def _read_ballot(path: Path, key: Key) -> Ballot:
    try:
        document = read_json(path)
        version, study = document["schema_version"], document["study"]
        if version == SCHEMA_VERSION and study == key.study:
            return _ballot(document, key)
    except OSError as error:
        raise StudyError(f"{path} cannot be read: {error.strerror}.") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise StudyError(
            f"{path} is damaged or holds no votes; ask the participant for the file again or leave it out."
        ) from error
    if version != SCHEMA_VERSION:
        raise StudyError(
            f"{path} has schema version {str(version)[:20]}, this apvg reads {SCHEMA_VERSION}; "
            "use the apvg that made the study."
        )
    raise StudyError(
        f"{path} holds votes on another study ({str(study)[:40]}, not {key.study}); leave it out."
    )


def _ballot(document: dict[str, Any], key: Key) -> Ballot:
    """Parse a file of votes; raises one of many exceptions if anything is not as the page writes it."""
    participant, votes = document["participant"], document["votes"]
    if not isinstance(participant, str) or not isinstance(votes, list) or len(votes) != len(key.sets):
        raise ValueError("not one vote for each set")
    by_videos = {frozenset(vote["shown"]): vote for vote in votes}
    choices: dict[str, list[str | None]] = {question: [] for question in QUESTIONS}
    for each in key.sets:
        runs = {video.id: video.run for video in each.videos}
        vote = by_videos[frozenset(runs)]
        for question in QUESTIONS:
            chosen = vote[question]
            choices[question].append(None if chosen is None else runs[chosen])
    return Ballot(participant, {q: tuple(runs) for q, runs in choices.items()})
