"""The interface of each stage of a recipe."""

from apvg_core.config import RecipeConfig, Stage
from apvg_core.stages.cvg.spec import cvg_spec
from apvg_core.stages.khp.spec import khp_spec
from apvg_core.stages.spec import StageSpec
from apvg_core.stages.stu.baselines.settings import EBDNConfig, Vid2VidConfig
from apvg_core.stages.stu.baselines.spec import ebdn_spec, vid2vid_spec
from apvg_core.stages.stu.spec import stu_spec


def stage_spec(recipe: RecipeConfig, stage: Stage, size: int, fps: float) -> StageSpec:
    """Make the interface of a stage of the recipe, for frames of `size` pixels a side, `fps` a second."""
    if stage == "khp":
        assert recipe.khp is not None
        return khp_spec(recipe.khp, fps)
    if stage == "cvg":
        assert recipe.cvg is not None
        return cvg_spec(recipe.cvg, size, fps)
    match recipe.stu:
        case EBDNConfig():
            return ebdn_spec(recipe.stu, size=size)
        case Vid2VidConfig():
            return vid2vid_spec(recipe.stu, size=size)
        case _:
            coarse_size = recipe.cvg.coarse_size(size) if recipe.cvg else size
            return stu_spec(recipe.stu, size=size, coarse_size=coarse_size)
