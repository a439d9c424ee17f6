"""Landscapes of recorded and running comparisons, as services without Qt.

    points      where runs are: at checkpoints, and along their paths
    planes      a request and those points -> a plane and a grid
    session     `evaluate(request, control, store=...) -> Iterator[LandscapeEvent]`
    worker      the same in a process of its own
    surface_file, vtk    surfaces as files
    kept        surfaces that are kept with their experiment
    sample      the surface of a finished comparison's shared plane, quickly
    quick       how fine that is
    live        paths that grow, on a plane that stays

`kept`, `live`, `quick`, `surface_file`, `vtk` and `worker` need no torch.
"""
