"""The retries of urllib3_retry.py, and what no library can do: a key for each batch, and a look at each item.

An item that is not stored is named and makes the program end with 1, so that somebody sends it again under
another key. `alarm` limits the time of the whole program; requests' limit begins anew with every byte.
"""

import json
import os
import signal
import sys
from pathlib import Path

import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

method, url, *files = sys.argv[1:]
headers = {
    "Authorization": f"Bearer {os.environ['TOKEN']}",
    "xero-tenant-id": os.environ["TENANT"],
    "Content-Type": "application/json",
}
retries = Retry(total=3, backoff_factor=0.1, status_forcelist=[502, 503, 504], allowed_methods=["PUT"])
session = requests.Session()
session.mount("http://", HTTPAdapter(max_retries=retries))
signal.alarm(10)
failed = False
for file in files:
    body = Path(file).read_bytes()
    key = {"Idempotency-Key": file}
    answer = session.request(method, url, data=body, headers=headers | key, timeout=3, allow_redirects=False)
    if answer.status_code != requests.codes.ok:
        sys.exit(f"{file}: {answer.status_code} {answer.text}")
    rows = {row.get("InvoiceNumber"): row for row in answer.json()["Invoices"]}
    for number in (bill["InvoiceNumber"] for bill in json.loads(body)["Invoices"]):
        row = rows.get(number, {"ValidationErrors": "it is not in the answer"})
        if row.get("ValidationErrors") or row.get("Warnings"):
            print(number, row.get("ValidationErrors"), row.get("Warnings"))
        failed |= bool(row.get("ValidationErrors"))
sys.exit(failed)
