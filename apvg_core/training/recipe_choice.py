"""Choice of a training's recipe: named, from a file or the run's, with changes; what is begun stays."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Final

from apvg_core.config import RecipeConfig, Stage
from apvg_core.config_json import flatten, with_changes
from apvg_core.errors import ConfigError
from apvg_core.files import read_json
from apvg_core.former_names import renamed_settings
from apvg_core.recipes import DEFAULT, get_recipe
from apvg_core.run.info import RunInfo, is_trained, read_run
from apvg_core.training.checkpoint import step_paths
from apvg_core.training.options import TrainOptions


def recipe_for(run: Path, options: TrainOptions) -> RecipeConfig:
    """Choose the recipe that a run has or will have, with all that was asked to be different.

    Raises:
        ConfigError: The options do not fit each other or the run.
        RunError: The run is damaged.
    """
    if "name" in options.changes or "cqt_mode" in options.changes:
        raise ConfigError("--set cannot change a recipe's name or CQT; --recipe chooses another.")
    if options.recipe and options.config:
        raise ConfigError("--recipe and --config both choose the recipe; give one of them.")
    if options.config:
        recipe = _read_recipe(options.config)
    elif (run / "run.json").exists():
        recipe = read_run(run).recipe
    else:
        recipe = get_recipe(options.recipe or DEFAULT)
    return with_changes(recipe, options.changes)


def recipe_for_stage(run: Path, stage: Stage, options: TrainOptions) -> RecipeConfig:
    """Choose the recipe to train a stage with, its steps as asked for.

    Raises:
        ConfigError: The options do not fit each other or the run, or the recipe does without the stage.
        RunError: The run is damaged.
    """
    recipe = recipe_for(run, options)
    if stage not in recipe.stages:
        raise ConfigError(
            f"Recipe {recipe.name} has no {stage}; train it with "
            f"{' and '.join(f'train-{other}' for other in recipe.stages)}."
        )
    if options.steps is None:
        return recipe
    return with_changes(recipe, {f"{stage}.training.steps": options.steps})


def _read_recipe(path: Path) -> RecipeConfig:
    """Read the recipe in a run.json, or in a JSON file of its own.

    Raises:
        ConfigError: It cannot be read, or holds none.
    """
    try:
        document = read_json(path)
    except OSError as error:
        raise ConfigError(f"--config {path} cannot be read ({error.strerror}).") from error
    except ValueError as error:
        raise ConfigError(f"--config {path} is not JSON; give the run.json of a run.") from error
    if not isinstance(document, dict):
        raise ConfigError(f"--config {path} holds no recipe; give the run.json of a run.")
    try:
        recipe = renamed_settings(document.get("recipe", document), document.get("fps"))
        return RecipeConfig.from_json(recipe)
    except ConfigError as error:
        raise ConfigError(f"--config {path}: {error}") from error


def changed_settings(recipe: RecipeConfig) -> dict[str, Any]:
    """Return the settings, by dotted key, in which a recipe is not the one that has its name.

    None of a recipe of somebody's own, which has a name of its own.
    """
    try:
        named = flatten(asdict(get_recipe(recipe.name)))
    except ConfigError:
        return {}
    settings = flatten(asdict(recipe))
    return {key: settings[key] for key in sorted(settings) if key in named and settings[key] != named[key]}


def changes_so_far(before: Mapping[str, Any], recipe: RecipeConfig, given: Iterable[str]) -> dict[str, Any]:
    """Return what a run's recipe was changed in, once some settings more were given.

    What was not given does not count: an older run lacks settings that came later.

    Args:
        before: The changes before.
        recipe: Its recipe, with the settings that were given.
        given: Their dotted keys.
    """
    changed, given = changed_settings(recipe), set(given)
    kept = {key: value for key, value in before.items() if key not in given}
    return dict(sorted({**kept, **{key: changed[key] for key in given if key in changed}}.items()))


_CHANGEABLE: Final = ("steps", "checkpoint_every", "checkpoints", "validate_every", "export", "patience")
"""What of a training may be changed on the way: it makes no difference to the steps that are taken."""


def keep_what_is_begun(run: Path, was: RunInfo, now: RecipeConfig, stage: Stage) -> RecipeConfig:
    """Keep the other stages of a recipe as they are where they are begun or trained.

    Args:
        run: The run folder.
        was: Its run.json.
        now: The recipe that is asked for.
        stage: The stage that is about to be trained.

    Raises:
        ConfigError: It would change the settings of a stage that is begun.
    """
    kept: dict[str, Any] = {"name": was.recipe.name, "cqt_mode": was.recipe.cqt_mode}
    for name in was.recipe.stages:
        if not (is_trained(run, was, name) or step_paths(run, name)):
            continue
        before, after = getattr(was.recipe, name), getattr(now, name)
        harmless = {key: getattr(before.training, key) for key in _CHANGEABLE}
        if after is None or replace(after, training=replace(after.training, **harmless)) != before:
            raise ConfigError(
                f"{run} was begun with other settings of {name}; leave --set and --config out or choose "
                f"another --run (of training only {', '.join(_CHANGEABLE)} can still be changed)."
            )
        if name != stage:
            kept[name] = before
    if (now.name, now.cqt_mode) != (was.recipe.name, was.recipe.cqt_mode):
        raise ConfigError(f"{run} was made with recipe {was.recipe.name}; choose another --run.")
    return replace(now, **kept)
