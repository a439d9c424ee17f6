"""Loss landscapes of networks: the paths runs took, and losses on planes through their parameters.

`trajectory_file` needs no torch, so that a window may follow a path while another process writes it.
"""
