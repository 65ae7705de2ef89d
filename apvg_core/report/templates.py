"""The templates of the report; whatever is put into them is escaped."""

from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

_ENVIRONMENT = Environment(
    loader=PackageLoader("apvg_core.report"), autoescape=True, trim_blocks=True, lstrip_blocks=True,
    undefined=StrictUndefined,
)  # fmt: skip


def fill(template: str, **values: Any) -> Markup:
    """Fill a template of the folder `templates`."""
    return Markup(_ENVIRONMENT.get_template(template).render(values))  # noqa: S704 (it escapes)
