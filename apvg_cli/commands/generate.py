"""`apvg generate`: songs to videos."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from apvg_cli import console
from apvg_cli.completion import instruments
from apvg_cli.errors import report_error
from apvg_cli.help import EXPERT, PICTURE
from apvg_cli.next_steps import after_generating, generate_with
from apvg_cli.options import Device, Performer, Seed, chosen_run
from apvg_core.errors import ConfigError, MediaError, PartialError


def generate(
    songs: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="SONGS",
            help="Recordings (wav, mp3, flac, ogg, m4a, …), or folders of them.",
            show_default=False,
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            "-o",
            metavar="FILE|DIR",
            help="The video (.mp4, .webm, .mov, .gif), or a folder for the videos of all songs.",
            show_default="beside each song",
        ),
    ] = None,
    run: Annotated[
        Path | None,
        typer.Option("--run", metavar="DIR", help="Run folder: a performer you trained.", show_default=False),
    ] = None,
    instrument: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="A performer that came with apvg; see --list.",
            show_default=False,
            autocompletion=instruments,
        ),
    ] = None,
    performer: Performer = None,
    show_list: Annotated[
        bool, typer.Option("--list", help="Show the performers that came with apvg, and do nothing else.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="With --list: print JSON.", rich_help_panel=EXPERT)
    ] = False,
    start: Annotated[float, typer.Option(min=0, metavar="SECONDS", help="Where in the song to begin.")] = 0.0,
    duration: Annotated[
        float | None,
        typer.Option(min=0, metavar="SECONDS", help="Length of the part to play.", show_default="all"),
    ] = None,
    show: Annotated[
        Literal["final", "skeleton", "heatmap", "coarse", "all"],
        typer.Option(
            help="What the video shows; all: heatmap, coarse and final video side by side.",
            rich_help_panel=PICTURE,
        ),
    ] = "final",
    keypoints: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Also write the keypoints, as JSON.",
            show_default=False,
            rich_help_panel=EXPERT,
        ),
    ] = None,
    label: Annotated[
        bool,
        typer.Option("--label", help="Draw the word SYNTHETIC into the frames.", rich_help_panel=PICTURE),
    ] = False,
    form: Annotated[
        Literal["mp4", "webm", "mov", "gif", "png"] | None,
        typer.Option(
            "--format",
            help="Format of the videos; png: a folder of images for each.",
            show_default="mp4",
            rich_help_panel=PICTURE,
        ),
    ] = None,
    canvas: Annotated[
        str | None,
        typer.Option(
            metavar="WxH",
            help="Larger picture, such as 1080x1920 or 1920x1080, in which the room is continued.",
            show_default="the square",
            rich_help_panel=PICTURE,
        ),
    ] = None,
    background: Annotated[
        str | None,
        typer.Option(
            metavar="COLOUR|IMAGE",
            help="Replaces the room behind the player: a colour (a name or #rrggbb) or an image file.",
            show_default="the room",
            rich_help_panel=PICTURE,
        ),
    ] = None,
    alpha: Annotated[
        bool,
        typer.Option(
            "--alpha",
            help="Transparent background, for webm, mov (ProRes 4444) and png.",
            rich_help_panel=PICTURE,
        ),
    ] = False,
    quality: Annotated[
        str,
        typer.Option(
            metavar="draft|good|upload|CRF",
            help="Encoding quality of mp4 and webm; upload: for YouTube; CRF: a number.",
            rich_help_panel=PICTURE,
        ),
    ] = "good",
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace existing videos.")] = False,
    keep_partial: Annotated[
        bool,
        typer.Option(
            "--keep-partial",
            help="When interrupted, keep the unfinished video as NAME.partial.mp4.",
            rich_help_panel=EXPERT,
        ),
    ] = False,
    seed: Seed = 0,
    device: Device = "auto",
    runtime: Annotated[
        Literal["auto", "torch", "openvino"],
        typer.Option(
            help="What runs the networks; auto: OpenVINO on a CPU, PyTorch on a GPU.", rich_help_panel=EXPERT
        ),
    ] = "auto",
) -> None:
    """Make videos of a performer playing songs.

    Reads recordings of one instrument, and a trained run folder or a performer that came with apvg. Writes a
    video for each song, with the song as its sound.

    Example: apvg generate song.wav --run runs/ann

    Example: apvg generate songs/ --instrument trombone --out videos/ --format webm

    Example: apvg generate song.wav --instrument cello --canvas 1080x1920 --quality upload
    """
    if show_list:
        _print_list(as_json=as_json)
        return
    if not songs:
        raise ConfigError("Name the songs to play, or folders of them; --list shows who can play.")
    if as_json:
        raise ConfigError("--json goes with --list; leave it out.")
    from apvg_core.generation.outputs import plan_outputs
    from apvg_core.generation.render import needed_stages, render
    from apvg_core.generation.scene import Scene
    from apvg_core.media.container_formats import read_quality
    from apvg_core.run.info import read_run
    from apvg_core.runtime.load import load_networks

    encoded = read_quality(quality)
    pairs = plan_outputs(
        songs, out, form=form, overwrite=overwrite, keypoints=keypoints, see_through=alpha, quality=encoded
    )
    scene = Scene.read(canvas, background, see_through=alpha)
    chosen = chosen_run(run, instrument, performer)
    stages = needed_stages(read_run(chosen).recipe, show, keypoints=keypoints is not None, scene=scene)
    networks = load_networks(chosen, device=device, runtime=runtime, stages=stages)
    networks.performer_index(performer)

    codes: list[int] = []
    with console.Progress() as progress:
        for song, video in pairs:
            try:
                render(
                    song, networks, video, performer=performer, seed=seed, start=start, duration=duration,
                    show=show, labelled=label, scene=scene, quality=encoded, keypoints=keypoints,
                    keep_partial=keep_partial, on_progress=progress,
                )  # fmt: skip
            except Exception as error:  # whatever it is, it costs no other song its video
                if len(pairs) == 1:
                    raise
                codes.append(report_error(error, about=song))
            else:
                console.notice(f"The {'images are in' if form == 'png' else 'video is'} {video}")
    _finish(codes, len(pairs), out)
    console.next_steps(after_generating(pairs[0][0], chosen, instrument))


def _finish(codes: list[int], count: int, out: Path | None) -> None:
    """Say what became of the songs, of which the exit codes belong to those that could not be played.

    Raises:
        ConfigError: None could be played, as a flag or setting is wrong.
        MediaError: None could be played.
        PartialError: Some could not be played.
    """
    if len(codes) == count:
        kind = ConfigError if set(codes) == {ConfigError.exit_code} else MediaError
        raise kind(f"None of the {count} songs could be played.")
    if codes:
        raise PartialError(
            f"{len(codes)} of the {count} songs could not be played; the others' videos are "
            f"{'beside them' if out is None else f'in {out}'}."
        )


def _print_list(*, as_json: bool) -> None:
    """Print the performers that came with apvg."""
    from apvg_core.pretrained import embedded

    performers = embedded()
    rows = [
        {
            "instrument": each.info.instrument,
            "performer": ", ".join(each.info.performers),
            "fps": each.info.fps,
            "size": each.info.size,
            "licence": each.licence,
        }
        for each in performers
    ]
    if as_json:
        console.document(rows)
    elif not performers:
        console.notice("No performer came with this installation; train one and name it with --run.")
    else:
        console.table(rows)
        console.next_steps([generate_with("song.wav", each.info.instrument) for each in performers])
