"""A user study: people see each song played by several runs, blinded, and vote (Fig. 7 of the paper).

A study is a folder::

    index.html         the page for the participants; votes stay in their browser until they download them
    videos/<id>.mp4    one for each song and run; the ids are random
    key.json           which video is which run's: not for the participants
    tally.json, .md    what came of the votes
"""
