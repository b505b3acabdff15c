"""Answer with markup, control characters and formulas in every message.

status: error
after: graded
"""


def answer(x):
    raise ValueError(
        '=cmd|"<script>alert(1)</script>\x00\x1b[31m\u202e<img src=x onerror=alert(1)>'
    )
