"""The embedded 3-D viewer as a widget: its process, its frames, its fonts and colours."""
