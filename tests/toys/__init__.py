"""Additions to gpudem from outside of it, as small as they can be."""
