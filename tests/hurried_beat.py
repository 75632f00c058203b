"""The portal's Celery application with its minutes turned to seconds, for tests that wait for what beat sends.

`celery -A tests.hurried_beat beat` sends the same tasks by the same schedule, sixty times as fast.
"""

from csp_portal.celery import app

SECONDS_OF_A_MINUTE = 60

for entry in app.conf.beat_schedule.values():
    if isinstance(entry["schedule"], float):
        entry["schedule"] /= SECONDS_OF_A_MINUTE
