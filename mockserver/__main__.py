"""Entry point of `python -m mockserver`."""


def start() -> None:
    """Run the command line. If Ctrl-C comes during the import, exit with status 130, without a traceback."""
    try:
        from mockserver.cli.main import main  # noqa: PLC0415 - inside, so that its import can be interrupted
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    main()


if __name__ == "__main__":
    start()
