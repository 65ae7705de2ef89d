"""Every kind of error has an exit code of its own."""

from apvg_core import errors


def test_exit_codes_stay_what_scripts_know() -> None:
    codes = {name: kind.exit_code for name, kind in vars(errors).items() if isinstance(kind, type)}
    assert codes == {
        "ApvgError": 1, "ConfigError": 2, "MediaError": 3, "ShardError": 4, "RunError": 5,
        "DependencyError": 6, "PartialError": 7, "StudyError": 8,
    }  # fmt: skip
