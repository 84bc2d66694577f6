"""Many runs of one mill."""
