"""Reading votes."""

import json
from pathlib import Path
from typing import Any

import pytest

from apvg_core.errors import StudyError
from apvg_core.study.tally import tally_votes
from tests.study.helpers import ballot, write_votes


def test_votes_on_another_study_are_refused(study: Path) -> None:
    paths = write_votes(study, ballot("p"), {**ballot("q"), "study": "that"})
    with pytest.raises(StudyError, match=r"votes1.json holds votes on another study \(that, not this\)"):
        tally_votes(paths, study)
    assert not (study / "tally.json").exists()


def test_a_participant_counts_once(study: Path) -> None:
    paths = write_votes(study, ballot("p"), ballot("q"), ballot("p", "bb"))
    with pytest.raises(
        StudyError, match=r"votes2.json is of the same participant as .*votes0.json; count one"
    ):
        tally_votes(paths, study)


def first_vote(**changes: Any) -> dict[str, Any]:
    document = ballot("p")
    return {**document, "votes": [{**document["votes"][0], **changes}, document["votes"][1]]}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[1]",
        "3",
        "{}",
        json.dumps(ballot("p"))[:-20],
        json.dumps({**ballot("p"), "votes": None}),
        json.dumps({**ballot("p"), "participant": None}),
        json.dumps({**ballot("p"), "votes": ballot("p")["votes"][:1]}),
        json.dumps({**ballot("p"), "votes": ballot("p")["votes"][:1] * 2}),
        json.dumps({**ballot("p"), "votes": ["a1", "b2"]}),
        json.dumps(first_vote(realistic="b1")),
        json.dumps(first_vote(in_sync=["a2"])),
        json.dumps(first_vote(shown=["a1", "b2"])),
        "\udcff",
    ],
)
def test_damaged_votes_are_refused(study: Path, text: str) -> None:
    good, bad = write_votes(study, ballot("q"), {})
    bad.write_text(text, encoding="utf-8", errors="surrogateescape")
    with pytest.raises(StudyError, match=r"votes1.json is damaged or holds no votes; ask the participant"):
        tally_votes([good, bad], study)


def test_votes_that_are_not_there_or_from_the_future(study: Path) -> None:
    with pytest.raises(StudyError, match=r"gone.json cannot be read: No such file"):
        tally_votes([study / "gone.json"], study)
    with pytest.raises(StudyError, match=r"votes0.json has schema version 2, this apvg reads 1"):
        tally_votes(write_votes(study, {**ballot("p"), "schema_version": 2}), study)
