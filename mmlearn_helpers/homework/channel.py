"""Messages between the grader and the process that runs a student's code.

A message is four bytes of length, and an npz archive of arrays. Nothing is ever unpickled.
"""

from __future__ import annotations

import io
import struct
import zipfile
from typing import BinaryIO

import numpy as np

HEADER = struct.Struct("<I")
LIMIT = 8 << 20


class GarbageError(ValueError):
    """What came is no message; the text says why."""


def pack(**arrays: np.ndarray | str | float) -> bytes:
    """Put named arrays into a message.

    Parameters
    ----------
    arrays
        Numbers or words.

    Returns
    -------
    bytes
        The message, its length in front.
    """
    stream = io.BytesIO()
    np.savez(stream, **arrays)
    data = stream.getvalue()
    return HEADER.pack(len(data)) + data


def length(header: bytes) -> int:
    """Read how many bytes follow a header.

    Parameters
    ----------
    header
        The first four bytes of a message.

    Returns
    -------
    int
        Length of the archive in bytes.

    Raises
    ------
    GarbageError
        If that is more than a message may have.
    """
    (number,) = HEADER.unpack(header)
    if number > LIMIT:
        raise GarbageError(
            f"a message of {number} bytes was announced, and {LIMIT} is the most that an answer "
            "may have"
        )
    return number


def unpack(data: bytes) -> dict[str, np.ndarray]:
    """Take the arrays out of an archive that nobody need trust.

    Parameters
    ----------
    data
        The archive, without its length.

    Returns
    -------
    dict[str, numpy.ndarray]
        Arrays of numbers or words.

    Raises
    ------
    GarbageError
        If it is no archive of such arrays, or one that swells beyond the limit.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            swollen = sum(member.file_size for member in archive.infolist())
            if swollen > LIMIT:
                raise GarbageError(f"the answer swells to {swollen} bytes, {LIMIT} are allowed")
            arrays = {
                member.filename.removesuffix(".npy"): _array(archive.read(member))
                for member in archive.infolist()
            }
    except GarbageError:
        raise
    except Exception as error:  # any fault of a forged archive, and zipfile and numpy know many
        raise GarbageError(f"the answer cannot be read ({type(error).__name__})") from error
    return arrays


def _array(data: bytes) -> np.ndarray:
    array = np.lib.format.read_array(io.BytesIO(data), allow_pickle=False)
    if array.dtype.kind not in "fiubU":
        raise GarbageError(f"the answer holds {array.dtype}, neither numbers nor words")
    return array


def read_message(stream: BinaryIO) -> dict[str, np.ndarray]:
    """Wait for a message of the grader.

    Parameters
    ----------
    stream
        Where it comes from.

    Returns
    -------
    dict[str, numpy.ndarray]
        Its arrays.

    Raises
    ------
    EOFError
        If there will be no further one.
    """
    header = stream.read(HEADER.size)
    if len(header) < HEADER.size:
        raise EOFError("The grader has hung up.")
    with np.load(io.BytesIO(stream.read(HEADER.unpack(header)[0])), allow_pickle=False) as arrays:
        return dict(arrays)
