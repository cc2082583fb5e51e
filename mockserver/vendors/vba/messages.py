"""Message texts of the database, the framework, the login and the gateway; all of them are assumed.

The wording is SQL Server's, ASP.NET Core's, Cognito's and API Gateway's own; that VBA passes it on, and the
names of tables and constraints in it, is assumed. Source: docs/vendors/vba.md#refusals,
#bodies-that-cannot-be-read, #failed-rows, #duplicates-in-a-batch, #single-records.
"""

from mockserver.vendors.vba.record_names import RecordNames, column_name

# The gateway in front of the service (docs/vendors/vba.md#refusals).
FORBIDDEN = "Forbidden"
TOO_MANY_REQUESTS = "Too Many Requests"
UNAVAILABLE = "Service Unavailable"
FORBIDDEN_TYPE = "ForbiddenException"

# Log in and refresh (docs/vendors/vba.md#refusals; the refresh texts are Cognito's).
WRONG_PASSWORD = "Incorrect username or password."  # noqa: S105 - a message
REFRESH_MESSAGES = {
    "expired": "Refresh Token has expired",
    "revoked": "Refresh Token has been revoked",
    "unknown": "Invalid Refresh Token",
}
NEW_PASSWORD = "NEW_PASSWORD_REQUIRED"  # noqa: S105 - public: the one documented challenge

# The framework, before a row is looked at (docs/vendors/vba.md#refusals, #bodies-that-cannot-be-read,
# #single-records).
NO_BODY = "A non-empty request body is required."
NO_ROWS = "The field must be a string or array type with a minimum length of '1'."
KEYS_DIFFER = "The key in the path and the key in the body must match."
VALIDATION_TITLE = "One or more validation errors occurred."
VALIDATION_TYPE = "https://tools.ietf.org/html/rfc9110#section-15.5.1"

# The database (docs/vendors/vba.md#failed-rows).
DATE_OVERFLOW = "SqlDateTime overflow. Must be between 1/1/1753 12:00:00 AM and 12/31/9999 11:59:59 PM."
BAD_CHARACTER = "Invalid character value for cast specification."
KEYS_EXHAUSTED = "Arithmetic overflow error converting IDENTITY to data type int."
DEADLOCK = (
    "Transaction (Process ID 61) was deadlocked on lock resources with another process and has been chosen "
    "as the deadlock victim. Rerun the transaction."
)
TIMEOUT = (
    "Execution Timeout Expired.  The timeout period elapsed prior to completion of the operation or the "
    "server is not responding."
)
CHANGED_MEANWHILE = (
    "The database operation was expected to affect 1 row(s), but actually affected 0 row(s); data may have "
    "been modified or deleted since entities were loaded."
)
NOT_SAVED = "An error occurred while saving the entity changes. See the inner exception for details."
_SHOWN_CHARACTERS = 32


def not_found(key: str) -> str:
    """Return the message that there is no record of that key; the pattern is public."""
    return f"The requested resource ({key}) was not found."


def required_field(name: str) -> str:
    """Return a parameter or a member is missing."""
    return f"The {name} field is required."


def invalid_value(value: object) -> str:
    """Return a parameter cannot be read."""
    return f"The value '{value}' is not valid."


def unreadable_value(dotnet_type: str) -> str:
    """Return a JSON value is none of that .NET type."""
    return f"The JSON value could not be converted to {dotnet_type}."


def over_length(member: str, limit: int) -> str:
    """Return a text is over the length that its attribute allows (`length_errors` request)."""
    return f"The field {column_name(member)} must be a string with a maximum length of {limit}."


def duplicate_in_batch(names: RecordNames) -> str:
    """Return that two rows have one key (`duplicates` tracked, docs/vendors/vba.md#duplicates-in-a-batch)."""
    return (
        f"The instance of entity type '{names.entity}' cannot be tracked because another instance with the "
        f"same key value for {{'{column_name(names.key)}'}} is already being tracked."
    )


def unknown_payee(verb: str, database: str) -> str:
    """Error 547: the row names a payee that is not there; `verb` is INSERT or UPDATE."""
    return (
        f'The {verb} statement conflicted with the FOREIGN KEY constraint "FK_Claim_Invoice_Payee". '
        f'The conflict occurred in database "{database}", table "dbo.Payee", column \'Payee_ID\'.'
    )


def still_referenced(constraint: str, database: str, table: str, name: str) -> str:
    """Error 547: a row of `table` names the record that is to be deleted.

    Source: docs/vendors/vba.md#single-records.
    """
    return (
        f'The DELETE statement conflicted with the REFERENCE constraint "{constraint}". '
        f'The conflict occurred in database "{database}", table "dbo.{table}", column \'{name}\'.'
    )


def truncated(database: str, table: str, member: str, text: str, limit: int) -> str:
    """Error 2628: the text does not fit its column; `limit` is the column's length."""
    shown = text[: min(limit, _SHOWN_CHARACTERS)]
    return (
        f"String or binary data would be truncated in table '{database}.dbo.{table}', "
        f"column '{column_name(member)}'. Truncated value: '{shown}'."
    )


def null_key(database: str, names: RecordNames) -> str:
    """Error 515: a row is null, and so is its key."""
    return (
        f"Cannot insert the value NULL into column '{column_name(names.key)}', "
        f"table '{database}.dbo.{names.table}'; column does not allow nulls. INSERT fails."
    )


def duplicate_key(table: str, key: str) -> str:
    """Error 2627: the primary key is taken."""
    return (
        f"Violation of PRIMARY KEY constraint 'PK_{table}'. "
        f"Cannot insert duplicate key in object 'dbo.{table}'. The duplicate key value is ({key})."
    )


def duplicate_number(number: str) -> str:
    """Error 2627: another invoice has that number (`unique_invoice_number` on)."""
    return (
        "Violation of UNIQUE KEY constraint 'UQ_Claim_Invoice_Number'. "
        f"Cannot insert duplicate key in object 'dbo.Claim_Invoice'. The duplicate key value is ({number})."
    )
