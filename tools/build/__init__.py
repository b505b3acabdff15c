"""Build the notebooks from their sources, and check that the committed ones are what they build.

    notebooks/NN_topic.py -> notebooks/NN_topic.ipynb   a lesson, executed
    solutions/NN_topic.py -> solutions/NN_topic.ipynb   the worked solution, executed
                          -> exercises/NN_topic.ipynb   what the learner opens, never executed

Sources are jupytext percent scripts. In a sheet (a source in solutions/) the lines between
`# BEGIN SOLUTION` and `# END SOLUTION` become a NotImplementedError in the exercise, or, where a
line `# INSTEAD` stands among them, the code that follows it as comments: a patient to mend. Tags:

    exercise:NN.n     code        the stub of exercise n; the grader finds the answer by it
    hidden            any cell    not in the exercise (hidden tests)
    solution          markdown    not in the exercise
    hint              markdown    first line `Hint: title`, then the text; folded in every notebook
    proof             code        first line `# Proof: title`; a cell that only asserts, folded
    bet               code        first line `# Bet: title`; folded, since its source has the answer
    raises-exception  code        an error is what this cell shows

The maps in README, in lesson 00 and at the top of the sheets come from gancourse/syllabus.py.
A notebook is executed when the code of its source changed; prose is rebuilt without that.
"""
