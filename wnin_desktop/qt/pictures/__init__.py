"""The window as pictures: a stage with everything behind it, the scenes played on it, and the camera."""
