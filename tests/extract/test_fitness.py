"""Warnings about the shards of a folder, taken together."""


def test_films_at_their_own_rates_are_told_of(folder, caplog):
    folder.film("cello/ann/a.mp4")
    folder.film("cello/ann/b.mp4", hertz=400, fps=10)
    folder.extract()
    assert "The shards of cello do not all fit into one training" in caplog.text
    assert "--fps" in caplog.text


def test_too_little_held_out_is_told_of(folder, caplog):
    folder.film("cello/ann/a.mp4", seconds=2.0)
    folder.film("cello/ann/z.mp4", seconds=0.6, hertz=300)
    folder.extract()
    assert "Only 0.6 s of cello, ann are held out (cello-ann-z-" in caplog.text
