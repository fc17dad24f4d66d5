"""Download a file from one of its mirrors, and never take half a file for data."""

from __future__ import annotations

import contextlib
import glob
import gzip
import hashlib
import os
import sys
import time
import uuid
import warnings
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

from mmlearn_helpers.data.cache import data_folder
from mmlearn_helpers.data.real.registry import FILES, File

if TYPE_CHECKING:
    import requests

SECONDS = (10.0, 30.0)  # to wait for a connection, and for the next bytes
SECONDS_OF_SILENCE = 3600.0  # a download that has not grown for so long has died


def download(path: str) -> Path:
    """Give the place of a published file; download it if it is not there yet.

    The file is downloaded under another name in the same folder, checked, and moved into place in
    one step: a process that is killed, or two that fetch at once, leave nothing half-written.

    Parameters
    ----------
    path
        Where the file lies below :func:`~mmlearn_helpers.data.cache.data_folder`; one of the keys
        of ``mmlearn_helpers.data.real.registry.FILES`` that is not made from another.

    Returns
    -------
    pathlib.Path
        The file, whose content has been checked.

    Raises
    ------
    FileNotFoundError
        If the right file is not there and cannot be fetched or kept.
    """
    file, target = FILES[path], data_folder() / path
    faults = []
    for place in filter(Path.is_file, places(target)):
        try:
            if digest(place, file, packed=place != target) == file.sha256:
                return place
        except OSError as error:
            faults.append(f"{place} is there, but cannot be read ({error.strerror})")
        else:
            faults.append(f"{place} is there, but its content is not that of the published file")
    _from_a_mirror(path, file, target, faults)
    for fault in faults:
        warnings.warn(f"{fault}; the right one has been fetched.", stacklevel=3)
    return target


def digest(path: Path, file: File, packed: bool = False) -> str:
    """Give the SHA-256 by which a file is known.

    Parameters
    ----------
    path
        The file as it lies on the disk.
    file
        What it should be.
    packed
        Whether it is to be unpacked with gzip first.

    Returns
    -------
    str
        64 hexadecimal digits, or nothing for a file that cannot be unpacked or, where numbers are
        expected, holds something else.
    """
    try:
        content = gzip.decompress(path.read_bytes()) if packed else path.read_bytes()
        return hashlib.sha256(five_digits(content) if file.numbers else content).hexdigest()
    except (EOFError, ValueError, gzip.BadGzipFile, zlib.error):
        return ""


def five_digits(content: bytes) -> bytes:
    """Write every number of a text with five significant digits, and one space between them.

    Parameters
    ----------
    content
        Numbers in any notation that Python reads, with white space between them.

    Returns
    -------
    bytes
        The same text for all copies that are given with five digits or more.
    """
    return " ".join(f"{float(number):.5g}" for number in content.split()).encode()


def places(target: Path) -> tuple[Path, Path]:
    """Give the two places where a file may lie.

    Parameters
    ----------
    target
        Its place below the folder of the data.

    Returns
    -------
    tuple[pathlib.Path, pathlib.Path]
        The place itself, and that of a packed copy beside it.
    """
    return target, target.with_name(f"{target.name}.gz")


def _from_a_mirror(path: str, file: File, target: Path, known_faults: list[str]) -> None:
    import requests

    faults = list(known_faults)
    for url in file.mirrors:
        try:
            _download(url, file, target)
        except requests.RequestException as error:
            faults.append(f"{url} {_reason(error)}")
        except ValueError as error:
            faults.append(f"{url} {error}")
        except OSError as error:
            faults.append(f"nothing can be written to the folder {target.parent} ({error})")
            break
        else:
            return
    kind = "numbers, each with five digits," if file.numbers else "content"
    raise FileNotFoundError(
        f"The file {path} is needed and could not be had: {'; '.join(faults)}. Get it by hand "
        f"from {' or '.join(file.mirrors) or 'where you know it to be'} and put it at {target}, "
        "or let the environment variable MMLEARN_DATA name a folder that holds "
        f"{path}. The SHA-256 of its {kind} is {file.sha256}."
    )


def _download(url: str, file: File, target: Path) -> None:
    import pooch

    part = target.with_name(f"{target.name}.{uuid.uuid4().hex}.part")
    get = pooch.HTTPDownloader(
        progressbar=sys.stderr.isatty(),
        chunk_size=2**16,
        timeout=SECONDS,
        headers={"Accept-Encoding": "identity"},
    )
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _remove_the_dead(target)
        with part.open("xb") as stream:
            get(url, stream, None)
            os.fsync(stream.fileno())
        if digest(part, file) != file.sha256:
            raise ValueError(_what_came(part))
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)


def _remove_the_dead(target: Path) -> None:
    """Remove what killed processes have left; a living download grows all the time."""
    for part in target.parent.glob(f"{glob.escape(target.name)}.*.part"):
        with contextlib.suppress(FileNotFoundError):  # another process may do the same
            if time.time() - part.stat().st_mtime > SECONDS_OF_SILENCE:
                part.unlink()


def _what_came(part: Path) -> str:
    with part.open("rb") as stream:
        start = stream.read(512).lstrip().lower()
    if start.startswith((b"<!doctype", b"<html", b"<?xml")):
        return "sent a web page instead of the file"
    return f"sent {part.stat().st_size:,} bytes whose content is not that of the published file"


def _reason(error: requests.RequestException) -> str:
    import requests
    from urllib3.exceptions import ProtocolError

    cause = error.args[0] if error.args else error
    if isinstance(error, requests.HTTPError):
        return f"answered {error.response.status_code} {error.response.reason}"
    if isinstance(error, requests.Timeout) or "timed out" in str(error):
        return f"gave no answer for {SECONDS[1]:g} seconds"
    if isinstance(cause, ProtocolError):
        return "broke the connection off before the file was complete"
    return f"could not be reached ({getattr(cause, 'reason', cause)})"
