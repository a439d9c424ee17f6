"""The page Landscape: a loss surface under the paths of the arms, in three dimensions and as contours."""
