"""`python -m gpudem` is the `gpudem` command."""

from gpudem.cli import main

# Processes that simulate import this module again.
if __name__ == "__main__":
    main()
