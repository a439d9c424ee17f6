"""Everything that uses Qt."""

from wnin_desktop.qt.quick_imports import read_no_sources

read_no_sources()
