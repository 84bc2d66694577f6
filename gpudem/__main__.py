"""`python -m gpudem` is the `gpudem` command."""

from gpudem.cli import main

main()
