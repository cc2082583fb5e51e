"""urllib3's `Retry` in an adapter of requests, with the numbers of requests' own example."""

import os
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
retries = Retry(
    total=3, backoff_factor=0.1, status_forcelist=[502, 503, 504], allowed_methods=["PUT", "POST"]
)
session = requests.Session()
session.mount("http://", HTTPAdapter(max_retries=retries))
for file in files:
    key = {"Idempotency-Key": file} if os.environ.get("KEYS") else {}
    answer = session.request(method, url, data=Path(file).read_bytes(), headers=headers | key, timeout=3)
    answer.raise_for_status()
