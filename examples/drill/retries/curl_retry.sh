#!/bin/sh
# curl --retry, as its manual shows it: it sends again after a time-out and after 408, 429, 500, 502, 503 and 504.
method=$1 url=$2
shift 2
for file; do
  curl --silent --show-error --fail --output /dev/null --max-time 3 --retry 3 --request "$method" "$url" \
    --header "Authorization: Bearer $TOKEN" --header "xero-tenant-id: $TENANT" \
    --header 'Content-Type: application/json' \
    ${KEYS:+--header "Idempotency-Key: $file"} --data-binary "@$file" || exit
done
