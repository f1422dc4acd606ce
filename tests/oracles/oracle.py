"""Reads `received,class` and writes the day on which each is due by PyPI chinesecalendar; `-` beyond what it knows."""

import csv
import datetime
import sys

import chinese_calendar

DAYS = {"coordination": 5, "key-difficult": 15}
DAY = datetime.timedelta(days=1)


def due(received, days):
    day = received
    while days > 0:
        day += DAY
        try:
            days -= chinese_calendar.is_workday(day)
        except NotImplementedError:
            return "-"
    return day


def main():
    for row in csv.DictReader(sys.stdin):
        print(due(datetime.date.fromisoformat(row["received"][:10]), DAYS[row["class"]]))


main()
