#!/bin/sh
# Posts one batch of two invoices to Payt, as many scripts do: it looks at the status of the call alone.
curl --silent --show-error --fail --output /dev/null "$PAYT_URL/v1/invoices" \
  --header "Authorization: Bearer $PAYT_TOKEN" --header 'Content-Type: application/json' --data '{
    "administration_id": 81,
    "invoices": [
      {"invoice_number": "R-1", "debtor_number": "D-1", "invoice_date": "2026-01-05", "due_date": "2026-02-05", "currency_code": "EUR",
       "amount_total": "100.00", "amount_open": "100.00", "book_amount_total": "100.00", "book_amount_open": "100.00"},
      {"invoice_number": "R-2", "debtor_number": "D-1", "invoice_date": "2026-01-05", "due_date": "2026-02-05", "currency_code": "EUR",
       "amount_total": "50.00", "amount_open": "50.00", "book_amount_total": "50.00", "book_amount_open": "50.00"}
    ]}'
