"""Archives of plain arrays get through, and whatever else comes costs no time and no memory."""

from __future__ import annotations

import io
import pickle
import struct
import time
import tracemalloc
import zipfile

import numpy as np
import pytest

from mmlearn_helpers.homework.channel import (
    HEADER,
    LIMIT,
    GarbageError,
    length,
    pack,
    read_message,
    unpack,
)

ARRAYS = {
    "numbers": np.arange(6.0).reshape(2, 3),
    "turned": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
    "single": np.float32(0.1),
    "whole": np.array([2**63], dtype=np.uint64),
    "half": np.array([[[0.5]]], dtype=np.float16),
    "truth": np.array([True, False]),
    "bytes": np.frombuffer(b"{}", np.uint8),
    "words": np.array(["centre", "é"]),
    "none": np.zeros((0, 3)),
    "a word": "centre",
}


def npy(kind, shape, body=b""):
    head = f"{{'descr': {kind!r}, 'fortran_order': False, 'shape': {shape}, }}\n".encode()
    return b"\x93NUMPY\1\0" + struct.pack("<H", len(head)) + head + body


def archive(content, method=zipfile.ZIP_STORED):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as file:
        file.writestr("answer.npy", content)
    return stream.getvalue()


def understated(data, size):
    """Let an archive say that its only member is small."""
    place = data.rindex(b"PK\1\2") + 24
    return data[:place] + struct.pack("<L", size) + data[place + 4 :]


def encrypted(data):
    place = data.rindex(b"PK\1\2") + 8
    return data[:place] + b"\1" + data[place + 1 :]


class Evil:
    def __reduce__(self):
        return pytest.fail, ("a pickle was executed",)


OBJECTS = io.BytesIO()
np.save(OBJECTS, np.array([Evil()], dtype=object), allow_pickle=True)
BOMB = npy("<f8", (4,), bytes(64 << 20))
RIGHT = archive(npy("<f8", (4,), bytes(32)))
GARBAGE = {
    "nothing": b"",
    "zeros": bytes(1000),
    "truncated": RIGHT[:-30],
    "encrypted": encrypted(RIGHT),
    "pickle": pickle.dumps(Evil()),
    "objects": archive(OBJECTS.getvalue()),
    "deflated bomb": understated(archive(BOMB, zipfile.ZIP_DEFLATED), 100),
    "bz2 bomb": understated(archive(BOMB, zipfile.ZIP_BZIP2), 100),
    "lzma bomb": understated(archive(BOMB, zipfile.ZIP_LZMA), 100),
    "more numbers than bytes": archive(npy("<f8", (10**9,))),
    "10 ** 12 words of no letters": archive(npy("<U0", (10**12,))),
    "negative": archive(npy("<f8", (-4,), bytes(32))),
    "shape that overflows": archive(npy("<f8", (2**62, 2**62), bytes(32))),
    "100 dimensions": archive(npy("<f8", (1,) * 60 + (1,) * 40, bytes(8))),
    "complex": archive(npy("<c16", (1,), bytes(16))),
    "dates": archive(npy("<M8[s]", (1,), bytes(8))),
    "records": archive(npy([("a", "<f8")], (1,), bytes(8))),
    "subarray": archive(npy("(1000000,)f8", (1,))),
    "code": archive(npy("<f8", "__import__('os').getcwd()")),
    "warnings": archive(npy("<f8", "1if 1else " * 900)),
    "version 2": archive(npy("<f8", (4,), bytes(32)).replace(b"NUMPY\1", b"NUMPY\2")),
    "many members": b"PK\1\2" * 180_000 + RIGHT,
}


def test_arrays_travel_unchanged():
    message = pack(**ARRAYS)
    assert length(message[: HEADER.size]) == len(message) - HEADER.size
    for arrays in (unpack(message[HEADER.size :]), read_message(io.BytesIO(message))):
        assert set(arrays) == set(ARRAYS)
        for name, value in ARRAYS.items():
            np.testing.assert_array_equal(arrays[name], value, strict=name != "a word")


@pytest.mark.parametrize("data", GARBAGE.values(), ids=GARBAGE)
@pytest.mark.filterwarnings("error")
def test_garbage_is_refused_at_once_and_in_little_memory(data, capfd):
    tracemalloc.start()
    start = time.perf_counter()
    with pytest.raises(GarbageError):
        unpack(data)
    assert time.perf_counter() - start < 1
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4 * max(len(data), 1 << 20)
    assert capfd.readouterr().err == ""


def test_what_is_too_long_is_refused_when_it_is_announced():
    assert length(HEADER.pack(LIMIT)) == LIMIT
    with pytest.raises(GarbageError, match="a message of 4294967295 bytes was announced"):
        length(b"\xff" * 4)


def test_the_end_of_the_messages_is_an_end():
    with pytest.raises(EOFError):
        read_message(io.BytesIO(b"\0\0"))
