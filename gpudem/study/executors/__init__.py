"""Who runs the cases of a study: processes here, Dask workers, jobs of a cluster."""
