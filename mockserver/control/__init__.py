"""Operations of the control plane `/_mock`, one class per subject; `operations.py` creates the objects."""
