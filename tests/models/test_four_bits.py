"""4-bit numbers are read as they were stored, and packed as the runtime wants them."""

import numpy as np
import pytest

from models.four_bits import FourBits


def stored(scale: float, codes: list[int]) -> bytes:
    """One block: byte j holds column j low and column j + 16 high."""
    halves = [low | high << 4 for low, high in zip(codes[:16], codes[16:], strict=True)]
    return np.float16(scale).tobytes() + bytes(halves)


CODES = [*range(16), *reversed(range(16))]


def test_a_number_is_its_code_less_8_times_the_scale_of_its_block():
    matrix = FourBits.read(stored(0.5, CODES) + stored(-2, CODES), 32)
    expected = [[scale * (code - 8) for code in CODES] for scale in (0.5, -2)]
    np.testing.assert_array_equal(matrix.dense, np.array(expected, np.float32))


def test_a_row_may_have_several_blocks():
    matrix = FourBits.read(stored(0.5, CODES) + stored(-2, CODES), 64)
    assert matrix.scales.tolist() == [[0.5, -2]]
    assert matrix.dense.shape == (1, 64)


def test_packed_neighbours_share_a_byte():
    [[packed]] = FourBits.read(stored(1, CODES), 32).packed
    assert packed.tolist() == [a | b << 4 for a, b in zip(CODES[::2], CODES[1::2], strict=True)]


@pytest.mark.parametrize(("raw", "columns"), [(stored(1, CODES), 64), (b"x" * 17, 32), (b"", 33)])
def test_what_is_no_whole_matrix_is_refused(raw: bytes, columns: int):
    with pytest.raises(ValueError, match=r"reshape|multiple|blocks"):
        FourBits.read(raw, columns)
