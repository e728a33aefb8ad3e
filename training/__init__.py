"""Training the reader that ships in `qa/models`: not part of the installed package."""
