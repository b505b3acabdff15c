"""The failure clinic: broken runs to diagnose and mend. Lesson 10.

A ward is a working run (`WARDS`), a patient the same program with a line or two changed
(`PATIENTS`). `admit(name)` trains either with a recorder attached, `mend(name)` takes the change
back, `diff(patient)` shows it; `Case(n)` is the patient in bed n, without its name.
`gancourse.diagnose` reads the signals alone.
"""

from gancourse.clinic.cases import Case, numbers
from gancourse.clinic.faults import (
    PATIENTS,
    Patient,
    Run,
    admit,
    diff,
    get_patient,
    mend,
    program,
)
from gancourse.clinic.settings import (
    WARDS,
    Outcome,
    Ward,
    as_images,
    get_ward,
    in_band,
    judge,
    real_data,
)

__all__ = ["PATIENTS", "WARDS", "Case", "Outcome", "Patient", "Run", "Ward", "admit", "as_images",
           "diff", "get_patient", "get_ward", "in_band", "judge", "mend", "numbers",
           "program", "real_data"]  # fmt: skip
