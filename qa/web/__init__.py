"""HTTP in and out: the JSON API, the pages, and what both are guarded by."""
