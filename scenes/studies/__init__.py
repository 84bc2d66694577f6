"""Studies that come with gpudem: what varies in a scene, and how often."""
