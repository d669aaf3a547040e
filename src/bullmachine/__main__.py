"""`python -m bullmachine` is the command `bull`."""

from bullmachine.cli.main import main

if __name__ == "__main__":
    main()
