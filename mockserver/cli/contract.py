"""The command `mockserver contract` with its options; the module `contract_run` does the work."""

from __future__ import annotations

from typing import Any

import click

from mockserver.cli.options import (
    CONTEXT_SETTINGS,
    EXIT_INTERRUPTED,
    INPUT_FILE,
    OUTPUT_FILE,
    argument,
    check_extra,
    complete_checks,
    complete_operations,
    complete_vendors,
    completion_of,
    headers_option,
    names_option,
    option,
    overlay_option,
    pair_option,
    remote_option,
    report_dir_option,
    reports_option,
)
from mockserver.cli.output import LOADING, open_progress_line

REPORTS = ("junit", "html", "har", "pytest", "json")
PHASES = ("fuzzing", "stateful", "sizes")


@click.command(context_settings=CONTEXT_SETTINGS)
@argument("vendors", nargs=-1, metavar="[VENDOR]…", shell_complete=complete_vendors)
@option("--target", metavar="URL", help="Base address of the vendor's paths.  [default: a new server]")
@remote_option(
    "allowed",
    scope="contract",
    help="Host beyond this machine that the tests may write to; may be repeated.",
)
@option(
    "--spec",
    type=INPUT_FILE,
    help="Test against this OpenAPI file (3.0 to 3.2, Swagger 2.0) instead of a vendor's file.",
)
@overlay_option
@option(
    "--profile",
    type=INPUT_FILE,
    envvar=None,
    help="YAML file that says what the spec does not say: good and bad items, reads, facts. "
    "Replaces the vendor's profile or the spec's x-contract.",
)
@headers_option(help="Header to send with every call; may be repeated.")
@option(
    "--seed", scope="contract", default=0, type=click.IntRange(0), help="The same seed makes the same calls."
)
@option(
    "--max-examples",
    default=100,
    type=click.IntRange(1),
    help="Maximum number of random calls per operation and of sequences per batch operation. Examples and "
    "boundary values (up to 16 times as many) are added.",
)
@names_option(
    "--checks",
    "--only",
    "only",
    metavar="CHECK,…",
    shell_complete=complete_checks,
    help="Run only these checks; may be repeated.",
)
@names_option(
    "--operation",
    "operations",
    metavar="ID,…",
    shell_complete=complete_operations,
    help="Test only these operations; may be repeated.",
)
@names_option(
    "--part",
    "parts",
    metavar="ID,…",
    shell_complete=complete_operations,
    help="Run only the checks of these operations; call others only where a check needs them. "
    "`links` follows links. May be repeated.",
)
@option("--quick", is_flag=True, help="Limit --max-examples to 2, for a run of about half a minute.")
@option(
    "--phase",
    "phases",
    multiple=True,
    type=click.Choice(PHASES),
    help="Run only this part of the suite; may be repeated.",
)
@option(
    "--shrink/--no-shrink",
    "shrinks",
    default=True,
    help="Shrink failing calls to a minimal example (slower), or report them as found.",
)
@option(
    "--workers",
    scope="contract",
    type=click.IntRange(1, 64),
    help="Number of processes; the report is always the same.  "
    "[default: the number of cores, 1 with --target]",
)
@pair_option(
    "--fact",
    "facts",
    sign="=",
    form="name=text",
    metavar="NAME=TEXT",
    help="Name of a record at the target that replaces the record of our fixtures; may be repeated.",
)
@option(
    "--rate",
    metavar="20/s",
    help="Limit the calls per second (/s), minute (/m) or hour (/h).  [default: 20/s for other hosts]",
)
@option("--baseline", type=OUTPUT_FILE, help="File with known failures, which do not fail the run.")
@option("--write-baseline", type=OUTPUT_FILE, help="Write all failures to a file for --baseline.")
@reports_option(REPORTS, shell_complete=completion_of(lambda _: REPORTS, is_list=True))
@report_dir_option(default="report/contract")
@option(
    "--summary",
    type=click.Choice(["auto", "off"]),
    default="auto",
    help="auto: in a GitHub job, add the result to the job's summary and annotations.",
)
@option("--json", "as_json", is_flag=True, help="Print only JSON, one document.")
@option("-q", "--quiet", is_flag=True, help="Print only failures and the result.")
@option("-v", "--verbose", is_flag=True, help="List passed checks as well.")
def contract(**given: Any) -> None:
    """Test a server: one result for each item, correct state, replays and response shapes.

    Without --target, start a server and test it. With --target URL, test the server at URL. The tests create,
    change and delete records; therefore a host other than this machine must be named by --allow-remote.

    Exit status: 0 no failure, 1 failures, 2 wrong usage, 3 no server answers, 130 Ctrl-C or SIGTERM.

    For a server that is no mockserver, give a credential for each security scheme in the environment:
    MOCKSERVER_CREDENTIAL_BEARERAUTH=token, …_BASICAUTH=user:password, …_APIKEYAUTH=key.

    \b
    mockserver contract VENDOR
    mockserver contract VENDOR --target http://127.0.0.1:8080/VENDOR --seed 7 --report junit,html
    mockserver contract --spec theirs.yaml --target http://127.0.0.1:9000
    """
    check_extra("contract", "mockserver contract")
    line = open_progress_line(is_silent=given["quiet"] or given["as_json"])
    try:
        with line.showing(LOADING):
            from mockserver.cli import contract_run
        contract_run.run_contract(contract_run.ContractOptions(**given), line)
    except KeyboardInterrupt:
        click.echo("interrupted", err=True)
        raise SystemExit(EXIT_INTERRUPTED) from None
