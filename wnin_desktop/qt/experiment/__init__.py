"""The experiment that is being edited: its draft with undo, the editor dock, the inspector, files."""
