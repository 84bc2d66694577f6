"""Pages to hand on: a run or a study told in one HTML file, with its figures and tables beside."""
