"""Data sets as tensors, each with its source, licence and citation.

*Embedded* sets are always there and need no network; those that are drawn are drawn once and kept.
*Real* sets are fetched once, into the folder that the environment variable ``MMLEARN_DATA`` names
or, without it, into the user's cache; every file is checked by its SHA-256.
"""

from mmlearn_helpers.data.catalogue import load, loader, names
from mmlearn_helpers.data.dataset import Dataset, Split
from mmlearn_helpers.data.folder import from_folder
from mmlearn_helpers.data.pairs import paired
from mmlearn_helpers.moved import keep_old_names

__all__ = ["Dataset", "Split", "from_folder", "load", "loader", "names", "paired"]

keep_old_names(__name__)
