"""The page Compare: linked plots of the arms, the leader table, and the sliders that steer them."""
