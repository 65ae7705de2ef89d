"""What is held out."""

from apvg_core.data.sources import Recording, assign_splits
from apvg_core.media.frame_sources import VideoFrames


def recording(source, tmp_path, split=None):
    instrument, performer, _ = source.split("/")
    video = tmp_path / source
    return Recording(
        instrument=instrument, performer=performer, source=source, split=split,
        images=VideoFrames(video), sound=video,
    )  # fmt: skip


def test_the_last_recordings_are_held_out(tmp_path):
    many = [recording(f"violin/anna/{k:02}.mp4", tmp_path) for k in range(10)]
    two = [recording(f"violin/ben/{name}.mp4", tmp_path) for name in "ba"]
    one = [recording("tuba/anna/x.mp4", tmp_path)]
    splits = assign_splits([*many, *two, *one], validation_fraction=0.2)
    assert [splits[r] for r in many] == [("train",)] * 8 + [("validation",)] * 2
    assert [splits[r] for r in two] == [("validation",), ("train",)]
    assert splits[one[0]] == ("train", "validation")


def test_the_splits_of_a_dataset_stand(tmp_path):
    given = [recording(f"violin/anna/{k}.mp4", tmp_path, split="train") for k in range(3)]
    rest = recording("violin/anna/z.mp4", tmp_path)
    splits = assign_splits([*given, rest], validation_fraction=0.5)
    assert [splits[r] for r in given] == [("train",)] * 3
    assert splits[rest] == ("train", "validation")


def test_added_recordings_leave_the_others_in_their_splits(tmp_path):
    def assigned(names, kept, fraction=0.2, **others):
        group = [recording(f"violin/anna/{name}.mp4", tmp_path) for name in names]
        before = {r: kept[r.source[12:-4]] for r in group if r.source[12:-4] in kept}
        splits = assign_splits(group, validation_fraction=fraction, kept=before, **others)
        return {r.source[12:-4]: splits[r] for r in group}

    train, held, both = ("train",), ("validation",), ("train", "validation")
    old = {"a": train, "b": train, "c": held}
    assert assigned("abcd", old) == {**old, "d": train}
    assert assigned("abcdefgh", old) == {**old, **dict.fromkeys("defg", train), "h": held}
    assert assigned("ab", {"a": both}) == {"a": both, "b": train}
    assert assigned("ab", {"a": train}) == {"a": train, "b": held}  # as the first time
    assert assigned("ab", {"a": train, "b": train}) == {"a": train, "b": held}  # c was taken away
    elsewhere = {("violin", "anna"): ["validation"]}
    assert assigned("ab", {"a": train, "b": train}, others=elsewhere) == {"a": train, "b": train}


def test_the_very_last_are_for_tests(tmp_path):
    def assigned(count, kept=None, validation=0.2, test=0.2):
        group = [recording(f"violin/anna/{k:02}.mp4", tmp_path) for k in range(count)]
        before = dict(zip(group, kept or [], strict=False))
        splits = assign_splits(group, validation_fraction=validation, test_fraction=test, kept=before)
        return [splits[r] for r in group]

    train, held, test, each = ("train",), ("validation",), ("test",), ("train", "validation", "test")
    assert assigned(10) == [train] * 6 + [held] * 2 + [test] * 2
    assert assigned(3) == [train, held, test]
    assert assigned(3, validation=0.5, test=0.45) == [train, held, test]
    assert assigned(2) == [each, each]
    assert assigned(1) == [each]
    assert assigned(4, [train, held, test]) == [train, held, test, train]
    assert assigned(10, [train, held, test]) == [train, held, test, *[train] * 5, held, test]
    assert assigned(10, test=0) == [train] * 8 + [held] * 2
