"""WNIN Desktop: noise and temperature in optimization, put on trial."""

__version__ = "0.1.0"
