"""requests as its quickstart shows it: a time limit and `raise_for_status`, nothing is sent again."""

import os
import sys
from pathlib import Path

import requests

method, url, *files = sys.argv[1:]
headers = {
    "Authorization": f"Bearer {os.environ['TOKEN']}",
    "xero-tenant-id": os.environ["TENANT"],
    "Content-Type": "application/json",
}
for file in files:
    key = {"Idempotency-Key": file} if os.environ.get("KEYS") else {}
    answer = requests.request(method, url, data=Path(file).read_bytes(), headers=headers | key, timeout=3)
    answer.raise_for_status()
