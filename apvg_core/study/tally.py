"""Counts votes: what share of them each run won, with intervals over participants (Fig. 7)."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from apvg_core.files import atomic_write, write_json
from apvg_core.metrics.uncertainty import interval
from apvg_core.study.key import Key, read_key
from apvg_core.study.votes import QUESTIONS, Ballot, read_ballots
from apvg_core.wording import counted

SCHEMA_VERSION = 1

CANNOT_TELL = "cannot tell"


@dataclass(frozen=True)
class Share:
    """A share of the votes on one question.

    Attributes:
        votes: Their number.
        share: Their share of all votes on the question, "cannot tell" among them; 0 to 1.
        interval: 95 % interval of the share over participants like these; None of a single participant.
    """

    votes: int
    share: float
    interval: tuple[float, float] | None

    def __str__(self) -> str:
        """Format it, for example "66.7 % (33.3 to 100.0)"."""
        percent = f"{100 * self.share:.1f} %"
        if self.interval is None:
            return percent
        low, high = self.interval
        return f"{percent} ({100 * low:.1f} to {100 * high:.1f})"


@dataclass(frozen=True)
class Row:
    """The shares of one run, or of "cannot tell"."""

    name: str
    realistic: Share
    in_sync: Share


@dataclass(frozen=True)
class Tally:
    """The contents of `tally.json`.

    Attributes:
        study: The study's id.
        participants: Number of participants.
        sets: Number of sets that each of them voted on, once for each question.
        rows: The runs, in the key's order, then "cannot tell".
    """

    study: str
    participants: int
    sets: int
    rows: tuple[Row, ...]

    @property
    def votes(self) -> int:
        """Number of votes on each question."""
        return self.participants * self.sets


def tally_votes(votes: Sequence[Path], out: Path) -> Tally:
    """Count participants' votes on the study in `out`; writes `tally.json` and `tally.md` there.

    Args:
        votes: The files that participants downloaded.
        out: The study's folder, with its key.

    Raises:
        StudyError: The study or a file of votes is damaged, they do not belong together, or a participant is
            there twice.
    """
    key = read_key(out)
    tally = count(read_ballots(votes, key), key)
    write_json(out / "tally.json", {"schema_version": SCHEMA_VERSION, **asdict(tally)})
    with atomic_write(out / "tally.md") as temporary:
        temporary.write_text(_markdown(tally), encoding="utf-8")
    return tally


def count(ballots: Sequence[Ballot], key: Key) -> Tally:
    """Count ballots, of which there is at least one."""
    names = (*key.runs, CANNOT_TELL)
    shares = {question: _shares(ballots, question, key) for question in QUESTIONS}
    rows = (
        Row(name, *(shares[question][index] for question in QUESTIONS)) for index, name in enumerate(names)
    )
    return Tally(key.study, len(ballots), len(key.sets), tuple(rows))


def _shares(ballots: Sequence[Ballot], question: str, key: Key) -> list[Share]:
    """Return the share of each run and of "cannot tell" in the votes on one question."""
    counts_pr = np.array(
        [[ballot.choices[question].count(run) for run in (*key.runs, None)] for ballot in ballots]
    )
    return [_share(votes_p, len(key.sets)) for votes_p in counts_pr.T]


def _share(votes_p: npt.NDArray[np.int64], sets: int) -> Share:
    """Compute the share of one run from each participant's votes for it (participants,).

    The votes of one participant hang together, so whole participants are the bootstrap's units. Where all
    participants agree the interval has no width, however few they are.
    """
    units = np.column_stack([votes_p, np.full(len(votes_p), sets)]).astype(np.float64)
    around = interval(units)
    share = float(votes_p.sum() / (sets * len(votes_p)))
    return Share(int(votes_p.sum()), share, (around.low, around.high) if around else None)


def _markdown(tally: Tally) -> str:
    rows = "".join(f"| {row.name} | {row.realistic} | {row.in_sync} |\n" for row in tally.rows)
    return (
        f"| most … | realistic | in sync |\n|---|---|---|\n{rows}\n"
        f"Shares of {counted(tally.votes, 'vote')} on each question. Participants: {tally.participants}; "
        f"sets: {tally.sets}, of {len(tally.rows) - 1} videos each. In brackets: 95 % intervals, by "
        "bootstrap over participants.\n"
    )
