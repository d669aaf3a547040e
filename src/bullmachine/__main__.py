"""`python -m bullmachine` is the command `bull`."""

from bullmachine.cli.main import run

if __name__ == "__main__":
    run()
