"""A configuration is checked key by key, with one clear line."""

import pytest

from tests.support.paths import CONFIGS
from training.config_file import find_config, load_config, parse_config
from twinset.errors import ConfigError

TEXT = (CONFIGS / "clip-compact.toml").read_text()


def test_round_trip():
    config = load_config(CONFIGS / "clip-compact.toml")
    assert parse_config(config.to_dict()) == config


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ("seed = 0", 'seed = "x"', "seed = 'x': should be a valid integer"),
        ("seed = 0", "", "lacks key 'seed'"),
        ("dimension = 256", "dimension = 2.5", "model.dimension = 2.5: should be a valid integer"),
        ("dimension = 256", "", "lacks key 'model.dimension'"),
        ("dimension = 256", "dimension = 256\ndepth = 3", "unknown key 'model.depth'"),
        ("[model]", "[modell]", "unknown key 'modell'; did you mean 'model'"),
        ("[model]", "[model", "is not a TOML file"),
    ],
)
def test_a_wrong_key_is_named(tmp_path, before, after, message):
    path = tmp_path / "config.toml"
    path.write_text(TEXT.replace(before, after, 1))
    with pytest.raises(ConfigError) as caught:
        load_config(path)
    assert message in str(caught.value)
    assert str(path) in str(caught.value)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ConfigError, match=r"none\.toml: not found"):
        load_config(tmp_path / "none.toml")


@pytest.mark.parametrize("path", sorted(CONFIGS.rglob("*.toml")), ids=lambda path: path.stem)
def test_each_recipe_is_whole_and_named_after_its_file(path):
    config = load_config(path)
    assert config.name == path.stem
    assert parse_config(config.to_dict()) == config


@pytest.mark.parametrize(
    ("section", "key", "value", "message"),
    [
        (None, "strategy", "both", "strategy must be one of clip, hybrid"),
        ("model", "item_views", ["upside-down"], "model.item_views must be some of whole, mirr"),
        ("model", "image", "vgg", "model.image must be one of efficientnet-lite0, resnet50, clip"),
        ("data", "split", "random", "data.split must be one of"),
        ("optimisation", "items_per_category", 3, "must divide batch_size"),
        (None, "strategy", "hybrid", "hybrid needs optimisation.items_per_category"),
    ],
)
def test_a_wrong_choice_is_named(section, key, value, message):
    values = load_config(CONFIGS / "clip-compact.toml").to_dict()
    (values[section] if section else values)[key] = value
    with pytest.raises(ConfigError, match=message):
        parse_config(values)


def test_a_file_extends_another_and_sets_what_differs(tmp_path):
    (tmp_path / "base.toml").write_text(TEXT)
    path = tmp_path / "mine.toml"
    path.write_text('extends = "base.toml"\nname = "mine"\n[optimisation]\nepochs = 9\n')
    base, mine = load_config(tmp_path / "base.toml"), load_config(path)
    assert mine.to_dict() == {
        **base.to_dict(),
        "name": "mine",
        "optimisation": {**base.to_dict()["optimisation"], "epochs": 9},
    }
    (tmp_path / "base.toml").write_text('extends = "mine.toml"')
    with pytest.raises(ConfigError, match="extends this file again"):
        load_config(path)


def test_values_are_overridden_as_toml_by_whole_or_plain_keys():
    changes = ("epochs=3", "loss.margin=.2", "name=mine", "augmentation.phrase_attributes=['a']")
    config = load_config(find_config("clip-compact"), changes)
    assert (config.optimisation.epochs, config.loss.margin, config.name) == (3, 0.2, "mine")
    assert config.augmentation.phrase_attributes == ("a",)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("epochs", "is not key=value"),
        ("epoch=3", "unknown key"),
        ("loss.margim=1", "did you mean 'loss.margin'"),
        ("epochs=three", "optimisation.epochs = 'three': should be a valid integer"),
        ("augmentation.blur=2", "augmentation.blur = 2"),
        ("seed.x=1", "seed is not a section"),
    ],
)
def test_a_wrong_override_says_what_is_wrong(change, message):
    with pytest.raises(ConfigError, match=message):
        load_config(find_config("clip-compact"), [change])


def test_an_unknown_recipe_lists_the_recipes():
    with pytest.raises(ConfigError, match="clip-compact"):
        find_config("clip-compct")


def test_keys_added_later_have_defaults_that_change_nothing():
    values = load_config(CONFIGS / "clip-compact.toml").to_dict()
    for section, key in (("model", "image"), ("data", "train_share"), ("optimisation", "schedule")):
        del values[section][key]
    del values["loss"], values["strategy"]
    assert parse_config(values) == load_config(CONFIGS / "clip-compact.toml")


@pytest.mark.parametrize(
    ("section", "change", "named"),
    [
        ("optimisation", {"group_size": 0}, "group_size"),
        ("optimisation", {"group_size": 100}, "group_size"),
        ("optimisation", {"alike": ["season"]}, "alike"),
        ("augmentation", {"second_views": 0.25}, "second_views"),
        ("loss", {"view_weight": 0.3}, "second_views"),
    ],
)
def test_what_does_not_go_together_is_refused(section, change, named):
    values = load_config(CONFIGS / "clip-compact.toml").to_dict()
    values[section] |= change
    with pytest.raises(ConfigError, match=named):
        parse_config(values)
