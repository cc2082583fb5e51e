"""The retries of urllib3_retry.py, and what no library does: a key for each batch, and a look at each item.

A bill that is not known to be stored is named, and the program ends with 1. `alarm` limits the time of the
whole program, as the time limit of requests begins anew with each piece of an answer.
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
bodies = {file: Path(file).read_bytes() for file in files}
unsure = {bill["InvoiceNumber"]: "" for body in bodies.values() for bill in json.loads(body)["Invoices"]}
signal.alarm(10)
try:
    for file, body in bodies.items():
        key = {"Idempotency-Key": file}
        answer = session.request(
            method, url, data=body, headers=headers | key, timeout=3, allow_redirects=False
        )
        answer.raise_for_status()
        for row in answer.json()["Invoices"]:
            unsure.pop(row["InvoiceNumber"], None)
            if row.get("ValidationErrors"):
                unsure[row["InvoiceNumber"]] = row["ValidationErrors"]
            for warning in row.get("Warnings", []):
                print(row["InvoiceNumber"], warning["Message"])
except requests.RequestException as error:
    print(error)
for number, why in unsure.items():
    print("not known to be stored:", number, why)
sys.exit(bool(unsure))
