"""Messages between the grader and the process that runs a student's code.

A message is four bytes of length, and an npz archive of arrays. Nothing is ever unpickled.
"""

from __future__ import annotations

import io
import re
import struct
import zipfile
from typing import BinaryIO

import numpy as np

HEADER = struct.Struct("<I")
LIMIT = 8 << 20
MOST_ARRAYS = 16
MEMBER = b"PK\x01\x02"
NPY = re.compile(
    rb"\x93NUMPY\x01\x00..\{'descr': '([<|][fiubU]\d{1,7})', 'fortran_order': (True|False), "
    rb"'shape': \(([\d, ]{0,200})\), \} *\n",
    re.DOTALL,
)


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
        If it is no archive of such arrays, or a compressed one, which could swell.
    """
    if data.count(MEMBER) > MOST_ARRAYS:
        raise GarbageError(f"the answer holds more than {MOST_ARRAYS} arrays")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if any(member.compress_type != zipfile.ZIP_STORED for member in archive.infolist()):
                raise GarbageError("the answer is compressed, and who knows how far it swells")
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
    """Read an array as numpy writes it, and nothing else that numpy would read."""
    head = NPY.match(data)
    if head is None:
        raise GarbageError("the answer holds something that is neither numbers nor words")
    kind, turned, shape = (group.decode() for group in head.groups())
    array = np.frombuffer(data, kind, offset=head.end())
    return array.reshape(
        [int(size) for size in shape.split(",") if size.strip()],
        order="F" if turned == "True" else "C",
    )


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
