"""tenacity round a call of requests: it tries again after any exception, as its documentation begins."""

import os
import sys
from pathlib import Path

import requests
from tenacity import Retrying, stop_after_attempt, wait_exponential

method, url, *files = sys.argv[1:]
headers = {
    "Authorization": f"Bearer {os.environ['TOKEN']}",
    "xero-tenant-id": os.environ["TENANT"],
    "Content-Type": "application/json",
}


def send(file: str) -> None:
    key = {"Idempotency-Key": file} if os.environ.get("KEYS") else {}
    answer = requests.request(method, url, data=Path(file).read_bytes(), headers=headers | key, timeout=3)
    answer.raise_for_status()


for name in files:
    Retrying(stop=stop_after_attempt(4), wait=wait_exponential(multiplier=0.2))(send, name)
