"""Chooses the square that is cut out of a recording: films of one performer from one camera share one.

A camera that stood still is a set-up. Shards carry the background of theirs, so that recordings added later
fit into the old square. Set-ups are tried in the order of the films they are named after, and the first
that fits is taken: so an extraction that is killed and repeated comes to the same squares, whichever shards
existed already.
"""

import logging
from collections import defaultdict
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Final, get_args

from apvg_core.config import Split
from apvg_core.data.shards import SetUp, Shard
from apvg_core.data.sources.recording import Recording
from apvg_core.errors import ShardError
from apvg_core.extract.survey import Survey, View
from apvg_core.extract.unit import Unit
from apvg_core.features.background import same_view
from apvg_core.features.crop import Square, reaches_out, square_about
from apvg_core.wording import listed

log = logging.getLogger(__name__)

Found = tuple[Unit, Survey]
"""A recording, and its survey."""

NAMED: Final = 6
"""Films of a set-up that a warning names."""


@dataclass
class _Group:
    """A set-up, and the recordings that were filmed in it.

    Attributes:
        camera: The set-up.
        old_square: The square of its shards; None before there are any.
        members: Sources of the recordings to be extracted now, and its survey.
    """

    camera: SetUp
    old_square: Square | None = None
    members: dict[str, View] = field(default_factory=dict)

    @property
    def square(self) -> Square:
        """The square of all that is filmed in it."""
        background = self.camera.background
        extents = [view.extent for view in self.members.values()]
        return self.old_square or square_about(extents, width=background.width, height=background.height)


def share_squares(found: Sequence[Found]) -> list[Found]:
    """Give recordings of one performer from one camera one square: the old one, where it has shards already.

    Warns where a camera moved, and of players who reach out of a square.

    Args:
        found: The recordings to be extracted, all of one shard folder.

    Returns:
        The same in the same order, each survey with its final square.
    """
    performers: dict[tuple[str, str], list[Found]] = defaultdict(list)
    for unit, survey in sorted(found, key=lambda pair: pair[0].recording.source):
        performers[unit.recording.instrument, unit.recording.performer].append((unit, survey))
    shared = {pair[0].recording.source: pair for of_one in performers.values() for pair in _shared(of_one)}
    return [shared[unit.recording.source] for unit, _ in found]


def _shared(found: Sequence[Found]) -> list[Found]:
    """`share_squares` of one performer's recordings, in order."""
    if all(survey.view is None for _, survey in found):
        return list(found)
    groups = _old_groups([unit for unit, _ in found])
    joined = [_join(groups, unit.recording.source, survey.view) for unit, survey in found]
    _warn(found[0][0].recording, groups)
    return [
        (
            unit,
            survey if group is None else replace(survey, crop=group.square, view=None, set_up=group.camera),
        )
        for (unit, survey), group in zip(found, joined, strict=True)
    ]


def _old_groups(units: Sequence[Unit]) -> list[_Group]:
    """The set-ups of the shards of a performer, but for those that are extracted anew."""
    recording, out = units[0].recording, units[0].out
    anew = {unit.shard_id(split) for unit in units for split in get_args(Split)}
    groups: dict[tuple[str, Square], _Group] = {}
    for split in get_args(Split):
        for path in sorted((out / split / recording.instrument).glob("[!.]*.h5")):
            with suppress(ShardError), Shard(path) as shard:  # the manifest's maker names the damaged ones
                camera, square = shard.set_up(), shard.info.crop
                if shard.info.performer == recording.performer and shard.info.id not in anew and camera:
                    groups.setdefault((camera.film, square), _Group(camera, square))
    return [groups[key] for key in sorted(groups)]


def _join(groups: list[_Group], source: str, view: View | None) -> _Group | None:
    """Put a recording into the first set-up that it fits into, or a new one; None if its square is given."""
    if view is None:
        return None
    for group in sorted(groups, key=lambda group: group.camera.film):
        if same_view(group.camera.background, view.background):
            break
    else:
        group = _Group(SetUp(source, view.background))
        groups.append(group)
    group.members[source] = view
    return group


def _warn(recording: Recording, groups: Sequence[_Group]) -> None:
    """Warn of what is wrong with a performer's set-ups."""
    who = f"{recording.performer}, {recording.instrument}"
    if len(groups) > 1 and any(group.old_square is None for group in groups):
        films = "; ".join(listed(list(group.members) or [group.camera.film], NAMED) for group in groups)
        log.warning(
            "The camera moved between films of %s: %s. Each of these set-ups has its own square; give each "
            "its own performer's name, or film all from one place.", who, films,
        )  # fmt: skip
    for group in groups:
        wandering = [source for source, view in group.members.items() if view.wanders]
        if wandering:
            log.warning(
                "The camera moves within %s (%s); put it on a tripod, or cut the film there.",
                listed(wandering, NAMED), who,
            )  # fmt: skip
        width, height = group.camera.background.width, group.camera.background.height
        mend = "it is the largest that fits into the picture: film from further away"
        if group.old_square is not None:
            mend = f"it was chosen for {group.camera.film}: to choose another, extract all into a new folder"
        outside = [
            source
            for source, view in group.members.items()
            if reaches_out(view.extent, group.square, width=width, height=height)
        ]
        if outside:
            log.warning("In %s, %s reaches out of the square; %s.", listed(outside, NAMED), who, mend)
