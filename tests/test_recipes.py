import json
from dataclasses import asdict, replace

import pytest

from apvg_core.config import ExtractConfig, RecipeConfig
from apvg_core.config_json import flatten, with_changes
from apvg_core.errors import ConfigError
from apvg_core.recipes import FAST, PAPER, RECIPES, TABLE_3, VARIANTS, get_recipe
from apvg_core.stages.settings import TrainingConfig
from apvg_core.stages.stu.settings import STUConfig

NAMES = [*RECIPES, *(f"{base}+{variant}" for base in RECIPES for variant in VARIANTS)]


@pytest.mark.parametrize("name", NAMES)
def test_recipes_survive_json(name: str) -> None:
    recipe = get_recipe(name)
    assert recipe.name == name
    assert RecipeConfig.from_json(json.loads(json.dumps(asdict(recipe)))) == recipe


def test_an_unknown_recipe_names_the_nearest() -> None:
    with pytest.raises(ConfigError, match="did you mean paper"):
        get_recipe("papr")
    with pytest.raises(ConfigError, match=r"there are paper, fast, tiny, and"):
        get_recipe("zzz")
    with pytest.raises(ConfigError, match="did you mean without-gcn"):
        get_recipe("tiny+witout-gcn")


def test_what_a_recipe_does_without_has_no_settings() -> None:
    with pytest.raises(ConfigError, match=r"no setting cvg.training.steps: this recipe has no cvg"):
        with_changes(get_recipe("tiny+without-cvg"), {"cvg.training.steps": 1})


def test_a_variant_alone_is_one_of_the_default_recipe() -> None:
    assert get_recipe("without-gcn") == get_recipe("fast+without-gcn")


def settings(name: str) -> dict[str, object]:
    return flatten(asdict(get_recipe(name)))


@pytest.mark.parametrize("base", RECIPES)
def test_table_1(base: str) -> None:
    """Each row changes what it says and nothing else."""
    full = settings(base)
    without_cvg, without_khp = (settings(f"{base}+without-{part}") for part in ("cvg", "khp"))
    changed = {"name", "stu.coarse", *(key for key in full if key.startswith("cvg."))}
    assert {key for key in full if without_cvg.get(key) != full[key]} == changed
    assert get_recipe(f"{base}+without-cvg").stages == ("khp", "stu")
    changed = {"name", "stu.heatmap", "stu.graph", *(key for key in full if key.startswith("khp."))}
    changed |= {key for key in full if key.endswith(("audio.from_khp", "hears_as_khp")) and full[key]}
    assert {key for key in full if without_khp.get(key) != full[key]} == changed
    assert get_recipe(f"{base}+without-khp").stages == ("cvg", "stu")
    for row, keys in {
        "without-stu": {"stu.graph", "stu.recurrent"}, "without-gcn": {"stu.graph"},
        "without-cnn-gru": {"stu.recurrent"},
    }.items():  # fmt: skip
        part = settings(f"{base}+{row}")
        assert {key for key in full if part[key] != full[key]} == {"name", *keys}
        assert not any(part[key] for key in keys)


@pytest.mark.parametrize("base", RECIPES)
def test_table_2(base: str) -> None:
    told = {
        "": (True, True), "+avg": (True, False), "+dlt": (False, True), "+baseline": (False, False)
    }  # fmt: skip
    for row, (average, heatmap) in told.items():
        khp = get_recipe(f"{base}{row}").khp
        assert khp is not None
        assert (khp.average_condition, khp.weight_heatmap > 0) == (average, heatmap)
        assert average or not khp.residual


@pytest.mark.parametrize("base", RECIPES)
def test_table_3(base: str) -> None:
    """A baseline takes the STU's place, has no coarse video, and is trained on as many frames."""
    ours = get_recipe(base)
    for row in TABLE_3:
        baseline = get_recipe(f"{base}+{row}")
        assert baseline.stages == ("khp", "stu")
        assert (baseline.khp, baseline.cqt_mode, baseline.stu.kind) == (ours.khp, ours.cqt_mode, row)
        budgets = {(t.steps, t.batch * t.sequence) for t in (ours.stu.training, baseline.stu.training)}
        assert len(budgets) == 1
    with pytest.raises(ConfigError, match=r"no setting stu\.graph"):
        get_recipe(f"{base}+ebdn+without-gcn")


@pytest.mark.parametrize("base", ["fast", "tiny"])
@pytest.mark.parametrize("row", TABLE_3)
def test_rivals_learn_from_what_the_stu_learns_from_at_their_own_rates(base: str, row: str) -> None:
    stu, rival, published = (get_recipe(name).stu for name in (base, f"{base}+{row}", f"paper+{row}"))
    for alike in ("pixel", "squared", "perceptual"):
        assert getattr(rival, f"weight_{alike}") == getattr(stu, f"weight_{alike}")
    for alike in ("perceptual_downscale", "perceptual_blocks", "ground_truth_keypoints"):
        assert getattr(rival, alike) == getattr(stu, alike)
    assert stu.reference
    assert stu.plate
    assert rival.stills
    assert not published.stills
    for own in ("weight_adversarial", "weight_features"):
        assert getattr(rival, own) == getattr(published, own)
    assert (rival.training.lr, rival.training.lr_end) == (2e-4, 2e-5)
    assert (published.training.lr, published.training.lr_end) == (2e-4, 2e-5)
    assert published.weight_perceptual == 10


def test_a_setting_is_changed_by_its_dotted_key() -> None:
    changed = with_changes(RECIPES["tiny"], {"khp.training.steps": 7, "stu.channels": [8, 16]})
    assert changed.khp.training.steps == 7
    assert changed.stu.channels == (8, 16)
    assert changed.cvg == RECIPES["tiny"].cvg


@pytest.mark.parametrize(
    ("key", "value", "sentence"),
    [
        ("khp.traning.steps", 1, r"no setting khp.traning.steps; did you mean khp.training.steps\?"),
        ("hidden", 1, r"no setting hidden; did you mean (khp|cvg).hidden\?"),
        ("khp.hidden", "many", "khp.hidden must be a value of type int, not 'many'"),
        ("khp.hidden", 1.5, "khp.hidden must be a value of type int, not 1.5"),
        ("khp.hidden", True, "khp.hidden must be a value of type int, not True"),
        ("khp.training.lr", "x", "khp.training.lr must be a value of type float"),
        ("khp.training.export", "first", "khp.training.export must be last or best, not 'first'"),
        ("stu.channels", [8, "a"], "stu.channels must be a value of type int, not 'a'"),
        ("cvg.vgg_channels", [8, 8], "cvg.vgg_channels must be"),
        ("khp.training", 3, "khp.training must hold settings"),
        ("khp.training.steps", 0, "steps must be at least 1"),
        ("khp.hidden", 0, "hidden must be above 0"),
        ("khp.lookahead_s", -1, "lookahead_s must be from 0 to 60 seconds"),
        ("khp.lookahead_s", 61, "lookahead_s must be from 0 to 60 seconds"),
        ("cvg.lookahead_s", 61, "cvg.lookahead_s must be from 0 to 60 seconds"),
        ("khp.dropout", 1.0, r"dropout must be in \[0, 1\)"),
        ("khp.weight_heatmap", float("nan"), "weight_heatmap must be a number"),
        ("stu.discriminator.channels", [], "channels must be above 0"),
        ("khp.audio.channels", [8] * 8, "at most seven times"),
        ("khp", {"kind": "x"}, "Unknown setting kind in khp"),
        ("khp", None, "Without khp there are no keypoints"),
        ("stu.coarse", False, "stu.coarse must be true with cvg"),
        ("khp.audio.leak", 1.0, r"leak must be in \[0, 1\)"),
    ],
)
def test_a_setting_that_does_not_fit(key: str, value: object, sentence: str) -> None:
    with pytest.raises(ConfigError, match=sentence):
        with_changes(RECIPES["tiny"], {key: value})


def test_a_plate_is_behind_a_reference() -> None:
    with pytest.raises(ConfigError, match="plate is behind the reference"):
        with_changes(RECIPES["tiny"], {"stu.warp": False, "stu.reference": False})


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
    assert not paper.stu.reference
    assert not any((paper.cvg.lookahead_s, paper.khp.residual, paper.khp.lookahead_s, paper.khp.dropout))
    assert (paper.stu.weight_pixel, paper.stu.perceptual_downscale) == (0.0, 1)


@pytest.mark.parametrize(
    "changes", [{"stu.audio.features": 8}, {"stu.audio.standardise": False}, {"stu.audio.channels": [4]}]
)
def test_only_what_fits_begins_as_khps_audio_encoder(changes: dict[str, object]) -> None:
    with pytest.raises(ConfigError, match=r"stu\.audio\.from_khp must be false: khp has no audio encoder of"):
        with_changes(RECIPES["tiny"], changes)


@pytest.mark.parametrize(
    "changes",
    [
        {"cvg.hidden": 8},
        {"cvg.lookahead_s": 0.0},
        {"cvg.audio.features": 8},
        {"khp.layers": 2},
        {"khp": None, "stu.heatmap": False, "stu.graph": False, **{
            f"stu.{part}audio.from_khp": False for part in ("", "discriminator.")
        }},
    ],
)  # fmt: skip
def test_only_what_fits_hears_as_khp(changes: dict[str, object]) -> None:
    with pytest.raises(ConfigError, match=r"cvg hears as khp: .*; or --set cvg\.hears_as_khp=false"):
        with_changes(RECIPES["tiny"], changes)


def test_fast_computes_at_256_pixels_whatever_the_frames_size() -> None:
    stu, cvg = FAST.stu, FAST.cvg
    assert isinstance(stu, STUConfig)
    assert cvg is not None
    for size, seen, coarse in (
        (128, 128, 32),
        (256, 256, 64),
        (384, 192, 48),
        (512, 256, 64),
        (1024, 256, 64),
    ):
        assert (size // stu.shrinking(size), cvg.coarse_size(size)) == (seen, coarse)
        assert size % stu.divisor(size) == size % cvg.divisor(size) == 0
        assert stu.largest_map(size) == 24 * (seen // 2) ** 2
    assert isinstance(PAPER.stu, STUConfig)
    assert PAPER.stu.shrinking(512) == 1
