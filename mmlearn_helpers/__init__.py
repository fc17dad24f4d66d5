"""Helpers of the course *Autoencoders, Boltzmann machines and multimodal learning*."""

from mmlearn_helpers.moved import keep_old_names

__version__ = "0.9.0"

keep_old_names(__name__)
