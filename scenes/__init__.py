"""The scene files that come with gpudem."""
