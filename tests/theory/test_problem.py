from __future__ import annotations

import numpy as np
import pytest

from theory import InvalidInput, Problem, Teacher, teacher_problem


def test_loss_is_half_the_mean_squared_error() -> None:
    problem = Problem(np.eye(4), [1.0, 2.0, 3.0, 4.0])
    assert problem.loss(np.zeros(4)) == pytest.approx(0.5 * (1 + 4 + 9 + 16) / 4, rel=1e-15)


def test_teacher_has_the_declared_moments() -> None:
    teacher = Teacher(samples=20_000, dimension=10, input_scale=2.0, width=400, output_scale=3.0)
    problem = teacher_problem(teacher, seed=1)
    assert problem.inputs.shape == (20_000, 11)
    assert (problem.inputs[:, -1] == 1).all()
    gaussian = problem.inputs[:, :-1]
    assert np.square(gaussian).sum(axis=1).mean() == pytest.approx(4.0, rel=0.02)
    # E relu(a·x)² = ‖x‖²/2 for a ~ N(0, I), so the target has mean square 9·(4 + 1)/(2·400),
    # up to the fluctuation of 400 output weights.
    assert np.square(problem.target).mean() == pytest.approx(9 * 5 / 2 / 400, rel=0.5)


def test_same_seed_same_problem_and_another_seed_another() -> None:
    first, again, other = (teacher_problem(seed=s) for s in (3, 3, 4))
    assert (first.inputs == again.inputs).all()
    assert (first.target == again.target).all()
    assert (first.target != other.target).any()


@pytest.mark.parametrize(
    ("inputs", "target", "message"),
    [
        (np.zeros((0, 2)), [], "inputs is empty"),
        (np.zeros(3), [0, 0, 0], r"inputs has shape \(3,\); it must be \(any, any\)"),
        (np.eye(3), [0, 0], r"target has shape \(2,\); it must be \(3\)"),
        ([[0, np.nan]], [0], r"inputs holds nan at index \(0, 1\)"),
        (np.eye(2), [0, np.inf], r"target holds inf at index \(1,\)"),
        ([["a"]], [0], "inputs must be an array of real numbers"),
    ],
)
def test_bad_data_is_refused_by_name(inputs: object, target: object, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        Problem(inputs, target)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("samples", 0),
        ("dimension", 0),
        ("width", 1.5),
        ("output_scale", 0.0),
        ("input_scale", float("nan")),
        ("activation", "relo"),
    ],
)
def test_bad_teachers_are_refused_by_name(field: str, value: object) -> None:
    with pytest.raises(InvalidInput, match=rf"problem.{field} is {value!r}"):
        Teacher(**{field: value})  # type: ignore[arg-type]


def test_the_callers_array_stays_writable() -> None:
    inputs = np.eye(2)
    problem = Problem(inputs, [0.0, 1.0])
    inputs[0, 0] = 2.0
    with pytest.raises(ValueError, match="read-only"):
        problem.inputs[0, 0] = 3.0
