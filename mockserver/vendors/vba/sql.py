"""The database's words: every text that a row can fail with. Wording SQL Server's, names assumed.

Source: VBA fact sheet §3.4, §3.6.
"""

DATE_OVERFLOW = "SqlDateTime overflow. Must be between 1/1/1753 12:00:00 AM and 12/31/9999 11:59:59 PM."
KEYS_EXHAUSTED = "Arithmetic overflow error converting IDENTITY to data type int."
_SHOWN = 32


def unknown_payee(verb: str, database: str) -> str:
    """Error 547: the row names a payee that is not there; `verb` is INSERT or UPDATE."""
    return (
        f'The {verb} statement conflicted with the FOREIGN KEY constraint "FK_Claim_Invoice_Payee". '
        f'The conflict occurred in database "{database}", table "dbo.Payee", column \'Payee_ID\'.'
    )


def truncated(database: str, table: str, member: str, text: str, limit: int) -> str:
    """Error 2628: the text does not fit its column; `limit` is the column's length."""
    shown = text[: min(limit, _SHOWN)]
    return (
        f"String or binary data would be truncated in table '{database}.dbo.{table}', "
        f"column '{column(member)}'. Truncated value: '{shown}'."
    )


def duplicate_key(table: str, key: str) -> str:
    """Error 2627: the primary key is taken."""
    return (
        f"Violation of PRIMARY KEY constraint 'PK_{table}'. "
        f"Cannot insert duplicate key in object 'dbo.{table}'. The duplicate key value is ({key})."
    )


def column(member: str) -> str:
    """A wire name as the column's: `payee_ID` is `Payee_ID`."""
    return member[:1].upper() + member[1:]
