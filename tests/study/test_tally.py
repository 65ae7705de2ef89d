"""Counting votes."""

import json
from pathlib import Path

from apvg_core.study.tally import Share, tally_votes
from tests.study.helpers import ballot, write_votes


def test_votes_are_counted(study: Path) -> None:
    paths = write_votes(study, ballot("p", "aa", "ab"), ballot("q", "bb", "--"))
    tally = tally_votes(paths, study)
    assert (tally.study, tally.participants, tally.sets, tally.votes) == ("this", 2, 2, 4)
    assert [row.name for row in tally.rows] == ["a", "b", "cannot tell"]
    a, b, nobody = tally.rows
    # Of the resamples of two participants a quarter holds p twice, a quarter q twice.
    assert (a.realistic, b.realistic) == (Share(2, 0.5, (0.0, 1.0)), Share(2, 0.5, (0.0, 1.0)))
    assert nobody.realistic == Share(0, 0.0, (0.0, 0.0))
    assert (a.in_sync, b.in_sync) == (Share(1, 0.25, (0.0, 0.5)), Share(1, 0.25, (0.0, 0.5)))
    assert nobody.in_sync == Share(2, 0.5, (0.0, 1.0))

    document = json.loads((study / "tally.json").read_text())
    assert document["rows"][0]["in_sync"] == {"votes": 1, "share": 0.25, "interval": [0.0, 0.5]}
    assert (study / "tally.md").read_text().splitlines()[:5] == [
        "| most … | realistic | in sync |",
        "|---|---|---|",
        "| a | 50.0 % (0.0 to 100.0) | 25.0 % (0.0 to 50.0) |",
        "| b | 50.0 % (0.0 to 100.0) | 25.0 % (0.0 to 50.0) |",
        "| cannot tell | 0.0 % (0.0 to 0.0) | 50.0 % (0.0 to 100.0) |",
    ]
    assert tally_votes(paths, study) == tally


def test_intervals_draw_whole_participants(study: Path) -> None:
    """Three of four always vote for a, the fourth never.

    The mean of a resample is 0 with probability 1/256, at most 1/4 with 13/256, 1 with 81/256: the 2.5 %
    point is 1/4. Were single votes drawn, it would be that of Binomial(8, 3/4) / 8, 3/8.
    """
    documents = [ballot(name, votes) for name, votes in zip("pqrs", ["aa", "aa", "aa", "bb"], strict=True)]
    tally = tally_votes(write_votes(study, *documents), study)
    assert tally.rows[0].realistic == Share(6, 0.75, (0.25, 1.0))


def test_one_participant_has_no_interval(study: Path) -> None:
    tally = tally_votes(write_votes(study, ballot("p", "a-")), study)
    assert tally.rows[0].realistic == Share(1, 0.5, None)
    assert str(tally.rows[2].realistic) == "50.0 %"
