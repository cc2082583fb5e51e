"""httpx with the retries of its transport, which are for connections that cannot be made."""

import os
import sys
from pathlib import Path

import httpx

method, url, *files = sys.argv[1:]
headers = {
    "Authorization": f"Bearer {os.environ['TOKEN']}",
    "xero-tenant-id": os.environ["TENANT"],
    "Content-Type": "application/json",
}
with httpx.Client(transport=httpx.HTTPTransport(retries=3), headers=headers, timeout=3) as client:
    for file in files:
        key = {"Idempotency-Key": file} if os.environ.get("KEYS") else {}
        client.request(method, url, content=Path(file).read_bytes(), headers=key).raise_for_status()
