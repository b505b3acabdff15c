"""Never return, whatever is raised inside.

status: time limit
after: graded
"""

import signal

for number in (signal.SIGTERM, signal.SIGINT, signal.SIGALRM, signal.SIGXCPU, signal.SIGHUP):
    signal.signal(number, signal.SIG_IGN)


def answer(x):
    while True:
        try:
            while True:
                pass
        except BaseException:
            pass
