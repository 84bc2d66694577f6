"""A supervised run: from the first step to a finished run file, through stops and kills."""
