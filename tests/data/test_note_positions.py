from pathlib import Path

import numpy as np
import pytest

from apvg_core.data import note_positions as module
from apvg_core.data.manifest import read_manifest, write_manifest
from apvg_core.data.note_positions import densest_intervals, learn_note_positions, notes_axis
from tests.notes import HAND, SCALE, height_of, melody, write_player, write_players


def test_intervals_lie_where_positions_are_dense() -> None:
    rng = np.random.default_rng(0)
    two_ways = np.concatenate([rng.normal(0.2, 0.002, 600), rng.normal(0.5, 0.002, 400)])
    first, second = densest_intervals(two_ways)
    for (low, high), centre in ((first, 0.2), (second, 0.5)):
        assert (low + high) / 2 == pytest.approx(centre, abs=0.002)
        # 1.64 standard deviations to either side hold 90 %
        assert (high - low) / 2 == pytest.approx(1.64 * 0.002 + module.TOLERANCE, abs=0.003)


def test_rare_positions_are_left_out() -> None:
    usual, on_the_way = np.full(95, 0.3), np.linspace(0.35, 0.6, 5)
    (interval,) = densest_intervals(np.concatenate([usual, on_the_way]))
    assert interval == pytest.approx((0.3 - module.TOLERANCE, 0.3 + module.TOLERANCE), abs=0.002)


def test_coverage_is_the_share_that_is_held() -> None:
    positions = np.random.default_rng(1).normal(0, 0.05, 5000)
    for coverage in (0.5, 0.9):
        inner = [
            (low + module.TOLERANCE, high - module.TOLERANCE)
            for low, high in densest_intervals(positions, coverage)
        ]
        held = np.any([(low <= positions) & (positions <= high) for low, high in inner], axis=0)
        assert held.mean() == pytest.approx(coverage, abs=0.04)


def test_one_position_has_one_interval() -> None:
    (interval,) = densest_intervals(np.array([-0.4]))
    assert interval[0] < -0.4 < interval[1]


@pytest.mark.parametrize("rises", [True, False])
def test_the_axis_follows_the_notes_and_not_the_bodys_sway(rises: bool) -> None:
    rng = np.random.default_rng(0)
    notes = rng.integers(50, 56, 4000).astype(float)
    along, across = np.array([0.6, 0.8]), np.array([-0.8, 0.6])
    sway = 0.2 * np.sin(np.arange(4000) / 7)  # far more than a note moves the hand
    points = 0.01 * notes[:, None] * along + sway[:, None] * across
    axis = notes_axis(notes, points, rises=rises)
    assert axis @ along == pytest.approx(1 if rises else -1, abs=1e-2)


def test_a_player_is_learned_from(tmp_path: Path) -> None:
    shards = write_players(tmp_path / "shards")
    training = [entry for entry in read_manifest(shards) if entry.split == "train"]
    calls = list[tuple[str, float, float]]()
    (learned,) = learn_note_positions(shards, training, lambda *call, **_: calls.append(call)).values()
    assert calls == [("note positions", 1, 2), ("note positions", 2, 2)]
    assert learned.joint == HAND
    np.testing.assert_allclose(learned.axis, (0, -1), atol=1e-3)
    assert list(learned.known) == list(SCALE)
    for note, intervals in learned.known.items():
        assert any(low <= -height_of(note) <= high for low, high in intervals)
        assert sum(high - low for low, high in intervals) < 0.05  # a step of the scale is at least .05
    assert sum(note.seconds for note in learned.notes) == pytest.approx(20, abs=3)


def test_of_recordings_with_other_voices_nothing_is_learned(tmp_path: Path) -> None:
    write_player(tmp_path, name="alone", split="train", notes=melody(20, 1))
    write_player(tmp_path, name="accompanied", split="train", notes=melody(20, 2), chord=(4, 7))
    write_manifest(tmp_path)
    both, alone = (
        learn_note_positions(tmp_path, [entry for entry in read_manifest(tmp_path) if entry.id in ids])["ann"]
        for ids in (("alone", "accompanied"), ("alone",))
    )
    assert both == alone


@pytest.mark.parametrize("instrument", ["flute", "theremin"])
def test_of_other_instruments_only_the_range_is_learned(instrument: str, tmp_path: Path) -> None:
    shards = write_players(tmp_path / "shards", instrument)
    training = [entry for entry in read_manifest(shards) if entry.split == "train"]
    (learned,) = learn_note_positions(shards, training).values()
    assert learned.joint is None
    assert learned.known == {}
    assert learned.range == (None if instrument == "flute" else (48, 55))  # a flute has none of them


def test_of_many_recordings_some_from_all_over_are_heard(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    entries = [entry for entry in read_manifest(write_players(tmp_path)) if entry.split == "train"]
    assert module._spread(entries * 10) == entries * 10
    monkeypatch.setattr(module, "MOST_SECONDS", 50.0)
    assert len(module._spread(entries * 10)) == 5  # of 10 s each
