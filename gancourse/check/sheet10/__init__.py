"""Sheet 10, the failure clinic: five faulty programs, to be repaired, and trained once repaired.

Where the learner's part of the program is no training, the training is done here, with it.
"""
