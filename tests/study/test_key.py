"""Reading a study's key."""

from pathlib import Path

import pytest

from apvg_core.errors import StudyError
from apvg_core.study.tally import tally_votes
from tests.study.helpers import ballot, write_votes


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (None, r"is not a study \(no key.json\); --out names the folder of one"),
        ("{", "key.json is damaged; restore it"),
        ("[]", "key.json is damaged"),
        ('{"schema_version": 1, "study": "s", "runs": [], "sets": [{}]}', "key.json is damaged"),
        ('{"schema_version": 9}', "key.json has schema version 9, this apvg reads 1"),
    ],
)
def test_a_study_without_a_good_key_cannot_be_counted(study: Path, text: str | None, sentence: str) -> None:
    (study / "key.json").unlink()
    if text is not None:
        (study / "key.json").write_text(text)
    with pytest.raises(StudyError, match=sentence):
        tally_votes(write_votes(study, ballot("p")), study)
