"""The device side: Taichi functions and kernels only, one noun a file.

Nothing here knows files, units or scenes. ``layout`` says what lies where in the arrays,
``precision`` makes each kernel for both precisions, ``law`` is the contact law, ``wall`` the walls'
geometry and motion, ``neighbours`` the search, ``events`` the collision log, ``bead`` one bead's
step, and ``serial`` and ``parallel`` are the two schedules that run the same functions.
"""
