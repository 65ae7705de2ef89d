"""Where a stage's shards come from."""

from dataclasses import replace

from apvg_core.run.provenance import LearnedShard, united

SHARD = LearnedShard(
    id="a", sha256="1", performer="p1", source="a.mp4", source_sha256="f", start=0.0, stop=48.0
)  # fmt: skip


def test_shards_overlap_where_they_hold_the_same_moments_of_the_same_recording() -> None:
    other = replace(SHARD, id="b", sha256="2", source="films/a.mp4", start=47.0, stop=60.0)
    assert SHARD.overlaps(other)
    assert other.overlaps(SHARD)
    assert not SHARD.overlaps(replace(other, source_sha256="e"))
    assert not SHARD.overlaps(replace(other, start=47.96))  # the neighbour, at another frame rate
    nameless = replace(SHARD, source_sha256="")  # then its name tells, and who plays
    assert nameless.overlaps(SHARD)
    assert not nameless.overlaps(other)
    assert not nameless.overlaps(replace(SHARD, performer="p2"))


def test_what_was_learned_twice_is_listed_once() -> None:
    again = replace(SHARD, sha256="0")  # extracted anew
    assert united([SHARD], [again, SHARD]) == [again, SHARD]
