from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from experiments.cli import main
from experiments.pools import target_towards_a_facet
from experiments.verification import verify
from theory import InvalidInput, Outcome, Pool, rules


def pools() -> dict[str, Pool]:
    """Atoms in R^4, with the target inside, on a face and outside."""
    atoms = np.random.default_rng(0).standard_normal((30, 4))
    far = atoms[np.argmax(atoms[:, 0])]
    return {
        "inside": Pool(atoms, atoms.mean(axis=0)),
        "vertex": Pool(atoms, far),
        "outside": Pool(atoms, target_towards_a_facet(atoms, 1.3)),
    }


def write(path: Path, pool: Pool) -> str:
    np.savez(path, atoms=pool.atoms, target=pool.target)
    return str(path)


@pytest.mark.parametrize(
    ("place", "interior", "exponent"), [("inside", "holds", 2.0), ("outside", "does not apply", 1)]
)
def test_the_place_of_the_target_decides(place: str, interior: str, exponent: float) -> None:
    found = verify(pools()[place], ["greedy_forward"], 2000)
    outcomes = {verdict.claim: str(verdict.outcome) for _, verdict in found.verdicts}
    assert outcomes["target_in_interior"] == interior
    assert outcomes["any_target"] == "holds"
    rate = found.rates["greedy_forward"]
    assert rate is not None
    assert rate.exponent == pytest.approx(exponent, abs=0.2)
    assert (found.geometry.projection.best == 0) == (place == "inside")


def test_every_rule_can_be_run_and_no_guarantee_fails() -> None:
    for pool in pools().values():
        found = verify(pool, list(rules.ALL), 40)
        assert set(found.selections) == set(rules.ALL)
        assert all(verdict.outcome is not Outcome.FAILS for _, verdict in found.verdicts)
        spoken = {rule for rule, _ in found.verdicts}
        assert {"greedy_forward", "herding", "frank_wolfe", "random_subset"} <= spoken


def test_thorough_brackets_the_radius_no_worse() -> None:
    random = np.random.default_rng(1)
    atoms = random.standard_normal((60, 12))
    pool = Pool(atoms, atoms.mean(axis=0))
    usual, thorough = (
        verify(pool, ["herding"], 10, thorough=t).geometry.radius for t in (False, True)
    )
    assert usual.lower <= thorough.lower <= thorough.upper <= usual.upper
    assert thorough.programs > usual.programs


class Outside(HTMLParser):
    """Collects what a browser would fetch."""

    def __init__(self) -> None:
        super().__init__()
        self.wanted: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if (name in ("src", "srcset", "data") or (name == "href" and tag == "link")) and value:
                self.wanted.append(value)
            if name in ("href", "xlink:href") and tag in ("use", "image"):
                assert value is not None
                if not value.startswith("#"):
                    self.wanted.append(value)


def test_the_page_stands_alone_and_the_terminal_says_the_same(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = write(tmp_path / "p&<q>.npz", pools()["inside"])
    main(["verify", file, "--size", "100", "--out", str(tmp_path / "out")])
    printed = capsys.readouterr().out
    assert "interior of the hull" in printed
    assert re.search(r"greedy_forward +target_in_interior +holds", printed)
    text = (tmp_path / "out" / "verification.html").read_text()
    parser = Outside()
    parser.feed(text)
    assert parser.wanted == []
    assert "url(http" not in text
    assert "p&amp;&lt;q&gt;.npz" in text
    assert "target_in_interior" in text
    assert (tmp_path / "out" / "verification.png").stat().st_size > 0


def test_json_is_whole_and_agrees_with_the_page(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pool = pools()["outside"]
    file = write(tmp_path / "p.npz", pool)
    main(["verify", file, "--size", "20", "--json", "--out", str(tmp_path / "out")])
    printed = json.loads(capsys.readouterr().out)
    assert printed == json.loads((tmp_path / "out" / "verification.json").read_text())
    assert printed["geometry"]["membership"] == "outside"
    (greedy, *_) = printed["rules"]
    assert greedy["indices"] == rules.greedy_forward(pool, 20).indices.tolist()


def test_the_same_call_leaves_the_same_bytes(tmp_path: Path) -> None:
    file = write(tmp_path / "p.npz", pools()["inside"])
    pages = []
    for _ in range(2):
        main(["verify", file, "--size", "50", "--out", str(tmp_path / "out")])
        pages.append((tmp_path / "out" / "verification.html").read_bytes())
    assert pages[0] == pages[1]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--rules", "greedy_foward"], "rule is 'greedy_foward'; did you mean 'greedy_forward'"),
        (["--size", "1"], "size is 1; it must be at least 2"),
        (["--target", "targets"], "did you mean 'target'"),
    ],
)
def test_bad_calls_leave_nothing(
    arguments: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = write(tmp_path / "p.npz", pools()["inside"])
    with pytest.raises(SystemExit) as left:
        main(["verify", file, *arguments, "--out", str(tmp_path / "out")])
    assert left.value.code == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("atoms", "target"),
    [
        ([[1.0, 2.0]], [1.0, 2.0]),
        ([[1.0, 2.0]] * 5, [1.0, 2.0]),
        (np.eye(3), np.ones(3) / 3),
        ([[1.0], [2.0], [4.0]], [2.0]),
        (1e8 + np.random.default_rng(0).standard_normal((20, 3)), [1e8] * 3),
        (np.random.default_rng(0).standard_normal((3, 9)), np.ones(9)),
    ],
)
def test_odd_pools_have_a_page_and_no_guarantee_fails(
    atoms: object, target: object, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pool = Pool(np.asarray(atoms), np.asarray(target))
    file = write(tmp_path / "p.npz", pool)
    main(["verify", file, "--rules", "all", "--size", "30", "--out", str(tmp_path / "out")])
    assert " fails " not in capsys.readouterr().out
    assert (tmp_path / "out" / "verification.html").exists()


def test_the_middle_of_a_simplex_is_not_called_its_edge() -> None:
    """After three picks w is 0 but for rounding, whose direction says nothing."""
    found = verify(Pool(np.eye(3), np.ones(3) / 3), ["greedy_forward"], 30)
    outcomes = {verdict.claim: verdict.outcome for _, verdict in found.verdicts}
    assert outcomes["target_in_interior"] is Outcome.HOLDS
    assert outcomes["along_the_path"] is Outcome.HOLDS


@pytest.mark.parametrize("seed", [0, 1000, 2000, 3000])
def test_a_mean_that_hangs_on_one_atom_is_not_judged(seed: int) -> None:
    atoms = 0.01 * np.random.default_rng(0).standard_normal((3000, 4))
    atoms[7] = 1000.0
    found = verify(Pool(atoms, np.zeros(4)), ["random_subset"], 40, seed=seed)
    ((_, verdict),) = found.verdicts
    assert verdict.outcome is Outcome.INCONCLUSIVE


def test_an_unknown_size_is_named() -> None:
    with pytest.raises(InvalidInput, match="rules is empty"):
        verify(pools()["inside"], [], 10)
