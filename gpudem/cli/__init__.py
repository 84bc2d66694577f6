"""The `gpudem` command: one module a command; what they share is in `options`."""
