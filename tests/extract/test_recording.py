"""The flow of one recording, with steps that only say what they came to."""

from types import SimpleNamespace

import pytest

from apvg_core.errors import MediaError
from apvg_core.extract.assemble import assemble
from apvg_core.extract.poses import estimate_poses
from apvg_core.extract.recording import Outcome, extract_recording, identify_recording, is_done
from apvg_core.extract.scheduler import Step, StepError
from apvg_core.extract.squares import share_squares
from apvg_core.extract.survey import Survey, survey

UNIT = SimpleNamespace(recording=SimpleNamespace(source="cello/ann/a.mp4"))
SURVEY = Survey(fps=1.0, count=130, filmed=130, crop=(0, 0, 32))
SQUARE = Survey(fps=1.0, count=130, filmed=130, crop=(8, 0, 24))


def ended(flow, result):
    with pytest.raises(StopIteration) as end:
        flow.send(result)
    return end.value.value


def test_survey_square_parts_and_shards_in_this_order():
    flow = extract_recording(UNIT)
    assert next(flow) == [Step(is_done, (UNIT,))]
    assert flow.send([(False, UNIT)]) == [Step(survey, (UNIT,))]
    barrier = flow.send([SURVEY])
    assert (barrier.function, barrier.value) == (share_squares, (UNIT, SURVEY))
    parts = flow.send((UNIT, SQUARE))
    ranges = [range(60), range(60, 120), range(120, 130)]
    assert parts == [Step(estimate_poses, (UNIT, SQUARE, part)) for part in ranges]
    assert flow.send([None] * 3) == [Step(assemble, (UNIT, SQUARE))]
    assert ended(flow, [None]) == Outcome(UNIT)


def test_nothing_is_done_twice():
    flow = extract_recording(UNIT)
    next(flow)
    assert ended(flow, [(True, UNIT)]) == Outcome(UNIT, skipped=True)


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (MediaError("It is damaged."), "It is damaged."),
        (
            OSError(28, "No space left on device", "out/a.h5"),
            "cello/ann/a.mp4 failed at out/a.h5 (No space left on device); make room, or check who may use "
            "it.",
        ),
        (ZeroDivisionError(), "cello/ann/a.mp4 could not be extracted; --verbose shows why."),
    ],
)
def test_a_failure_is_a_sentence(error, sentence):
    flow = extract_recording(UNIT)
    next(flow)
    with pytest.raises(StopIteration) as end:
        flow.throw(StepError(error))
    assert end.value.value == Outcome(UNIT, failure=sentence)


def test_of_files_that_cannot_be_read_there_is_no_checksum():
    flow = identify_recording(UNIT)
    next(flow)
    with pytest.raises(StopIteration) as end:
        flow.throw(StepError(OSError()))
    assert end.value.value is UNIT
