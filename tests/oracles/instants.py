"""Writes the instants whose deadlines are compared: `received,class`, one a row.

Every day of 2021 to 2026 that lies within five days of a holiday or a make-up working day, at an hour that changes
from day to day, for the two classes that count working days; and the last weeks of 2026, whose deadlines reach into a
year that is not arranged yet. The days come from our calendar file, so that every row of it is met; the answers do not.
"""

import csv
import datetime
import pathlib
import sys

CALENDAR = pathlib.Path(__file__).parents[2] / "shared/sla/calendar/china.csv"
HOURS = ["00:00:00", "07:59:59", "08:30:00", "12:00:00", "17:59:59", "18:00:00", "23:59:59"]
NEAR = datetime.timedelta(days=5)
DAY = datetime.timedelta(days=1)


def main():
    with CALENDAR.open(encoding="utf-8") as file:
        special = {datetime.date.fromisoformat(row["date"]) for row in csv.DictReader(file)}
    out = csv.writer(sys.stdout, lineterminator="\n")
    out.writerow(["received", "class"])
    day = datetime.date(2021, 1, 1)
    while day.year < 2027:
        if any(day - NEAR <= other <= day + NEAR for other in special):
            for kind in ("coordination", "key-difficult"):
                out.writerow([f"{day} {HOURS[day.toordinal() % len(HOURS)]}", kind])
        day += DAY


main()
