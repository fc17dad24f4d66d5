"""Helpers of the course *Autoencoders, Boltzmann machines and multimodal learning*."""

__version__ = "0.6.0"
