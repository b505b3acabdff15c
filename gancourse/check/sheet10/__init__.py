"""Sheet 10, the failure clinic: five programs that are ill, to be mended, and trained once mended.

Where the learner's part of the program is no training, the training is done here, with it.
"""
