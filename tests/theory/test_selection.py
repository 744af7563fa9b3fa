from __future__ import annotations

import numpy as np
import pytest

from theory import InvalidInput, Pool
from theory.rules import ALL, named


@pytest.mark.parametrize("rule", list(ALL))
def test_losses_on_other_data_are_those_of_the_same_weights(rule: str) -> None:
    random = np.random.default_rng(0)
    atoms = random.standard_normal((25, 14))
    target = atoms[:6].mean(axis=0) + 0.1
    here, there = (Pool(atoms[:, part], target[part]) for part in (slice(8), slice(8, 14)))
    selection = named(rule)(here, 20)
    np.testing.assert_allclose(selection.losses_on(here), selection.losses, rtol=1e-9, atol=1e-15)
    expected = [there.loss(selection.weights(k + 1) @ there.atoms) for k in range(selection.size)]
    np.testing.assert_allclose(selection.losses_on(there), expected, rtol=1e-9, atol=1e-15)


def test_another_number_of_atoms_is_refused() -> None:
    pool = Pool(np.eye(3), np.ones(3))
    with pytest.raises(InvalidInput, match="pool has 2 atoms; this selects from 3"):
        named("herding")(pool, 4).losses_on(Pool(np.eye(2), np.ones(2)))
