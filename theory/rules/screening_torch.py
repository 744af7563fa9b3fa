"""The products of `theory.rules.screening` on another device than the processor.

The atoms' float32 copy lies there, and a product with it comes back; decisions stay in float64 on
the processor, so that the choices are the same. torch is an extra.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray

from theory.errors import InvalidInput

Product = Callable[[NDArray[np.float32]], NDArray[np.float32]]


def product_on(device: str, rows: NDArray[np.float32]) -> Product:
    """v (m,) ↦ rows (N, m) · v, computed on a device.

    Raises `InvalidInput` if there is no such device, or torch is set to shorter products there than
    float32's, for which the error bound of the screening would not hold.
    """
    precision = torch.get_float32_matmul_precision()
    if precision != "highest":
        raise InvalidInput(
            f"torch's float32 products are set to {precision!r} precision; it must be 'highest' "
            "(torch.set_float32_matmul_precision)"
        )
    try:
        there = torch.from_numpy(rows).to(device)
    except (RuntimeError, AssertionError) as error:
        reason = str(error).splitlines()[0]
        raise InvalidInput(f"device is {device!r}, which cannot be had ({reason})") from None

    def product(vector: NDArray[np.float32]) -> NDArray[np.float32]:
        found: NDArray[np.float32] = (
            (there @ torch.from_numpy(vector).to(there.device)).cpu().numpy()
        )
        return found

    return product
