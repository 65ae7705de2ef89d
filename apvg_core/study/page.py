"""The page of a study, which shows the videos blinded and takes the votes."""

from jinja2 import Environment, PackageLoader, StrictUndefined

from apvg_core.study.key import Key


def draw_page(key: Key) -> str:
    """Draw the page; it knows which videos make a set, in an order that says nothing of the runs."""
    environment = Environment(
        loader=PackageLoader("apvg_core.study"), autoescape=True, undefined=StrictUndefined
    )
    sets = sorted(sorted(video.id for video in each.videos) for each in key.sets)
    return environment.get_template("page.html.j2").render(study={"id": key.study, "sets": sets})
