"""The road of a call: admission, envelope, judge, apply, render."""
