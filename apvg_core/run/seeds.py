"""Several trainings of one row: a folder of runs that differ in their seed, `seed-0`, `seed-1`, ..."""

from pathlib import Path


def seed_folder(folder: Path, number: int) -> Path:
    """Return the run of one of the trainings."""
    return folder / f"seed-{number}"


def runs_in(folder: Path) -> list[Path]:
    """Return the runs of a folder of several trainings, by their number; the folder itself of one run."""
    if (folder / "run.json").exists():
        return [folder]
    found = [
        path
        for path in folder.glob("seed-*")
        if path.name.removeprefix("seed-").isdecimal() and (path / "run.json").is_file()
    ]
    return sorted(found, key=lambda path: int(path.name.removeprefix("seed-"))) or [folder]


def run_title(run: Path) -> str:
    """Return a run's name: its folder's, and in a folder of several trainings that one's before it."""
    numbered = run.name.removeprefix("seed-")
    several = numbered != run.name and numbered.isdecimal()
    return f"{run.parent.name}/{run.name}" if several else run.name
