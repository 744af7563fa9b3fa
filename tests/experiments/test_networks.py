"""Deep networks: images, training, files, pruning as a whole, and the command prune-model."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from experiments import cli
from experiments.networks import files
from experiments.networks.architectures import build, load_checkpoint
from experiments.networks.files import load_pruned, read_pruned
from experiments.networks.images import first, forever, length, open_images
from experiments.networks.pruning import plan, prune, recalibrate
from experiments.networks.settings import Pruning, Schedule
from experiments.networks.training import fit, score
from theory import Diverged, InvalidInput
from theory.layers import count_flops

SMALL = "mobilenetv3_small_w7d20"


def test_digits_are_split_once_and_for_all() -> None:
    images = open_images("digits")
    assert (length(images.train), length(images.test)) == (1348, 449)
    assert (images.classes, images.side) == (10, 32)
    pixels = torch.stack([images.train[i][0] for i in range(1348)])
    assert pixels.shape == (1348, 3, 32, 32)
    assert float(pixels.mean()) == pytest.approx(0, abs=1e-4)
    again = open_images("digits")
    assert torch.equal(again.test[7][0], images.test[7][0])
    assert open_images("digits", 16).example.shape == (1, 3, 16, 16)


def test_cifars_binary_files_are_read(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    rows = random.integers(0, 256, (5, 3073), dtype=np.uint8)
    rows[:, 0] = [3, 1, 4, 1, 5]
    rows[:4].tofile(tmp_path / "data_batch_1.bin")
    rows[4:].tofile(tmp_path / "test_batch.bin")
    images = open_images(str(tmp_path))
    assert [int(images.train[i][1]) for i in range(4)] == [3, 1, 4, 1]
    assert (int(images.test[0][1]), images.classes) == (5, 10)
    red = rows[2, 1:1025].reshape(32, 32).astype(float)
    found = images.train[2][0][0].double().numpy()
    assert np.corrcoef(red.ravel(), found.ravel())[0, 1] == pytest.approx(1)
    rows[:1, :100].tofile(tmp_path / "data_batch_2.bin")
    with pytest.raises(InvalidInput, match=r"data_batch_2.bin, of 100 bytes; rows have 3073"):
        open_images(str(tmp_path))


def pictures(folder: Path, count: int = 4) -> Path:
    random = np.random.default_rng(1)
    for name in ("cat", "dog"):
        (folder / name).mkdir(parents=True)
        for place in range(count):
            pixels = random.integers(0, 256, (40, 60, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(folder / name / f"{place}.png")
    return folder


def test_folders_of_pictures_are_read(tmp_path: Path) -> None:
    images = open_images(str(pictures(tmp_path / "plain")), 32)
    assert (length(images.train), length(images.test), images.classes) == (6, 2, 2)
    assert images.train[0][0].shape == (3, 32, 32)
    pictures(tmp_path / "split" / "train", 3)
    pictures(tmp_path / "split" / "val", 1)
    images = open_images(str(tmp_path / "split"), 24)
    assert (length(images.train), length(images.test)) == (6, 2)
    batch, labels = next(forever(images.train, 4, seed=0))
    assert (batch.shape, labels.shape) == ((4, 3, 24, 24), (4,))


def test_what_are_no_images_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="data is 'nowhere'; it must be digits, or a folder"):
        open_images("nowhere")
    with pytest.raises(InvalidInput, match="which has 0 folders"):
        open_images(str(tmp_path))
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    with pytest.raises(InvalidInput, match="no pictures in the class folders"):
        open_images(str(tmp_path))
    (tmp_path / "a" / "x.png").write_text("no picture")
    (tmp_path / "b" / "x.png").write_text("no picture")
    images = open_images(str(tmp_path))
    with pytest.raises(InvalidInput, match=r"a/x.png, which cannot be read"):
        images.test[0]
    (tmp_path / "data_batch_1").touch()
    with pytest.raises(InvalidInput, match="holds CIFAR's Python files"):
        open_images(str(tmp_path))


def test_training_learns_and_repeats_itself() -> None:
    images = open_images("digits", 16)
    found = []
    for _ in range(2):
        model = build("resnet20", 10, seed=3)
        fit(model, images, Schedule(steps=40, batch=32), seed=4)
        found.append(score(model, images.test))
    assert found[0] == found[1]
    assert found[0].accuracy > 0.5
    assert score(build("resnet20", 10, seed=3), images.test).accuracy < 0.3


@pytest.mark.parametrize("steps", [1, 2, 4, 5, 6])
def test_training_of_any_length_ends(steps: int) -> None:
    fit(build(SMALL, 10, 0), open_images("digits"), Schedule(steps=steps, batch=4), seed=0)


def test_training_that_diverges_is_told() -> None:
    model = build("resnet20", 10, seed=3)
    with torch.no_grad():
        model.output.weight.fill_(torch.nan)  # type: ignore[union-attr, operator]
    with pytest.raises(Diverged, match="diverged at step 1 of 2; try a rate below"):
        fit(model, open_images("digits", 16), Schedule(steps=2, batch=8), seed=0)


def test_architectures_are_found_by_name() -> None:
    assert type(build("mobilenetv2_wd4", 7, 0)).__name__ == "MobileNetV2"
    with pytest.raises(InvalidInput, match=r"architecture is .resnet21.; did you mean .*resnet20"):
        build("resnet21", 10, 0)


def test_checkpoints_fit_or_are_refused(tmp_path: Path) -> None:
    model, other = build("resnet20", 10, 0), build("resnet20", 10, 1)
    torch.save({"state_dict": other.state_dict()}, tmp_path / "good.pt")
    load_checkpoint(model, tmp_path / "good.pt")
    assert all(
        torch.equal(a, b) for a, b in zip(model.parameters(), other.parameters(), strict=True)
    )
    state = other.state_dict()
    torch.save({**state, "output.weight": state["output.weight"] * torch.nan}, tmp_path / "nan.pt")
    torch.save({**state, "output.weight": torch.zeros(3, 64)}, tmp_path / "classes.pt")
    torch.save({k: v for k, v in state.items() if k != "output.bias"}, tmp_path / "less.pt")
    torch.save([1, 2], tmp_path / "list.pt")
    torch.save({1: torch.zeros(2)}, tmp_path / "numbers.pt")
    (tmp_path / "cut.pt").write_bytes((tmp_path / "good.pt").read_bytes()[:5000])
    (tmp_path / "folder.pt").mkdir()
    torch.save(other, tmp_path / "code.pt")
    (tmp_path / "text.pt").write_text("hello")
    for name, message in {
        "nan": "entries of 'output.weight' that are not finite",
        "classes": "has 'output.weight' of shape (3, 64)",
        "less": "lacks 'output.bias'",
        "list": "holds no state_dict",
        "numbers": "holds no state_dict",
        "cut": "cannot be read as weights",
        "folder": "cannot be read as weights",
        "code": "cannot be read as weights",
        "text": "cannot be read as weights",
        "none": "does not exist",
    }.items():
        with pytest.raises(InvalidInput, match=re.escape(message)):
            load_checkpoint(model, tmp_path / f"{name}.pt")


@pytest.mark.parametrize("method", ["optimised", "uniform"])
def test_a_pruned_network_is_the_same_from_its_file(tmp_path: Path, method: str) -> None:
    images = open_images("digits")
    model = build(SMALL, 10, seed=0).eval()
    batches = first(images.train, 32, 16, seed=0)
    found = plan(model, batches)
    pruned, layers = prune(model, batches, found, Pruning(method=method, flops=0.4), seed=0)
    recalibrate(pruned, batches)
    about = {"architecture": SMALL, "classes": 10, "side": 32}
    files.save_pruned(tmp_path / "net.pt", pruned, layers, about)
    again = load_pruned(tmp_path / "net.pt")
    inputs = batches[0][0]
    with torch.no_grad():
        torch.testing.assert_close(again(inputs), pruned(inputs), rtol=0, atol=0)
    assert count_flops(again, images.example) <= 0.4 * found.costs.total
    assert all(layer.bound is None or layer.loss <= layer.bound for layer in layers)
    assert read_pruned(tmp_path / "net.pt")["layers"] == layers


def test_recalibration_measures_what_batch_normalisation_is_given() -> None:
    norm = nn.BatchNorm2d(2)
    inputs = 3 + 2 * torch.randn(64, 2, 5, 5)
    recalibrate(norm, [inputs])
    assert norm.running_mean is not None
    torch.testing.assert_close(norm.running_mean, inputs.mean((0, 2, 3)))
    assert not norm.training
    assert norm.momentum == 0.1


def command(out: Path, *more: str) -> list[str]:
    return [
        "prune-model", SMALL, "--out", str(out), "--training.steps", "3", "--training.batch", "8",
        "--tuning.steps", "2", "--tuning.batch", "8", "--images", "17", "--batch", "8", *more,
    ]  # fmt: skip


def test_prune_model_does_the_whole_job(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "net.pt"
    cli.main(command(out))
    printed = capsys.readouterr().out
    assert "to 50% of its FLOPs" in printed
    flops = [float(value) for value in re.findall(r"([\d.]+) MFLOPs", printed)]
    assert flops[1] == flops[2] <= 0.5 * flops[0]
    content = read_pruned(out)
    assert set(content["about"]["scores"]) == {"trained", "pruned", "fine-tuned"}
    assert [p.name for p in tmp_path.iterdir()] == ["net.pt"]
    with pytest.raises(SystemExit) as left:
        cli.main(command(out))
    assert left.value.code == 2
    assert "which exists" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        cli.main(command(tmp_path))
    assert "which is a folder; name a file" in capsys.readouterr().err


def test_an_interrupted_job_goes_on_to_the_same_network(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    whole, cut = tmp_path / "whole.pt", tmp_path / "cut.pt"
    cli.main(command(whole))
    save, calls = files.save_pruned, []

    def interrupt(*args: Any) -> None:
        calls.append(args[0])
        if len(calls) == 6:
            raise KeyboardInterrupt
        save(*args)

    monkeypatch.setattr(files, "save_pruned", interrupt)
    with pytest.raises(SystemExit) as left:
        cli.main(command(cut))
    assert left.value.code == 130
    assert [p.name for p in tmp_path.iterdir() if p != whole] == ["cut.pt.partial"]
    monkeypatch.setattr(files, "save_pruned", save)
    capsys.readouterr()
    with pytest.raises(SystemExit):
        cli.main(command(cut, "--flops", "0.3"))
    assert "is a job with other settings" in capsys.readouterr().err
    cli.main(command(cut))
    assert "4 layers are done" in capsys.readouterr().out
    first_, second = (read_pruned(path) for path in (whole, cut))
    assert first_["layers"] == second["layers"]
    for name, value in first_["state"].items():
        assert torch.equal(value, second["state"][name]), name


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--data", "nowhere"], "data is 'nowhere'"),
        (["--method", "best"], "method is 'best'"),
        (["--flops", "0.001"], "flops is 0.001; it must be a share from"),
        (["--flops", "2"], "flops is 2.0"),
        (["--tolerance", "nan"], "tolerance is nan"),
        (["--seed", "99999999999999999999"], "seed is 99999999999999999999"),
        (["--images", "1"], "images is 1"),
        (["--checkpoint", "none.pt"], "none.pt does not exist"),
        (["--training.device", "warp"], "device is 'warp'"),
    ],
)
def test_bad_arguments_leave_nothing_behind(
    tmp_path: Path, more: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as left:
        cli.main(command(tmp_path / "net.pt", *more))
    assert left.value.code == 2
    assert message in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
