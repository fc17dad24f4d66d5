"""Files that scikit-learn makes from what has been downloaded, and reads."""

from __future__ import annotations

import contextlib
import io
import shutil
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mmlearn_helpers.data.cache import data_folder
from mmlearn_helpers.data.real.downloads import download
from mmlearn_helpers.data.real.registry import FILES


def make(path: str) -> Path:
    """Give the place of a file that scikit-learn keeps; let it be made if it is not there.

    The archive is fetched as every other file is, scikit-learn makes its own file from it in a
    folder aside, and that is moved into place in one step.

    Parameters
    ----------
    path
        ``"scikit_learn/20news-bydate_py3.pkz"`` or ``"scikit_learn/olivetti_py3.pkz"``.

    Returns
    -------
    pathlib.Path
        The file, which scikit-learn has read without complaint.

    Raises
    ------
    FileNotFoundError
        If the file is not there and its archive cannot be fetched, or nothing can be written.
    """
    target = data_folder() / path
    if target.is_file():
        try:
            read(path, target.parent)
        except Exception as error:  # reading a damaged pickle can raise anything
            warnings.warn(f"{target} cannot be read ({error}) and is made anew.", stacklevel=3)
        else:
            return target
    source = download(FILES[path].made_from)
    try:
        with tempfile.TemporaryDirectory(dir=target.parent, prefix="made-") as home:
            # Where scikit-learn itself would have put what it downloads.
            where = Path(home, "20news_home" if "20news" in path else "", source.name)
            where.parent.mkdir(exist_ok=True)
            shutil.copyfile(source, where)
            read(path, Path(home), download_if_missing=True)
            Path(home, target.name).replace(target)
    except OSError as error:
        raise FileNotFoundError(
            f"scikit-learn cannot make {target} from {source}: {error}. Free some space there, or "
            f"put scikit-learn's own {target.name} from another computer at {target}."
        ) from error
    return target


def read(path: str, home: Path, download_if_missing: bool = False, **options: object) -> Any:  # noqa: ANN401
    """Let scikit-learn read its own file.

    Parameters
    ----------
    path
        As for :func:`make`.
    home
        The folder of the file.
    download_if_missing
        Whether scikit-learn may make it from the archive that lies there.
    options
        What its loader takes.

    Returns
    -------
    Any
        What its loader returns.
    """
    from sklearn import datasets

    load: Callable[..., Any] = (
        datasets.fetch_20newsgroups if "20news" in path else datasets.fetch_olivetti_faces
    )
    with contextlib.redirect_stdout(io.StringIO()):  # both loaders print
        return load(data_home=str(home), download_if_missing=download_if_missing, **options)
