"""`apvg evaluate`: how close a run comes to the footage."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from apvg_cli import console
from apvg_cli.options import Device, Run, Seed, Shards


def evaluate(
    shards: Shards,
    run: Run,
    out: Annotated[Path, typer.Option(metavar="DIR", help="Folder of the results.")] = Path("results"),
    split: Annotated[
        Literal["validation", "train"], typer.Option(help="Which footage to compare with.")
    ] = "validation",
    device: Device = "auto",
    seed: Seed = 0,
) -> None:
    """Compare what a run generates with the footage it was held out from.

    Reads shards and a complete run folder. Writes DIR/results.json.
    PSNR and SSIM: higher is better. Keypoint distance: lower is better.

    Example: apvg evaluate shards/ --run runs/ann --out results/
    """
    from apvg_core.evaluation.evaluate import evaluate as run_evaluate

    with console.Progress() as progress:
        results = run_evaluate(shards, run, out, split=split, device=device, seed=seed, on_progress=progress)
    console.table(
        [
            {
                "": row.name,
                "PSNR (dB)": row.psnr,
                "SSIM": row.ssim,
                "keypoint distance": row.keypoint_distance,
                "frames": row.frames,
            }
            for row in results.rows
        ]
    )
    console.notice(f"The results are {out / 'results.json'}")
