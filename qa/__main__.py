"""`python -m qa` is `dateline`."""

from qa.cli import main

if __name__ == "__main__":
    main()
