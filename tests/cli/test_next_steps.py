from dataclasses import dataclass
from pathlib import Path

from apvg_cli.next_steps import (
    after_checking,
    after_extraction,
    after_film_check,
    extract_video,
    generate_with,
    play_song,
    plot_check,
)
from apvg_core.pretrained import embedded


@dataclass
class Entry:
    instrument: str
    performer: str
    split: str = "train"


def commands(steps) -> list[str]:
    return [command for command, _ in steps]


def test_a_run_is_named_after_its_only_performer() -> None:
    assert commands(after_checking(Path("shards"), [Entry("violin", "ann")])) == [
        "apvg train shards --run runs/ann"
    ]


def test_of_several_performers_it_is_named_after_the_instrument() -> None:
    entries = [Entry("violin", "ann"), Entry("violin", "bob")]
    assert commands(after_checking(Path("my shards"), entries)) == [
        "apvg train 'my shards' --run runs/violin"
    ]


def test_of_several_instruments_the_first_is_trained() -> None:
    entries = [Entry("violin", "ann"), Entry("cello", "bob")]
    assert commands(after_checking(Path("shards"), entries)) == [
        "apvg train shards --run runs/bob --instrument cello"
    ]


def test_nothing_is_trained_on_what_is_held_out() -> None:
    entries = [Entry("violin", "ann", split="validation")]
    assert after_checking(Path("shards"), entries) == []
    assert commands(after_extraction(Path("shards"), entries)) == ["apvg info shards --sheet sheet.png"]


def test_songs_and_videos() -> None:
    assert generate_with("a/b.wav", "cello") == ("apvg generate a/b.wav --instrument cello", "make b.mp4")
    assert len(play_song(Path("b.wav"))) == len(embedded())
    assert commands(extract_video(Path("a b.mp4"))) == [
        "apvg extract 'a b.mp4' --instrument violin --performer ann"
    ]


def test_a_good_film_becomes_a_performer() -> None:
    film = Path(__file__)
    assert commands(after_film_check([film], "cello", None, bad=False)) == [
        f"apvg learn {film} --instrument cello --performer ann --run runs/me"
    ]
    assert commands(after_film_check([film.parent], None, None, bad=False)) == [
        f"apvg learn {film.parent} --run runs/me"
    ]
    several = [Path("a.mp4"), Path("b.mp4")]
    assert commands(after_film_check(several, None, None, bad=False)) == [
        "apvg learn my_footage/ --run runs/me"
    ]


def test_a_check_is_repeated_with_a_plot() -> None:
    named = {"--run": Path("my run"), "--instrument": None, "--performer": "ann"}
    assert commands(plot_check(Path("a.mp4"), None, named)) == [
        "apvg check a.mp4 --run 'my run' --performer ann --plot check.png"
    ]


def test_a_bad_film_is_looked_at_and_filmed_again() -> None:
    film = Path("a b.mp4")
    assert commands(after_film_check([film], "cello", None, bad=True)) == [
        "apvg film-check 'a b.mp4' --instrument cello --sheet worst.png"
    ]
    assert commands(after_film_check([film], None, Path("worst.png"), bad=True)) == [
        "apvg film-check 'a b.mp4'"
    ]
