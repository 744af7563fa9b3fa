from __future__ import annotations

import numpy as np
import pytest

from theory import InvalidInput, Problem, RealData, Scales, from_arrays, real_problem
from theory.datasets import DATASETS, bundled


@pytest.mark.parametrize("name", list(DATASETS))
def test_every_set_is_standardised_by_its_training_part(name: str) -> None:
    problem = real_problem(RealData(name=name, input_scale=2.0, target_scale=0.3), seed=1)
    other = problem.held_out
    points = DATASETS[name].points
    assert other is not None
    assert problem.samples + other.samples == points
    assert other.samples == round(0.25 * points)
    assert (problem.inputs[:, -1] == 1).all()
    assert np.linalg.norm(problem.inputs[:, :-1], axis=1).mean() == pytest.approx(2.0, rel=0.15)
    np.testing.assert_allclose(problem.inputs[:, :-1].mean(axis=0), 0, atol=1e-12)
    assert problem.target.mean() == pytest.approx(0, abs=1e-12)
    assert problem.target.std() == pytest.approx(0.3)
    assert other.target.mean() != pytest.approx(0, abs=1e-6)


def test_the_parts_are_of_the_same_points_and_disjoint() -> None:
    inputs, target = bundled("wine")
    problem = from_arrays(inputs, target, seed=3)
    assert problem.held_out is not None
    both = np.vstack([problem.inputs, problem.held_out.inputs])[:, :-1]
    spread = inputs.std(axis=0) / both.std(axis=0)
    back = both * spread
    back += inputs.mean(axis=0) - back.mean(axis=0)
    order = np.lexsort(back.round(8).T)
    np.testing.assert_allclose(back[order], inputs[np.lexsort(inputs.round(8).T)], rtol=1e-6)


def test_the_seed_decides_the_split_and_samples_its_size() -> None:
    data = RealData(name="digits", samples=50)
    first, again, other = (real_problem(data, seed=s) for s in (1, 1, 2))
    assert (first.inputs == again.inputs).all()
    assert (first.inputs != other.inputs).any()
    assert first.samples == 50
    assert first.dimension == other.dimension  # pixels that are constant by chance stay, as 0
    assert real_problem(RealData(name="wine", share_held_out=0.0)).held_out is None


def test_one_class_against_the_rest() -> None:
    problem = real_problem(RealData(name="digits", against=3, share_held_out=0.0))
    _, digits = bundled("digits")
    values, counts = np.unique(problem.target, return_counts=True)
    assert counts.tolist() == [int((digits != 3).sum()), int((digits == 3).sum())]
    assert values[0] < 0 < values[1]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"name": "iris"}, "problem is 'iris'; .*choose from digits"),
        ({"against": 10}, "problem.against is 10; it must be from 0 to 9"),
        ({"name": "diabetes", "against": 1}, "problem.against is of no use"),
        ({"samples": 5000}, "problem.samples is 5000; it must be from 2 to 1348"),
        ({"share_held_out": 1.0}, "problem.share_held_out is 1.0"),
        ({"target_scale": 0.0}, "problem.target_scale is 0.0"),
    ],
)
def test_bad_requests_are_refused(fields: dict[str, object], message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        real_problem(RealData(**fields))  # type: ignore[arg-type]


def test_bad_arrays_are_refused() -> None:
    inputs, target = np.arange(20.0).reshape(10, 2), np.arange(10.0)
    with pytest.raises(InvalidInput, match="target is constant"):
        from_arrays(inputs, np.ones(10))
    with pytest.raises(InvalidInput, match="inputs are constant"):
        from_arrays(np.ones((10, 2)), target)
    with pytest.raises(InvalidInput, match="target has shape"):
        from_arrays(inputs, target[:5])
    with pytest.raises(InvalidInput, match="inputs holds nan"):
        from_arrays(np.full((10, 2), np.nan), target)
    with pytest.raises(InvalidInput, match="2 points; 1 are left to train on"):
        from_arrays(inputs[:2], target[:2], scales=Scales(share_held_out=0.5))
    with pytest.raises(InvalidInput, match="held_out has inputs of dimension 3"):
        Problem(inputs, target, held_out=Problem(np.ones((4, 3)), np.ones(4)))
