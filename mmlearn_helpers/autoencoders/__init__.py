"""Autoencoders, one idea a module."""
