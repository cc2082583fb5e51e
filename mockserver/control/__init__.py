"""Operations of the control plane `/_mock`: a class for each subject, gathered in `operations.py`."""
