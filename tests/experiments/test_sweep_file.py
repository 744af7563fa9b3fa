from __future__ import annotations

from pathlib import Path

import pytest
import toy

from experiments.engine.plain import from_plain, get_field, to_plain, with_fields
from experiments.engine.sweep import read_sweep
from experiments.engine.unit import units
from theory import InvalidInput


def expand(tmp_path: Path, text: str) -> list[dict[str, object]]:
    path = tmp_path / "grid.toml"
    path.write_text('experiment = "toy:EXPERIMENT"\n' + text)
    plan = read_sweep(path)
    for point in plan.points:
        assert all(get_field(point.config, name) == value for name, value in point.axes.items())
    return [dict(point.axes) for point in plan.points]


def test_a_grid_is_every_combination_and_zipped_fields_go_together(tmp_path: Path) -> None:
    found = expand(
        tmp_path,
        """
        replicates = 6
        [set]
        delay = 1
        [grid]
        level = [1, 2]
        "inner.scale" = {log = [1, 100], points = 3}
        [[zip]]
        how = ["well", "raise"]
        seed = [5, 6]
        """,
    )
    assert len(found) == 2 * 3 * 2
    assert {p["inner.scale"] for p in found} == {1.0, 10.0, 100.0}
    assert {(p["how"], p["seed"]) for p in found} == {("well", 5), ("raise", 6)}
    plan = read_sweep(tmp_path / "grid.toml")
    assert plan.name == "grid"
    assert all(p.config.delay == 1.0 and p.config.replicates == 6 for p in plan.points)


def test_ranges_of_whole_numbers_are_whole_and_without_repeats(tmp_path: Path) -> None:
    found = expand(tmp_path, "[grid]\nlevel = {log = [1, 10], points = 12}")
    levels = [p["level"] for p in found]
    assert levels == sorted(set(levels))
    assert all(isinstance(v, int) for v in levels)
    assert [p["delay"] for p in expand(tmp_path, "[grid]\ndelay = {linear = [0, 1], points = 5}")] \
        == [0, 0.25, 0.5, 0.75, 1.0]  # fmt: skip


def test_without_axes_there_is_one_point(tmp_path: Path) -> None:
    assert expand(tmp_path, 'preset = "paper"') == [{}]
    assert read_sweep(tmp_path / "grid.toml").points[0].config.replicates == 8


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[grid]\nlevle = [1]", "did you mean 'level'"),
        ('[grid]\n"inner.scal" = [1]', "did you mean 'scale'"),
        ('[grid]\n"level.x" = [1]', "level has no fields"),
        ("[grid]\nlevel = 3", "give a list, or a range"),
        ("[grid]\nlevel = []", "give a list, or a range"),
        ("[grid]\nlevel = [1, 1]", "level has a value twice"),
        ('[grid]\nlevel = ["1"]', "level is '1'; it must be of the kind of 1"),
        ("[grid]\nlevel = [1.5]", "level is 1.5; it must be of the kind of 1"),
        ("[grid]\nlevel = [true]", "level is True"),
        ("[grid]\nlevel = {log = [0, 5], points = 3}", "above 0 for log"),
        ("[grid]\nlevel = {log = [1, 5], points = 0}", "level.points is 0"),
        ("[grid]\nlevel = {log = [1, 5]}", "a range is"),
        ("[grid]\nreplicates = [1, 2]", "replicates is no axis"),
        ("[[zip]]\nlevel = [1, 2]\nseed = [1]", "equally many values"),
        ("[grid]\nlevel = [1]\n[[zip]]\nlevel = [2]\nseed = [1]", "level stands on two axes"),
        ("[set]\nlevel = 1\n[grid]\nlevel = [1]", "level stands in [set] and on an axis"),
        ("gird = 1", "key is 'gird'; did you mean 'grid'"),
        ('preset = "papr"', "preset is 'papr'; did you mean 'paper'"),
        ("replicates = 0", "replicates is 0"),
        ("zip = 3", "zip must be written [[zip]]"),
        ("set = 3", "set must be a table"),
        ("[grid", "is not TOML"),
        ("[grid]\nlevel = {linear=[1,2000], points=2000}\nseed = {linear=[1,2000], points=2000}",
         "the grid has 4000000 points"),
    ],
)  # fmt: skip
def test_mistakes_are_named_with_the_file(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        expand(tmp_path, text)
    assert words in str(caught.value)
    assert "grid.toml" in str(caught.value)


def test_unknown_experiments_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "grid.toml"
    for name, words in (
        ("regimse", "did you mean 'regimes'"),
        ("nowhere:X", "cannot be imported"),
        ("toy:nothing", "cannot be imported"),
        ("toy:Config", "is no Experiment"),
    ):
        path.write_text(f'experiment = "{name}"')
        with pytest.raises(InvalidInput, match=words):
            read_sweep(path)
    path.write_text("replicates = 3")
    with pytest.raises(InvalidInput, match="experiment is missing"):
        read_sweep(path)
    with pytest.raises(InvalidInput, match="cannot be read"):
        read_sweep(tmp_path / "none.toml")


def keys(config: toy.Config, experiment: object = toy.EXPERIMENT) -> set[str]:
    return {unit.key for unit in units(experiment, config)}  # type: ignore[arg-type]


def test_a_key_changes_with_what_decides_the_result_and_with_nothing_else() -> None:
    base = toy.Config()
    assert len(keys(base)) == 4
    assert keys(with_fields(base, {"replicates": 3})) == keys(base)  # whole blocks
    assert keys(base) < keys(with_fields(base, {"replicates": 9}))
    for changes in ({"level": 2}, {"seed": 1}, {"block": 4}, {"inner.scale": 2.0},
                    {"names": ["a", "b"]}, {"delay": 0.5}):  # fmt: skip
        assert not keys(base) & keys(with_fields(base, changes))
    assert not keys(base) & keys(base, toy.NEWER)


def test_a_configuration_survives_plain_values() -> None:
    config = with_fields(toy.Config(), {"names": ["x", "y"], "inner.scale": 3})
    assert from_plain(toy.Config, to_plain(config)) == config
    assert config.inner.scale == 3.0
    assert isinstance(config.inner.scale, float)
