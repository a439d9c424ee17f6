"""The surface seen from above: colours, isolines, paths, axes; and the profile of a line."""
