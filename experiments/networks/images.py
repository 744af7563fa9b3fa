"""Labelled images: scikit-learn's digits, CIFAR's binary files, folders of pictures."""

from __future__ import annotations

import itertools
import multiprocessing
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image, UnidentifiedImageError
from sklearn.datasets import load_digits
from torch import Tensor
from torch.nn import functional
from torch.utils.data import DataLoader, Dataset, Subset

from theory import InvalidInput
from theory.errors import check_count

Labelled = Dataset[tuple[Tensor, Tensor]]

_PICTURES = {".png", ".jpg", ".jpeg", ".bmp", ".webp", ".ppm"}
_HELD_OUT = 4  # one in so many images, where a source does not say which are for testing
_MEAN, _DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # ImageNet's, of pictures


@dataclass(frozen=True, eq=False)
class Images:
    """Images (3, side, side) with labels, to train on and to test on."""

    train: Labelled
    test: Labelled
    classes: int
    side: int

    @property
    def example(self) -> Tensor:
        """One image (1, 3, side, side), of zeros."""
        return torch.zeros(1, 3, self.side, self.side)


def open_images(source: str, side: int | None = None) -> Images:
    """`digits` (32 × 32), a folder of CIFAR's binary files (32 × 32), or one of pictures.

    A folder of pictures has one folder a class, or `train` and `val` (or `test`) with one a class
    each; without the latter every fourth picture is held out. Pictures are cut to squares of `side`
    (224). Raises `InvalidInput` for anything else.
    """
    if side is not None:
        check_count("side", side, least=8)
    if source == "digits":
        return _digits(32 if side is None else side)
    folder = Path(source)
    if not folder.is_dir():
        raise InvalidInput(f"data is {source!r}; it must be digits, or a folder of images")
    binaries = sorted(folder.glob("*.bin"))
    if binaries:
        return _cifar(folder, binaries, 32 if side is None else side)
    if list(folder.glob("*_batch*")):
        raise InvalidInput(
            f"data is {source!r}, which holds CIFAR's Python files; unpack its binary version "
            "instead (reading the former runs code from the file)"
        )
    return _pictures(folder, 224 if side is None else side)


def first(data: Labelled, count: int, batch: int, seed: int) -> list[tuple[Tensor, Tensor]]:
    """`count` images of `data`, or all, drawn without repetition, in batches."""
    order = np.random.default_rng(seed).permutation(length(data))[:count]
    return list(DataLoader(Subset(data, order.tolist()), batch))


def forever(data: Labelled, batch: int, seed: int) -> Iterator[tuple[Tensor, Tensor]]:
    """Whole mini-batches in random order, over and over."""
    size = min(batch, length(data))
    draw = torch.Generator().manual_seed(seed)
    alone = isinstance(data, _InMemory) or multiprocessing.current_process().daemon
    workers = 0 if alone else (os.cpu_count() or 1)  # a daemon may have no children
    loader = DataLoader(
        data, size, shuffle=True, drop_last=True, generator=draw, num_workers=workers
    )
    return itertools.chain.from_iterable(itertools.repeat(loader))


def length(data: Labelled) -> int:
    """The number of images."""
    return len(data)  # type: ignore[arg-type]


def _digits(side: int) -> Images:
    bunch = load_digits()
    images = torch.from_numpy(bunch.images[:, None]).float() / 16
    return _split(_coloured(images, side), torch.from_numpy(bunch.target).long(), 10, side)


class _InMemory(Dataset[tuple[Tensor, Tensor]]):
    """Images in memory."""

    def __init__(self, images: Tensor, labels: Tensor) -> None:
        self._images, self._labels = images, labels

    def __len__(self) -> int:
        return len(self._labels)

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        return self._images[index], self._labels[index]


def _coloured(images: Tensor, side: int) -> Tensor:
    sized = functional.interpolate(images, size=(side, side), mode="bilinear")
    return sized.expand(-1, 3, -1, -1).contiguous()


def _split(images: Tensor, labels: Tensor, classes: int, side: int) -> Images:
    order = torch.from_numpy(np.random.default_rng(0).permutation(len(images)))
    held_out, kept = order[: len(images) // _HELD_OUT], order[len(images) // _HELD_OUT :]
    return _standardised(images[kept], labels[kept], images[held_out], labels[held_out], classes,
                         side)  # fmt: skip


def _standardised(
    train: Tensor, train_labels: Tensor, test: Tensor, test_labels: Tensor, classes: int, side: int
) -> Images:
    mean, deviation = train.mean((0, 2, 3), keepdim=True), train.std((0, 2, 3), keepdim=True)
    return Images(
        _InMemory((train - mean) / deviation, train_labels),
        _InMemory((test - mean) / deviation, test_labels),
        classes,
        side,
    )


def _cifar(folder: Path, files: Sequence[Path], side: int) -> Images:
    """CIFAR-10 has data_batch_1.bin … test_batch.bin, CIFAR-100 train.bin and test.bin."""
    fine = (folder / "train.bin").exists()
    testing = [f for f in files if f.stem in ("test", "test_batch")]
    training = [f for f in files if f.stem == "train" or f.stem.startswith("data_batch")]
    if not testing or not training:
        raise InvalidInput(
            f"data is {str(folder)!r}, which must hold data_batch_1.bin … and test_batch.bin, or "
            "train.bin and test.bin"
        )
    (train, train_labels), (test, test_labels) = (
        _cifar_files(several, 2 if fine else 1, side) for several in (training, testing)
    )
    return _standardised(train, train_labels, test, test_labels, 100 if fine else 10, side)


def _cifar_files(files: Sequence[Path], labels: int, side: int) -> tuple[Tensor, Tensor]:
    """Every row has its labels, the last of which counts, then 3 · 32 · 32 bytes."""
    width = labels + 3 * 32 * 32
    rows = [np.fromfile(file, dtype=np.uint8) for file in files]
    for file, content in zip(files, rows, strict=True):
        if content.size == 0 or content.size % width:
            raise InvalidInput(f"data has {file}, of {content.size} bytes; rows have {width}")
    table = np.concatenate(rows).reshape(-1, width)
    images = torch.from_numpy(table[:, labels:].reshape(-1, 3, 32, 32)).float() / 255
    if side != 32:
        images = functional.interpolate(images, size=(side, side), mode="bilinear")
    return images, torch.from_numpy(table[:, labels - 1].astype(np.int64))


def _pictures(folder: Path, side: int) -> Images:
    train = folder / "train"
    test = next((folder / name for name in ("val", "test") if (folder / name).is_dir()), None)
    if train.is_dir() and test is not None:
        names = _classes(train)
        return Images(_Pictures(train, names, side), _Pictures(test, names, side), len(names), side)
    names = _classes(folder)
    everything = _Pictures(folder, names, side)
    held_out = range(0, len(everything), _HELD_OUT)
    rest = sorted(set(range(len(everything))) - set(held_out))
    if not rest:
        raise InvalidInput(f"data is {str(folder)!r}, which holds one picture; give more")
    return Images(Subset(everything, rest), Subset(everything, held_out), len(names), side)


def _classes(folder: Path) -> list[str]:
    names = sorted(child.name for child in folder.iterdir() if child.is_dir())
    if len(names) < 2:
        raise InvalidInput(
            f"data is {str(folder)!r}, which has {len(names)} folders; pictures must lie in one "
            "folder a class, of at least two"
        )
    return names


class _Pictures(Dataset[tuple[Tensor, Tensor]]):
    """Pictures read when they are asked for."""

    def __init__(self, folder: Path, classes: Sequence[str], side: int) -> None:
        self._side = side
        self._files = [
            (path, label)
            for label, name in enumerate(classes)
            for path in sorted((folder / name).glob("*"))
            if path.suffix.lower() in _PICTURES
        ]
        if not self._files:
            raise InvalidInput(f"data has no pictures in the class folders of {str(folder)!r}")

    def __len__(self) -> int:
        return len(self._files)

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        path, label = self._files[index]
        try:
            with Image.open(path) as opened:
                picture = opened.convert("RGB")
        except (UnidentifiedImageError, OSError) as error:
            raise InvalidInput(f"data has {path}, which cannot be read ({error})") from None
        share = self._side / (0.875 * min(picture.size))
        width, height = (max(self._side, round(share * length)) for length in picture.size)
        left, top = (width - self._side) // 2, (height - self._side) // 2
        cut = picture.resize((width, height), Image.Resampling.BILINEAR).crop(
            (left, top, left + self._side, top + self._side)
        )
        pixels = torch.from_numpy(np.asarray(cut, dtype=np.float32) / 255).permute(2, 0, 1)
        mean, deviation = (torch.tensor(v)[:, None, None] for v in (_MEAN, _DEVIATION))
        return (pixels - mean) / deviation, torch.tensor(label)
