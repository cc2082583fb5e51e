"""Cases: what is given, what is called, what must come of it; run over HTTP against any server of ours."""
