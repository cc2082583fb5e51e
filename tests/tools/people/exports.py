"""Points 20 to 24: settings, numbers, exports."""

from __future__ import annotations

import re

from tests.tools.people.point import point
from tests.tools.people.stage import Stage
from tests.tools.people.vba_calls import VBA, put

SECRET = "SWORDFISH-91"


@point(20, "config show tells where each value came from")
def config(stage: Stage) -> str:
    (stage.folder / "mockserver.toml").write_text("[run]\nport = 9123\n", encoding="utf-8")
    try:
        told = stage.done("mockserver config show --all", {"MOCKSERVER_LOG": "json"}, folder=stage.folder)
    finally:
        (stage.folder / "mockserver.toml").unlink()
    lines = [line for line in told.splitlines() if re.search(r"\b9123\b|MOCKSERVER_LOG", line)]
    assert any("mockserver.toml" in line and "9123" in line for line in lines), told
    assert any("MOCKSERVER_LOG" in line and "json" in line for line in lines), told
    assert "default" in told
    return "; ".join(" ".join(line.split()) for line in lines[:2])


@point(21, "Number in the line = number in the header = address in the console")
def one_number(stage: Stage) -> str:
    with stage.server() as server:
        put(server, [{"invoice_Key": 1}])
        answer = put(server, [{"invoice_Key": 2}])
        number = answer.headers["Mock-Journal"]
        line = server.logged(lambda one: one.endswith(f"#{number}"))
        page = server.call("GET", f"/_console/x/{number}?tab=why").raise_for_status().text
    assert f"<h1>Call #{number} " in page
    assert line.replace("&", "&amp;") in page
    return f"{line}; page /_console/x/{number}"


@point(22, "Exports replay to the same outcomes in a fresh sandbox; HAR and Postman import")
def exports(stage: Stage) -> str:
    with stage.server() as server:
        here = {"MOCKSERVER_URL": server.url}
        stage.done("mockserver send payt --items 3 --bad 1", here)
        stage.done("mockserver send payt --items 2", here)
        for form, name in (
            ("curl", "story.sh"),
            ("har", "story.har"),
            ("postman", "story.json"),
            ("case", "story.yaml"),
            ("pytest", "test_story.py"),
        ):
            stage.done(
                f"mockserver journal export --from 1 --to 2 --{form} -o {name}", here, folder=stage.folder
            )
    with stage.server() as other:
        there = {"MOCKSERVER_URL": other.url}
        stage.done("bash story.sh", there, folder=stage.folder)
        stage.done(f"mockserver cases run story.yaml --target {other.url}", folder=stage.folder)
        stage.done("pytest -q -p no:cacheprovider test_story.py", there, folder=stage.folder)
        stage.done("mockserver verify story.har --vendor payt", folder=stage.folder)
        newman = stage.run(
            f"npx --yes newman run story.json --env-var baseUrl={other.url}", there, folder=stage.folder
        )
    assert newman.returncode == 0, newman.stdout[-600:] + newman.stderr[-600:]
    return "curl script, case, pytest, HAR and Postman collection (run by newman) are green on a fresh server"


@point(23, "replay --diff says which item changed")
def replay(stage: Stage) -> str:
    scenario = {
        "version": 1,
        "name": "flaky",
        "rules": [
            {
                "id": "a",
                "items": [{"select": {"key": "2"}, "effect": {"fail": {"code": "internal"}, "failTimes": 1}}],
            }
        ],
    }
    with stage.server() as server:
        server.call("PUT", "/_mock/sandboxes/default/scenarios/flaky", json=scenario).raise_for_status()
        put(server, [{"invoice_Key": 1}, {"invoice_Key": 2}])
        told = stage.run("mockserver journal replay 1 --diff", {"MOCKSERVER_URL": server.url}).stdout
    assert re.search(r"1 item\W+rejected → created\W+2\b", told), told
    return told.splitlines()[0]


@point(24, "No token appears whole in log, page or export")
def secrets(stage: Stage) -> str:
    with stage.server() as server:
        here = {"MOCKSERVER_URL": server.url}
        server.call(
            "PUT",
            f"/vba/claim-invoice-batch?access_token={SECRET}",
            headers={
                **VBA,
                "Authorization": f"Bearer {SECRET}",
                "x-api-key": SECRET,
                "Cookie": f"sid={SECRET}",
            },
            json=[{"invoice_Key": 1}],
        )
        server.call("GET", "/vba/nowhere", headers={"Authorization": f"Bearer {SECRET}"})
        seen = [
            page.text
            for page in (
                server.call("GET", "/_console/x/1"),
                server.call("GET", "/_mock/sandboxes/default/journal/1"),
            )
        ]
        for form in ("case", "pytest", "curl", "har", "postman"):
            ran = stage.run(f"mockserver journal export 1 --{form}", here)
            seen.append(ran.stdout + ran.stderr)
        seen.append(stage.done("mockserver journal show 1 --body --headers", here))
        seen += server.log
    assert [text[:300] for text in seen if SECRET in text] == []
    return f"{len(seen)} renderings"
