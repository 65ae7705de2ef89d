import json
from dataclasses import asdict, replace

import pytest

from apvg_core.config import ExtractConfig, RecipeConfig, TrainingConfig
from apvg_core.errors import ConfigError
from apvg_core.recipes import RECIPES, get_recipe


@pytest.mark.parametrize("name", RECIPES)
def test_recipes_survive_json(name: str) -> None:
    recipe = RECIPES[name]
    assert RecipeConfig.from_json(json.loads(json.dumps(asdict(recipe)))) == recipe


def test_an_unknown_recipe_names_the_nearest() -> None:
    with pytest.raises(ConfigError, match="did you mean paper"):
        get_recipe("papr")
    with pytest.raises(ConfigError, match="there are paper, fast, tiny, and"):
        get_recipe("zzz")


def test_unknown_and_missing_settings_are_refused() -> None:
    document = asdict(RECIPES["tiny"])
    with pytest.raises(ConfigError, match="colour"):
        RecipeConfig.from_json({**document, "colour": 1})
    del document["khp"]
    with pytest.raises(ConfigError, match="khp"):
        RecipeConfig.from_json(document)


@pytest.mark.parametrize(
    "change", [{"size": 100}, {"fps": 0.0}, {"window_offset": 1.0}, {"validation_fraction": 0.0}]
)
def test_extract_settings_out_of_range_are_refused(change: dict[str, float]) -> None:
    with pytest.raises(ConfigError, match="--"):
        ExtractConfig(**change)


def test_training_settings_out_of_range_are_refused() -> None:
    with pytest.raises(ConfigError, match="steps"):
        TrainingConfig(steps=0, batch=1, sequence=1)
    with pytest.raises(ConfigError, match="lr_end"):
        replace(RECIPES["tiny"].khp.training, lr_end=1.0)


def test_the_paper_recipe_is_the_papers() -> None:
    paper = RECIPES["paper"]
    assert paper.cqt_mode == "clip"
    assert paper.cvg.downscale == 1
    assert paper.cvg.vgg_channels == (64, 64, 128, 128, 256)
    assert (paper.khp.training.lr, paper.khp.training.lr_end) == (1e-3, 1.25e-4)
    ours = paper.khp.residual, paper.stu.reference, paper.stu.discriminator.mismatched_pairs
    assert not any(ours)
    assert (paper.stu.weight_pixel, paper.stu.perceptual_downscale) == (0.0, 1)
