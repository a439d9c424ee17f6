"""The small window of `wnin view`: a saved surface, or runs from a file or a stream, without the desktop."""
