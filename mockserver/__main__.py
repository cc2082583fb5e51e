"""`python -m mockserver`."""


def start() -> None:
    """Run the command line; Ctrl-C while it is imported is quiet as well."""
    try:
        from mockserver.cli.main import main  # noqa: PLC0415 - inside, so that its import can be interrupted
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    main()


if __name__ == "__main__":
    start()
